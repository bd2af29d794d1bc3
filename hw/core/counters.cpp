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

uint64_t Counters::value(unsigned index) const
{
    switch (index) {
    case translations:
        return get(hits_) + get(misses_);
    case hits:
        return get(hits_);
    case misses:
        return get(misses_);
    case bypasses:
        return get(bypasses_);
    case walks:
        return get(walks_);
    case invalidations:
        return get(invalidations_);
    case faults:
        return last_fault().count;
    default:
        return index < std::size(counter_names) ? get(faults_[index - first_fault_kind + 1]) : 0;
    }
}

void Counters::fault(const Fault &fault)
{
    add(faults_[unsigned(fault.kind)]);
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
    for (Counter *counter : {&hits_, &misses_, &bypasses_, &walks_, &invalidations_})
        counter->store(0, std::memory_order_relaxed);
    for (Counter &counter : faults_)
        counter.store(0, std::memory_order_relaxed);
    std::lock_guard guard(lock_);
    last_ = {};
}

void Counters::save(StateWriter &out) const
{
    out.section("counters", 1);
    for (const Counter *counter : {&hits_, &misses_, &bypasses_, &walks_, &invalidations_})
        out.u64(get(*counter));
    for (const Counter &counter : faults_)
        out.u64(get(counter));
    const LastFault last = last_fault();
    out.u64(last.count);
    out.u32(uint32_t(last.fault.kind));
    out.u32(uint32_t(last.fault.level));
    out.u32(last.fault.stage);
    out.u64(last.fault.transaction.address);
    out.u32(last.fault.transaction.stream);
    out.u32(last.fault.transaction.substream);
    out.u32(last.fault.transaction.flags());
}

void Counters::load(StateReader &in)
{
    in.section("counters", 1);
    for (Counter *counter : {&hits_, &misses_, &bypasses_, &walks_, &invalidations_})
        counter->store(in.u64(), std::memory_order_relaxed);
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
    SocTransaction raw{};
    raw.address = in.u64();
    raw.stream = in.u32();
    raw.substream = in.u32();
    raw.flags = in.u32();
    last.fault.transaction = Transaction::from(raw);
    if (!in.ok())
        return;
    std::lock_guard guard(lock_);
    last_ = last;
}

}  // namespace soc
