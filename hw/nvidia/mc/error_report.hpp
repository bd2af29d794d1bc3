// INTSTATUS, INTMASK and the registers that say what went wrong. Each pair of those keeps the first error until its
// interrupt is cleared (Tegra 2 TRM, GART_ERROR_REQ and DECERR_EMEM_OTHERS_STATUS).
//
// Errors come on any thread, so the state is not in the bank but here, under a lock of its own.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <mutex>
#include <vector>

#include "soc-iommu/register_bank.hpp"
#include "soc.hpp"

namespace soc::tegra {

class ErrorReport {
public:
    ErrorReport(const McSoc &, RegisterBank &);

    // Any thread for both. `interrupt`: one bit of INTSTATUS.
    void raise(uint32_t interrupt, uint32_t status, uint32_t address);
    bool line() const;

    void reset();
    void save(StateWriter &) const;
    void load(StateReader &);

private:
    struct Record {
        uint32_t status = 0, address = 0;
    };
    void add_pair(RegisterBank &, const ErrorRegisters &, Record &);

    const McSoc &soc_;
    mutable std::mutex lock_;
    uint32_t pending_ = 0;
    std::vector<Record> records_;  // in the order of soc_.errors
    Register *mask_;
};

}  // namespace soc::tegra
