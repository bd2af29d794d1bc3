// SPDX-License-Identifier: GPL-2.0-or-later
#include "walk_cache.hpp"

#include "pagetable/arm_lpae.hpp"
#include "soc-iommu/field.hpp"

namespace soc::smmuv3 {

namespace {

// A table's key. Low word: which block of addresses it translates. High word: whose.
namespace low {
using Block = Field<51, 0>;  // address >> what an entry of the level above covers
using Level = Field<53, 52>;
}  // namespace low
namespace high {
using Vmid = Field<15, 0>;
using Asid = Field<31, 16>;
using Granule = Field<36, 32>;  // log2
using Regime = Field<38, 37>;
using HasStage2 = Field<39>;
using Stage2 = Field<40>;
}  // namespace high

CacheKey key_of(const Tlb::Tag &tag, unsigned level, uint64_t address)
{
    const uint64_t block = address >> lpae::entry_shift(tag.granule_shift, level - 1);
    return {low::Block::of(low::Block::get(block)) | low::Level::of(level),
            high::Vmid::of(tag.vmid) | high::Asid::of(tag.asid) | high::Granule::of(tag.granule_shift) |
                high::Regime::of(uint64_t(tag.regime)) | high::HasStage2::of(tag.has_stage2) |
                high::Stage2::of(tag.kind == Tlb::Kind::stage2)};
}

CachePlace place_of(const CacheKey &key)
{
    const uint64_t salt = (key.high ^ low::Level::get(key.low)) * 0x9e3779b97f4a7c15ull;
    return {key.low ^ salt >> 40, key.low ^ salt};
}

}  // namespace

bool WalkCache::find(const Tlb::Tag &tag, unsigned level, uint64_t address, Table &out) const
{
    const CacheKey wanted = key_of(tag, level, address);
    const uint64_t epoch = stamp();
    return cache_.find(place_of(wanted), out,
                       [&](const CacheKey &key, uint64_t stamp) { return key == wanted && stamp >= epoch; });
}

void WalkCache::insert(const Tlb::Tag &tag, unsigned level, uint64_t address, uint64_t stamp, const Table &table)
{
    const CacheKey key = key_of(tag, level, address);
    const auto lock = cache_.lock();
    cache_.insert(
        lock, place_of(key), key, stamp, table, [&](const CacheKey &other) { return other == key; },
        [&](const CacheKey &, uint64_t other_stamp) { return other_stamp >= this->stamp(); });
}

}  // namespace soc::smmuv3
