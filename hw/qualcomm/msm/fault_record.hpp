// What a fault leaves behind: in its context's bank, or, where the transaction came to no context that translates, in
// the registers of the whole block.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "banks.hpp"
#include "soc-iommu/report.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc::msm {

// The bit of FSR, and of PAR, that stands for a fault of a translation.
uint32_t cause_of(FaultKind);

class FaultRecord final : public Stateful {
public:
    FaultRecord(RegisterBank &, unsigned contexts);

    // Any thread for all.
    void latch(unsigned context, const Route &, const Fault &, bool stalled);
    void latch_global(const Route &, const Fault &);
    void resumed(unsigned context);
    bool pending(unsigned context) const { return report_.get(fsr_ + context) & fsr::causes; }
    bool global_pending() const { return report_.get(esr_) & esr::causes; }

    void reset() override { report_.reset(); }
    void save(StateWriter &out) const override { report_.save(out); }
    void load(StateReader &in) override { report_.load(in); }

private:
    Report report_;
    const unsigned fsr_, far_, fsynr0_, fsynr1_;     // first words of the report, one a context
    const unsigned ear_, esr_, esynr0_, esynr1_;
};

}  // namespace soc::msm
