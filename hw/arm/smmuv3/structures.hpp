// Structures in memory: stream table entries, context descriptors, commands, events and page requests. Fields in the
// order of the words; bit numbers count from 0 in each 64-bit word. Arm IHI 0070, chapters 4, 5, 7 and 8.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>

#include "soc-iommu/field.hpp"

namespace soc::smmuv3 {

using SteWords = std::array<uint64_t, 8>;
using CdWords = std::array<uint64_t, 8>;
using CommandWords = std::array<uint64_t, 2>;
using EventWords = std::array<uint64_t, 4>;
using PageRequestWords = std::array<uint64_t, 2>;

// Level 1 stream table descriptor, 5.1.
namespace l1std {
using Span = Field<4, 0>;
using L2Ptr = Field<51, 6>;
}  // namespace l1std

// Stream table entry, 5.2.
namespace ste {
// word 0
using V = Field<0>;
using Config = Field<3, 1>;
using S1Fmt = Field<5, 4>;
using S1ContextPtr = Field<51, 6>;
using S1CDMax = Field<63, 59>;
// word 1
using S1DSS = Field<1, 0>;
using S1CIR = Field<3, 2>;
using S1COR = Field<5, 4>;
using S1CSH = Field<7, 6>;
using CONT = Field<16, 13>;
using S2FWB = Field<25>;
using S1MPAM = Field<26>;
using S1STALLD = Field<27>;
using EATS = Field<29, 28>;
using STRW = Field<31, 30>;
using MemAttr = Field<35, 32>;
using MTCFG = Field<36>;
using ALLOCCFG = Field<40, 37>;
using SHCFG = Field<45, 44>;
using NSCFG = Field<47, 46>;
using PRIVCFG = Field<49, 48>;
using INSTCFG = Field<51, 50>;
// word 2
using S2VMID = Field<15, 0>;
using S2T0SZ = Field<37, 32>;
using S2SL0 = Field<39, 38>;
using S2IR0 = Field<41, 40>;
using S2OR0 = Field<43, 42>;
using S2SH0 = Field<45, 44>;
using S2TG = Field<47, 46>;
using S2PS = Field<50, 48>;
using S2AA64 = Field<51>;
using S2ENDI = Field<52>;
using S2AFFD = Field<53>;
using S2PTW = Field<54>;
using S2HD = Field<55>;
using S2HA = Field<56>;
using S2S = Field<57>;
using S2R = Field<58>;
// word 3
using S2TTB = Field<51, 4>;

enum : uint64_t { config_abort = 0, config_bypass = 4, config_s1 = 5, config_s2 = 6, config_nested = 7 };
enum : uint64_t { s1fmt_linear = 0, s1fmt_4k_l2 = 1, s1fmt_64k_l2 = 2 };
enum : uint64_t { s1dss_terminate = 0, s1dss_bypass = 1, s1dss_ssid0 = 2 };
enum : uint64_t { eats_abort = 0, eats_full = 1, eats_s1chk = 2 };
enum : uint64_t { strw_nsel1 = 0, strw_el2 = 2 };
}  // namespace ste

// Level 1 context descriptor table descriptor, 5.3.
namespace l1cd {
using V = Field<0>;
using L2Ptr = Field<51, 12>;
}  // namespace l1cd

// Context descriptor, 5.4.
namespace cd {
// word 0
using T0SZ = Field<5, 0>;
using TG0 = Field<7, 6>;
using IR0 = Field<9, 8>;
using OR0 = Field<11, 10>;
using SH0 = Field<13, 12>;
using EPD0 = Field<14>;
using ENDI = Field<15>;
using T1SZ = Field<21, 16>;
using TG1 = Field<23, 22>;
using IR1 = Field<25, 24>;
using OR1 = Field<27, 26>;
using SH1 = Field<29, 28>;
using EPD1 = Field<30>;
using V = Field<31>;
using IPS = Field<34, 32>;
using AFFD = Field<35>;
using WXN = Field<36>;
using TBI0 = Field<38>;
using TBI1 = Field<39>;
using PAN = Field<40>;
using AA64 = Field<41>;
using HD = Field<42>;
using HA = Field<43>;
using S = Field<44>;
using R = Field<45>;
using A = Field<46>;
using ASET = Field<47>;
using ASID = Field<63, 48>;
// word 1, and word 2 for TTB1
using HAD = Field<1>;
using TTB = Field<51, 4>;
}  // namespace cd

// Commands, 4.1 to 4.7. Word 0 holds OP; `second` fields are of word 1.
namespace cmd {
using Op = Field<7, 0>;
using SSec = Field<10>;
using SSV = Field<11>;
using SSID = Field<31, 12>;
using SID = Field<63, 32>;
namespace second {
using Leaf = Field<0>;
using Range = Field<4, 0>;
using TTL = Field<9, 8>;
using TG = Field<11, 10>;
using Address = Field<63, 12>;
using AtcSize = Field<5, 0>;
using PrgIndex = Field<8, 0>;
using Resp = Field<13, 12>;
using STAG = Field<15, 0>;
using MsiAddress = Field<51, 2>;
}  // namespace second
// TLBI_*
using NUM = Field<16, 12>;
using SCALE = Field<24, 20>;
using VMID = Field<47, 32>;
using ASID = Field<63, 48>;
// ATC_INV
using Global = Field<9>;
// RESUME
using Ac = Field<12>;  // 1: retry
using Ab = Field<13>;  // with Ac 0: 1 abort, 0 RAZ/WI
// CMD_SYNC
using CS = Field<13, 12>;
using MSH = Field<23, 22>;
using MSIAttr = Field<27, 24>;
using MSIData = Field<63, 32>;

enum Opcode : uint8_t {
    prefetch_cfg = 0x01,
    prefetch_addr = 0x02,
    cfgi_ste = 0x03,
    cfgi_ste_range = 0x04,
    cfgi_cd = 0x05,
    cfgi_cd_all = 0x06,
    cfgi_vms_pidm = 0x07,
    tlbi_nh_all = 0x10,
    tlbi_nh_asid = 0x11,
    tlbi_nh_va = 0x12,
    tlbi_nh_vaa = 0x13,
    tlbi_el3_all = 0x18,
    tlbi_el3_va = 0x1a,
    tlbi_el2_all = 0x20,
    tlbi_el2_asid = 0x21,
    tlbi_el2_va = 0x22,
    tlbi_el2_vaa = 0x23,
    tlbi_s12_vmall = 0x28,
    tlbi_s2_ipa = 0x2a,
    tlbi_nsnh_all = 0x30,
    atc_inv = 0x40,
    pri_resp = 0x41,
    resume = 0x44,
    stall_term = 0x45,
    sync = 0x46,
};
enum : uint64_t { cs_none = 0, cs_irq = 1, cs_sev = 2 };
}  // namespace cmd

// Events, 7.3.
namespace evt {
// word 0
using Id = Field<7, 0>;
using SSV = Field<11>;
using SSID = Field<31, 12>;
using SID = Field<63, 32>;
// word 1
using STAG = Field<15, 0>;
using STALL = Field<31>;
using PnU = Field<33>;
using InD = Field<34>;
using RnW = Field<35>;
using NSIPA = Field<38>;
using S2 = Field<39>;
using Class = Field<41, 40>;
using TTRnW = Field<44>;
// word 3
using IPA = Field<51, 12>;
using FetchAddr = Field<51, 3>;
}  // namespace evt

// Page requests, 8.1.
namespace ppr {
// word 0
using SID = Field<31, 0>;
using SSID = Field<51, 32>;
using Priv = Field<58>;
using X = Field<59>;
using R = Field<60>;
using W = Field<61>;
using Last = Field<62>;
using SSV = Field<63>;
// word 1
using PrgIndex = Field<8, 0>;
using Address = Field<63, 12>;
}  // namespace ppr

}  // namespace soc::smmuv3
