// Page tables of Apple's DART: two levels of 8-byte little-endian entries, each table one page.
// Linux drivers/iommu/io-pgtable-dart.c; names of the sub-page fields also in m1n1, proxyclient/m1n1/hw/dart8110.py.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/field.hpp"
#include "soc-iommu/page_table_walker.hpp"

namespace soc {

// Fields of both kinds of entry, highest first.
namespace dart_entry {
using SubpageStart = Field<63, 52>;
using SubpageEnd = Field<51, 40>;  // the last unit that is inside
using Valid = Field<0>;
}  // namespace dart_entry

namespace dart1_entry {
using Address = Field<35, 12>;
using NoRead = Field<8>;
using NoWrite = Field<7>;
using SubpageDisable = Field<1>;
}  // namespace dart1_entry

namespace dart2_entry {
using Address = Field<37, 10>;  // physical address >> address_shift
constexpr unsigned address_shift = 4;
using NoRead = Field<3>;
using NoWrite = Field<2>;
using NoCache = Field<1>;
}  // namespace dart2_entry

// In what the two kinds differ.
struct DartEntries {
    uint64_t address_mask;
    unsigned address_shift;
    unsigned smallest_page_shift;  // what the address field can tell apart
    uint64_t no_read;
    uint64_t no_write;
    uint64_t subpage_disable;  // 0: sub-page protection cannot be switched off
};

inline constexpr DartEntries dart1_entries{
    .address_mask = dart1_entry::Address::mask,
    .address_shift = 0,
    .smallest_page_shift = 12,
    .no_read = dart1_entry::NoRead::mask,
    .no_write = dart1_entry::NoWrite::mask,
    .subpage_disable = dart1_entry::SubpageDisable::mask,
};

inline constexpr DartEntries dart2_entries{
    .address_mask = dart2_entry::Address::mask,
    .address_shift = dart2_entry::address_shift,
    .smallest_page_shift = dart2_entry::Address::low + dart2_entry::address_shift,
    .no_read = dart2_entry::NoRead::mask,
    .no_write = dart2_entry::NoWrite::mask,
    .subpage_disable = 0,
};

class DartPageTable {
public:
    using Entry = uint64_t;
    static constexpr unsigned table_levels = 2;

    constexpr DartPageTable(const DartEntries &entries, unsigned page_shift)
        : entries_(&entries), page_shift_(page_shift), index_bits_(page_shift - 3)
    {
    }

    constexpr unsigned levels() const { return table_levels; }
    constexpr uint64_t page_mask() const { return (1ull << page_shift_) - 1; }
    // Width of the input addresses that one root table covers.
    constexpr unsigned input_bits() const { return page_shift_ + table_levels * index_bits_; }

    constexpr uint64_t index(unsigned level, uint64_t input) const
    {
        const unsigned shift = page_shift_ + (table_levels - 1 - level) * index_bits_;
        return input >> shift & ((1ull << index_bits_) - 1);
    }

    DecodedEntry decode(unsigned level, Entry entry, uint64_t input) const
    {
        if (!dart_entry::Valid::get(entry))
            return BadEntry{};
        if (level + 1 < table_levels)
            return TableEntry{page_address(entry)};
        return leaf(entry, input);
    }

    // What a valid entry of the last level says about this input address. Sub-page protection can split a page
    // in parts: the leaf then is the largest aligned block around the address that is all inside or all outside.
    LeafEntry leaf(Entry entry, uint64_t input) const
    {
        const uint64_t offset = input & page_mask();
        LeafEntry out{page_address(entry) | offset, page_mask(), permissions(entry)};
        if (entry & entries_->subpage_disable)
            return out;
        // The fields count in 4096ths of a page; a range that ends before it starts holds nothing.
        const unsigned unit_shift = page_shift_ - dart_entry::SubpageStart::width;
        const uint64_t first = dart_entry::SubpageStart::get(entry) << unit_shift;
        const uint64_t end = (dart_entry::SubpageEnd::get(entry) + 1) << unit_shift;
        if (first == 0 && end > page_mask())
            return out;
        const auto inside = [&](uint64_t at) { return at >= first && at < end; };
        if (!inside(offset))
            out.perm = Perm::none;
        out.mask = 0;
        // Doubled for as long as the block does not straddle a bound.
        while (out.mask < page_mask()) {
            const uint64_t wider = out.mask * 2 + 1, low = offset & ~wider, high = offset | wider;
            const bool uniform = inside(offset) ? inside(low) && inside(high)
                                                : high < first || low >= end || first >= end;
            if (!uniform)
                break;
            out.mask = wider;
        }
        return out;
    }

private:
    constexpr uint64_t page_address(Entry entry) const
    {
        return ((entry & entries_->address_mask) << entries_->address_shift) & ~page_mask();
    }

    constexpr Perm permissions(Entry entry) const
    {
        return (entry & entries_->no_read ? Perm::none : Perm::r) | (entry & entries_->no_write ? Perm::none : Perm::w);
    }

    const DartEntries *entries_;
    unsigned page_shift_;
    unsigned index_bits_;
};

static_assert(PageTableFormat<DartPageTable>);

}  // namespace soc
