// Short-descriptor tables of ARMv7's VMSA: 4096 entries of 1 MiB, each a section, a sixteenth of a supersection or a
// table of 256 pages. Arm DDI 0406, B3.5 and B3.7; Linux drivers/iommu/io-pgtable-arm-v7s.c, which builds them with
// the access flag in AP[0] (SCTLR.AFE). Of its fields those are here that a translation depends on: memory types, NS
// and domains make no difference to one.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/field.hpp"
#include "soc-iommu/page_table_walker.hpp"

namespace soc {

// Fields, highest first. The first level's and the second's differ; so do large and small pages.
namespace v7s_first {
using SupersectionBase = Field<31, 24>;
using SectionBase = Field<31, 20>;
using TableBase = Field<31, 10>;
using Supersection = Field<18>;
using NotGlobal = Field<17>;
using Shareable = Field<16>;
using Ap2 = Field<15>;
using Ap10 = Field<11, 10>;
using ExecuteNever = Field<4>;
using Type = Field<1, 0>;
constexpr unsigned fault = 0, table = 1, section = 2;  // 3 is a section with PXN, or reserved
}  // namespace v7s_first

namespace v7s_second {
using LargeBase = Field<31, 16>;
using SmallBase = Field<31, 12>;
using LargeExecuteNever = Field<15>;
using NotGlobal = Field<11>;
using Shareable = Field<10>;
using Ap2 = Field<9>;
using Ap10 = Field<5, 4>;
using Small = Field<1>;  // else a large page, if bit 0 is set
using SmallExecuteNever = Field<0>;
using Type = Field<1, 0>;
}  // namespace v7s_second

// What a leaf says of its memory besides the address.
struct V7sAttributes {
    Perm privileged = Perm::none, user = Perm::none;
    bool execute_never = false, shareable = false, global = false;
};

class ArmV7Short {
public:
    using Entry = uint32_t;
    enum Size : unsigned { small = 12, large = 16, section = 20, supersection = 24 };  // log2
    static constexpr unsigned input_bits = 32;
    static constexpr unsigned second_level = 1;

    struct Shape {
        unsigned root_bits = 12;          // of the index; fewer where TTBCR.N makes TTBR0's table smaller
        bool big_endian = false;          // SCTLR.BE
        bool access_flag = true;          // SCTLR.AFE: AP[0] is the access flag
        bool access_flag_faults = true;   // and an access through an entry that has none faults
    };

    constexpr explicit ArmV7Short(const Shape &shape) : shape_(shape) {}

    constexpr unsigned levels() const { return 2; }
    constexpr uint64_t index(unsigned level, uint64_t input) const
    {
        return level == 0 ? input >> section & ((1u << shape_.root_bits) - 1) : input >> small & 0xff;
    }
    // A word as memory has it, in the order of the fields above; and back.
    constexpr Entry ordered(Entry word) const { return shape_.big_endian ? __builtin_bswap32(word) : word; }

    // Says nothing of permissions: they differ by privilege, see attributes().
    constexpr DecodedEntry decode(unsigned level, Entry word, uint64_t input) const
    {
        const Entry entry = ordered(word);
        if (level == 0 && v7s_first::Type::get(entry) == v7s_first::table)
            return TableEntry{entry & v7s_first::TableBase::mask};
        const bool valid = level == 0 ? v7s_first::Type::get(entry) == v7s_first::section
                                      : v7s_second::Type::get(entry) != 0;
        if (!valid)
            return BadEntry{};
        if (shape_.access_flag && shape_.access_flag_faults && !has_access_flag(level, entry))
            return BadEntry{FaultKind::access_flag};
        const uint64_t mask = (1ull << size(level, entry)) - 1;
        return LeafEntry{(entry & ~mask & 0xffff'ffff) | (input & mask), mask, Perm::none};
    }

    constexpr bool has_access_flag(unsigned level, Entry entry) const { return entry & access_flag(level); }
    static constexpr Entry access_flag(unsigned level)
    {
        return 1u << (level == 0 ? v7s_first::Ap10::low : v7s_second::Ap10::low);
    }

    // Of a leaf, `entry` in order.
    static constexpr Size size(unsigned level, Entry entry)
    {
        if (level == 0)
            return v7s_first::Supersection::get(entry) ? supersection : section;
        return v7s_second::Small::get(entry) ? small : large;
    }
    constexpr V7sAttributes attributes(unsigned level, Entry entry) const
    {
        V7sAttributes out;
        unsigned ap;
        if (level == 0) {
            ap = unsigned(v7s_first::Ap2::get(entry) << 2 | v7s_first::Ap10::get(entry));
            out.execute_never = v7s_first::ExecuteNever::get(entry);
            out.shareable = v7s_first::Shareable::get(entry);
            out.global = !v7s_first::NotGlobal::get(entry);
        } else {
            ap = unsigned(v7s_second::Ap2::get(entry) << 2 | v7s_second::Ap10::get(entry));
            out.execute_never = v7s_second::Small::get(entry) ? v7s_second::SmallExecuteNever::get(entry)
                                                              : v7s_second::LargeExecuteNever::get(entry);
            out.shareable = v7s_second::Shareable::get(entry);
            out.global = !v7s_second::NotGlobal::get(entry);
        }
        // DDI 0406, tables B3-8 and B3-9. With the access flag AP[2:1] are all there is: what AP[0] set says.
        if (shape_.access_flag)
            ap |= 1;
        constexpr Perm none = Perm::none, r = Perm::r, rw = Perm::rw;
        constexpr Perm privileged[] = {none, rw, rw, rw, none, r, r, r}, user[] = {none, none, r, rw, none, none, r, r};
        out.privileged = privileged[ap];
        out.user = user[ap];
        return out;
    }

private:
    Shape shape_;
};

static_assert(PageTableFormat<ArmV7Short>);

}  // namespace soc
