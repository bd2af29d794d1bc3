// The block's own record of a fault: what happened, where, and through which port; and the interrupt's control.
// Address and port are those of the first fault until software clears the record; the causes of later ones add up.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/report.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc::m4u_v1 {

class FaultRecord final : public Stateful {
public:
    explicit FaultRecord(RegisterBank &);

    // Any thread for both.
    void latch(const Fault &);
    bool interrupt() const;

    void reset() override { report_.reset(); }
    void save(StateWriter &out) const override { report_.save(out); }
    void load(StateReader &in) override { report_.load(in); }

private:
    Register &control_;
    Report report_;
    const unsigned status_, address_, id_;  // words of the report
};

}  // namespace soc::m4u_v1
