// Tegra210. Names, numbers and registers: Linux drivers/memory/tegra/tegra210.c and
// include/dt-bindings/memory/tegra210-mc.h.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc.hpp"

namespace soc::tegra {

namespace {

enum SwGroup : unsigned {
    ptc = 0, dc = 1, dcb = 2, afi = 3, avpc = 4, hda = 5, hc = 6, nvenc = 7, ppcs = 8, sata = 9, mpcore = 10,
    isp2 = 11, xusb_host = 12, xusb_dev = 13, isp2b = 14, tsec = 15, a9avp = 16, gpu = 17, sdmmc1a = 18,
    sdmmc2a = 19, sdmmc3a = 20, sdmmc4a = 21, vic = 22, vi = 23, nvdec = 24, ape = 25, nvjpg = 26, se = 27,
    axiap = 28, etr = 29, tsecb = 30, nv = 31, nv2 = 32, ppcs1 = 33, dc1 = 34, ppcs2 = 35, hc1 = 36, se1 = 37,
    tsec1 = 38, tsecb1 = 39, nvdec1 = 40,
};

constexpr Client clients[] = {
    {0x00, "ptcr", ptc}, {0x01, "display0a", dc, 0x228, 1}, {0x02, "display0ab", dcb, 0x228, 2},
    {0x03, "display0b", dc, 0x228, 3}, {0x04, "display0bb", dcb, 0x228, 4}, {0x05, "display0c", dc, 0x228, 5},
    {0x06, "display0cb", dcb, 0x228, 6}, {0x0e, "afir", afi, 0x228, 14}, {0x0f, "avpcarm7r", avpc, 0x228, 15},
    {0x10, "displayhc", dc, 0x228, 16}, {0x11, "displayhcb", dcb, 0x228, 17}, {0x15, "hdar", hda, 0x228, 21},
    {0x16, "host1xdmar", hc, 0x228, 22}, {0x17, "host1xr", hc, 0x228, 23}, {0x1c, "nvencsrd", nvenc, 0x228, 28},
    {0x1d, "ppcsahbdmar", ppcs, 0x228, 29}, {0x1e, "ppcsahbslvr", ppcs, 0x228, 30}, {0x1f, "satar", sata, 0x228, 31},
    {0x27, "mpcorer", mpcore}, {0x2b, "nvencswr", nvenc, 0x22c, 11}, {0x31, "afiw", afi, 0x22c, 17},
    {0x32, "avpcarm7w", avpc, 0x22c, 18}, {0x35, "hdaw", hda, 0x22c, 21}, {0x36, "host1xw", hc, 0x22c, 22},
    {0x39, "mpcorew", mpcore}, {0x3b, "ppcsahbdmaw", ppcs, 0x22c, 27}, {0x3c, "ppcsahbslvw", ppcs, 0x22c, 28},
    {0x3d, "sataw", sata, 0x22c, 29}, {0x44, "ispra", isp2, 0x230, 4}, {0x46, "ispwa", isp2, 0x230, 6},
    {0x47, "ispwb", isp2, 0x230, 7}, {0x4a, "xusb_hostr", xusb_host, 0x230, 10},
    {0x4b, "xusb_hostw", xusb_host, 0x230, 11}, {0x4c, "xusb_devr", xusb_dev, 0x230, 12},
    {0x4d, "xusb_devw", xusb_dev, 0x230, 13}, {0x4e, "isprab", isp2b, 0x230, 14}, {0x50, "ispwab", isp2b, 0x230, 16},
    {0x51, "ispwbb", isp2b, 0x230, 17}, {0x54, "tsecsrd", tsec, 0x230, 20}, {0x55, "tsecswr", tsec, 0x230, 21},
    {0x56, "a9avpscr", a9avp, 0x230, 22}, {0x57, "a9avpscw", a9avp, 0x230, 23}, {0x58, "gpusrd", gpu},
    {0x59, "gpuswr", gpu}, {0x5a, "displayt", dc, 0x230, 26}, {0x60, "sdmmcra", sdmmc1a, 0x234, 0},
    {0x61, "sdmmcraa", sdmmc2a, 0x234, 1}, {0x62, "sdmmcr", sdmmc3a, 0x234, 2},
    {0x63, "sdmmcrab", sdmmc4a, 0x234, 3}, {0x64, "sdmmcwa", sdmmc1a, 0x234, 4},
    {0x65, "sdmmcwaa", sdmmc2a, 0x234, 5}, {0x66, "sdmmcw", sdmmc3a, 0x234, 6},
    {0x67, "sdmmcwab", sdmmc4a, 0x234, 7}, {0x6c, "vicsrd", vic, 0x234, 12}, {0x6d, "vicswr", vic, 0x234, 13},
    {0x72, "viw", vi, 0x234, 18}, {0x73, "displayd", dc, 0x234, 19}, {0x78, "nvdecsrd", nvdec, 0x234, 24},
    {0x79, "nvdecswr", nvdec, 0x234, 25}, {0x7a, "aper", ape, 0x234, 26}, {0x7b, "apew", ape, 0x234, 27},
    {0x7e, "nvjpgsrd", nvjpg, 0x234, 30}, {0x7f, "nvjpgswr", nvjpg, 0x234, 31}, {0x80, "sesrd", se, 0xb98, 0},
    {0x81, "seswr", se, 0xb98, 1}, {0x82, "axiapr", axiap, 0xb98, 2}, {0x83, "axiapw", axiap, 0xb98, 3},
    {0x84, "etrr", etr, 0xb98, 4}, {0x85, "etrw", etr, 0xb98, 5}, {0x86, "tsecsrdb", tsecb, 0xb98, 6},
    {0x87, "tsecswrb", tsecb, 0xb98, 7}, {0x88, "gpusrd2", gpu}, {0x89, "gpuswr2", gpu},
};

constexpr AsidRegister asid_registers[] = {
    {"SMMU_AFI_ASID", afi, 0x238}, {"SMMU_AVPC_ASID", avpc, 0x23c}, {"SMMU_DC_ASID", dc, 0x240},
    {"SMMU_DCB_ASID", dcb, 0x244}, {"SMMU_HC_ASID", hc, 0x250}, {"SMMU_HDA_ASID", hda, 0x254},
    {"SMMU_ISP2_ASID", isp2, 0x258}, {"SMMU_NVENC_ASID", nvenc, 0x264}, {"SMMU_NV_ASID", nv, 0x268},
    {"SMMU_NV2_ASID", nv2, 0x26c}, {"SMMU_PPCS_ASID", ppcs, 0x270}, {"SMMU_SATA_ASID", sata, 0x274},
    {"SMMU_VI_ASID", vi, 0x280}, {"SMMU_VIC_ASID", vic, 0x284}, {"SMMU_XUSB_HOST_ASID", xusb_host, 0x288},
    {"SMMU_XUSB_DEV_ASID", xusb_dev, 0x28c}, {"SMMU_A9AVP_ASID", a9avp, 0x290}, {"SMMU_TSEC_ASID", tsec, 0x294},
    {"SMMU_PPCS1_ASID", ppcs1, 0x298}, {"SMMU_DC1_ASID", dc1, 0xa88}, {"SMMU_SDMMC1A_ASID", sdmmc1a, 0xa94},
    {"SMMU_SDMMC2A_ASID", sdmmc2a, 0xa98}, {"SMMU_SDMMC3A_ASID", sdmmc3a, 0xa9c},
    {"SMMU_SDMMC4A_ASID", sdmmc4a, 0xaa0}, {"SMMU_ISP2B_ASID", isp2b, 0xaa4}, {"SMMU_GPU_ASID", gpu, 0xaac},
    {"SMMU_PPCS2_ASID", ppcs2, 0xab0}, {"SMMU_NVDEC_ASID", nvdec, 0xab4}, {"SMMU_APE_ASID", ape, 0xab8},
    {"SMMU_SE_ASID", se, 0xabc}, {"SMMU_NVJPG_ASID", nvjpg, 0xac0}, {"SMMU_HC1_ASID", hc1, 0xac4},
    {"SMMU_SE1_ASID", se1, 0xac8}, {"SMMU_AXIAP_ASID", axiap, 0xacc}, {"SMMU_ETR_ASID", etr, 0xad0},
    {"SMMU_TSECB_ASID", tsecb, 0xad4}, {"SMMU_TSEC1_ASID", tsec1, 0xad8}, {"SMMU_TSECB1_ASID", tsecb1, 0xadc},
    {"SMMU_NVDEC1_ASID", nvdec1, 0xae0},
};

constexpr ResetBit resets[] = {
    {afi, 0x200, 0}, {avpc, 0x200, 1}, {dc, 0x200, 2}, {dcb, 0x200, 3}, {hc, 0x200, 6}, {hda, 0x200, 7},
    {isp2, 0x200, 8}, {mpcore, 0x200, 9}, {nvenc, 0x200, 11}, {ppcs, 0x200, 14}, {sata, 0x200, 15}, {vi, 0x200, 17},
    {vic, 0x200, 18}, {xusb_host, 0x200, 19}, {xusb_dev, 0x200, 20}, {a9avp, 0x200, 21}, {tsec, 0x200, 22},
    {sdmmc1a, 0x200, 29}, {sdmmc2a, 0x200, 30}, {sdmmc3a, 0x200, 31}, {sdmmc4a, 0x970, 0}, {isp2b, 0x970, 1},
    {gpu, 0x970, 2}, {nvdec, 0x970, 5}, {ape, 0x970, 6}, {se, 0x970, 7}, {nvjpg, 0x970, 8}, {axiap, 0x970, 11},
    {etr, 0x970, 12}, {tsecb, 0x970, 13},
};

constexpr RegisterRun latency[] = {
    {0x2e0, 8}, {0x310, 3}, {0x320, 1}, {0x328, 1}, {0x344, 2}, {0x350, 1}, {0x370, 2}, {0x37c, 4}, {0x390, 3},
    {0x3a0, 2}, {0x3b8, 5}, {0x3d8, 7},
};

constexpr SmmuSoc smmu{
    .address_bits = 34,
    .registers_size = 0x1000,
    .atom_size = 64,
    .asids = 128,
    .tlb_lines = 48,
    .arbitration = true,
    .asid_registers = asid_registers,
    .resets = resets,
    .latency = latency,
};

}  // namespace

constinit const McSoc tegra210{
    .name = "tegra210",
    .chip_id = 0x21,
    .clients = clients,
    .interrupts = mc_int::of_tegra124,
    .errors = tegra124_errors,
    .smmu = &smmu,
};

}  // namespace soc::tegra
