// SPDX-License-Identifier: GPL-2.0-or-later
#include "stalls.hpp"

#include "registers.hpp"

namespace soc::msm {

namespace {

constexpr size_t most = masters;  // a master waits with one

}  // namespace

std::optional<uint64_t> Stalls::add(unsigned context, const Transaction &txn)
{
    const std::lock_guard guard(lock_);
    if (waiting_.size() >= most)
        return std::nullopt;
    waiting_.push_back({next_hold_++, context, txn});
    return waiting_.back().hold;
}

std::vector<Stalls::Stalled> Stalls::take(unsigned context)
{
    const std::lock_guard guard(lock_);
    std::vector<Stalled> taken, rest;
    for (const Stalled &stalled : waiting_)
        (stalled.context == context ? taken : rest).push_back(stalled);
    waiting_ = std::move(rest);
    return taken;
}

void Stalls::reset()
{
    const std::lock_guard guard(lock_);
    waiting_.clear();
    next_hold_ = 1;
}

void Stalls::save(StateWriter &out) const
{
    const std::lock_guard guard(lock_);
    out.section("msm-stalls", 2);
    out.u64(next_hold_);
    out.u32(uint32_t(waiting_.size()));
    for (const Stalled &stalled : waiting_) {
        out.u64(stalled.hold);
        out.u32(stalled.context);
        stalled.transaction.save(out);
    }
}

void Stalls::load(StateReader &in)
{
    const std::lock_guard guard(lock_);
    in.section("msm-stalls", 2);
    waiting_.clear();
    next_hold_ = in.u64();
    const uint32_t count = in.u32();
    if (count > most)
        in.fail();
    for (uint32_t i = 0; i < count && in.ok(); ++i) {
        const uint64_t hold = in.u64();
        const unsigned context = in.u32();
        const Transaction transaction = Transaction::load(in);
        if (hold >= next_hold_ || context >= most_contexts)
            in.fail();
        waiting_.push_back({hold, context, transaction});
    }
}

}  // namespace soc::msm
