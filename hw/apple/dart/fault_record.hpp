// The block's own record of a fault: ERROR, its address, and on t8110 the mask and the streams that faulted.
// The first fault stays until software writes FLAG back; later ones are lost but for their stream's bit.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/report.hpp"
#include "soc-iommu/transaction.hpp"
#include "variant.hpp"

namespace soc::dart {

class FaultRecord final : public Stateful {
public:
    FaultRecord(const Variant &, RegisterBank &);

    // Any thread for both.
    void latch(const Fault &);
    bool interrupt() const;

    void reset() override { report_.reset(); }
    void save(StateWriter &out) const override { report_.save(out); }
    void load(StateReader &in) override { report_.load(in); }

private:
    uint32_t code(const Fault &) const;
    uint32_t all_bits() const;

    const ErrorRegisters &spec_;
    Register *mask_ = nullptr;
    Report report_;
    unsigned error_, address_lo_, address_hi_, streams_ = 0;  // words of the report
};

}  // namespace soc::dart
