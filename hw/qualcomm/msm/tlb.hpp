// The TLB: entries by VMID, ASID and address, of four sizes. An entry that is global is every ASID's.
//
// Threads: all functions on any thread.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <optional>

#include "soc-iommu/field.hpp"
#include "soc-iommu/iotlb.hpp"

namespace soc::msm {

// What an entry has besides the address, as TLBTR0 would show it. IotlbEntry::perm holds this word.
namespace tlbtr0 {
using Privileged = Field<1, 0>;  // PW, PR
using User = Field<3, 2>;        // UW, UR
using ExecuteNever = Field<4>;   // XN
using Shareable = Field<8>;      // SH
}  // namespace tlbtr0

class Tlb {
public:
    struct Tag {
        unsigned vmid, asid;
    };
    struct Entry {
        IotlbEntry found;     // page: output address >> shift
        unsigned shift = 12;  // log2 of the size
        bool global = false;
    };
    // Read before the walk whose result is inserted.
    using Generations = std::array<uint64_t, 4>;

    Tlb();

    Generations generations(Tag) const;
    std::optional<Entry> find(Tag, uint32_t address) const;
    void insert(Tag, uint32_t address, const Generations &, const Entry &);

    void drop_all();
    void drop_vmid(unsigned vmid);
    void drop_asid(Tag);                             // but what is global
    void drop_address(Tag, uint32_t address);        // of the ASID, and what is global
    void drop_address_of_all(unsigned vmid, uint32_t address);

private:
    static constexpr std::array<unsigned, 4> shifts{12, 16, 20, 24};
    static constexpr unsigned asids = 256, global = asids;  // the tag of global entries
    // A cache's pages: those of one ASID after those of another.
    static uint64_t page(unsigned asid, uint32_t address, unsigned shift)
    {
        return uint64_t(asid) << 20 | address >> shift;
    }

    std::array<Iotlb, 4> caches_;  // by size
    // Whether there may be entries of the size, [1] global ones: most software uses one size and no global ones, and
    // need not pay for the others.
    std::array<std::array<std::atomic<bool>, 2>, 4> used_{};
};

}  // namespace soc::msm
