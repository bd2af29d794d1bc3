// SPDX-License-Identifier: GPL-2.0-or-later
#include "apbmisc.hpp"

#include "soc-iommu/field.hpp"

namespace soc::tegra {

namespace {

constexpr uint32_t straps = 0x008, misc = 0x800, hidrev = misc + 4;

// GP_HIDREV: tegra_get_chip_id(), tegra_get_major_rev(), tegra_get_minor_rev().
using MinorRev = Field<19, 16>;
using ChipId = Field<15, 8>;
using MajorRev = Field<7, 4>;

}  // namespace

// Revision A01, and RAM_CODE 0: there are no timings for any.
ApbMisc::ApbMisc(const McSoc &soc, GuestLog &log) : bank_(window, log)
{
    bank_.add({.name = "PP_STRAPPING_OPT_A", .offset = straps});
    bank_.add({.name = "GP_HIDREV",
               .offset = hidrev,
               .reset = uint32_t(MinorRev::of(1) | ChipId::of(soc.chip_id) | MajorRev::of(1))});
}

// Documentation/devicetree/bindings/misc/nvidia,tegra20-apbmisc.yaml
void ApbMisc::describe(DeviceTree &tree, uint64_t base)
{
    tree.node("/" + unit_name("apbmisc", base + misc))
        .strings("compatible", {"nvidia,tegra20-apbmisc"})
        .reg({{base + misc, 0x64}, {base + straps, 4}});
}

}  // namespace soc::tegra
