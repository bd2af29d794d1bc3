// Two registers of APB_MISC, a neighbour: which chip this is, and how the board was strapped. The memory controller's
// driver asks for the latter (tegra_read_ram_code(), drivers/soc/tegra/fuse/tegra-apbmisc.c), which complains where
// there is no such block.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/device_tree.hpp"
#include "soc-iommu/register_bank.hpp"
#include "soc.hpp"

namespace soc::tegra {

class ApbMisc {
public:
    static constexpr uint64_t window = 0x1000;

    ApbMisc(const McSoc &, GuestLog &);

    RegisterBank &bank() { return bank_; }
    // `base`: where the window is.
    static void describe(DeviceTree &, uint64_t base);

private:
    RegisterBank bank_;
};

}  // namespace soc::tegra
