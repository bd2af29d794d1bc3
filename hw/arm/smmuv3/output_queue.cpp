// SPDX-License-Identifier: GPL-2.0-or-later
#include "output_queue.hpp"

namespace soc::smmuv3 {

namespace {

constexpr uint32_t register_bits = queue_index::mask | queue_index::overflow;
constexpr unsigned most_words = 4;

}  // namespace

OutputQueue::OutputQueue(const Spec &spec, Host &host, RegisterFile &registers, Interrupts &interrupts)
    : spec_(spec), host_(host), registers_(registers), interrupts_(interrupts)
{
    RegisterBank &bank = registers.bank();
    const auto guard = [this](unsigned) { return !(registers_.cr0() & spec_.enable); };
    base_ = WideRegister(bank,
                         {.low_name = spec.base_low,
                          .high_name = spec.base_high,
                          .offset = spec.base,
                          .writable = queue_base::writable(registers.features().address_mask())},
                         guard);
    // In page 1 alone: the places in page 0 are RAZ/WI (6.2.1).
    const auto prod = uint32_t(RegisterFile::page1) + spec.base + 8;
    bank.add({.name = spec.prod, .offset = prod, .volatile_value = true})
        .on_read([this](unsigned) {
            const std::lock_guard hold(lock_);
            return prod_ & (queue_index::overflow | geometry().index_mask());
        })
        .on_write([this](unsigned, uint32_t written) {
            const std::lock_guard hold(lock_);
            prod_ = written & register_bits;
        })
        .writable_while(guard);
    cons_ = &bank.add({.name = spec.cons, .offset = prod + 4, .writable = register_bits});
    cons_->on_write([this](unsigned, uint32_t) {
        if (opened_)
            opened_();
    });
    registers.on_enable([this](uint32_t, uint32_t) { enable(); });
    interrupts.on_acknowledge([this] {
        if (opened_)
            opened_();
    });
}

// The lock makes the change wait for an entry that is being written, as 6.3.9.4 asks.
void OutputQueue::enable()
{
    {
        const std::lock_guard hold(lock_);
        enabled_ = (registers_.cr0() & spec_.effective) == spec_.effective;
        queue_ = geometry();
    }
    if (enabled_ && opened_)
        opened_();
}

OutputQueue::Result OutputQueue::put(std::span<const uint64_t> words, bool discards)
{
    const std::lock_guard hold(lock_);
    if (!enabled_ || interrupts_.active(spec_.abort))
        return Result::closed;
    const uint32_t cons = cons_->get();
    if (queue_.full(prod_, cons) || (spec_.overflow_closes && overflowed(cons))) {
        if (discards && !overflowed(cons))
            prod_ ^= queue_index::overflow;
        return Result::full;
    }
    uint8_t bytes[8 * most_words];
    for (unsigned i = 0; i < words.size_bytes() && i < sizeof bytes; ++i)
        bytes[i] = uint8_t(words[i / 8] >> (8 * (i % 8)));
    if (!host_.memory().write(queue_.address(prod_), bytes, 1u << spec_.entry_shift)) {
        // Synchronous: PROD stays, and what lies before it is valid (7.2.2).
        interrupts_.report(spec_.abort);
        return Result::aborted;
    }
    const bool first = queue_.empty(prod_, cons);
    prod_ = (prod_ & queue_index::overflow) | queue_.next(prod_);
    return first ? Result::first : Result::written;
}

void OutputQueue::discard()
{
    const std::lock_guard hold(lock_);
    if (enabled_ && !interrupts_.active(spec_.abort) && !overflowed(cons_->get()))
        prod_ ^= queue_index::overflow;
}

void OutputQueue::reset()
{
    const std::lock_guard hold(lock_);
    prod_ = 0;
    enabled_ = false;
    queue_ = {};
}

void OutputQueue::save(StateWriter &out) const
{
    const std::lock_guard hold(lock_);
    out.section(spec_.state, 1);
    out.u32(prod_);
}

// After the bank was loaded.
void OutputQueue::load(StateReader &in)
{
    const std::lock_guard hold(lock_);
    in.section(spec_.state, 1);
    prod_ = in.u32() & register_bits;
    enabled_ = (registers_.cr0() & spec_.effective) == spec_.effective;
    queue_ = geometry();
}

}  // namespace soc::smmuv3
