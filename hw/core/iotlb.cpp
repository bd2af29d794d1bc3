// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/iotlb.hpp"

namespace soc {

namespace {

constexpr unsigned run_order = 6;  // see LockFreeCache::erase_run()

CachePlace place_of(const CacheKey &key)
{
    // Streams walk the same low addresses, so the context must spread over the sets too.
    const uint64_t salt = key.high * 0x9e3779b97f4a7c15ull >> 40;
    return {key.low ^ salt, key.low >> run_order ^ salt};
}

}  // namespace

Iotlb::Iotlb(unsigned sets, unsigned ways, unsigned contexts) : cache_(sets, ways), generations_(contexts)
{
    invalidate_all();  // stamps start at 1
}

std::optional<IotlbEntry> Iotlb::find(unsigned context, uint64_t page) const
{
    const CacheKey wanted{page, context};
    const uint64_t now = stamp_of(generation(context));
    std::optional<IotlbEntry> found(std::in_place);
    if (!cache_.find(place_of(wanted), *found,
                     [&](const CacheKey &key, uint64_t stamp) { return key == wanted && stamp == now; }))
        found.reset();
    return found;
}

void Iotlb::insert(unsigned context, uint64_t page, uint64_t generation, const IotlbEntry &entry)
{
    const CacheKey wanted{page, context};
    const auto lock = cache_.lock();
    if (generation != this->generation(context))
        return;
    cache_.insert(
        lock, place_of(wanted), wanted, stamp_of(generation), entry,
        [&](const CacheKey &key) { return key == wanted; },
        [&](const CacheKey &key, uint64_t stamp) { return stamp == stamp_of(this->generation(unsigned(key.high))); });
}

void Iotlb::invalidate(unsigned context)
{
    generations_[context].fetch_add(whole_context, std::memory_order_acq_rel);
}

void Iotlb::invalidate_range(unsigned context, uint64_t first, uint64_t last)
{
    if (last < first)
        return;
    const auto lock = cache_.lock();
    generations_[context].fetch_add(1, std::memory_order_acq_rel);
    const auto in_range = [&](const CacheKey &key) {
        return key.high == context && key.low >= first && key.low <= last;
    };
    if (last - first < cache_.sets()) {
        cache_.erase_run(
            lock, first, last, run_order, [&](uint64_t page) { return place_of({page, context}); }, in_range);
    } else {
        cache_.erase_anywhere(lock, in_range);
    }
}

void Iotlb::invalidate_all()
{
    for (auto &generation : generations_)
        generation.fetch_add(whole_context, std::memory_order_acq_rel);
}

}  // namespace soc
