// The registers that drop what the SMMU keeps: TLB_FLUSH translations, PTC_FLUSH lines of the page tables. Neither does
// the other's work. A command ends before its write does.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>

#include "nvidia/mc/soc.hpp"
#include "soc-iommu/register_bank.hpp"

namespace soc::tegra_smmu {

class FlushCommands {
public:
    struct Actions {
        // Of this address space, or of all; numbers of input pages, both inside.
        std::function<void(std::optional<unsigned> asid, uint32_t first, uint32_t last)> tlb;
        // The line with this address, or all.
        std::function<void(std::optional<uint64_t> address)> ptc;
    };

    FlushCommands(const tegra::SmmuSoc &, RegisterBank &, GuestLog &, Actions);

private:
    void flush_tlb(uint32_t written);
    void flush_ptc(uint32_t written);

    const tegra::SmmuSoc &soc_;
    GuestLog &log_;
    Actions actions_;
    const Register *high_ = nullptr;  // PTC_FLUSH_HI, where memory has more than 32 address bits
};

}  // namespace soc::tegra_smmu
