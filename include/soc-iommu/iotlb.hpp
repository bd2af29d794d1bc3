// A set-associative cache of translations. Positive and negative results live side by side: hardware remembers
// both, and a driver that forgets an invalidation must feel it.
//
// A hit takes no lock: entries are guarded by a sequence counter. Invalidation is a change of generation, so it
// costs the same whatever the cache holds: an entry counts only while the generation it was filled under is its
// context's. Read the generation before the walk whose result you insert; an invalidation that comes between
// then leaves the entry stillborn.
//
// Threads: all functions on any thread.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "soc-iommu/transaction.hpp"

namespace soc {

struct IotlbEntry {
    uint64_t page = 0;  // output address >> page shift
    Perm perm = Perm::none;
    FaultKind fault = FaultKind::none;  // a remembered failure
    int level = -1;                     // of the fault
};

class Iotlb {
public:
    // `sets` a power of two. Contexts (a DART's streams) count from 0 to contexts - 1.
    Iotlb(unsigned sets, unsigned ways, unsigned contexts);

    uint64_t generation(unsigned context) const
    {
        return generations_[context].load(std::memory_order_acquire);
    }
    // `page`: input address >> page shift.
    std::optional<IotlbEntry> find(unsigned context, uint64_t page) const;
    // Evicts the oldest of its set. `generation`: read before the walk began.
    void insert(unsigned context, uint64_t page, uint64_t generation, const IotlbEntry &);

    void invalidate(unsigned context);
    void invalidate_all();

    unsigned capacity() const { return sets_ * ways_; }

private:
    struct Slot {
        std::atomic<uint32_t> sequence{0};  // odd while it is written
        std::atomic<uint64_t> page{0};
        std::atomic<uint64_t> context{~0ull};
        std::atomic<uint64_t> generation{0};
        std::atomic<uint64_t> out{0};
        std::atomic<uint64_t> attributes{0};
    };
    unsigned set_of(unsigned context, uint64_t page) const;
    bool current(const Slot &) const;

    unsigned sets_, ways_;
    std::unique_ptr<Slot[]> slots_;
    std::unique_ptr<uint8_t[]> next_;  // the way to evict next, by set; under fill_lock_
    std::vector<std::atomic<uint64_t>> generations_;
    std::mutex fill_lock_;
};

}  // namespace soc
