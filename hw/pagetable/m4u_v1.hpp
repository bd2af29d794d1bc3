// The page table of MediaTek's M4U of generation 1: one flat table of 4-byte little-endian entries, one for each 4 KiB
// of 4 GiB. Linux drivers/iommu/mtk_iommu_v1.c (F_DESC_VALID, F_DESC_NONSEC, mtk_iommu_v1_map()).
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/field.hpp"
#include "soc-iommu/page_table_walker.hpp"

namespace soc {

namespace m4u_v1_entry {
using Address = Field<31, 12>;
using NonSecure = Field<3>;
using Valid = Field<1>;
}  // namespace m4u_v1_entry

class M4uV1PageTable {
public:
    using Entry = uint32_t;
    static constexpr unsigned page_shift = 12;
    static constexpr uint64_t page_mask = (1ull << page_shift) - 1;
    static constexpr unsigned input_bits = 32;
    static constexpr uint64_t pages = 1ull << (input_bits - page_shift);

    constexpr unsigned levels() const { return 1; }
    constexpr uint64_t index(unsigned, uint64_t input) const { return input >> page_shift & (pages - 1); }

    // An entry has no permissions.
    constexpr DecodedEntry decode(unsigned, Entry entry, uint64_t input) const
    {
        if (!m4u_v1_entry::Valid::get(entry))
            return BadEntry{};
        return LeafEntry{(entry & m4u_v1_entry::Address::mask) | (input & page_mask), page_mask, Perm::rw};
    }
};

static_assert(PageTableFormat<M4uV1PageTable>);

}  // namespace soc
