// SPDX-License-Identifier: GPL-2.0-or-later
#include "tegra_smmu.hpp"

#include <bit>
#include <map>

#include "pagetable/tegra_smmu.hpp"
#include "soc-iommu/field.hpp"

namespace soc::tegra_smmu {

namespace {

constexpr uint64_t window = 4_KiB;  // that QEMU sets aside

// SMMU_CONFIG
using Enable = Field<0>;
// SMMU_TLB_CONFIG. ACTIVE_LINES begins at bit 0.
using HitUnderMiss = Field<29>;
using RoundRobinArbitration = Field<28>;
// SMMU_PTC_CONFIG
using PtcEnable = Field<29>;
using RequestLimit = Field<27, 24>;
using IndexMap = Field<5, 0>;
// SMMU_*_ASID
using AsidEnable = Field<31>;

// A TLB's line holds what one TLB_FLUSH of a group drops: four pages.
constexpr unsigned pages_a_line = 4, tlb_sets = 16;

uint32_t active_lines(unsigned lines)
{
    return (1u << std::bit_width(lines)) - 1;
}

}  // namespace

TegraSmmu::TegraSmmu(Host &host, const tegra::McSoc &soc)
    : RegisterIommu(host, "tegra-smmu"), soc_(soc), smmu_(*soc.smmu), bank_(smmu_.registers_size, log_),
      errors_(soc, bank_), hot_reset_(smmu_, bank_, [this] { changed(); }), apbmisc_(soc, log_),
      spaces_(smmu_.asids,
              tegra_smmu_table::attributes | ((1u << (smmu_.address_bits - tegra_smmu_table::page_shift)) - 1), bank_),
      ptc_(smmu_.atom_size), tlb_(tlb_sets, smmu_.tlb_lines * pages_a_line / tlb_sets, smmu_.asids),
      flushes_(smmu_, bank_, log_,
               {.tlb = [this](std::optional<unsigned> asid, uint32_t first,
                              uint32_t last) { flush_tlb(asid, first, last); },
                .ptc = [this](std::optional<uint64_t> address) { flush_ptc(address); }}),
      config_(bank_.add({.name = "SMMU_CONFIG", .offset = 0x10, .writable = uint32_t(Enable::mask)})
                  .on_write([this](unsigned, uint32_t) { changed(); })),
      ptc_config_(bank_.add(
          {.name = "SMMU_PTC_CONFIG",
           .offset = 0x18,
           .reset = uint32_t(PtcEnable::mask | IndexMap::mask),
           .writable = uint32_t(PtcEnable::mask | IndexMap::mask | (smmu_.arbitration ? RequestLimit::mask : 0))}))
{
    add_registers();
    add_routes();
    keep({&bank_, &errors_, &spaces_});
    shape_.regions = {register_region("registers", window),
                      register_region("apbmisc", tegra::ApbMisc::window)};
    shape_.irqs = 1;
    shape_.streams = uint32_t(routes_.size());
    shape_.address_bits = smmu_.address_bits;
}

void TegraSmmu::add_registers()
{
    const uint64_t arbitration = smmu_.arbitration ? RoundRobinArbitration::mask : 0;
    bank_.add({.name = "SMMU_TLB_CONFIG",
               .offset = 0x14,
               .reset = uint32_t(HitUnderMiss::mask) | smmu_.tlb_lines,
               .writable = uint32_t(HitUnderMiss::mask | arbitration) | active_lines(smmu_.tlb_lines)});
    // What tegra30_mc_probe() (mc.c) sets up beside the SMMU: how long a client may wait.
    bank_.add({.name = "EMEM_ARB_CFG", .offset = 0x90, .writable = ~0u});
    bank_.add({.name = "TIMING_CONTROL_DBG", .offset = 0xf8, .writable = ~0u});
    bank_.add({.name = "TIMING_CONTROL", .offset = 0xfc, .writable = ~0u});
    for (const tegra::RegisterRun &run : smmu_.latency)
        bank_.add({.name = "LATENCY_ALLOWANCE", .offset = run.offset, .count = run.count, .writable = 0x00ff00ff});
}

void TegraSmmu::add_routes()
{
    std::map<uint32_t, uint32_t> enable_bits;  // by offset
    for (const tegra::Client &client : soc_.clients)
        if (client.enable)
            enable_bits[client.enable] |= 1u << client.bit;
    std::map<uint32_t, Register *> enables;
    for (const auto &[offset, bits] : enable_bits)
        enables[offset] =
            &bank_.add({.name = "SMMU_TRANSLATION_ENABLE", .offset = offset, .writable = bits})
                 .on_write([this](unsigned, uint32_t) { changed(); });
    std::map<unsigned, Register *> asids;  // by swgroup
    for (const tegra::AsidRegister &reg : smmu_.asid_registers)
        asids[reg.swgroup] = &bank_.add({.name = reg.name,
                                         .offset = reg.offset,
                                         .writable = uint32_t(AsidEnable::mask) | (smmu_.asids - 1)})
                                  .on_write([this](unsigned, uint32_t) { changed(); });
    routes_.resize(soc_.clients.back().id + 1);
    for (const tegra::Client &client : soc_.clients) {
        Route &route = routes_[client.id];
        route.client = &client;
        route.enable = client.enable ? enables[client.enable] : nullptr;
        const auto asid = asids.find(client.unit);
        route.asid = asid == asids.end() ? nullptr : asid->second;
    }
}

RegisterBank *TegraSmmu::registers(unsigned region)
{
    if (region >= shape_.regions.size())
        return nullptr;
    return region == apbmisc_region ? &apbmisc_.bank() : &bank_;
}

// A number that is no client's is no swgroup's either.
std::vector<uint32_t> TegraSmmu::iommu_cells(uint32_t stream) const
{
    const Route *found = route(stream);
    return {found ? found->client->unit : tegra::nobody};
}

bool TegraSmmu::translates(const Route &route) const
{
    return config_.get() && route.enable && route.asid && route.enable->get() & 1u << route.client->bit &&
           AsidEnable::get(route.asid->get());
}

unsigned TegraSmmu::asid_of(const Route &route) const
{
    return route.asid->get() & (smmu_.asids - 1);
}

void TegraSmmu::drop_caches()
{
    ptc_.flush_all();
    tlb_.invalidate_all();
}

// Whoever outside keeps translations must ask again. That is for every client: these registers are written when a
// device comes or goes.
void TegraSmmu::changed()
{
    for (uint32_t stream = 0; stream < routes_.size(); ++stream)
        if (routes_[stream].client)
            forget_outside(stream);
}

// Documentation/devicetree/bindings/memory-controllers/nvidia,tegra30-mc.yaml, nvidia,tegra124-mc.yaml and
// nvidia,tegra210-… beside them. Without #interconnect-cells, for there is no external memory controller (mc.c,
// tegra_mc_interconnect_setup).
DeviceTree TegraSmmu::describe(const Placement &placement) const
{
    DeviceTree tree;
    const uint64_t base = placement.regions[mc_region];
    const uint32_t clock = placement.new_phandle();
    tegra::ApbMisc::describe(tree, placement.regions[apbmisc_region]);
    add_fixed_clock(tree, unit_name("memory-controller-clock", base), clock, 400000000);
    tree.node("/" + unit_name("memory-controller", base))
        .strings("compatible", {std::string("nvidia,") + soc_.name + "-mc"})
        .reg({{base, smmu_.registers_size}})
        .cells("interrupt-parent", {placement.interrupt_parent})
        .cells("interrupts", placement.irqs[0])
        .cells("clocks", {clock})
        .strings("clock-names", {"mc"})
        .cells("#iommu-cells", {1})
        .cells("#reset-cells", {1})
        .cells("phandle", {placement.self});
    return tree;
}

}  // namespace soc::tegra_smmu

namespace soc {

namespace {

const tegra::McSoc &soc_named(const std::string &name)
{
    for (const tegra::McSoc *soc : {&tegra::tegra30, &tegra::tegra114, &tegra::tegra210})
        if (name == soc->name)
            return *soc;
    return tegra::tegra124;
}

}  // namespace

extern const ModelType tegra_smmu_type;
const ModelType tegra_smmu_type{
    .name = "tegra-smmu",
    .kind = ModelKind::iommu,
    .summary = "The SMMU of Tegra30 to Tegra210, in their memory controller",
    .options =
        {
            {"variant", "tegra124", "tegra30|tegra114|tegra124|tegra210",
             "the SoC: its clients, registers, address spaces and address bits"},
        },
    .masters = SOC_MASTERS_PLATFORM,
    // The streams are ppcsahbdmaw and hdaw. 3 and 4 would be the two display controllers, which the driver puts into
    // one group (tegra124_groups and the others').
    .guest = {.arch = "arm",
              .machine = "virt,highmem=off",
              .cpu = "cortex-a15",
              .memory = "512M",
              .driver = "tegra-mc",
              .config = "tegra-smmu",
              .kernels = {"6.1", "6.12"},
              .apis = {"aperture", "limits"},
              .streams = {0x3b, 0x35}},
    .other_guests = {{"variant", "tegra210",
                      {.arch = "arm64",
                       .machine = "virt,gic-version=3",
                       .cpu = "max",
                       .memory = "512M",
                       .driver = "tegra-mc",
                       .config = "tegra210",
                       .kernels = {"6.1", "6.12"},
                       .apis = {"aperture", "limits"},
                       .streams = {0x3b, 0x35}}}},
    .create = [](Host &host, const Options &options) -> std::unique_ptr<Device> {
        return std::make_unique<tegra_smmu::TegraSmmu>(host, soc_named(options.text("variant")));
    },
};

}  // namespace soc
