// SPDX-License-Identifier: GPL-2.0-or-later
#include "ats.hpp"

#include <utility>

namespace soc::smmuv3 {

bool Ats::invalidate(uint32_t stream, bool has_substream, uint32_t substream, bool global, uint64_t address,
                     uint64_t size)
{
    if (tags_.size() >= most_outstanding)
        return false;
    while (tags_.contains(next_tag_))
        next_tag_ = (next_tag_ + 1) % most_outstanding;
    SocMessage msg{};
    msg.type = SOC_MSG_ATS_INVALIDATE;
    msg.stream = stream;
    msg.substream = substream;
    // Without a substream, or for all of them with Global, the message carries no PASID.
    msg.flags = has_substream && !global ? uint32_t(SOC_TXN_HAS_SUBSTREAM) : 0;
    msg.address = address;
    msg.size = size;
    msg.tag = next_tag_;
    // The answer may come before message() returns.
    tags_.insert(next_tag_);
    rounds_ = 0;
    if (!host_.message(0, msg))
        tags_.erase(msg.tag);  // nobody there: an Unsupported Request, which is an answer too
    return true;
}

void Ats::answered(const SocMessage &msg)
{
    tags_.erase(msg.tag);
    rounds_ = 0;
}

Ats::Wait Ats::state()
{
    if (!tags_.empty())
        return Wait::waiting;
    return std::exchange(timed_out_, false) ? Wait::timed_out : Wait::none;
}

void Ats::round()
{
    if (tags_.empty() || ++rounds_ < patience)
        return;
    tags_.clear();
    rounds_ = 0;
    timed_out_ = true;
}

void Ats::reset()
{
    tags_.clear();
    next_tag_ = rounds_ = 0;
    timed_out_ = false;
}

void Ats::save(StateWriter &out) const
{
    out.section("smmuv3-ats", 1);
    out.u32(next_tag_);
    out.u32(rounds_);
    uint32_t bits = 0;
    for (const uint32_t tag : tags_)
        bits |= 1u << tag;
    out.u32(bits);
    out.u32(timed_out_);
}

void Ats::load(StateReader &in)
{
    in.section("smmuv3-ats", 1);
    next_tag_ = in.u32() % most_outstanding;
    rounds_ = in.u32();
    tags_.clear();
    const uint32_t bits = in.u32();
    for (uint32_t tag = 0; tag < most_outstanding; ++tag)
        if (bits >> tag & 1)
            tags_.insert(tag);
    timed_out_ = in.u32() != 0;
}

}  // namespace soc::smmuv3
