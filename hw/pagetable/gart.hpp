// Entries of Tegra20's GART: one flat table of 32-bit words, which is in the block itself and not in memory.
// Linux 6.1 drivers/iommu/tegra-gart.c, GART_ENTRY_PHYS_ADDR_VALID and GART_PAGE_MASK; Tegra 2 TRM, GART_ENTRY_DATA.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/field.hpp"
#include "soc-iommu/page_table_walker.hpp"

namespace soc::gart_entry {

using Valid = Field<31>;
using PhysicalAddress = Field<30, 12>;  // in place: an entry reaches the lower 2 GiB only
constexpr uint32_t bits = uint32_t(Valid::mask | PhysicalAddress::mask);
constexpr unsigned page_shift = PhysicalAddress::low;
constexpr uint64_t page_mask = (1ull << page_shift) - 1;

// There are no permission bits: whatever is mapped may be read and written.
constexpr DecodedEntry decode(uint32_t entry, uint64_t input)
{
    if (!Valid::get(entry))
        return BadEntry{};
    return LeafEntry{(entry & PhysicalAddress::mask) | (input & page_mask), page_mask, Perm::rw};
}

}  // namespace soc::gart_entry
