// SPDX-License-Identifier: GPL-2.0-or-later
#include "fsl_pamu.hpp"

#include "big_endian.hpp"
#include "control.hpp"

namespace soc::pamu {

namespace {

using MaximumLiodn = Field<31, 16>;        // PC2, PAMU_PC2_MLIODN
using MaximumWindowCount = Field<24, 21>;  // PC3, PAMU_PC3_MWCE: 2^(MWCE + 1) subwindows

// PAMUBYPENR: PAMU 0 is the highest bit.
constexpr uint32_t bypass_bit(unsigned pamu)
{
    return 0x8000'0000u >> pamu;
}

uint32_t all_bypassed(unsigned pamus)
{
    uint32_t bits = 0;
    for (unsigned pamu = 0; pamu < pamus; ++pamu)
        bits |= bypass_bit(pamu);
    return bits;
}

}  // namespace

FslPamu::FslPamu(Host &host, const Options &options)
    : RegisterIommu(host, "fsl-pamu"), options_(options), bank_(uint64_t(options.pamus) * window, log_),
      guts_(window, log_), violations_(bank_, options.pamus, window),
      primary_(add_table({"PPBAH", "PPBAL", "PPLAH", "PPLAL"}, 0x00)),
      secondary_(add_table({"SPBAH", "SPBAL", "SPLAH", "SPLAL"}, 0x10)),
      operations_(add_table({"OBAH", "OBAL", "OLAH", "OLAL"}, 0x20)),
      control_(bank_.add({.name = "PC", .offset = 0xc10, .count = options.pamus, .stride = window,
                          .writable = control::all})),
      bypass_(guts_.add({.name = "PAMUBYPENR", .offset = 0x604, .reset = all_bypassed(options.pamus),
                         .writable = all_bypassed(options.pamus)}))
{
    const auto add = [&](const char *name, uint32_t offset, uint32_t reset, uint32_t writable = 0) {
        bank_.add({.name = name, .offset = offset, .count = options.pamus, .stride = window, .reset = reset,
                   .writable = writable});
    };
    for (auto [name, offset] : {std::pair{"EECTL", 0x60u}, {"EEDIS", 0x64u}, {"EEINTEN", 0x68u}})
        add(name, offset, 0, ~0u);
    for (auto [name, offset] : {std::pair{"EEDET", 0x6cu}, {"EEATTR", 0x70u}, {"EEAHI", 0x74u}, {"EEALO", 0x78u},
                                {"EEDHI", 0x7cu}, {"EEDLO", 0x80u}, {"EECC", 0x84u}, {"PR1", 0xbf8u},
                                {"PR2", 0xbfcu}, {"PC1", 0xc00u}, {"PC4", 0xc0cu}})
        add(name, offset, 0);
    add("PC2", 0xc04, uint32_t(MaximumLiodn::of(liodns - 1)));
    add("PC3", 0xc08, uint32_t(MaximumWindowCount::of(options.subwindow_bits - 1)));
    // A cache that is switched off forgets. No other command is known that would make it.
    control_.on_write([this](unsigned, uint32_t written) {
        if (!keeps_entries() || (written & control::caches) == control::caches)
            return;
        counters_.invalidation();
        if (!mutation::stale)
            cache_.drop();
    });
    keep({&bank_, &guts_, &violations_});
    shape_.regions = {register_region("pamu", bank_.size()), register_region("guts", window)};
    shape_.regions[pamu_region].alignment = window;
    shape_.irqs = 1;
    shape_.pci_map = {{.rid = 0, .stream = pci_streams, .length = pci_functions}};
    shape_.streams = pci_streams + pci_functions;
}

FslPamu::Table FslPamu::add_table(const char *const (&names)[4], uint32_t offset)
{
    const auto add = [&](unsigned i) -> Register & {
        return bank_.add({.name = names[i], .offset = offset + 4 * i, .count = options_.pamus, .stride = window,
                          .writable = ~0u});
    };
    Register &base_high = add(0), &base_low = add(1), &limit_high = add(2), &limit_low = add(3);
    return {{base_high, base_low}, {limit_high, limit_low}};
}

bool FslPamu::bypasses(unsigned pamu) const
{
    return bypass_.get() & bypass_bit(pamu);
}

RegisterBank *FslPamu::registers(unsigned region)
{
    return region == pamu_region ? &bank_ : region == guts_region ? &guts_ : nullptr;
}

uint64_t FslPamu::mmio_read(unsigned region, uint64_t offset, unsigned size)
{
    return big_endian::value(RegisterIommu::mmio_read(region, big_endian::offset(offset, size), size), size);
}

void FslPamu::mmio_write(unsigned region, uint64_t offset, uint64_t value, unsigned size)
{
    RegisterIommu::mmio_write(region, big_endian::offset(offset, size), big_endian::value(value, size), size);
}

}  // namespace soc::pamu

namespace soc {

extern const ModelType fsl_pamu_type;
const ModelType fsl_pamu_type{
    .name = "fsl-pamu",
    .kind = ModelKind::iommu,
    .summary = "Freescale's PAMUs, as in the QorIQ P2041 to P5040 and the T series, with their bypass register",
    .options =
        {
            {"pamus", "5", "1..16", "how many there are; the PCI host bridge is behind the first"},
            {"pci-liodn", "193", "0..4095", "LIODN of the PCI host bridge, which its functions share"},
            {"subwindows", "256", "2..65536", "that an entry may have, a power of two"},
            {"entry-cache", "off", "off|on", "keep table entries and never look again, as no driver can stand it"},
        },
    .masters = SOC_MASTERS_PCI | SOC_MASTERS_PLATFORM,
    .guest = {.arch = "powerpc",
              .machine = "ppce500",
              .cpu = "e500mc",
              .memory = "512M",
              .driver = "fsl-of-pamu",
              .config = "fsl-pamu",
              .kernels = {"6.1", "6.12"},
              .apis = {},
              // Linux has no vfio-platform on PowerPC, and makes no devices of nodes at the ppce500's root.
              .masters = SOC_MASTERS_PCI},
    .create = [](Host &host, const soc::Options &options) -> std::unique_ptr<Device> {
        const uint64_t subwindows = options.number("subwindows");
        if (subwindows & (subwindows - 1))
            throw OptionError("subwindows=" + options.text("subwindows") + " is no power of two");
        pamu::Options chosen{.pamus = unsigned(options.number("pamus")),
                             .pci_liodn = uint32_t(options.number("pci-liodn")),
                             .subwindow_bits = 0,
                             .caches_entries = options.flag("entry-cache")};
        while (1u << chosen.subwindow_bits < subwindows)
            ++chosen.subwindow_bits;
        return std::make_unique<pamu::FslPamu>(host, chosen);
    },
};

}  // namespace soc
