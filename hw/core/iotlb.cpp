// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/iotlb.hpp"

namespace soc {

namespace {

CachePlace place_of(const CacheKey &key)
{
    // Streams walk the same low addresses, so the context must spread over the sets too.
    const uint64_t mixed = key.low ^ (key.high * 0x9e3779b97f4a7c15ull >> 40);
    return {mixed, mixed};
}

}  // namespace

Iotlb::Iotlb(unsigned sets, unsigned ways, unsigned contexts) : cache_(sets, ways), generations_(contexts)
{
    invalidate_all();  // stamps start at 1
}

std::optional<IotlbEntry> Iotlb::find(unsigned context, uint64_t page) const
{
    const CacheKey wanted{page, context};
    const uint64_t now = generation(context);
    std::optional<IotlbEntry> found(std::in_place);
    if (!cache_.find(place_of(wanted), *found,
                     [&](const CacheKey &key, uint64_t stamp) { return key == wanted && stamp == now; }))
        found.reset();
    return found;
}

void Iotlb::insert(unsigned context, uint64_t page, uint64_t generation, const IotlbEntry &entry)
{
    const CacheKey wanted{page, context};
    cache_.insert(
        cache_.lock(), place_of(wanted), wanted, generation, entry,
        [&](const CacheKey &key) { return key == wanted; },
        [&](const CacheKey &key, uint64_t stamp) { return stamp == this->generation(unsigned(key.high)); });
}

void Iotlb::invalidate(unsigned context)
{
    generations_[context].fetch_add(1, std::memory_order_acq_rel);
}

void Iotlb::invalidate_all()
{
    for (auto &generation : generations_)
        generation.fetch_add(1, std::memory_order_acq_rel);
}

}  // namespace soc
