// SPDX-License-Identifier: GPL-2.0-or-later
#include "stalls.hpp"

namespace soc::smmuv3 {

std::optional<Stalls::Stalled> Stalls::add(const Transaction &txn)
{
    const std::lock_guard guard(lock_);
    uint32_t stag = 0;
    for (const auto &[taken, stalled] : waiting_) {
        if (taken != stag)
            break;
        ++stag;
    }
    if (stag >= most_)
        return std::nullopt;
    const Stalled stalled{.stag = uint16_t(stag), .hold = next_hold_++, .transaction = txn};
    waiting_.emplace(stalled.stag, stalled);
    return stalled;
}

std::optional<Stalls::Stalled> Stalls::take(uint32_t stream, uint16_t stag)
{
    const std::lock_guard guard(lock_);
    const auto found = waiting_.find(stag);
    if (found == waiting_.end() || found->second.transaction.stream != stream)
        return std::nullopt;
    const Stalled stalled = found->second;
    waiting_.erase(found);
    return stalled;
}

std::vector<Stalls::Stalled> Stalls::take_stream(uint32_t stream)
{
    const std::lock_guard guard(lock_);
    std::vector<Stalled> taken;
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        if (at->second.transaction.stream == stream) {
            taken.push_back(at->second);
            at = waiting_.erase(at);
        } else {
            ++at;
        }
    }
    return taken;
}

std::vector<Stalls::Stalled> Stalls::take_all()
{
    const std::lock_guard guard(lock_);
    std::vector<Stalled> taken;
    for (const auto &[stag, stalled] : waiting_)
        taken.push_back(stalled);
    waiting_.clear();
    return taken;
}

unsigned Stalls::size() const
{
    const std::lock_guard guard(lock_);
    return unsigned(waiting_.size());
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
    out.section("smmuv3-stalls", 1);
    out.u64(next_hold_);
    out.u32(uint32_t(waiting_.size()));
    for (const auto &[stag, stalled] : waiting_) {
        out.u32(stag);
        out.u64(stalled.hold);
        stalled.transaction.save(out);
    }
}

void Stalls::load(StateReader &in)
{
    const std::lock_guard guard(lock_);
    in.section("smmuv3-stalls", 1);
    waiting_.clear();
    next_hold_ = in.u64();
    const uint32_t count = in.u32();
    if (count > most_)
        in.fail();
    for (uint32_t i = 0; i < count && in.ok(); ++i) {
        const uint32_t stag = in.u32();
        const uint64_t hold = in.u64();
        const Stalled stalled{.stag = uint16_t(stag), .hold = hold, .transaction = Transaction::load(in)};
        if (stag >= most_ || stalled.hold >= next_hold_ || !waiting_.emplace(stalled.stag, stalled).second)
            in.fail();
    }
}

}  // namespace soc::smmuv3
