// The block's own record of a fault, and the interrupt's two registers. The address is that of the first fault until
// software clears the causes; the causes of later ones add up.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "soc-iommu/report.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc::omap {

class FaultRecord final : public Stateful {
public:
    // `status`: the block has FAULT_PC and FAULT_STATUS.
    FaultRecord(RegisterBank &, bool status);

    // Any thread for both.
    void latch(const Fault &);
    bool interrupt() const;

    void reset() override { report_.reset(); }
    void save(StateWriter &out) const override { report_.save(out); }
    void load(StateReader &in) override { report_.load(in); }

private:
    Register &enable_;
    Report report_;
    const unsigned causes_, address_;  // words of the report
    std::optional<unsigned> status_;
};

}  // namespace soc::omap
