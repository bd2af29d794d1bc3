// SPDX-License-Identifier: GPL-2.0-or-later
#include "omap_iommu.hpp"

#include "switches.hpp"

namespace soc::omap {

namespace {

// MMU_SYSCONFIG
using AutoIdle = Field<0>;
using SoftReset = Field<1>;
using IdleMode = Field<4, 3>;
using ClockActivity = Field<9, 8>;
constexpr uint32_t sysconfig_bits = AutoIdle::mask | IdleMode::mask | ClockActivity::mask;

// MMU_TTB: TTBADDRESS
using TableAddress = Field<31, 7>;

constexpr uint32_t control_bits = MmuEnable::mask | TwlEnable::mask | EmuTlbUpdate::mask;
constexpr uint32_t mmu_config_bits = Mmu0Enable::mask | Mmu1Enable::mask;

// As many as FAULT_STATUS can tell apart.
constexpr unsigned masters = 16;

constexpr Variant variants[] = {
    {.name = "omap2", .compatible = "ti,omap2-iommu", .revision = 0x11, .later = false, .dsp_system = false,
     .bus_error = false},
    {.name = "omap4", .compatible = "ti,omap4-iommu", .revision = 0x20, .later = true, .dsp_system = false,
     .bus_error = true},
    {.name = "dra7", .compatible = "ti,dra7-iommu", .revision = 0x21, .later = true, .dsp_system = false,
     .bus_error = true},
    {.name = "dra7-dsp", .compatible = "ti,dra7-dsp-iommu", .revision = 0x30, .later = true, .dsp_system = true,
     .bus_error = false},
};

const Variant &variant_of(const std::string &name)
{
    for (const Variant &variant : variants)
        if (name == variant.name)
            return variant;
    throw OptionError("variant=" + name);
}

}  // namespace

OmapIommu::OmapIommu(Host &host, const Variant &variant, unsigned tlb_entries, bool bus_error_back)
    : RegisterIommu(host, "omap-iommu"), variant_(variant), tlb_entries_(tlb_entries), bus_error_back_(bus_error_back),
      bank_(window, log_), dsp_system_(window, log_),
      control_(bank_.add({.name = "MMU_CNTL", .offset = 0x44, .writable = control_bits})),
      table_(bank_.add({.name = "MMU_TTB", .offset = 0x4c, .writable = uint32_t(TableAddress::mask)})),
      tlb_(tlb_entries), fault_record_(bank_, variant.later),
      tlb_registers_(bank_, log_, counters_, tlb_, [this](uint32_t first, uint64_t size) { forget(first, size); })
{
    control_.on_write([this](unsigned, uint32_t) { forget(); });
    bank_.add({.name = "MMU_REVISION", .offset = 0x00, .reset = variant.revision});
    Register &sysconfig = bank_.add({.name = "MMU_SYSCONFIG", .offset = 0x10, .writable = sysconfig_bits});
    sysconfig.on_write([this, &sysconfig](unsigned, uint32_t written) {
        if (!SoftReset::get(written))
            return;
        soft_reset();
        sysconfig.set(written & sysconfig_bits);  // the reset comes first
    });
    bank_.add({.name = "MMU_SYSSTATUS", .offset = 0x14, .reset = 1});  // RESETDONE
    bank_.add({.name = "MMU_WALKING_ST", .offset = 0x40});
    if (variant.bus_error)
        bank_.add({.name = "MMU_GP_REG", .offset = 0x88, .writable = 1});  // BUS_ERR_BACK_EN
    keep({&bank_, &tlb_, &fault_record_});
    shape_.regions = {register_region("mmu", window)};
    if (variant.dsp_system) {
        dsp_system_.add({.name = "DSP_SYS_REVISION", .offset = 0x00});
        mmu_config_ = &dsp_system_.add({.name = "DSP_SYS_MMU_CONFIG", .offset = 0x18, .writable = mmu_config_bits})
                           .on_write([this](unsigned, uint32_t) { forget(); });
        keep({&dsp_system_});
        shape_.regions.push_back(register_region("dsp-system", window));
    }
    shape_.irqs = 1;
    shape_.streams = masters;
    shape_.address_bits = 32;
}

RegisterBank *OmapIommu::registers(unsigned region)
{
    if (region == mmu_region)
        return &bank_;
    return region == dsp_system_region && variant_.dsp_system ? &dsp_system_ : nullptr;
}

void OmapIommu::forget(uint32_t first, uint64_t size)
{
    for (unsigned master = 0; master < masters; ++master)
        forget_outside(master, first, size);
}

void OmapIommu::soft_reset()
{
    bank_.reset();
    tlb_.reset();
    fault_record_.reset();
    forget();
}

}  // namespace soc::omap

namespace soc {

extern const ModelType omap_iommu_type;
const ModelType omap_iommu_type{
    .name = "omap-iommu",
    .kind = ModelKind::iommu,
    .summary = "TI's MMU of the OMAP family, with its software-visible TLB: OMAP3, OMAP4, DRA7",
    .options =
        {
            {"variant", "omap4", "omap2|omap4|dra7|dra7-dsp",
             "the binding's names: omap2 is OMAP3's too; dra7-dsp has its subsystem's switch before it"},
            {"tlb-entries", "32", "8|32", "entries of the TLB: 8 in OMAP3's camera, 32 elsewhere"},
            {"bus-err-back", "auto", "auto|on|off",
             "ti,iommu-bus-err-back: a fault ends the access with an error; auto: on where the register is"},
        },
    .masters = SOC_MASTERS_PLATFORM,
    .guest = {.arch = "arm",
              .machine = "virt,highmem=off",
              .cpu = "cortex-a15",
              .memory = "512M",
              .driver = "omap-iommu",
              .config = "omap-iommu",
              .kernels = {"6.1", "6.12"},
              .apis = {"aperture", "limits"},
              .streams = {3}},
    .create = [](Host &host, const Options &options) -> std::unique_ptr<Device> {
        const omap::Variant &variant = omap::variant_of(options.text("variant"));
        const std::string &back = options.text("bus-err-back");
        if (back == "on" && !variant.bus_error)
            throw OptionError(std::string("bus-err-back=on: variant=") + variant.name +
                              " has no such bit; valid: off, auto");
        return std::make_unique<omap::OmapIommu>(host, variant, unsigned(options.number("tlb-entries")),
                                                 back == "auto" ? variant.bus_error : back == "on");
    },
};

}  // namespace soc
