// The table entries that PAMUs keep, if they are built to keep any: see README.md, "Caching". By PAMU and address, so
// that both tables share it.
//
// Threads: all functions on any thread.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>

#include "pagetable/paact.hpp"
#include "soc-iommu/lock_free_cache.hpp"

namespace soc::pamu {

class EntryCache {
public:
    // Opaque; read before the table is.
    uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
    bool find(unsigned pamu, uint64_t address, paact::Entry &out) const
    {
        const uint64_t now = generation();
        return cache_.find(place(pamu, address), out, [&](const CacheKey &key, uint64_t stamp) {
            return stamp == now && key == CacheKey{address, pamu};
        });
    }
    void insert(unsigned pamu, uint64_t address, uint64_t generation, const paact::Entry &entry)
    {
        const auto lock = cache_.lock();
        const CacheKey key{address, pamu};
        cache_.insert(lock, place(pamu, address), key, generation, entry,
                      [&](const CacheKey &other) { return other == key; },
                      [&](const CacheKey &, uint64_t stamp) { return stamp == this->generation(); });
    }
    void drop() { generation_.fetch_add(1, std::memory_order_acq_rel); }

private:
    static CachePlace place(unsigned pamu, uint64_t address)
    {
        const uint64_t number = address / paact::entry_size;
        return {number + pamu, number + pamu};
    }

    LockFreeCache<paact::Entry> cache_{32, 4};  // the size of the real one is not known
    std::atomic<uint64_t> generation_{1};
};

}  // namespace soc::pamu
