// The ID registers: Arm IHI 0070, 6.3.1 to 6.3.8.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "features.hpp"
#include "soc-iommu/field.hpp"

namespace soc::smmuv3 {

namespace idr0 {
using S2P = Field<0>;
using S1P = Field<1>;
using TTF = Field<3, 2>;
using COHACC = Field<4>;
using BTM = Field<5>;
using HTTU = Field<7, 6>;
using DORMHINT = Field<8>;
using Hyp = Field<9>;
using ATS = Field<10>;
using NS1ATS = Field<11>;
using ASID16 = Field<12>;
using MSI = Field<13>;
using SEV = Field<14>;
using ATOS = Field<15>;
using PRI = Field<16>;
using VMW = Field<17>;
using VMID16 = Field<18>;
using CD2L = Field<19>;
using VATOS = Field<20>;
using TTENDIAN = Field<22, 21>;
using ATSRECERR = Field<23>;
using STALL_MODEL = Field<25, 24>;
using TERM_MODEL = Field<26>;
using ST_LEVEL = Field<28, 27>;
}  // namespace idr0

namespace idr1 {
using SIDSIZE = Field<5, 0>;
using SSIDSIZE = Field<10, 6>;
using PRIQS = Field<15, 11>;
using EVENTQS = Field<20, 16>;
using CMDQS = Field<25, 21>;
using ATTR_PERMS_OVR = Field<26>;
using ATTR_TYPES_OVR = Field<27>;
}  // namespace idr1

namespace idr3 {
using HAD = Field<2>;
using PBHA = Field<3>;
using XNX = Field<4>;
using PPS = Field<5>;
using MPAM = Field<7>;
using FWB = Field<8>;
using STT = Field<9>;
using RIL = Field<10>;
using BBML = Field<12, 11>;
}  // namespace idr3

namespace idr5 {
using OAS = Field<2, 0>;
using GRAN4K = Field<4>;
using GRAN16K = Field<5>;
using GRAN64K = Field<6>;
using DS = Field<7>;
using VAX = Field<11, 10>;
using STALL_MAX = Field<31, 16>;
}  // namespace idr5

namespace aidr {
using ArchMinorRev = Field<3, 0>;
using ArchMajorRev = Field<7, 4>;
}  // namespace aidr

struct IdRegisters {
    explicit IdRegisters(const Features &);

    uint32_t idr0, idr1, idr2, idr3, idr4, idr5, iidr, aidr;
};

}  // namespace soc::smmuv3
