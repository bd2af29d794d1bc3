// PC, the control register. Linux drivers/iommu/fsl_pamu.h (PAMU_PC_*).
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/field.hpp"

namespace soc::pamu::control {

using GateClosed = Field<31>;          // PGC
using Enable = Field<30>;              // PE
using CacheOperations = Field<12>;     // OCE
using CacheSecondary = Field<4>;       // SPCC
using CachePrimary = Field<0>;         // PPCC

constexpr uint32_t caches = uint32_t(CacheSecondary::mask | CachePrimary::mask);
constexpr uint32_t all = uint32_t(GateClosed::mask | Enable::mask | CacheOperations::mask) | caches;

}  // namespace soc::pamu::control
