// The two versions of the block: the same registers in other places, and one default page or two.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace soc::sprd {

// Offsets of registers. Linux drivers/iommu/sprd-iommu.c, SPRD_EX_* and SPRD_VAU_*.
struct Version {
    uint32_t number;  // bits [15:8] of the word at 0, which is CFG's own in EX
    uint32_t config, update, first_vpn, vpn_range, first_ppn;
    uint32_t default_read, default_write;  // of the default page; one register for both in EX
    uint32_t authority;                    // AUTH_CFG; 0: none
};

const Version &version_named(const std::string &name);

}  // namespace soc::sprd
