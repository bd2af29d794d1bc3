// SPDX-License-Identifier: GPL-2.0-or-later
#include "page_table_cache.hpp"

namespace soc::tegra_smmu {

namespace {

// The size of the real one is not known. PTC_CONFIG's INDEX_MAP has six bits.
constexpr unsigned sets = 64, ways = 4;

}  // namespace

PageTableCache::PageTableCache(unsigned atom) : atom_(atom), cache_(sets, ways)
{
}

uint32_t PageTableCache::word(const Line &line, uint64_t address) const
{
    const uint8_t *bytes = line.bytes + (address & (atom_ - 1));
    return uint32_t(bytes[0]) | uint32_t(bytes[1]) << 8 | uint32_t(bytes[2]) << 16 | uint32_t(bytes[3]) << 24;
}

std::optional<uint32_t> PageTableCache::load(GuestMemory &memory, uint64_t address, bool keep)
{
    const CacheKey key{address / atom_, 0};
    const CachePlace place(key.low, key.low);
    const uint64_t flushes = flushes_.load(std::memory_order_acquire);  // before the read
    const uint64_t now = stamp_.load(std::memory_order_acquire);
    Line line{};
    if (cache_.find(place, line, [&](const CacheKey &other, uint64_t stamp) { return other == key && stamp == now; }))
        return word(line, address);
    if (!memory.read(address & ~uint64_t(atom_ - 1), line.bytes, atom_))
        return std::nullopt;
    if (keep) {
        const auto lock = cache_.lock();
        if (flushes == flushes_.load(std::memory_order_acquire))
            cache_.insert(
                lock, place, key, now, line, [&](const CacheKey &other) { return other == key; },
                [&](const CacheKey &, uint64_t stamp) { return stamp == now; });
    }
    return word(line, address);
}

void PageTableCache::flush(uint64_t address)
{
    const CacheKey key{address / atom_, 0};
    const auto lock = cache_.lock();
    flushes_.fetch_add(1, std::memory_order_acq_rel);
    cache_.erase(lock, CachePlace(key.low, key.low), [&](const CacheKey &other) { return other == key; });
}

void PageTableCache::flush_all()
{
    const auto lock = cache_.lock();
    flushes_.fetch_add(1, std::memory_order_acq_rel);
    stamp_.fetch_add(1, std::memory_order_acq_rel);
}

}  // namespace soc::tegra_smmu
