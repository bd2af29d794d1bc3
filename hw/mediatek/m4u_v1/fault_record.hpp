// The block's own record of a fault: what happened, where, and through which port; and the interrupt's control.
// Address and port are those of the first fault until software clears the record; the causes of later ones add up.
//
// Faults come on any thread, so the state is not in the bank but here, under a lock of its own.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <mutex>

#include "soc-iommu/register_bank.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc::m4u_v1 {

class FaultRecord {
public:
    explicit FaultRecord(RegisterBank &);

    // Any thread for both.
    void latch(const Fault &);
    bool interrupt() const;

    void reset();
    void save(StateWriter &) const;
    void load(StateReader &);

private:
    struct State {
        uint32_t status = 0;
        uint32_t address = 0;
        uint32_t id = 0;
    };
    void add_report(RegisterBank &, const char *name, uint32_t offset, uint32_t State::*);

    Register &control_;
    mutable std::mutex lock_;
    State state_;
};

}  // namespace soc::m4u_v1
