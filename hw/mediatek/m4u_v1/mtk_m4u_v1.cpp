// SPDX-License-Identifier: GPL-2.0-or-later
#include "mtk_m4u_v1.hpp"

namespace soc::m4u_v1 {

namespace {

// The size of the real one is not known.
constexpr unsigned tlb_sets = 128, tlb_ways = 4;

constexpr uint32_t page_bits = ~uint32_t(M4uV1PageTable::page_mask);
constexpr uint32_t protect_bits = ~127u;  // MTK_PROTECT_PA_ALIGN

}  // namespace

MtkM4uV1::MtkM4uV1(Host &host, const std::string &soc)
    : RegisterIommu(host, "mtk-m4u-v1"), soc_(soc), bank_(window, log_),
      table_(bank_.add({.name = "PT_BASE_ADDR", .offset = 0x000, .writable = page_bits})),
      control_(bank_.add({.name = "CTRL_REG", .offset = 0x210, .writable = ~0u})),
      protect_(bank_.add({.name = "IVRP_PADDR", .offset = 0x214, .writable = protect_bits})),
      tlb_(tlb_sets, tlb_ways, 1), fault_record_(bank_),
      tlb_commands_(bank_, log_, [this](uint32_t first, uint32_t last) { invalidate(first, last); }),
      smi_(log_, [this](unsigned port) { forget_outside(port); })
{
    bank_.add({.name = "STANDARD_AXI_MODE", .offset = 0x5e8, .writable = ~0u});
    bank_.add({.name = "DCM", .offset = 0x5f0, .writable = ~0u});
    keep({&bank_, &smi_, &fault_record_});
    shape_.regions = {register_region("m4u", window), register_region("smi-common", smi::Smi::window)};
    for (const char *name : {"larb0", "larb1", "larb2"})
        shape_.regions.push_back(register_region(name, smi::Smi::window));
    shape_.irqs = 1;
    shape_.streams = smi::port_count;
    shape_.address_bits = M4uV1PageTable::input_bits;
}

RegisterBank *MtkM4uV1::registers(unsigned region)
{
    if (region >= shape_.regions.size())
        return nullptr;
    if (region >= first_larb_region)
        return &smi_.larb(region - first_larb_region);
    return region == common_region ? &smi_.common() : &bank_;
}

}  // namespace soc::m4u_v1

namespace soc {

extern const ModelType mtk_m4u_v1_type;
const ModelType mtk_m4u_v1_type{
    .name = "mtk-m4u-v1",
    .kind = ModelKind::iommu,
    .summary = "MediaTek's M4U of generation 1 with its SMI, as in the MT2701 and the MT7623",
    .options =
        {
            {"variant", "mt2701", "mt2701|mt7623", "the SoC whose device tree names the blocks; they are the same"},
        },
    .masters = SOC_MASTERS_PLATFORM,
    .guest = {.arch = "arm",
              .machine = "virt,highmem=off",
              .cpu = "cortex-a15",
              .memory = "512M",
              .driver = "mtk-iommu-v1",
              .config = "mtk-m4u-v1",
              .kernels = {"6.1", "6.12"},
              .apis = {"current", "aperture", "limits"}},
    .create = [](Host &host, const Options &options) -> std::unique_ptr<Device> {
        return std::make_unique<m4u_v1::MtkM4uV1>(host, options.text("variant"));
    },
};

}  // namespace soc
