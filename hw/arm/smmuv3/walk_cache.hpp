// Where walks may start below the root: the tables that earlier walks passed. A missed access then reads the one
// descriptor that is its leaf, mostly, and not one a level.
//
// Table descriptors are cached as translations are, by VMID, ASID and granule (Arm IHI 0070, 3.17 and 4.4: what Leaf
// spares); so a driver that frees a table, and invalidates no more than its leaves, walks through freed memory here as
// it may on hardware. Every other invalidation drops all that is remembered, since that costs one word, and those
// that free tables are rare.
//
// Take stamp() before the walk whose tables are inserted: an invalidation that comes between leaves them unused.
//
// Threads: all functions on any thread; a hit takes no lock.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>

#include "soc-iommu/lock_free_cache.hpp"
#include "tlb.hpp"

namespace soc::smmuv3 {

class WalkCache {
public:
    struct Table {
        uint64_t address = 0;     // as its descriptor has it: with stage 2 beneath, an intermediate one
        uint64_t attributes = 0;  // of all descriptors that lead to it, or'ed together: APTable and its like
    };

    // `sets` a power of two.
    WalkCache(unsigned sets, unsigned ways) : cache_(sets, ways) {}

    uint64_t stamp() const { return epoch_.load(std::memory_order_acquire); }
    // The table of a level, 1 to 3, through which the translation of an address goes. A miss leaves `out` alone.
    bool find(const Tlb::Tag &, unsigned level, uint64_t address, Table &out) const;
    void insert(const Tlb::Tag &, unsigned level, uint64_t address, uint64_t stamp, const Table &);
    void drop_everything() { epoch_.fetch_add(1, std::memory_order_acq_rel); }

private:
    LockFreeCache<Table> cache_;
    std::atomic<uint64_t> epoch_{1};
};

// The walk cache as one walk sees it. `remember` false: a debugger's, which leaves no trace.
struct KnownTables {
    WalkCache &cache;
    Tlb::Tag tag;
    uint64_t stamp;
    bool remember;
};

}  // namespace soc::smmuv3
