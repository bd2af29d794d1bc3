// Fields of the registers whose bits mean something to the model, from Linux drivers/iommu/msm_iommu_hw-8xxx.h.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "soc-iommu/field.hpp"

namespace soc::msm {

constexpr uint64_t window = 1_MiB;
constexpr uint32_t context_stride = 0x1000;  // CTX_SHIFT
constexpr unsigned most_contexts = 4;        // Documentation/devicetree/bindings/iommu/qcom,apq8064-iommu.yaml
constexpr unsigned masters = 32;             // MAX_NUM_MIDS; apq8064's graphics have the numbers 0 to 31
constexpr unsigned vmids = 32;
constexpr unsigned lines = 2;                // the binding's two interrupts: 0 "secure", 1 the other (CBACR.IRPTNDX)
constexpr unsigned address_bits = 32;

namespace m2vcbr {
using Vmid = Field<4, 0>;
using ContextBank = Field<15, 8>;  // CBNDX
using BypassDisable = Field<16>;   // BYPASSD
using NsCfg = Field<23, 22>;
constexpr uint64_t non_secure = 3;  // config_mids(): "security bit override to be Non-secure"
constexpr uint32_t bits = 0x0fff'ff1f;
}  // namespace m2vcbr

namespace cbacr {
using Cbvmid = Field<20, 16>;
using InterruptIndex = Field<31, 24>;  // IRPTNDX
constexpr uint32_t bits = 0xff1f'031f;
}  // namespace cbacr

namespace cr {
using ErrorInterrupt = Field<2>;  // RPUEIE
using ClientDisable = Field<4>;   // CLIENTPD
using StallDisable = Field<5>;    // STALLD
constexpr uint32_t bits = 0x3ff;
}  // namespace cr

namespace esr {
using Config = Field<0>;  // CFG
using Bypass = Field<1>;
using Multi = Field<31>;
constexpr uint32_t causes = uint32_t(Config::mask | Bypass::mask), bits = uint32_t(causes | Multi::mask);
}  // namespace esr

namespace idr {
using MasterCount = Field<8, 0>;  // NM2VCBMT
using TableWalk = Field<9>;       // HTW
using TlbSize = Field<15, 12>;
using ContextCount = Field<23, 16>;    // NCB
using InterruptCount = Field<31, 24>;  // NIRPT
}  // namespace idr

namespace sctlr {
using Mmu = Field<0>;  // M
using AccessFlagEnable = Field<2>;       // AFE
using HardwareAccessFlag = Field<3>;     // HAF
using BigEndian = Field<4>;              // BE
using AccessFlagFaultDisable = Field<5>; // AFFD
constexpr uint32_t bits = 0x3f;
}  // namespace sctlr

namespace actlr {
using FaultInterrupt = Field<1>;   // CFEIE
using TlbMiss = Field<13, 12>;     // TLBMCFG
using FaultStall = Field<14>;      // CFCFG
using V2pMiss = Field<17, 16>;     // V2PCFG
constexpr uint64_t table_walk = 3; // __program_context(): "perform HTW on miss", "HTW for access"
constexpr uint32_t bits = 0x00f7'ff7f;
}  // namespace actlr

using Asid = Field<7, 0>;            // CONTEXTIDR, TLBIASID, TLBIVA
using CommandAddress = Field<31, 12>;  // TLBIVA, TLBIVAA, V2Pxx

// The header puts N at bit 3, where it would overlap PD0. Arm's TTBCR has it here (DDI 0406, B4.1.153).
namespace ttbcr {
using Pd1 = Field<5>;
using Pd0 = Field<4>;
using N = Field<2, 0>;
constexpr uint32_t bits = uint32_t(Pd1::mask | Pd0::mask | N::mask);
}  // namespace ttbcr

// Attributes of the walk: IRGN, NOS, ORGN, SH. Base [31:14-N] of TTBR0, [31:14] of TTBR1.
constexpr uint32_t ttbr_attributes = 0x7b, ttbr0_base = 0xffff'ff80, ttbr1_base = 0xffff'c000;

namespace fsr {
using Translation = Field<1>;   // TF
using AccessFlag = Field<2>;    // AFF
using Permission = Field<3>;    // APF
using TlbMiss = Field<4>;       // TLBMF
using WalkDecode = Field<5>;    // HTWDEEF
using WalkSlave = Field<6>;     // HTWSEEF
using MultiHit = Field<7>;      // MHF
using SecondLevel = Field<16>;  // SL
using Stalled = Field<30>;      // SS
using Multi = Field<31>;
constexpr uint32_t causes = 0xfe, bits = uint32_t(causes | SecondLevel::mask | Stalled::mask | Multi::mask);
}  // namespace fsr

namespace par {
using Fault = Field<0>;  // and then the bits of FSR
using Supersection = Field<1>;
using Shareable = Field<7>;
using Address = Field<31, 12>;
}  // namespace par

namespace fsynr0 {
using Master = Field<7, 0>;  // AMID
}  // namespace fsynr0
namespace esynr0 {
using Vmid = Field<20, 16>;  // AVMID
}  // namespace esynr0
namespace fsynr1 {  // ESYNR1 has these in the same places
using Privileged = Field<5>;   // APRIV
using NonSecure = Field<6>;    // APROTNS
using Instruction = Field<7>;  // AINST
using Write = Field<8>;        // AWRITE
}  // namespace fsynr1

namespace bfbcr {
using Prefetch = Field<0>;  // BFBDFE
}  // namespace bfbcr

namespace v2psr {
using Hit = Field<0>;
}  // namespace v2psr

namespace resume {
using Terminate = Field<0>;  // TNR: terminate, do not retry
}  // namespace resume

}  // namespace soc::msm
