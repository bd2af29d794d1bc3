// A set-associative cache of translations. Positive and negative results live side by side: hardware remembers
// both, and a driver that forgets an invalidation must feel it.
//
// A hit takes no lock. Invalidation of a context is a change of generation, so it costs the same whatever the cache
// holds: an entry counts only while the generation it was filled under is its context's. Invalidation of a range drops
// those pages and no others, and never looks at more entries than the cache has. Read the generation before the walk
// whose result you insert; an invalidation that comes between then leaves the entry stillborn.
//
// Threads: all functions on any thread.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "soc-iommu/lock_free_cache.hpp"
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

    // Opaque: changes with every invalidation of the context, of a range too.
    uint64_t generation(unsigned context) const
    {
        return generations_[context].load(std::memory_order_acquire);
    }
    // `page`: input address >> page shift.
    std::optional<IotlbEntry> find(unsigned context, uint64_t page) const;
    // Evicts the oldest of its set. `generation`: read before the walk began.
    void insert(unsigned context, uint64_t page, uint64_t generation, const IotlbEntry &);

    void invalidate(unsigned context);
    // The pages from `first` to `last`, both inside.
    void invalidate_range(unsigned context, uint64_t first, uint64_t last);
    void invalidate_all();

    unsigned capacity() const { return cache_.capacity(); }

private:
    // A generation's low bits count the ranges that were invalidated; an entry's stamp is the rest. So a range leaves
    // the other entries valid, and only the walks under way are in vain. Where the count overflows, all entries go.
    static constexpr unsigned range_bits = 20;
    static constexpr uint64_t whole_context = 1ull << range_bits;
    static uint64_t stamp_of(uint64_t generation) { return generation >> range_bits; }

    LockFreeCache<IotlbEntry> cache_;
    std::vector<std::atomic<uint64_t>> generations_;
};

}  // namespace soc
