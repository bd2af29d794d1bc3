// SPDX-License-Identifier: GPL-2.0-or-later
#include "tlb.hpp"

#include "core/mutation.hpp"

namespace soc::omap {

TlbEntry Tlb::get(unsigned i) const
{
    const uint64_t word = words_[i].load(std::memory_order_acquire);
    return {uint32_t(word), uint32_t(word >> 32)};
}

void Tlb::set(unsigned i, TlbEntry entry)
{
    words_[i].store(entry.cam | uint64_t(entry.ram) << 32, std::memory_order_release);
}

Tlb::Found Tlb::scan(uint32_t address) const
{
    Found found;
    for (unsigned i = 0; i < count_; ++i) {
        const TlbEntry entry = get(i);
        if (!entry.covers(address))
            continue;
        if (found.matches++)
            break;
        found.entry = entry;
    }
    return found;
}

Tlb::Found Tlb::find(uint32_t address) const
{
    const Found found = scan(address);
    if (found.matches < 2)
        return found;
    // An entry that was flushed here and filled there while we looked is none of two.
    const std::lock_guard guard(mutex_);
    return scan(address);
}

void Tlb::fill(uint64_t generation, uint32_t address, TlbEntry entry)
{
    const std::lock_guard guard(mutex_);
    if (generation != generation_ || lock_.base >= count_ || scan(address).matches)
        return;
    const unsigned at = lock_.victim >= lock_.base && lock_.victim < count_ ? lock_.victim : lock_.base;
    set(at, entry);
    lock_.victim = at + 1 < count_ ? at + 1 : lock_.base;
}

Tlb::Lock Tlb::lock() const
{
    const std::lock_guard guard(mutex_);
    return lock_;
}

void Tlb::set_lock(Lock lock)
{
    const std::lock_guard guard(mutex_);
    lock_ = lock;
}

TlbEntry Tlb::at_victim() const
{
    const std::lock_guard guard(mutex_);
    return lock_.victim < count_ ? get(lock_.victim) : TlbEntry{};
}

TlbEntry Tlb::load_at_victim(TlbEntry entry)
{
    const std::lock_guard guard(mutex_);
    ++generation_;
    if (lock_.victim >= count_)
        return {};
    const TlbEntry old = get(lock_.victim);
    set(lock_.victim, entry);
    return old;
}

std::vector<TlbEntry> Tlb::flush(uint32_t address)
{
    const std::lock_guard guard(mutex_);
    std::vector<TlbEntry> dropped;
    if (mutation::stale)
        return dropped;
    ++generation_;
    for (unsigned i = 0; i < count_; ++i) {
        TlbEntry entry = get(i);
        if (!entry.covers(address))
            continue;
        dropped.push_back(entry);
        entry.cam = uint32_t(TlbEntry::V::put(entry.cam, 0));
        set(i, entry);
    }
    return dropped;
}

void Tlb::flush_all()
{
    const std::lock_guard guard(mutex_);
    if (mutation::stale)
        return;
    ++generation_;
    for (unsigned i = 0; i < count_; ++i) {
        TlbEntry entry = get(i);
        if (entry.preserved())
            continue;
        entry.cam = uint32_t(TlbEntry::V::put(entry.cam, 0));
        set(i, entry);
    }
}

void Tlb::reset()
{
    const std::lock_guard guard(mutex_);
    ++generation_;
    lock_ = {};
    for (unsigned i = 0; i < most; ++i)
        set(i, {});
}

void Tlb::save(StateWriter &out) const
{
    const std::lock_guard guard(mutex_);
    out.section("omap-tlb", 1);
    out.u32(count_);
    out.u32(lock_.base);
    out.u32(lock_.victim);
    for (unsigned i = 0; i < count_; ++i) {
        const TlbEntry entry = get(i);
        out.u32(entry.cam);
        out.u32(entry.ram);
    }
}

void Tlb::load(StateReader &in)
{
    const std::lock_guard guard(mutex_);
    ++generation_;
    in.section("omap-tlb", 1);
    if (in.u32() != count_)
        in.fail();
    lock_ = {in.u32() & (most - 1), in.u32() & (most - 1)};
    for (unsigned i = 0; i < count_; ++i) {
        const uint32_t cam = in.u32() & TlbEntry::cam_bits, ram = in.u32() & TlbEntry::ram_bits;
        set(i, {cam, ram});
    }
}

}  // namespace soc::omap
