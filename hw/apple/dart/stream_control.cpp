// SPDX-License-Identifier: GPL-2.0-or-later
#include "stream_control.hpp"

#include <algorithm>

namespace soc::dart {

namespace {

uint32_t enable_bits(const Variant &variant)
{
    return variant.max_streams >= 32 ? ~0u : (1u << variant.max_streams) - 1;
}

}  // namespace

StreamControl::StreamControl(const Variant &variant, bool bypass, bool locked, RegisterBank &bank,
                             std::function<void(unsigned stream)> changed)
    : variant_(variant), bypass_(bypass), changed_(std::move(changed)),
      // ENABLE_STREAMS only sets bits, and so has a hook instead of a mask.
      enable_(bank.add({.name = variant.enable.name,
                        .offset = variant.enable.offset,
                        .count = variant.enable.words,
                        .writable = variant.enable.disable ? 0 : enable_bits(variant)})),
      tcr_(bank.add({.name = "TCR",
                     .offset = variant.tcr.offset,
                     .count = variant.max_streams,
                     .writable = variant.tcr.writable})),
      ttbr_(bank.add({.name = "TTBR",
                      .offset = variant.ttbr.offset,
                      .count = variant.max_streams * variant.ttbr.per_stream,
                      .writable = variant.ttbr.valid | variant.ttbr.address_mask})),
      lock_(bank.add({.name = variant.lock.name,
                      .offset = variant.lock.offset,
                      .reset = locked ? variant.lock.lock : 0}))
{
    tcr_.writable_while([this](unsigned) { return !this->locked(); });
    ttbr_.writable_while([this](unsigned) { return !this->locked(); });
    tcr_.on_write([this](unsigned stream, uint32_t) { changed_(stream); });
    add_enable(bank);
    add_lock(bank, locked);
}

void StreamControl::add_enable(RegisterBank &bank)
{
    if (!variant_.enable.disable) {
        enable_.on_write([this](unsigned word, uint32_t) { changed_word(word); });
        return;
    }
    enable_.on_write([this](unsigned word, uint32_t written) {
        enable_.set(word, enable_.get(word) | written);
        changed_word(word);
    });
    bank.add({.name = "DISABLE_STREAMS",
              .offset = variant_.enable.disable,
              .count = variant_.enable.words,
              .write_only = true})
        .on_write([this](unsigned word, uint32_t written) {
            enable_.set(word, enable_.get(word) & ~written);
            changed_word(word);
        });
}

void StreamControl::add_lock(RegisterBank &bank, bool locked)
{
    const LockRegisters &spec = variant_.lock;
    lock_.on_write([this](unsigned, uint32_t written) { lock_.set(lock_.get() | (written & variant_.lock.writable)); });
    if (!spec.unprotect)
        return;
    // m1n1: what PROTECT sets UNPROTECT clears, but for the bits that PROTECT_LOCK holds.
    Register &protect_lock = bank.add(
        {.name = "PROTECT_LOCK", .offset = spec.protect_lock, .reset = locked ? spec.lock : 0});
    protect_lock.on_write([this, &protect_lock](unsigned, uint32_t written) {
        protect_lock.set(protect_lock.get() | (written & variant_.lock.writable));
    });
    bank.add({.name = "UNPROTECT", .offset = spec.unprotect, .write_only = true})
        .on_write([this, &protect_lock](unsigned, uint32_t written) {
            lock_.set(lock_.get() & ~(written & ~protect_lock.get()));
        });
}

void StreamControl::changed_word(unsigned word)
{
    for (unsigned stream = word * 32; stream < std::min(word * 32 + 32, variant_.max_streams); ++stream)
        changed_(stream);
}

StreamMode StreamControl::mode(unsigned stream) const
{
    const unsigned word = stream / 32;
    if (word < variant_.enable.words && !(enable_.get(word) >> (stream % 32) & 1))
        return StreamMode::off;
    const uint32_t tcr = tcr_.get(stream);
    const bool translate = tcr & variant_.tcr.translate, bypass = tcr & variant_.tcr.bypass;
    if (translate && bypass)
        return StreamMode::invalid;  // m1n1, dump_device, has this word for it
    if (bypass)
        return bypass_ ? StreamMode::bypass : StreamMode::invalid;
    return translate ? StreamMode::translate : StreamMode::off;
}

std::optional<uint64_t> StreamControl::table(unsigned stream, unsigned index) const
{
    const TtbrRegister &spec = variant_.ttbr;
    const uint32_t ttbr = ttbr_.get(stream * spec.per_stream + index);
    if (!(ttbr & spec.valid))
        return std::nullopt;
    return uint64_t((ttbr & spec.address_mask) >> spec.address_low) << spec.page_shift;
}

}  // namespace soc::dart
