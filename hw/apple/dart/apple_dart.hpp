// Apple's Device Address Resolution Table. See README.md beside this file.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "fault_record.hpp"
#include "soc-iommu/iotlb.hpp"
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

class AppleDart final : public Iommu {
public:
    static constexpr uint64_t window = 0x4000;  // less, and the driver's probe fails

    AppleDart(Host &, const Config &);

    const Shape &shape() const override { return shape_; }
    void reset() override;
    void save(StateWriter &) const override;
    void load(StateReader &) override;
    DeviceTree describe(const Placement &) const override;
    void deferred() override { update_interrupt(); }
    RegisterBank *registers(unsigned) override { return &bank_; }
    void mmio_write(unsigned region, uint64_t offset, uint64_t value, unsigned size) override;

protected:
    TranslateResult lookup(const Transaction &) override;
    void fault_raised(const Fault &) override;

private:
    // In translation.cpp.
    TranslateResult bypassed(const Transaction &);
    TranslateResult translated(const Transaction &);
    IotlbEntry walked(const Transaction &, uint64_t root, uint64_t generation);
    TranslateResult finished(const Transaction &, const IotlbEntry &);
    void invalidate(unsigned stream);

    void add_parameters();
    void forget_outside(unsigned stream);
    void update_interrupt();

    const Config config_;
    const DartPageTable format_;
    const unsigned va_width_;
    Shape shape_;
    RegisterBank bank_;
    Iotlb tlb_;
    FaultRecord fault_record_;
    StreamControl streams_;
    TlbCommands tlb_commands_;
    bool line_ = false;
};

}  // namespace soc::dart
