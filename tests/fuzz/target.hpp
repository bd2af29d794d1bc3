// A target of the fuzzer: what runs an input, and inputs to start from. Each is a program fuzz-NAME of its own.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace soc::test {

using Bytes = std::vector<uint8_t>;

struct Target {
    const char *name;
    // Aborts where an invariant breaks.
    void (*run)(std::span<const uint8_t>);
    std::vector<Bytes> (*seeds)();
};

extern const Target models;                                                       // program.hpp
extern const Target smmuv3_commands, smmuv3_structures, smmuv3_descriptors;  // smmuv3_program.hpp

}  // namespace soc::test
