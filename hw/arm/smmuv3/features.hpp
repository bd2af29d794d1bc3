// What this SMMU has: the user's options, checked against each other. The ID registers say exactly this.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "soc-iommu/options.hpp"

namespace soc::smmuv3 {

struct Features {
    // Throws OptionError, with the reason, for combinations that the architecture does not allow.
    explicit Features(const Options &);

    bool stage1, stage2;
    bool granule_4k, granule_16k, granule_64k;
    unsigned oas;       // bits: 32, 36, 40, 42, 44, 48 or 52
    unsigned sid_bits;  // 1 to 16
    unsigned ssid_bits; // 0 to 20; 0: no substreams
    bool two_level_stream_table, two_level_cd_table;
    bool asid16, vmid16;
    enum class StallModel : uint8_t { both = 0, none = 1, forced = 2 } stall;
    bool coherent;  // IDR0.COHACC, and dma-coherent or dma-noncoherent in the device tree
    unsigned httu;  // 0 none, 1 access flag, 2 and dirty state
    bool ats, pri, msi;
    bool ril;       // range invalidation and TTL
    bool fwb;
    bool e2h;       // EL2 and EL2-E2H regimes: IDR0.Hyp
    bool va52;      // IDR5.VAX: 52-bit input addresses, with 64K granule

    // An event to the CPUs, IDR0.SEV, is nothing that a model can send.
    static constexpr bool sev = false;
    // log2 of the largest queues: the architecture's own limit, as the memory is the guest's.
    static constexpr unsigned cmdq_bits = 19, evtq_bits = 19, priq_bits = 19;

    // By log2 of the granule's size.
    bool has_granule(unsigned shift) const
    {
        return shift == 12 ? granule_4k : shift == 14 ? granule_16k : shift == 16 && granule_64k;
    }
    // IDR5.STALL_MAX: transactions that can wait at once.
    unsigned stall_max() const { return stall == StallModel::none ? 0 : 64; }
    // Bits of a physical address.
    uint64_t address_mask() const { return (1ull << oas) - 1; }
};

extern const OptionSpec option_specs[];
extern const unsigned option_spec_count;

}  // namespace soc::smmuv3
