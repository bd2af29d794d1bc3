// Registers of a big-endian bus. The seam gives the bytes of an access as a little-endian number, and a RegisterBank has
// its words little-endian too: here an access becomes the one that reaches the same bytes of big-endian words.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace soc::big_endian {

// Where the bytes of a narrow aligned access lie in the word as the bank has it. Others stay as they are: a bank
// refuses what is unaligned.
constexpr uint64_t offset(uint64_t at, unsigned size)
{
    const uint64_t in_word = at & 3;
    return size < 4 && in_word % size == 0 ? at - in_word + (4 - size - in_word) : at;
}

// The bytes in each word the other way round; those of an access of 8 stay two words.
constexpr uint64_t value(uint64_t given, unsigned size)
{
    const unsigned width = size < 4 ? size : 4;
    uint64_t out = 0;
    for (unsigned byte = 0; byte < size && byte < 8; ++byte)
        out |= (given >> 8 * byte & 0xff) << 8 * (byte / width * width + width - 1 - byte % width);
    return out;
}

}  // namespace soc::big_endian
