// Encodings that stream table entries and context descriptors share: Arm IHI 0070, 5.2 and 5.4.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>

#include "pagetable/arm_lpae.hpp"

namespace soc::smmuv3 {

// STE.S2PS and CD.IPS: bits of an output address. Capped to the OAS; from version 3.1 to 3.3 the reserved value
// behaves as the one of 52 bits.
constexpr uint8_t output_bits(uint64_t ps, unsigned oas)
{
    constexpr uint8_t bits[8] = {32, 36, 40, 42, 44, 48, 52, 52};
    return uint8_t(std::min<unsigned>(bits[ps & 7], oas));
}

// STE.S2TG and CD.TG0: log2 of the granule's size; 0 where reserved.
constexpr uint8_t granule_of_tg0(uint64_t tg)
{
    constexpr uint8_t shifts[4] = {12, 16, 14, 0};
    return shifts[tg & 3];
}

// CD.TG1 has an encoding of its own.
constexpr uint8_t granule_of_tg1(uint64_t tg)
{
    constexpr uint8_t shifts[4] = {0, 14, 12, 16};
    return shifts[tg & 3];
}

// STE.S2TTB, CD.TTB0 and TTB1: within the effective output size, and within 48 bits but for the 64K granule.
constexpr bool table_in_range(uint64_t address, unsigned granule_shift, unsigned output_bits)
{
    const unsigned format =
        granule_shift == 16 ? lpae::largest_address_bits_64k : lpae::largest_address_bits;
    return address >> std::min(output_bits, format) == 0;
}

}  // namespace soc::smmuv3
