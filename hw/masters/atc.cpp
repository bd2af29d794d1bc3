// SPDX-License-Identifier: GPL-2.0-or-later
#include "atc.hpp"

#include "soc-iommu/soc-dma-regs.h"

namespace soc {

namespace {

// An ATS request is for whole pages of this size, and so is its answer (PCIe 10.2).
constexpr uint64_t offset_mask = 0xfff;

void increment(Register &counter)
{
    counter.set(counter.get() + 1);
}

SocTranslation as_answer(const Translation &translation)
{
    SocTranslation out{};
    out.status = SOC_OK;
    out.perm = uint32_t(translation.perm);
    out.address = translation.address;
    out.mask = translation.mask;
    return out;
}

}  // namespace

Atc::Atc(Host &host, RegisterBank &bank)
    : host_(host),
      ctrl_(bank.add({.name = "ATC_CTRL", .offset = SOC_DMA_ATC_CTRL, .writable = SOC_DMA_ATC_CTRL_SWALLOW})),
      hits_(bank.add({.name = "ATC_HITS", .offset = SOC_DMA_ATC_HITS})),
      misses_(bank.add({.name = "ATC_MISSES", .offset = SOC_DMA_ATC_MISSES})),
      invalidations_(bank.add({.name = "ATC_INVALIDATIONS", .offset = SOC_DMA_ATC_INVALIDATIONS}))
{
    ctrl_.on_write([this](unsigned, uint32_t written) {
        if (written & SOC_DMA_ATC_CTRL_FLUSH)
            clear();
    });
    bank.add({.name = "ATC_ENTRIES", .offset = SOC_DMA_ATC_ENTRIES, .volatile_value = true}).on_read([this](unsigned) {
        return uint32_t(cache_.size());
    });
}

std::optional<SocTranslation> Atc::translate(uint32_t port, const Transaction &txn)
{
    const TranslationCache::Tag tag = TranslationCache::Tag::of(port, txn);
    // An entry without the right that is wanted decides nothing: the table may have changed since, without a word.
    if (const auto found = cache_.find(tag, txn.address); found && allows(found->perm, txn.access)) {
        increment(hits_);
        return as_answer(*found);
    }
    increment(misses_);
    Transaction request = txn;
    request.address &= ~offset_mask;
    request.ats_request = true;
    request.may_hold = false;
    SocTranslation out{};
    if (!host_.translate(port, request, out))
        return std::nullopt;
    if (out.status != SOC_OK)
        return out;
    Translation translation{.address = out.address, .mask = out.mask | offset_mask, .perm = Perm(out.perm)};
    translation.address = (translation.address & ~translation.mask) | (txn.address & translation.mask);
    if (translation.perm != Perm::none)
        cache_.insert(tag, txn.address, translation);
    return as_answer(translation);
}

void Atc::invalidate(const SocMessage &msg)
{
    increment(invalidations_);
    if (ctrl_.get() & SOC_DMA_ATC_CTRL_SWALLOW)
        return;
    std::optional<uint32_t> substream;
    if (msg.flags & SOC_TXN_HAS_SUBSTREAM)
        substream = msg.substream;
    cache_.invalidate(msg.port, substream, msg.address, msg.size);
    // Nothing that used the entries is still on its way: a transfer ends each of its steps before it lets go.
    SocMessage done = msg;
    done.type = SOC_MSG_ATS_INVALIDATE_DONE;
    host_.message(msg.port, done);
}

}  // namespace soc
