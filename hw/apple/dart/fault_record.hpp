// The block's own record of a fault: ERROR, its address, and on t8110 the mask and the streams that faulted.
// The first fault stays until software writes FLAG back; later ones are lost but for their stream's bit.
//
// Faults come on any thread, so the state is not in the bank but here, under a lock of its own.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <mutex>

#include "soc-iommu/register_bank.hpp"
#include "soc-iommu/transaction.hpp"
#include "variant.hpp"

namespace soc::dart {

class FaultRecord {
public:
    FaultRecord(const Variant &, RegisterBank &);

    // Any thread for both.
    void latch(const Fault &);
    bool interrupt() const;

    void reset();
    void save(StateWriter &) const;
    void load(StateReader &);

private:
    struct State {
        uint32_t error = 0;
        uint64_t address = 0;
        std::array<uint32_t, 8> streams{};
    };
    uint32_t code(const Fault &) const;
    uint32_t all_bits() const;

    const ErrorRegisters &spec_;
    Register *mask_ = nullptr;
    mutable std::mutex lock_;
    State state_;
};

}  // namespace soc::dart
