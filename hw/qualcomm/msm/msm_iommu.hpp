// Qualcomm's MSM IOMMU, as in the APQ8064: masters, context banks, ARMv7 short-descriptor tables. See README.md beside
// this file.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "banks.hpp"
#include "fault_record.hpp"
#include "pagetable/arm_v7_short.hpp"
#include "soc-iommu/register_iommu.hpp"
#include "soc-iommu/registry.hpp"
#include "stalls.hpp"
#include "tlb.hpp"

namespace soc::msm {

class MsmIommu final : public RegisterIommu {
public:
    MsmIommu(Host &, unsigned contexts);

    DeviceTree describe(const Placement &) const override;
    RegisterBank *registers(unsigned region) override { return region == 0 ? &bank_ : nullptr; }

protected:
    TranslateResult lookup(const Transaction &) override;
    void fault_raised(const Fault &) override;
    bool interrupt(unsigned line) const override;
    void drop_caches() override { tlb_.drop_all(); }

private:
    // In translation.cpp.
    TranslateResult routed(const Transaction &, const Route &);
    TranslateResult translated(const Transaction &, const Route &);
    Tlb::Entry walked(const Transaction &, unsigned context);
    struct Root {
        uint32_t base;
        unsigned index_bits;
        bool disabled;
    };
    Root root_of(unsigned context, uint32_t address) const;
    WalkResult walk_tables(const Transaction &, unsigned context, const ArmV7Short &, uint32_t base);
    Tlb::Tag tag(unsigned vmid, unsigned context) const;

    // In commands.cpp.
    void connect_commands();
    void drop_address(unsigned context, uint32_t written, bool every_asid);
    void virtual_to_physical(unsigned context, uint32_t written, Access, bool privileged);
    uint32_t physical(unsigned context, const Transaction &);
    void resume(unsigned context, uint32_t written);
    // The TLB lost something of these masters.
    template <typename Which>
    void dropped(Which which, uint64_t address = 0, uint64_t size = everything);
    bool translates(unsigned context) const;

    const unsigned contexts_;
    RegisterBank bank_;
    GlobalRegisters global_;
    ContextRegisters context_;
    FaultRecord fault_record_;
    Stalls stalls_;
    Tlb tlb_;
};

// Whether an entry lets an access happen that finds it.
bool permits(const IotlbEntry &, const Transaction &);

}  // namespace soc::msm
