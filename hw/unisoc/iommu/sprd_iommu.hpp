// Unisoc's IOMMU, versions EX and VAU. See README.md beside this file.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "pagetable/sprd.hpp"
#include "soc-iommu/field.hpp"
#include "soc-iommu/iotlb.hpp"
#include "soc-iommu/register_iommu.hpp"
#include "soc-iommu/registry.hpp"
#include "version.hpp"

namespace soc::sprd {

// CFG
using VaorBypass = Field<4>;  // what lies outside the range passes untranslated
using GateEn = Field<1>;      // of the block's clock
using En = Field<0>;

class SprdIommu final : public RegisterIommu {
public:
    SprdIommu(Host &, const Version &);

    DeviceTree describe(const Placement &) const override;
    RegisterBank *registers(unsigned region) override { return region == 0 ? &bank_ : nullptr; }
    // The binding has no cell: the block cannot tell one access's origin from another's.
    std::vector<uint32_t> iommu_cells(uint32_t) const override { return {}; }

protected:
    TranslateResult lookup(const Transaction &) override;
    std::optional<Translation> redirected(const Fault &) const override;
    void drop_caches() override { tlb_.invalidate_all(); }

private:
    Register &add(const char *name, uint32_t offset, uint32_t bits);
    Register &add_config();
    void update(uint32_t written);
    // Whoever outside keeps translations must ask again, whatever it calls itself.
    void forget_everywhere();

    // In translation.cpp.
    TranslateResult outside_range(const Transaction &);
    TranslateResult translated(const Transaction &, uint64_t index);
    IotlbEntry walked(const Transaction &, uint64_t index);

    const Version &version_;
    RegisterBank bank_;
    Iotlb tlb_;
    Register &config_, &first_vpn_, &vpn_range_, &first_ppn_, &default_read_, &default_write_;
};

}  // namespace soc::sprd
