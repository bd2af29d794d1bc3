// MediaTek's M4U of generation 1, with smi-common and the larbs in front of it. See README.md beside this file.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "fault_record.hpp"
#include "mediatek/smi/smi.hpp"
#include "pagetable/m4u_v1.hpp"
#include "soc-iommu/iotlb.hpp"
#include "soc-iommu/registry.hpp"
#include "tlb_commands.hpp"

namespace soc::m4u_v1 {

class MtkM4uV1 final : public Iommu {
public:
    static constexpr uint64_t window = 0x1000;
    enum RegionNumber : unsigned { m4u_region, common_region, first_larb_region };

    // `soc`: the variant, as the compatibles spell it.
    MtkM4uV1(Host &, const std::string &soc);

    const Shape &shape() const override { return shape_; }
    void reset() override;
    void save(StateWriter &) const override;
    void load(StateReader &) override;
    DeviceTree describe(const Placement &) const override;
    void deferred() override { update_interrupt(); }
    RegisterBank *registers(unsigned region) override;
    void mmio_write(unsigned region, uint64_t offset, uint64_t value, unsigned size) override;

protected:
    TranslateResult lookup(const Transaction &) override;
    void fault_raised(const Fault &) override;
    std::optional<Translation> redirected(const Fault &) const override;

private:
    // In translation.cpp.
    TranslateResult bypassed(const Transaction &);
    TranslateResult translated(const Transaction &);
    IotlbEntry walked(const Transaction &, uint64_t generation);
    TranslateResult finished(const Transaction &, const IotlbEntry &);
    void invalidate(uint32_t first_page, uint32_t last_page);

    void forget_outside(unsigned port);
    void update_interrupt();

    const std::string soc_;
    Shape shape_;
    RegisterBank bank_;
    Register &table_, &control_, &protect_;
    Iotlb tlb_;
    FaultRecord fault_record_;
    TlbCommands tlb_commands_;
    smi::Smi smi_;
    bool line_ = false;
};

}  // namespace soc::m4u_v1
