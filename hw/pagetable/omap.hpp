// The page tables of TI's MMU: 4096 entries of level 1 for a MiB each, and tables of 256 entries of level 2, all of 4
// bytes. Linux drivers/iommu/omap-iopgtable.h; the attributes' places: omap-iommu.c, get_iopte_attr().
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/field.hpp"
#include "soc-iommu/page_table_walker.hpp"

namespace soc {

namespace omap_entry {

// Level 1
using Type = Field<1, 0>;  // IOPGD_TABLE, IOPGD_SECTION; the other two are invalid
constexpr uint64_t table = 1, section = 2;
using Supersection = Field<18>;
using TableBase = Field<31, 10>;
using SectionBase = Field<31, 20>;
using SupersectionBase = Field<31, 24>;
// Level 2
using Small = Field<1>;
using Large = Field<0>;  // where Small is not set
using LargeBase = Field<31, 16>;
using SmallBase = Field<31, 12>;

// How data are laid out in the page. In level 1 they lie six bits higher.
constexpr unsigned level_1_shift = 6;
using Mixed = Field<11>;
using Endianness = Field<9>;
using ElementSize = Field<5, 4>;

}  // namespace omap_entry

class OmapPageTable {
public:
    using Entry = uint32_t;
    static constexpr unsigned input_bits = 32, section_shift = 20, page_shift = 12;
    static constexpr uint64_t table_size = 4096 * sizeof(Entry);

    constexpr unsigned levels() const { return 2; }
    constexpr uint64_t index(unsigned level, uint64_t input) const
    {
        return level == 0 ? input >> section_shift & 4095 : input >> page_shift & 255;
    }

    // An entry has no permissions.
    constexpr DecodedEntry decode(unsigned level, Entry entry, uint64_t input) const
    {
        using namespace omap_entry;
        if (level == 1) {
            if (Small::get(entry))
                return leaf<SmallBase>(entry, input);
            return Large::get(entry) ? leaf<LargeBase>(entry, input) : DecodedEntry(BadEntry{});
        }
        if (Type::get(entry) == table)
            return TableEntry{entry & TableBase::mask};
        if (Type::get(entry) != section)
            return BadEntry{};
        return Supersection::get(entry) ? leaf<SupersectionBase>(entry, input) : leaf<SectionBase>(entry, input);
    }

private:
    template <typename Base>
    static constexpr DecodedEntry leaf(Entry entry, uint64_t input)
    {
        constexpr uint64_t mask = (1ull << Base::low) - 1;
        return LeafEntry{(entry & Base::mask) | (input & mask), mask, Perm::rw};
    }
};

static_assert(PageTableFormat<OmapPageTable>);

}  // namespace soc
