// MediaTek's M4U of generation 1, with smi-common and the larbs in front of it. See README.md beside this file.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "fault_record.hpp"
#include "mediatek/smi/smi.hpp"
#include "pagetable/m4u_v1.hpp"
#include "soc-iommu/iotlb.hpp"
#include "soc-iommu/register_iommu.hpp"
#include "soc-iommu/registry.hpp"
#include "tlb_commands.hpp"

namespace soc::m4u_v1 {

class MtkM4uV1 final : public RegisterIommu {
public:
    static constexpr uint64_t window = 0x1000;
    enum RegionNumber : unsigned { m4u_region, common_region, first_larb_region };

    // `soc`: the variant, as the compatibles spell it.
    MtkM4uV1(Host &, const std::string &soc);

    DeviceTree describe(const Placement &) const override;
    RegisterBank *registers(unsigned region) override;

protected:
    TranslateResult lookup(const Transaction &) override;
    void fault_raised(const Fault &) override;
    std::optional<Translation> redirected(const Fault &) const override;
    bool interrupt(unsigned) const override { return fault_record_.interrupt(); }
    void drop_caches() override { tlb_.invalidate_all(); }

private:
    // In translation.cpp.
    TranslateResult translated(const Transaction &);
    IotlbEntry walked(const Transaction &);
    void invalidate(uint32_t first_page, uint32_t last_page);

    const std::string soc_;
    RegisterBank bank_;
    Register &table_, &control_, &protect_;
    Iotlb tlb_;
    FaultRecord fault_record_;
    TlbCommands tlb_commands_;
    smi::Smi smi_;
};

}  // namespace soc::m4u_v1
