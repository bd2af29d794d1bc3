// SPDX-License-Identifier: GPL-2.0-or-later
#include "sprd_iommu.hpp"

#include "core/mutation.hpp"

namespace soc::sprd {

namespace {

constexpr uint64_t window = 4_KiB;         // that QEMU sets aside
constexpr uint64_t registers_size = 0x80;  // of it, what the block has
// Names for masters in counters and faults: the block has one client, and sees no difference.
constexpr uint32_t streams = 16;
// Unisoc's own driver has input addresses of 32 bits (mmu_ex_first_vpn()).
constexpr unsigned address_bits = 32;
constexpr uint32_t vpn_bits = (1u << (address_bits - SprdPageTable::page_shift)) - 1;
constexpr uint32_t ppn_bits = ~0u;

// The size of the real one is not known.
constexpr unsigned tlb_sets = 128, tlb_ways = 4;

using VersionNumber = Field<15, 8>;

}  // namespace

SprdIommu::SprdIommu(Host &host, const Version &version)
    : RegisterIommu(host, "sprd-iommu"), version_(version), bank_(registers_size, log_), tlb_(tlb_sets, tlb_ways, 1),
      config_(add_config()), first_vpn_(add("FIRST_VPN", version.first_vpn, vpn_bits)),
      vpn_range_(add("VPN_RANGE", version.vpn_range, vpn_bits)),
      first_ppn_(add("FIRST_PPN", version.first_ppn, ppn_bits)),
      default_read_(add(version.default_read == version.default_write ? "DEFAULT_PPN" : "DEFAULT_PPN_RD",
                        version.default_read, ppn_bits)),
      default_write_(version.default_read == version.default_write
                         ? default_read_
                         : add("DEFAULT_PPN_WR", version.default_write, ppn_bits))
{
    bank_.add({.name = "UPDATE", .offset = version.update, .write_only = true})
        .on_write([this](unsigned, uint32_t written) { update(written); });
    if (version.authority)
        bank_.add({.name = "AUTH_CFG", .offset = version.authority, .writable = ~0u});
    keep({&bank_});
    shape_.regions = {register_region("registers", window)};
    shape_.streams = streams;
    shape_.address_bits = address_bits;
}

Register &SprdIommu::add(const char *name, uint32_t offset, uint32_t bits)
{
    return bank_.add({.name = name, .offset = offset, .writable = bits}).on_write([this](unsigned, uint32_t) {
        forget_everywhere();
    });
}

// In EX the version is in CFG's own word.
Register &SprdIommu::add_config()
{
    if (version_.config)
        bank_.add({.name = "VERSION", .offset = 0, .reset = uint32_t(VersionNumber::of(version_.number))});
    return add("CFG", version_.config, uint32_t(VaorBypass::mask | GateEn::mask | En::mask));
}

void SprdIommu::update(uint32_t written)
{
    if (!written)
        return;
    counters_.invalidation();
    if (mutation::stale)
        return;
    tlb_.invalidate_all();
    forget_everywhere();
}

void SprdIommu::forget_everywhere()
{
    for (uint32_t stream = 0; stream < shape_.streams; ++stream)
        forget_outside(stream);
}

// Documentation/devicetree/bindings/iommu/sprd,iommu.yaml. The clock is not required.
DeviceTree SprdIommu::describe(const Placement &placement) const
{
    DeviceTree tree;
    tree.node("/" + unit_name("iommu", placement.regions[0]))
        .strings("compatible", {"sprd,iommu-v1"})
        .reg({{placement.regions[0], registers_size}})
        .cells("#iommu-cells", {0})
        .cells("phandle", {placement.self});
    return tree;
}

}  // namespace soc::sprd

namespace soc {

extern const ModelType sprd_iommu_type;
const ModelType sprd_iommu_type{
    .name = "sprd-iommu",
    .kind = ModelKind::iommu,
    .summary = "Unisoc's IOMMU, versions EX and VAU",
    .options =
        {
            {"version", "ex", "ex|vau", "the block's version, as its VERSION register says it"},
        },
    .masters = SOC_MASTERS_PLATFORM,
    .guest = {.arch = "arm64",
              .machine = "virt,gic-version=3",
              .cpu = "max",
              .memory = "512M",
              .driver = "sprd-iommu",
              .config = "sprd-iommu",
              .kernels = {"6.1", "6.12"},
              .apis = {"aperture", "limits"},
              .streams = {3}},
    .create = [](Host &host, const Options &options) -> std::unique_ptr<Device> {
        return std::make_unique<sprd::SprdIommu>(host, sprd::version_named(options.text("version")));
    },
};

}  // namespace soc
