// Tegra20's memory controller with its Graphics Address Relocation Table. See README.md beside this file.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gart_table.hpp"
#include "nvidia/mc/error_report.hpp"
#include "nvidia/mc/hot_reset.hpp"
#include "soc-iommu/registry.hpp"

namespace soc::gart {

// Addresses that are translated. Aligned to its size, a power of two.
struct Aperture {
    explicit Aperture(const Options &);

    bool contains(uint64_t address) const { return (address & ~(size - 1)) == base; }

    uint64_t base, size;
};

class TegraGart final : public Iommu {
public:
    TegraGart(Host &, const Aperture &);

    const Shape &shape() const override { return shape_; }
    void reset() override;
    void save(StateWriter &) const override;
    void load(StateReader &) override;
    DeviceTree describe(const Placement &) const override;
    void deferred() override { update_interrupt(); }
    RegisterBank *registers(unsigned region) override { return region == 0 ? &bank_ : nullptr; }
    void mmio_write(unsigned region, uint64_t offset, uint64_t value, unsigned size) override;

    // The binding has no cell for the client: to software they are all alike.
    std::vector<uint32_t> iommu_cells(uint32_t) const override { return {}; }

protected:
    TranslateResult lookup(const Transaction &) override;
    void fault_raised(const Fault &) override;

private:
    // In translation.cpp.
    TranslateResult passed(const Transaction &);
    TranslateResult translated(const Transaction &);
    TranslateResult in_bounds(const Transaction &, const Translation &);

    Register &add_registers();
    void forget_outside(uint64_t address, uint64_t size);
    void update_interrupt();

    const tegra::McSoc &soc_ = tegra::tegra20;
    const Aperture aperture_;
    Shape shape_;
    RegisterBank bank_;
    tegra::ErrorReport errors_;
    tegra::HotReset hot_reset_;
    GartTable table_;
    Register &config_;
    bool line_ = false;
};

}  // namespace soc::gart
