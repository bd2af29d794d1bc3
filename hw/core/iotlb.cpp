// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/iotlb.hpp"

#include <cassert>

namespace soc {

namespace {

uint64_t pack(const IotlbEntry &entry)
{
    return uint64_t(entry.perm) | uint64_t(entry.fault) << 8 | uint64_t(entry.level + 1) << 16;
}

IotlbEntry unpack(uint64_t page, uint64_t attributes)
{
    return {page, Perm(attributes & 0xff), FaultKind(attributes >> 8 & 0xff), int(attributes >> 16 & 0xff) - 1};
}

}  // namespace

Iotlb::Iotlb(unsigned sets, unsigned ways, unsigned contexts)
    : sets_(sets), ways_(ways), slots_(std::make_unique<Slot[]>(sets * ways)),
      next_(std::make_unique<uint8_t[]>(sets)), generations_(contexts)
{
    assert(sets && (sets & (sets - 1)) == 0 && ways && ways <= 255);
}

unsigned Iotlb::set_of(unsigned context, uint64_t page) const
{
    // Streams walk the same low addresses, so the context must spread over the sets too.
    const uint64_t mixed = page ^ (uint64_t(context) * 0x9e3779b97f4a7c15ull >> 40);
    return mixed & (sets_ - 1);
}

std::optional<IotlbEntry> Iotlb::find(unsigned context, uint64_t page) const
{
    const Slot *set = &slots_[set_of(context, page) * ways_];
    const uint64_t now = generation(context);
    for (unsigned way = 0; way < ways_; ++way) {
        const Slot &slot = set[way];
        const uint32_t before = slot.sequence.load(std::memory_order_acquire);
        const uint64_t slot_page = slot.page.load(std::memory_order_acquire);
        const uint64_t slot_context = slot.context.load(std::memory_order_acquire);
        const uint64_t slot_generation = slot.generation.load(std::memory_order_acquire);
        const uint64_t out = slot.out.load(std::memory_order_acquire);
        const uint64_t attributes = slot.attributes.load(std::memory_order_acquire);
        // The loads above are acquires, so this one cannot move before them.
        if (before % 2 || slot.sequence.load(std::memory_order_relaxed) != before)
            continue;  // being replaced: a miss is always a right answer
        if (slot_page == page && slot_context == context && slot_generation == now)
            return unpack(out, attributes);
    }
    return std::nullopt;
}

bool Iotlb::current(const Slot &slot) const
{
    const uint64_t context = slot.context.load(std::memory_order_relaxed);
    return context < generations_.size() &&
           slot.generation.load(std::memory_order_relaxed) == generation(unsigned(context));
}

void Iotlb::insert(unsigned context, uint64_t page, uint64_t generation, const IotlbEntry &entry)
{
    std::lock_guard guard(fill_lock_);
    const unsigned number = set_of(context, page);
    Slot *set = &slots_[number * ways_];
    Slot *victim = nullptr;
    for (unsigned way = 0; way < ways_ && !victim; ++way) {
        Slot &slot = set[way];
        const bool same = slot.page.load(std::memory_order_relaxed) == page &&
                          slot.context.load(std::memory_order_relaxed) == context;
        if (same || !current(slot))
            victim = &slot;
    }
    if (!victim) {
        victim = &set[next_[number]];
        next_[number] = uint8_t((next_[number] + 1) % ways_);
    }
    const uint32_t sequence = victim->sequence.load(std::memory_order_relaxed);
    victim->sequence.store(sequence + 1, std::memory_order_relaxed);
    // Releases, so that a reader who sees any of these also sees the odd sequence.
    victim->page.store(page, std::memory_order_release);
    victim->context.store(context, std::memory_order_release);
    victim->generation.store(generation, std::memory_order_release);
    victim->out.store(entry.page, std::memory_order_release);
    victim->attributes.store(pack(entry), std::memory_order_release);
    victim->sequence.store(sequence + 2, std::memory_order_release);
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
