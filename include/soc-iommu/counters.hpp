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
    void hit() { add(&Shard::hits); }
    void miss() { add(&Shard::misses); }
    void bypass() { add(&Shard::bypasses); }
    void walk() { add(&Shard::walks); }
    void invalidation() { add(&Shard::invalidations); }
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
    static uint64_t get(const Counter &counter) { return counter.load(std::memory_order_relaxed); }

    // What every transaction counts. The first threads have a shard each, which only its owner writes: an atomic
    // addition would wait for all its stores, and two threads in one cache line for each other. Others share the first
    // shard. What counts is the sum less its base.
    struct alignas(64) Shard {
        Counter hits{0}, misses{0}, bypasses{0}, walks{0}, invalidations{0};
    };
    static constexpr unsigned shard_count = 16;
    void add(Counter Shard::*which)
    {
        if (!number_)
            number_ = new_number();
        if (number_ < shard_count) {
            Counter &counter = shards_[number_].*which;
            counter.store(get(counter) + 1, std::memory_order_relaxed);
        } else {
            (shards_[0].*which).fetch_add(1, std::memory_order_relaxed);
        }
    }
    static uint32_t new_number();
    void set(Counter Shard::*, uint64_t value);
    uint64_t sum(Counter Shard::*) const;

    static constinit inline thread_local uint32_t number_ = 0;  // of this thread; 0: none yet
    static constexpr Counter Shard::*summed[] = {&Shard::hits, &Shard::misses, &Shard::bypasses, &Shard::walks,
                                                 &Shard::invalidations};
    std::array<Shard, shard_count> shards_{};
    Shard base_;
    std::array<Counter, fault_kinds> faults_{};
    mutable std::mutex lock_;
    LastFault last_;
};

}  // namespace soc
