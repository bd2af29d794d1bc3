// Hands out physical pages of a FakeHost's RAM, lowest first.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <stdexcept>

namespace soc::test {

class Frames {
public:
    Frames(uint64_t base, uint64_t size) : next_(base), end_(base + size) {}

    // `size` bytes at a multiple of `size`, a power of two.
    uint64_t take(uint64_t size)
    {
        const uint64_t at = (next_ + size - 1) & ~(size - 1);
        if (at + size > end_)
            throw std::runtime_error("the test's memory is used up");
        next_ = at + size;
        return at;
    }

private:
    uint64_t next_, end_;
};

}  // namespace soc::test
