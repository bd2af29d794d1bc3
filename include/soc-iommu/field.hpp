// A field of a register or of an in-memory structure, declared as the datasheet does: high bit, low bit.
//
//     using PageShift = Field<27, 24>;
//     PageShift::get(params1);  params1 = PageShift::put(params1, 14);
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace soc {

template <unsigned High, unsigned Low = High>
struct Field {
    static_assert(High >= Low && High < 64);
    static constexpr unsigned low = Low;
    static constexpr unsigned width = High - Low + 1;
    static constexpr uint64_t max = width == 64 ? ~0ull : (1ull << width) - 1;
    static constexpr uint64_t mask = max << Low;

    static constexpr uint64_t get(uint64_t word) { return (word >> Low) & max; }
    // The word with this field replaced; bits of `value` beyond the field are dropped.
    static constexpr uint64_t put(uint64_t word, uint64_t value)
    {
        return (word & ~mask) | ((value & max) << Low);
    }
    static constexpr uint64_t of(uint64_t value) { return put(0, value); }
};

constexpr uint64_t operator""_KiB(unsigned long long n) { return n << 10; }
constexpr uint64_t operator""_MiB(unsigned long long n) { return n << 20; }
constexpr uint64_t operator""_GiB(unsigned long long n) { return n << 30; }

}  // namespace soc
