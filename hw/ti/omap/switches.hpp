// What turns the MMU on and off.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/field.hpp"

namespace soc::omap {

// MMU_CNTL
using MmuEnable = Field<1>;
using TwlEnable = Field<2>;      // the hardware's table walk
using EmuTlbUpdate = Field<3>;   // a debugger's misses fill the TLB

// DSP_SYS_MMU_CONFIG: one bit for each of the subsystem's MMUs (DSP_SYS_MMU_CONFIG_EN_SHIFT). The first is this one.
using Mmu0Enable = Field<0>;
using Mmu1Enable = Field<4>;

}  // namespace soc::omap
