// Stream table entries and context descriptors that the SMMU remembers, after their legality was checked. What no
// command names stays: a driver that forgets a CFGI command must feel it. Arm IHI 0070, 3.21 and 4.3.
//
// A hit takes no lock. Take stamp() before the fetch whose result is inserted, and before whatever that fetch relies
// on (a stream's entry, for its context descriptors): an invalidation that comes between leaves it unused.
//
// Threads: all functions on any thread.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>

#include "context.hpp"
#include "soc-iommu/lock_free_cache.hpp"

namespace soc::smmuv3 {

class ConfigCache {
public:
    // `sets` a power of two; each of both caches has so many. 8 ways.
    explicit ConfigCache(unsigned sets = 128);

    // A miss leaves what is given alone.
    bool find(uint32_t sid, Stream &) const;
    bool find(uint32_t sid, uint32_t ssid, Context &) const;
    uint64_t stamp() const { return epoch_.load(std::memory_order_acquire); }
    void insert(uint32_t sid, uint64_t stamp, const Stream &);
    void insert(uint32_t sid, uint32_t ssid, uint64_t stamp, const Context &);

    // A stream's entry goes with every context descriptor that was reached through it.
    void invalidate_stream(uint32_t sid);                           // CFGI_STE
    void invalidate_streams(uint32_t first, unsigned log2count);    // CFGI_STE_RANGE; `first` is aligned
    void invalidate_all();                                          // CFGI_ALL
    void invalidate_context(uint32_t sid, uint32_t ssid);           // CFGI_CD
    void invalidate_contexts(uint32_t sid);                         // CFGI_CD_ALL
    void drop_everything() { invalidate_all(); }                    // reset, load

private:
    template <typename Payload>
    void insert(LockFreeCache<Payload> &, CachePlace, const CacheKey &, uint64_t stamp, const Payload &);

    LockFreeCache<Stream> streams_;
    LockFreeCache<Context> contexts_;
    // Counts invalidations. Configuration changes rarely: any of them spoils every fetch that is under way.
    std::atomic<uint64_t> epoch_{1};
};

}  // namespace soc::smmuv3
