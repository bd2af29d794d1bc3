// Event counters of an IOMMU and the record of its last fault. Any thread.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>

#include "soc-iommu/state.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc {

class Counters {
public:
    void hit() { add(hits_); }
    void miss() { add(misses_); }
    void bypass() { add(bypasses_); }
    void walk() { add(walks_); }
    void invalidation() { add(invalidations_); }
    void fault(const Fault &);

    // In the order of names(). `translations` counts what was translated or refused by the tables, hit or miss;
    // a transaction that passed untranslated is a `bypass`.
    static std::span<const char *const> names();
    uint64_t value(unsigned index) const;

    struct LastFault {
        Fault fault;
        uint64_t count = 0;
    };
    LastFault last_fault() const;

    void reset();
    void save(StateWriter &) const;
    void load(StateReader &);

private:
    using Counter = std::atomic<uint64_t>;
    static void add(Counter &counter) { counter.fetch_add(1, std::memory_order_relaxed); }
    static uint64_t get(const Counter &counter) { return counter.load(std::memory_order_relaxed); }

    Counter hits_{0}, misses_{0}, bypasses_{0}, walks_{0}, invalidations_{0};
    std::array<Counter, fault_kinds> faults_{};
    mutable std::mutex lock_;
    LastFault last_;
};

}  // namespace soc
