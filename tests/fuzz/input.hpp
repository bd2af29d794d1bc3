// What the fuzzed programs share: their bytes, the way they are written, and the way to say that something is wrong.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "soc-iommu/model.hpp"

namespace soc::test {

class Input {
public:
    explicit Input(std::span<const uint8_t> bytes) : bytes_(bytes) {}
    bool more() const { return !bytes_.empty(); }
    // Little-endian; what is missing is zero.
    uint64_t take(unsigned width)
    {
        uint64_t value = 0;
        for (unsigned i = 0; i < width && !bytes_.empty(); ++i) {
            value |= uint64_t(bytes_[0]) << (8 * i);
            bytes_ = bytes_.subspan(1);
        }
        return value;
    }

private:
    std::span<const uint8_t> bytes_;
};

// The other direction, for seeds.
class Output {
public:
    Output &put(uint64_t value, unsigned width)
    {
        for (unsigned i = 0; i < width; ++i)
            bytes_.push_back(uint8_t(value >> (8 * i)));
        return *this;
    }
    const std::vector<uint8_t> &bytes() const { return bytes_; }

private:
    std::vector<uint8_t> bytes_;
};

// Ends the process, which is what libFuzzer reports.
[[noreturn]] void broken(const char *what);

std::vector<uint8_t> saved(const Device &);

// Saves, resets, loads.
void check_state(Device &);

// What must hold of an answer, whatever the tables say. `seen`: what a debugger got just before.
void check_answer(const Transaction &, const TranslateResult &answer, const TranslateResult &seen);

}  // namespace soc::test
