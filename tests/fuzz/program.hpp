// The language of the fuzzer's inputs: a model, then steps. A seed is written with the functions below; the fuzzer
// mutates its bytes; run() does what they say. Bytes that mean nothing end the run.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace soc::test {

enum class Step : uint8_t {
    read,       // region, offset (3), size
    write,      // region, offset (3), size, value (8)
    poke,       // word of RAM (3), value (8)
    entry,      // word of RAM (3), page of RAM (2), flags (8): a pointer to that page, shifted as formats may
    translate,  // stream (2), flags (2), address (8) from the first that tables map, substream
    attach,     // stream: an empty table, as the driver would
    map,        // stream, page of input (2), page of RAM (2), permissions
    unmap,      // stream, page of input (2)
    invalidate, // stream
    deferred,
    reset,
    save_load,
    count
};

class Program {
public:
    explicit Program(uint8_t subject) { byte(subject); }
    Program &step(Step step, std::initializer_list<uint64_t> arguments);
    const std::vector<uint8_t> &bytes() const { return bytes_; }

private:
    void byte(uint64_t value) { bytes_.push_back(uint8_t(value)); }
    std::vector<uint8_t> bytes_;
};

// Aborts where an invariant of the models breaks.
void run(std::span<const uint8_t> program);

// How many subjects a program can name in its first byte.
unsigned subject_count();

// A small corpus: for every subject one ordinary life and one of a hostile guest.
std::vector<std::vector<uint8_t>> seeds();

}  // namespace soc::test
