// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/counters.hpp"

#include <iterator>

namespace soc {

namespace {

// Indexes of names(): sums first, then the faults by kind from FaultKind::translation on.
enum { translations, hits, misses, bypasses, walks, invalidations, faults, first_fault_kind };

constexpr const char *counter_names[] = {
    "translations",
    "hits",
    "misses",
    "bypasses",
    "walks",
    "invalidations",
    "faults",
    "faults-translation",
    "faults-permission",
    "faults-address-size",
    "faults-access-flag",
    "faults-disabled",
    "faults-walk-abort",
    "faults-configuration",
    "faults-unknown-stream",
    "faults-bus",
    "faults-terminated",
};
static_assert(std::size(counter_names) == first_fault_kind + fault_kinds - 1);

}  // namespace

std::span<const char *const> Counters::names()
{
    return counter_names;
}

uint32_t Counters::new_number()
{
    static std::atomic<uint32_t> last{0};
    // The numbers beyond the shards are all the same, so that they cannot come round.
    uint32_t number = last.load(std::memory_order_relaxed);
    while (number < shard_count && !last.compare_exchange_weak(number, number + 1, std::memory_order_relaxed)) {
    }
    return number < shard_count ? number + 1 : shard_count;
}

uint64_t Counters::sum(Counter Shard::*counter) const
{
    uint64_t all = 0 - get(base_.*counter);
    for (const Shard &shard : shards_)
        all += get(shard.*counter);
    return all;
}

// Threads may count meanwhile: a shard is left to its owner.
void Counters::set(Counter Shard::*counter, uint64_t value)
{
    (base_.*counter).fetch_add(sum(counter) - value, std::memory_order_relaxed);
}

uint64_t Counters::value(unsigned index) const
{
    switch (index) {
    case translations:
        return sum(&Shard::hits) + sum(&Shard::misses);
    case hits:
        return sum(&Shard::hits);
    case misses:
        return sum(&Shard::misses);
    case bypasses:
        return sum(&Shard::bypasses);
    case walks:
        return sum(&Shard::walks);
    case invalidations:
        return sum(&Shard::invalidations);
    case faults:
        return last_fault().count;
    default:
        return index < std::size(counter_names) ? get(faults_[index - first_fault_kind + 1]) : 0;
    }
}

void Counters::fault(const Fault &fault)
{
    faults_[unsigned(fault.kind)].fetch_add(1, std::memory_order_relaxed);
    std::lock_guard guard(lock_);
    last_.fault = fault;
    ++last_.count;
}

Counters::LastFault Counters::last_fault() const
{
    std::lock_guard guard(lock_);
    return last_;
}

void Counters::reset()
{
    for (const auto counter : summed)
        set(counter, 0);
    for (Counter &counter : faults_)
        counter.store(0, std::memory_order_relaxed);
    std::lock_guard guard(lock_);
    last_ = {};
}

void Counters::save(StateWriter &out) const
{
    out.section("counters", 2);
    for (const auto counter : summed)
        out.u64(sum(counter));
    for (const Counter &counter : faults_)
        out.u64(get(counter));
    const LastFault last = last_fault();
    out.u64(last.count);
    out.u32(uint32_t(last.fault.kind));
    out.u32(uint32_t(last.fault.level));
    out.u32(last.fault.stage);
    last.fault.transaction.save(out);
}

void Counters::load(StateReader &in)
{
    in.section("counters", 2);
    for (const auto counter : summed)
        set(counter, in.u64());
    for (Counter &counter : faults_)
        counter.store(in.u64(), std::memory_order_relaxed);
    LastFault last;
    last.count = in.u64();
    const uint32_t kind = in.u32();
    if (kind >= fault_kinds)
        in.fail();
    last.fault.kind = FaultKind(kind);
    last.fault.level = int(in.u32());
    last.fault.stage = in.u32();
    last.fault.transaction = Transaction::load(in);
    if (!in.ok())
        return;
    std::lock_guard guard(lock_);
    last_ = last;
}

}  // namespace soc
