// The page table of Unisoc's IOMMU: one flat table of 4-byte little-endian entries, one for each 4 KiB of the range
// that the block translates. An entry is the number of a physical page, all 32 bits of it: Linux
// drivers/iommu/sprd-iommu.c, sprd_iommu_map() and sprd_iommu_iova_to_phys().
//
// There is no valid bit. What marks an entry as unmapped is what drivers unmap with: Linux writes 0
// (sprd_iommu_unmap()), Unisoc's own driver in its Android kernels all ones (sprd_iommuex_cll_unmap()).
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/page_table_walker.hpp"

namespace soc {

class SprdPageTable {
public:
    using Entry = uint32_t;
    static constexpr unsigned page_shift = 12;
    static constexpr uint64_t page_mask = (1ull << page_shift) - 1;
    static constexpr Entry unmapped = 0, unmapped_by_vendor = ~Entry(0);

    constexpr unsigned levels() const { return 1; }
    // Input addresses count from the begin of the range.
    constexpr uint64_t index(unsigned, uint64_t input) const { return input >> page_shift; }

    // An entry has no permissions.
    constexpr DecodedEntry decode(unsigned, Entry entry, uint64_t input) const
    {
        if (entry == unmapped || entry == unmapped_by_vendor)
            return BadEntry{};
        return LeafEntry{uint64_t(entry) << page_shift | (input & page_mask), page_mask, Perm::rw};
    }
};

static_assert(PageTableFormat<SprdPageTable>);

}  // namespace soc
