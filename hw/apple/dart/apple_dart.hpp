// Apple's Device Address Resolution Table. See README.md beside this file.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "fault_record.hpp"
#include "soc-iommu/iotlb.hpp"
#include "soc-iommu/register_iommu.hpp"
#include "soc-iommu/registry.hpp"
#include "stream_control.hpp"
#include "tlb_commands.hpp"
#include "variant.hpp"

namespace soc::dart {

// The user's options, checked against each other.
struct Config {
    explicit Config(const Options &);

    const Variant &variant;
    unsigned page_shift;
    bool bypass;
    bool locked;
    unsigned streams;
};

class AppleDart final : public RegisterIommu {
public:
    static constexpr uint64_t window = 0x4000;  // less, and the driver's probe fails

    AppleDart(Host &, const Config &);

    DeviceTree describe(const Placement &) const override;
    RegisterBank *registers(unsigned) override { return &bank_; }

protected:
    TranslateResult lookup(const Transaction &) override;
    void fault_raised(const Fault &) override;
    bool interrupt(unsigned) const override { return fault_record_.interrupt(); }
    void drop_caches() override { tlb_.invalidate_all(); }

private:
    // In translation.cpp.
    TranslateResult translated(const Transaction &);
    IotlbEntry walked(const Transaction &);
    TranslateResult finished(const Transaction &, const IotlbEntry &);
    void invalidate(unsigned stream);

    void add_parameters();
    void changed(unsigned stream);

    const Config config_;
    const DartPageTable format_;
    const unsigned va_width_;
    RegisterBank bank_;
    Iotlb tlb_;
    FaultRecord fault_record_;
    StreamControl streams_;
    TlbCommands tlb_commands_;
};

}  // namespace soc::dart
