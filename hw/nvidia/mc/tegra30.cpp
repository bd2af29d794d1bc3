// Tegra30. Names, numbers and registers: Linux drivers/memory/tegra/tegra30.c and
// include/dt-bindings/memory/tegra30-mc.h.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc.hpp"

namespace soc::tegra {

namespace {

enum SwGroup : unsigned {
    ptc = 0, dc = 1, dcb = 2, epp = 3, g2 = 4, mpe = 5, vi = 6, afi = 7, avpc = 8, nv = 9, nv2 = 10, hda = 11,
    hc = 12, ppcs = 13, sata = 14, vde = 15, mpcorelp = 16, mpcore = 17, isp = 18,
};

constexpr Client clients[] = {
    {0x00, "ptcr", ptc}, {0x01, "display0a", dc, 0x228, 1}, {0x02, "display0ab", dcb, 0x228, 2},
    {0x03, "display0b", dc, 0x228, 3}, {0x04, "display0bb", dcb, 0x228, 4}, {0x05, "display0c", dc, 0x228, 5},
    {0x06, "display0cb", dcb, 0x228, 6}, {0x07, "display1b", dc, 0x228, 7}, {0x08, "display1bb", dcb, 0x228, 8},
    {0x09, "eppup", epp, 0x228, 9}, {0x0a, "g2pr", g2, 0x228, 10}, {0x0b, "g2sr", g2, 0x228, 11},
    {0x0c, "mpeunifbr", mpe, 0x228, 12}, {0x0d, "viruv", vi, 0x228, 13}, {0x0e, "afir", afi, 0x228, 14},
    {0x0f, "avpcarm7r", avpc, 0x228, 15}, {0x10, "displayhc", dc, 0x228, 16}, {0x11, "displayhcb", dcb, 0x228, 17},
    {0x12, "fdcdrd", nv, 0x228, 18}, {0x13, "fdcdrd2", nv2, 0x228, 19}, {0x14, "g2dr", g2, 0x228, 20},
    {0x15, "hdar", hda, 0x228, 21}, {0x16, "host1xdmar", hc, 0x228, 22}, {0x17, "host1xr", hc, 0x228, 23},
    {0x18, "idxsrd", nv, 0x228, 24}, {0x19, "idxsrd2", nv2, 0x228, 25}, {0x1a, "mpe_ipred", mpe, 0x228, 26},
    {0x1b, "mpeamemrd", mpe, 0x228, 27}, {0x1c, "mpecsrd", mpe, 0x228, 28}, {0x1d, "ppcsahbdmar", ppcs, 0x228, 29},
    {0x1e, "ppcsahbslvr", ppcs, 0x228, 30}, {0x1f, "satar", sata, 0x228, 31}, {0x20, "texsrd", nv, 0x22c, 0},
    {0x21, "texsrd2", nv2, 0x22c, 1}, {0x22, "vdebsevr", vde, 0x22c, 2}, {0x23, "vdember", vde, 0x22c, 3},
    {0x24, "vdemcer", vde, 0x22c, 4}, {0x25, "vdetper", vde, 0x22c, 5}, {0x26, "mpcorelpr", mpcorelp},
    {0x27, "mpcorer", mpcore}, {0x28, "eppu", epp, 0x22c, 8}, {0x29, "eppv", epp, 0x22c, 9},
    {0x2a, "eppy", epp, 0x22c, 10}, {0x2b, "mpeunifbw", mpe, 0x22c, 11}, {0x2c, "viwsb", vi, 0x22c, 12},
    {0x2d, "viwu", vi, 0x22c, 13}, {0x2e, "viwv", vi, 0x22c, 14}, {0x2f, "viwy", vi, 0x22c, 15},
    {0x30, "g2dw", g2, 0x22c, 16}, {0x31, "afiw", afi, 0x22c, 17}, {0x32, "avpcarm7w", avpc, 0x22c, 18},
    {0x33, "fdcdwr", nv, 0x22c, 19}, {0x34, "fdcdwr2", nv2, 0x22c, 20}, {0x35, "hdaw", hda, 0x22c, 21},
    {0x36, "host1xw", hc, 0x22c, 22}, {0x37, "ispw", isp, 0x22c, 23}, {0x38, "mpcorelpw", mpcorelp},
    {0x39, "mpcorew", mpcore}, {0x3a, "mpecswr", mpe, 0x22c, 26}, {0x3b, "ppcsahbdmaw", ppcs, 0x22c, 27},
    {0x3c, "ppcsahbslvw", ppcs, 0x22c, 28}, {0x3d, "sataw", sata, 0x22c, 29}, {0x3e, "vdebsevw", vde, 0x22c, 30},
    {0x3f, "vdedbgw", vde, 0x22c, 31}, {0x40, "vdembew", vde, 0x230, 0}, {0x41, "vdetpmw", vde, 0x230, 1},
};

constexpr AsidRegister asid_registers[] = {
    {"SMMU_DC_ASID", dc, 0x240}, {"SMMU_DCB_ASID", dcb, 0x244}, {"SMMU_EPP_ASID", epp, 0x248},
    {"SMMU_G2_ASID", g2, 0x24c}, {"SMMU_MPE_ASID", mpe, 0x264}, {"SMMU_VI_ASID", vi, 0x280},
    {"SMMU_AFI_ASID", afi, 0x238}, {"SMMU_AVPC_ASID", avpc, 0x23c}, {"SMMU_NV_ASID", nv, 0x268},
    {"SMMU_NV2_ASID", nv2, 0x26c}, {"SMMU_HDA_ASID", hda, 0x254}, {"SMMU_HC_ASID", hc, 0x250},
    {"SMMU_PPCS_ASID", ppcs, 0x270}, {"SMMU_SATA_ASID", sata, 0x278}, {"SMMU_VDE_ASID", vde, 0x27c},
    {"SMMU_ISP_ASID", isp, 0x258},
};

constexpr ResetBit resets[] = {
    {afi, 0x200, 0}, {avpc, 0x200, 1}, {dc, 0x200, 2}, {dcb, 0x200, 3}, {epp, 0x200, 4}, {g2, 0x200, 5},
    {hc, 0x200, 6}, {hda, 0x200, 7}, {isp, 0x200, 8}, {mpcore, 0x200, 9}, {mpcorelp, 0x200, 10}, {mpe, 0x200, 11},
    {nv, 0x200, 12}, {nv2, 0x200, 13}, {ppcs, 0x200, 14}, {sata, 0x200, 15}, {vde, 0x200, 16}, {vi, 0x200, 17},
};

constexpr RegisterRun latency[] = {
    {0x2e0, 36},
};

constexpr ErrorRegisters errors[] = {
    {"ERR_STATUS", "ERR_ADR", 0x08,
     mc_int::decerr_emem | mc_int::security_violation | mc_int::invalid_smmu_page},
};

constexpr SmmuSoc smmu{
    .address_bits = 32,
    .registers_size = 0x400,
    .atom_size = 16,
    .asids = 4,
    .tlb_lines = 16,
    .arbitration = false,
    .asid_registers = asid_registers,
    .resets = resets,
    .latency = latency,
};

}  // namespace

constinit const McSoc tegra30{
    .name = "tegra30",
    .chip_id = 0x30,
    .clients = clients,
    .interrupts = mc_int::decerr_emem | mc_int::security_violation | mc_int::invalid_smmu_page,
    .errors = errors,
    .smmu = &smmu,
};

}  // namespace soc::tegra
