// Tegra20's memory controller with its Graphics Address Relocation Table. See README.md beside this file.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gart_table.hpp"
#include "nvidia/mc/error_report.hpp"
#include "nvidia/mc/hot_reset.hpp"
#include "soc-iommu/register_iommu.hpp"
#include "soc-iommu/registry.hpp"

namespace soc::gart {

// Addresses that are translated. Aligned to its size, a power of two.
struct Aperture {
    explicit Aperture(const Options &);

    bool contains(uint64_t address) const { return (address & ~(size - 1)) == base; }

    uint64_t base, size;
};

class TegraGart final : public RegisterIommu {
public:
    TegraGart(Host &, const Aperture &);

    DeviceTree describe(const Placement &) const override;
    RegisterBank *registers(unsigned region) override { return region == 0 ? &bank_ : nullptr; }

    // The binding has no cell for the client: to software they are all alike.
    std::vector<uint32_t> iommu_cells(uint32_t) const override { return {}; }

protected:
    TranslateResult lookup(const Transaction &) override;
    void fault_raised(const Fault &) override;
    bool interrupt(unsigned) const override { return errors_.line(); }

private:
    // In translation.cpp.
    TranslateResult passed(const Transaction &);
    TranslateResult translated(const Transaction &);
    TranslateResult in_bounds(const Transaction &, const Translation &);

    Register &add_registers();
    void changed(uint64_t address, uint64_t size);

    const tegra::McSoc &soc_ = tegra::tegra20;
    const Aperture aperture_;
    RegisterBank bank_;
    tegra::ErrorReport errors_;
    tegra::HotReset hot_reset_;
    GartTable table_;
    Register &config_;
};

}  // namespace soc::gart
