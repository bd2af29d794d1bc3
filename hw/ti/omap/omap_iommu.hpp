// TI's MMU of the OMAP family. See README.md beside this file.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "fault_record.hpp"
#include "soc-iommu/register_iommu.hpp"
#include "soc-iommu/registry.hpp"
#include "tlb.hpp"
#include "tlb_registers.hpp"

namespace soc::omap {

// What the variants differ in.
struct Variant {
    const char *name;
    const char *compatible;
    uint32_t revision;
    bool later;       // FAULT_PC, FAULT_STATUS and GP_REG are there
    bool dsp_system;  // a switch of the subsystem's stands before it
    bool bus_error;   // GP_REG has BUS_ERR_BACK_EN
};

class OmapIommu final : public RegisterIommu {
public:
    static constexpr uint64_t window = 0x100;
    enum RegionNumber : unsigned { mmu_region, dsp_system_region };

    OmapIommu(Host &, const Variant &, unsigned tlb_entries, bool bus_error_back);

    DeviceTree describe(const Placement &) const override;
    RegisterBank *registers(unsigned region) override;
    // #iommu-cells is 0: an MMU serves one subsystem, and does not tell its masters apart.
    std::vector<uint32_t> iommu_cells(uint32_t) const override { return {}; }

protected:
    TranslateResult lookup(const Transaction &) override;
    void fault_raised(const Fault &) override;
    bool interrupt(unsigned) const override { return fault_record_.interrupt(); }

private:
    // In translation.cpp.
    bool enabled() const;
    TranslateResult missed(const Transaction &, uint64_t generation);
    TranslateResult hit(const Transaction &, const TlbEntry &) const;

    // Whatever is kept outside: all masters share the one TLB.
    void forget(uint32_t first = 0, uint64_t size = 4_GiB);
    void soft_reset();

    const Variant &variant_;
    const unsigned tlb_entries_;
    const bool bus_error_back_;
    RegisterBank bank_, dsp_system_;
    Register &control_, &table_;
    Register *mmu_config_ = nullptr;
    Tlb tlb_;
    FaultRecord fault_record_;
    TlbRegisters tlb_registers_;
};

}  // namespace soc::omap
