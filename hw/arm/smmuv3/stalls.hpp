// Transactions that wait for software: Arm IHI 0070, 3.12.2.
//
// Threads: all functions on any thread.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "soc-iommu/state.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc::smmuv3 {

class Stalls {
public:
    struct Stalled {
        uint16_t stag = 0;
        uint64_t hold = 0;
        Transaction transaction;
    };

    // IDR5.STALL_MAX: as many can wait at once. STAGs are below it.
    explicit Stalls(uint32_t most) : most_(most) {}

    // Nothing: as many wait as there can be.
    std::optional<Stalled> add(const Transaction &);
    // The one that CMD_RESUME names; nothing: none with that STAG waits on that stream.
    std::optional<Stalled> take(uint32_t stream, uint16_t stag);
    // All of a stream, for CMD_STALL_TERM.
    std::vector<Stalled> take_stream(uint32_t stream);
    std::vector<Stalled> take_all();
    unsigned size() const;

    void reset();
    void save(StateWriter &) const;
    void load(StateReader &);

private:
    const uint32_t most_;
    mutable std::mutex lock_;
    std::map<uint16_t, Stalled> waiting_;  // by STAG
    uint64_t next_hold_ = 1;
};

}  // namespace soc::smmuv3
