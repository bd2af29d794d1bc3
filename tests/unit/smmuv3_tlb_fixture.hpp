// Tags and entries for the tests of the SMMUv3's TLB.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arm/smmuv3/tlb.hpp"

namespace soc::smmuv3::test {

inline constexpr uint64_t page = 0x1000;

inline Tlb::Tag stage1(uint16_t vmid, uint16_t asid, Regime regime = Regime::nsel1, uint8_t granule_shift = 12)
{
    return {.kind = Tlb::Kind::stage1, .regime = regime, .has_stage2 = false, .vmid = vmid, .asid = asid,
            .granule_shift = granule_shift};
}

inline Tlb::Tag nested(uint16_t vmid, uint16_t asid)
{
    Tlb::Tag tag = stage1(vmid, asid);
    tag.has_stage2 = true;
    return tag;
}

inline Tlb::Tag stage2(uint16_t vmid)
{
    return {.kind = Tlb::Kind::stage2, .regime = Regime::nsel1, .has_stage2 = true, .vmid = vmid, .asid = 0,
            .granule_shift = 12};
}

struct TestTlb : Tlb {
    explicit TestTlb(unsigned sets = 256, unsigned ways = 8) : Tlb(sets, ways) {}

    void add(const Tag &tag, uint64_t address, uint8_t block_shift = 12, bool global = false, uint8_t level = 3)
    {
        TlbEntry entry;
        entry.output = 0x800000000000 + (address >> block_shift << block_shift);
        entry.ipa = entry.output + 1;
        entry.block_shift = block_shift;
        entry.level = level;
        entry.global = global;
        insert(tag, address, stamp(), entry);
    }
    void add_global(const Tag &tag, uint64_t address) { add(tag, address, 12, true); }
    bool has(const Tag &tag, uint64_t address) const { return find(tag, address).has_value(); }
};

}  // namespace soc::smmuv3::test
