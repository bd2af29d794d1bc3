// SPDX-License-Identifier: GPL-2.0-or-later
#include "event_queue.hpp"

namespace soc::smmuv3 {

namespace {

constexpr OutputQueue::Spec spec{
    .base_low = "EVENTQ_BASE",
    .base_high = "EVENTQ_BASE[63:32]",
    .prod = "EVENTQ_PROD",
    .cons = "EVENTQ_CONS",
    .state = "smmuv3-eventq",
    .base = 0xa0,
    .enable = cr0::EVENTQEN::mask,
    .effective = cr0::EVENTQEN::mask,
    .entry_shift = 5,
    .most = Features::evtq_bits,
    .overflow_closes = false,
    .abort = Interrupts::Error::eventq_abort,
};

}  // namespace

EventQueue::EventQueue(Host &host, RegisterFile &registers, Interrupts &interrupts)
    : interrupts_(interrupts), most_waiting_(registers.features().stall_max()),
      queue_(spec, host, registers, interrupts)
{
    queue_.on_open([this] { flush(); });
}

bool EventQueue::put(const EventWords &words, bool discards)
{
    switch (queue_.put(words, discards)) {
    case OutputQueue::Result::first:
        interrupts_.raise(Interrupts::Source::eventq);
        return true;
    case OutputQueue::Result::written:
        return true;
    default:
        return false;
    }
}

void EventQueue::drain()
{
    while (!waiting_.empty() && put(waiting_.front(), false))
        waiting_.pop_front();
}

void EventQueue::push(const EventWords &words)
{
    const std::lock_guard hold(lock_);
    drain();
    // Room that came just now is for those that wait.
    if (waiting_.empty())
        put(words, true);
    else
        queue_.discard();
}

bool EventQueue::push_stall(const EventWords &words)
{
    const std::lock_guard hold(lock_);
    drain();
    if (waiting_.empty() && put(words, false))
        return true;
    if (waiting_.size() >= most_waiting_)
        return false;
    waiting_.push_back(words);
    return true;
}

void EventQueue::flush()
{
    const std::lock_guard hold(lock_);
    drain();
}

unsigned EventQueue::unrecorded() const
{
    const std::lock_guard hold(lock_);
    return unsigned(waiting_.size());
}

std::vector<EventWords> EventQueue::take_unrecorded()
{
    const std::lock_guard hold(lock_);
    std::vector<EventWords> taken(waiting_.begin(), waiting_.end());
    waiting_.clear();
    return taken;
}

void EventQueue::forget_unrecorded(uint32_t stream, std::optional<uint16_t> stag)
{
    const std::lock_guard hold(lock_);
    std::erase_if(waiting_, [&](const EventWords &words) {
        return evt::SID::get(words[0]) == stream && (!stag || evt::STAG::get(words[1]) == *stag);
    });
}

void EventQueue::reset()
{
    queue_.reset();
    const std::lock_guard hold(lock_);
    waiting_.clear();
}

void EventQueue::save(StateWriter &out) const
{
    queue_.save(out);
    const std::lock_guard hold(lock_);
    out.u32(uint32_t(waiting_.size()));
    for (const EventWords &words : waiting_)
        for (const uint64_t word : words)
            out.u64(word);
}

void EventQueue::load(StateReader &in)
{
    queue_.load(in);
    const std::lock_guard hold(lock_);
    waiting_.clear();
    const uint32_t count = in.u32();
    if (count > most_waiting_)
        in.fail();
    for (uint32_t i = 0; i < count && in.ok(); ++i) {
        EventWords words;
        for (uint64_t &word : words)
            word = in.u64();
        waiting_.push_back(words);
    }
}

}  // namespace soc::smmuv3
