// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_cache.hpp"

namespace soc::smmuv3 {

namespace {

constexpr unsigned ways = 8;

CacheKey key_of(uint32_t sid, uint32_t ssid)
{
    return {sid, ssid};
}

CachePlace place_of(uint32_t sid, uint32_t ssid)
{
    // PCI functions lie 8 apart, and each stream counts its substreams from 0.
    const uint64_t mixed = (uint64_t(ssid) << 32 | sid) * 0x9e3779b97f4a7c15ull;
    return {mixed >> 40, mixed};
}

auto is(const CacheKey &wanted)
{
    return [wanted](const CacheKey &key, uint64_t = 0) { return key == wanted; };
}

bool always(const CacheKey &, uint64_t)
{
    return true;
}

}  // namespace

ConfigCache::ConfigCache(unsigned sets) : streams_(sets, ways), contexts_(sets, ways)
{
}

bool ConfigCache::find(uint32_t sid, Stream &out) const
{
    return streams_.find(place_of(sid, 0), out, is(key_of(sid, 0)));
}

bool ConfigCache::find(uint32_t sid, uint32_t ssid, Context &out) const
{
    return contexts_.find(place_of(sid, ssid), out, is(key_of(sid, ssid)));
}

template <typename Payload>
void ConfigCache::insert(LockFreeCache<Payload> &cache, CachePlace place, const CacheKey &key, uint64_t stamp,
                         const Payload &payload)
{
    const auto lock = cache.lock();
    // An invalidation advances the epoch before it takes the lock: either it is seen here or it erases this entry.
    if (stamp != epoch_.load(std::memory_order_acquire))
        return;
    cache.insert(lock, place, key, stamp, payload, is(key), always);
}

void ConfigCache::insert(uint32_t sid, uint64_t stamp, const Stream &stream)
{
    insert(streams_, place_of(sid, 0), key_of(sid, 0), stamp, stream);
}

void ConfigCache::insert(uint32_t sid, uint32_t ssid, uint64_t stamp, const Context &context)
{
    insert(contexts_, place_of(sid, ssid), key_of(sid, ssid), stamp, context);
}

void ConfigCache::invalidate_stream(uint32_t sid)
{
    invalidate_streams(sid, 0);
}

// Whoever drops a stream's contexts looks at all contexts: there are few, such commands are rare, and an index by
// stream would have to be exact.
void ConfigCache::invalidate_streams(uint32_t first, unsigned log2count)
{
    const unsigned shift = log2count < 32 ? log2count : 32;
    const auto doomed = [&](const CacheKey &key) { return (key.low ^ first) >> shift == 0; };
    epoch_.fetch_add(1, std::memory_order_acq_rel);
    if (log2count)
        streams_.erase_anywhere(streams_.lock(), doomed);
    else
        streams_.erase(streams_.lock(), place_of(first, 0), doomed);
    contexts_.erase_anywhere(contexts_.lock(), doomed);
}

void ConfigCache::invalidate_all()
{
    invalidate_streams(0, 32);
}

void ConfigCache::invalidate_context(uint32_t sid, uint32_t ssid)
{
    epoch_.fetch_add(1, std::memory_order_acq_rel);
    contexts_.erase(contexts_.lock(), place_of(sid, ssid), is(key_of(sid, ssid)));
}

void ConfigCache::invalidate_contexts(uint32_t sid)
{
    epoch_.fetch_add(1, std::memory_order_acq_rel);
    contexts_.erase_anywhere(contexts_.lock(), [&](const CacheKey &key) { return key.low == sid; });
}

}  // namespace soc::smmuv3
