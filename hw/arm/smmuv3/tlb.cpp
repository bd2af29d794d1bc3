// SPDX-License-Identifier: GPL-2.0-or-later
#include "tlb.hpp"

#include <atomic>
#include <bit>

#include "soc-iommu/field.hpp"
#include "soc-iommu/lock_free_cache.hpp"
#include "tlb_epochs.hpp"

namespace soc::smmuv3 {

namespace {

using Family = TlbEpochs::Family;

// An entry's key. Low word: which block of addresses. High word: whose.
namespace low {
using Page = Field<51, 0>;  // address >> block shift
using BlockShift = Field<57, 52>;
}  // namespace low
namespace high {
using Vmid = Field<15, 0>;
using Asid = Field<31, 16>;
using Family = Field<33, 32>;
using HasStage2 = Field<34>;
using Granule = Field<36, 35>;
using Global = Field<37>;
using Level = Field<40, 38>;
}  // namespace high

static_assert(sizeof(TlbEntry) == 32, "an entry and its key fill a cache line");

constexpr unsigned granules = 4;  // 4K, 16K and 64K, and a code that nothing uses

unsigned granule_code(unsigned shift)
{
    return (shift - 12) / 2 % granules;
}

Family family_of(Regime regime)
{
    return Family(regime);
}

inline uint64_t key_low(uint64_t page, unsigned block_shift)
{
    return low::Page::of(page) | low::BlockShift::of(block_shift);
}

// Neither global nor level: a lookup does not know them. EL2 has no VMIDs, and without E2H no ASIDs; stage 2 has no
// ASIDs.
inline uint64_t key_high(const Tlb::Tag &tag)
{
    constexpr uint64_t owner[] = {high::Vmid::mask | high::Asid::mask, high::Vmid::mask, 0, high::Asid::mask};
    const Family family = tag.kind == Tlb::Kind::stage2 ? TlbEpochs::stage2 : family_of(tag.regime);
    return ((high::Vmid::of(tag.vmid) | high::Asid::of(tag.asid)) & owner[family]) | high::Family::of(family) |
           high::HasStage2::of(tag.has_stage2) | high::Granule::of(granule_code(tag.granule_shift));
}

// Whether an entry answers a lookup. A global one does so for every ASID.
inline bool answers(const CacheKey &key, const CacheKey &wanted)
{
    uint64_t ignored = high::Level::mask | high::Global::mask;
    if (high::Global::get(key.high))
        ignored |= high::Asid::mask;
    return key.low == wanted.low && ((key.high ^ wanted.high) & ~ignored) == 0;
}

inline TlbEpochs::Scopes scopes_of(const CacheKey &key)
{
    return {Family(high::Family::get(key.high)), uint16_t(high::Vmid::get(key.high)),
            uint16_t(high::Asid::get(key.high)), high::Global::get(key.high) != 0};
}

// Not by ASID: an invalidation for every ASID then looks at one set for each block, and so does the lookup that may
// find a global entry. Laid out as erase_run() wants it.
class Places {
public:
    static constexpr unsigned run_order = 6;

    Places(unsigned block_shift, uint64_t key_high)
    {
        const uint64_t owner = high::Vmid::get(key_high) | high::Family::get(key_high) << 16;
        // Different sizes and owners start at the same low pages, so they must spread over the sets too.
        const uint64_t salt = (owner << 6 | block_shift) * 0x9e3779b97f4a7c15ull;
        set_ = salt >> 40;
        identity_ = set_ ^ salt << 24;
    }
    CachePlace of(uint64_t page) const { return {page ^ set_, page >> run_order ^ identity_}; }

private:
    uint64_t set_, identity_;
};

}  // namespace

struct Tlb::Store {
    Store(unsigned sets, unsigned ways) : cache(sets, ways), most_blocks(sets / 4 ? sets / 4 : 1) {}

    bool counts(const CacheKey &key, uint64_t stamp) const { return epochs.counts(scopes_of(key), stamp); }

    // Erases what lies in the range and of which doomed(high word) holds. False, and nothing done: too many blocks.
    template <typename Doomed>
    bool erase(const LockFreeCache<TlbEntry>::Lock &, Family, uint16_t vmid, const Range &, Doomed &&doomed);
    uint64_t sizes_in_use(const Range &) const;

    LockFreeCache<TlbEntry> cache;
    const uint64_t most_blocks;
    TlbEpochs epochs;
    // Bit n: there may be blocks of 2^n bytes, by granule. What is looked for in no size costs nothing.
    std::atomic<uint64_t> sizes[granules]{};
    uint64_t last_erasure = 0;  // epoch of the last invalidation by address; under the cache's lock
};

Tlb::Tlb(unsigned sets, unsigned ways) : store_(std::make_unique<Store>(sets, ways))
{
}

Tlb::~Tlb() = default;

std::optional<TlbEntry> Tlb::find(const Tag &tag, uint64_t address) const
{
    const Store &store = *store_;
    std::optional<TlbEntry> found(std::in_place);
    CacheKey wanted{0, key_high(tag)};
    uint64_t sizes = store.sizes[granule_code(tag.granule_shift)].load(std::memory_order_relaxed);
    for (; sizes; sizes &= sizes - 1) {
        const unsigned shift = unsigned(std::countr_zero(sizes));
        const uint64_t page = low::Page::get(address >> shift);
        wanted.low = key_low(page, shift);
        const auto counts = [&](const CacheKey &key, uint64_t stamp) {
            return answers(key, wanted) && store.counts(key, stamp);
        };
        if (store.cache.find(Places(shift, wanted.high).of(page), *found, counts))
            return found;
    }
    found.reset();
    return found;
}

uint64_t Tlb::stamp() const
{
    return store_->epochs.now();
}

void Tlb::insert(const Tag &tag, uint64_t address, uint64_t stamp, const TlbEntry &entry)
{
    if (entry.block_shift < 12 || entry.block_shift > 52)
        return;  // no table makes one
    Store &store = *store_;
    const CacheKey key{key_low(address >> entry.block_shift, entry.block_shift),
                       key_high(tag) | high::Global::of(entry.global) | high::Level::of(entry.level)};
    const auto lock = store.cache.lock();
    // An invalidation by address leaves no trace but this. What it spares is dropped with the rest: the result of the
    // walk was used, and the next access walks again.
    if (stamp < store.last_erasure || !store.counts(key, stamp))
        return;
    store.sizes[granule_code(tag.granule_shift)].fetch_or(1ull << entry.block_shift, std::memory_order_relaxed);
    store.cache.insert(
        lock, Places(entry.block_shift, key.high).of(low::Page::get(key.low)), key, stamp, entry,
        [&](const CacheKey &other) { return answers(other, key); },
        [&](const CacheKey &other, uint64_t other_stamp) { return store.counts(other, other_stamp); });
}

void Tlb::invalidate_all()
{
    const uint64_t epoch = store_->epochs.advance();
    store_->epochs.end_family(TlbEpochs::nsel1, epoch);
    store_->epochs.end_family(TlbEpochs::stage2, epoch);
}

void Tlb::invalidate_regime(Regime regime)
{
    store_->epochs.end_family(family_of(regime), store_->epochs.advance());
}

void Tlb::invalidate_vmid(uint16_t vmid, bool stage2_too)
{
    const uint64_t epoch = store_->epochs.advance();
    store_->epochs.end_vmid(TlbEpochs::nsel1, vmid, epoch);
    if (stage2_too)
        store_->epochs.end_vmid(TlbEpochs::stage2, vmid, epoch);
}

void Tlb::invalidate_asid(Regime regime, uint16_t vmid, uint16_t asid)
{
    const Family family = family_of(regime);
    store_->epochs.end_asid(family, family == TlbEpochs::nsel1 ? vmid : uint16_t(0), asid, store_->epochs.advance());
}

void Tlb::invalidate_address(Regime regime, uint16_t vmid, std::optional<uint16_t> asid, const Range &range)
{
    Store &store = *store_;
    const Family family = family_of(regime);
    if (family != TlbEpochs::nsel1)
        vmid = 0;
    if (family == TlbEpochs::el2)
        asid = std::nullopt;
    const auto lock = store.cache.lock();
    const uint64_t epoch = store.epochs.advance();
    store.last_erasure = epoch;
    const bool erased = store.erase(lock, family, vmid, range, [&](uint64_t key_high) {
        return !asid || high::Global::get(key_high) || high::Asid::get(key_high) == *asid;
    });
    if (erased)
        return;
    if (asid) {
        store.epochs.end_asid(family, vmid, *asid, epoch);
        store.epochs.end_globals(family, vmid, epoch);
    } else if (family == TlbEpochs::nsel1) {
        store.epochs.end_vmid(family, vmid, epoch);
    } else {
        store.epochs.end_family(family, epoch);
    }
}

void Tlb::invalidate_ipa(uint16_t vmid, const Range &range)
{
    Store &store = *store_;
    const auto lock = store.cache.lock();
    const uint64_t epoch = store.epochs.advance();
    store.last_erasure = epoch;
    if (!store.erase(lock, TlbEpochs::stage2, vmid, range, [](uint64_t) { return true; }))
        store.epochs.end_vmid(TlbEpochs::stage2, vmid, epoch);
}

uint64_t Tlb::Store::sizes_in_use(const Range &range) const
{
    uint64_t in_use = 0;
    for (unsigned granule = 0; granule < granules; ++granule)
        if (!range.granule_shift || granule_code(range.granule_shift) == granule)
            in_use |= sizes[granule].load(std::memory_order_relaxed);
    return in_use;
}

template <typename Doomed>
bool Tlb::Store::erase(const LockFreeCache<TlbEntry>::Lock &lock, Family family, uint16_t vmid, const Range &range,
                       Doomed &&doomed)
{
    const uint64_t in_use = sizes_in_use(range);
    uint64_t last = range.size ? range.address + range.size - 1 : range.address;
    if (last < range.address)
        last = ~0ull;
    uint64_t blocks = 0;
    for (uint64_t rest = in_use; rest; rest &= rest - 1) {
        const int shift = std::countr_zero(rest);
        blocks += (last >> shift) - (range.address >> shift) + 1;
        if (blocks > most_blocks)
            return false;
    }
    const uint64_t owner = high::Vmid::of(vmid) | high::Family::of(family);
    for (uint64_t rest = in_use; rest; rest &= rest - 1) {
        const unsigned shift = unsigned(std::countr_zero(rest));
        const Places places(shift, owner);
        const uint64_t first_page = range.address >> shift, last_page = last >> shift;
        cache.erase_run(
            lock, first_page, last_page, Places::run_order,
            [&](uint64_t page) { return places.of(low::Page::get(page)); },
            [&](const CacheKey &key) {
                const uint64_t page = low::Page::get(key.low);
                return page >= first_page && page <= last_page && low::BlockShift::get(key.low) == shift &&
                       ((key.high ^ owner) & (high::Vmid::mask | high::Family::mask)) == 0 &&
                       (!range.granule_shift || high::Granule::get(key.high) == granule_code(range.granule_shift)) &&
                       (!range.level || high::Level::get(key.high) == range.level) && doomed(key.high);
            });
    }
    return true;
}

void Tlb::drop_everything()
{
    Store &store = *store_;
    const auto lock = store.cache.lock();
    store.last_erasure = store.epochs.advance();
    store.cache.erase_anywhere(lock, [](const CacheKey &) { return true; });
    for (auto &sizes : store.sizes)
        sizes.store(0, std::memory_order_relaxed);
}

}  // namespace soc::smmuv3
