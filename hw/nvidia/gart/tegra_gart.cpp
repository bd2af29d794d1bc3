// SPDX-License-Identifier: GPL-2.0-or-later
#include "tegra_gart.hpp"

#include "pagetable/gart.hpp"

namespace soc::gart {

namespace {

constexpr uint64_t window = 4_KiB;          // that QEMU sets aside
constexpr uint64_t registers_size = 0x400;  // of it, what the block has
constexpr unsigned address_bits = 32;
constexpr uint32_t enable = 1;  // of GART_CONFIG

uint64_t size_from(const std::string &text)
{
    const uint64_t number = std::stoull(text);
    return number << (text.back() == 'M' ? 20 : 10);
}

}  // namespace

Aperture::Aperture(const Options &options)
    : base(options.number("aperture-base")), size(size_from(options.text("aperture-size")))
{
    if (base & (size - 1))
        throw OptionError("aperture-base=" + options.text("aperture-base") + " is not valid with aperture-size=" +
                          options.text("aperture-size") + ": the block compares the address bits above the size; " +
                          "valid: multiples of " + hex(size));
}

TegraGart::TegraGart(Host &host, const Aperture &aperture)
    : RegisterIommu(host, "tegra-gart"), aperture_(aperture), bank_(registers_size, log_), errors_(soc_, bank_),
      hot_reset_(soc_, bank_, [this] { changed(0, 1ull << address_bits); }),
      table_(unsigned(aperture.size >> gart_entry::page_shift), bank_,
             [this](unsigned index) {
                 changed(aperture_.base + (uint64_t(index) << gart_entry::page_shift), gart_entry::page_mask + 1);
             }),
      config_(add_registers())
{
    keep({&bank_, &errors_, &table_});
    shape_.regions = {
        register_region("registers", window),
        // Addresses that must not be memory: a client cannot reach what is behind them.
        {.name = "aperture", .size = aperture.size, .address = aperture.base, .alignment = 0,
         .flags = SOC_REGION_APERTURE},
    };
    shape_.irqs = 1;
    shape_.streams = uint32_t(soc_.clients.size());
    shape_.address_bits = address_bits;
}

Register &TegraGart::add_registers()
{
    // Statistics, which only debugfs asks for (tegra20.c, tegra20_mc_stat_gather).
    bank_.add({.name = "STAT_CONTROL", .offset = 0x90, .writable = ~0u});
    bank_.add({.name = "STAT_EMC_CLOCK_LIMIT", .offset = 0xa0, .writable = ~0u});
    bank_.add({.name = "STAT_EMC_CLOCKS", .offset = 0xa4});
    bank_.add({.name = "STAT_EMC_CONTROL", .offset = 0xa8, .count = 2, .writable = ~0u});
    bank_.add({.name = "STAT_EMC_COUNT", .offset = 0xb8, .count = 2});
    return bank_.add({.name = "GART_CONFIG", .offset = 0x24, .writable = enable})
        .on_write([this](unsigned, uint32_t) { changed(aperture_.base, aperture_.size); });
}

// Documentation/devicetree/bindings/memory-controllers/nvidia,tegra20-mc.yaml. Without #interconnect-cells, for there
// is no external memory controller (mc.c, tegra_mc_interconnect_setup).
DeviceTree TegraGart::describe(const Placement &placement) const
{
    DeviceTree tree;
    const uint64_t base = placement.regions[0];
    const uint32_t clock = placement.new_phandle();
    add_fixed_clock(tree, unit_name("memory-controller-clock", base), clock, 300000000);
    tree.node("/" + unit_name("memory-controller", base))
        .strings("compatible", {"nvidia,tegra20-mc-gart"})
        .reg({{base, registers_size}, {aperture_.base, aperture_.size}})
        .cells("interrupt-parent", {placement.interrupt_parent})
        .cells("interrupts", placement.irqs[0])
        .cells("clocks", {clock})
        .strings("clock-names", {"mc"})
        .cells("#iommu-cells", {0})
        .cells("#reset-cells", {1})
        .cells("phandle", {placement.self});
    return tree;
}

// Formats: tegra20.c, tegra20_mc_handle_irq.
void TegraGart::fault_raised(const Fault &fault)
{
    const Transaction &txn = fault.transaction;
    const bool write = txn.access == Access::write;
    const char *why;
    if (fault.kind == FaultKind::translation) {
        errors_.raise(tegra::mc_int::invalid_gart_page, txn.stream << 1 | uint32_t(write), uint32_t(txn.address));
        why = ": no valid GART entry";
    } else if (fault.kind == FaultKind::bus) {
        errors_.raise(tegra::mc_int::decerr_emem, uint32_t(write) << 31 | txn.stream, uint32_t(txn.address));
        why = ": no memory there";
    } else {
        return;  // nothing that the block has a register for
    }
    log_.error(std::string(soc_.clients[txn.stream].name) + (write ? ": write at " : ": read at ") +
               hex(txn.address) + why);
    host_.defer();
}

// Whoever outside keeps translations must ask again, for every client: they have one table.
void TegraGart::changed(uint64_t address, uint64_t size)
{
    for (uint32_t stream = 0; stream < shape_.streams; ++stream)
        forget_outside(stream, address, size);
}

}  // namespace soc::gart

namespace soc {

extern const ModelType tegra_gart_type;
const ModelType tegra_gart_type{
    .name = "tegra-gart",
    .kind = ModelKind::iommu,
    .summary = "Tegra20's Graphics Address Relocation Table, in its memory controller",
    .options =
        {
            {"aperture-base", "0x58000000", "0x10000..0xffffffff",
             "where the translated addresses begin, a multiple of the size"},
            {"aperture-size", "32M", "64k|128k|256k|512k|1M|2M|4M|8M|16M|32M|64M|128M|256M",
             "how much is translated, with an entry for each 4 KiB; Tegra20 has 32M"},
        },
    .masters = SOC_MASTERS_PLATFORM,
    // 384M of memory from 0x40000000 end where the aperture begins.
    .guest = {.arch = "arm",
              .machine = "virt,highmem=off",
              .cpu = "cortex-a15",
              .memory = "384M",
              .driver = "tegra-mc",
              .config = "tegra-gart",
              .kernels = {"6.1", "6.1-arm-dma", "6.12"},
              .apis = {"aperture", "limits"}},
    .create = [](Host &host, const Options &options) -> std::unique_ptr<Device> {
        return std::make_unique<gart::TegraGart>(host, gart::Aperture(options));
    },
};

}  // namespace soc
