// SPDX-License-Identifier: GPL-2.0-or-later
#include "page_request_queue.hpp"

namespace soc::smmuv3 {

namespace {

constexpr OutputQueue::Spec spec{
    .base_low = "PRIQ_BASE",
    .base_high = "PRIQ_BASE[63:32]",
    .prod = "PRIQ_PROD",
    .cons = "PRIQ_CONS",
    .state = "smmuv3-priq",
    .base = 0xc0,
    .enable = cr0::PRIQEN::mask,
    .effective = cr0::PRIQEN::mask | cr0::SMMUEN::mask,
    .entry_shift = 4,
    .most = Features::priq_bits,
    .overflow_closes = true,
    .abort = Interrupts::Error::priq_abort,
};

// It ends the use of a PASID and is no request: nobody waits for an answer.
bool is_stop_marker(const PageRequestWords &words)
{
    return ppr::SSV::get(words[0]) && ppr::Last::get(words[0]) && !ppr::W::get(words[0]) && !ppr::R::get(words[0]);
}

}  // namespace

PageRequestQueue::PageRequestQueue(Host &host, RegisterFile &registers, Interrupts &interrupts)
    : interrupts_(interrupts)
{
    if (registers.features().pri)
        queue_.emplace(spec, host, registers, interrupts);
}

PageRequestQueue::Answer PageRequestQueue::receive(const PageRequestWords &words)
{
    const bool last = ppr::Last::get(words[0]), answers = !is_stop_marker(words);
    const auto result = queue_ ? queue_->put(words, true) : OutputQueue::Result::closed;
    // PRIQ_IRQ_CFG2.LO: a last request interrupts when it was written, and when an overflow dropped it; others do
    // not. Without LO it is the queue that becomes non-empty (6.3.36).
    const bool kept = result == OutputQueue::Result::written || result == OutputQueue::Result::first;
    const bool full = result == OutputQueue::Result::full;
    if (interrupts_.only_last_page_request() ? last && (kept || full) : result == OutputQueue::Result::first)
        interrupts_.raise(Interrupts::Source::priq);

    if (kept || !answers)
        return Answer::none;
    if (full)
        return last ? Answer::success : Answer::none;  // 8.1
    return Answer::failure;                            // 8.2
}

void PageRequestQueue::reset()
{
    if (queue_)
        queue_->reset();
}

void PageRequestQueue::save(StateWriter &out) const
{
    if (queue_)
        queue_->save(out);
}

void PageRequestQueue::load(StateReader &in)
{
    if (queue_)
        queue_->load(in);
}

}  // namespace soc::smmuv3
