// INTSTATUS, INTMASK and the registers that say what went wrong. Each pair of those keeps the first error until its
// interrupts are cleared (Tegra 2 TRM, GART_ERROR_REQ and DECERR_EMEM_OTHERS_STATUS).
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "soc-iommu/report.hpp"
#include "soc.hpp"

namespace soc::tegra {

class ErrorReport final : public Stateful {
public:
    ErrorReport(const McSoc &, RegisterBank &);

    // Any thread for both. `interrupts`: bits of INTSTATUS that belong to one pair.
    void raise(uint32_t interrupts, uint32_t status, uint32_t address);
    bool line() const;

    void reset() override { report_.reset(); }
    void save(StateWriter &out) const override { report_.save(out); }
    void load(StateReader &in) override { report_.load(in); }

private:
    const McSoc &soc_;
    Report report_;
    unsigned pending_;                // words of the report: INTSTATUS,
    std::vector<unsigned> statuses_;  // and in the order of soc_.errors what was asked; the address follows each
    const Register &mask_;
};

}  // namespace soc::tegra
