// Transactions that wait for RESUME. A context stalls as a whole, so RESUME ends all that wait in it.
//
// Threads: all functions on any thread.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "soc-iommu/state.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc::msm {

class Stalls final : public Stateful {
public:
    struct Stalled {
        uint64_t hold;
        unsigned context;
        Transaction transaction;
    };

    // The name of the held transaction; nothing: as many wait as there can be.
    std::optional<uint64_t> add(unsigned context, const Transaction &);
    std::vector<Stalled> take(unsigned context);

    void reset() override;
    void save(StateWriter &) const override;
    void load(StateReader &) override;

private:
    mutable std::mutex lock_;
    std::vector<Stalled> waiting_;
    uint64_t next_hold_ = 1;
};

}  // namespace soc::msm
