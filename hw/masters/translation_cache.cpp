// SPDX-License-Identifier: GPL-2.0-or-later
#include "translation_cache.hpp"

#include <algorithm>

namespace soc {

TranslationCache::Tag TranslationCache::Tag::of(uint32_t port, const Transaction &txn)
{
    return {.port = port, .has_substream = txn.has_substream, .substream = txn.has_substream ? txn.substream : 0,
            .privileged = txn.privileged, .instruction = txn.instruction};
}

std::optional<Translation> TranslationCache::find(const Tag &tag, uint64_t address) const
{
    for (const Entry &entry : entries_) {
        if (!entry.valid || entry.tag != tag || (address & ~entry.translation.mask) != entry.page)
            continue;
        Translation found = entry.translation;
        found.address |= address & found.mask;
        return found;
    }
    return std::nullopt;
}

void TranslationCache::insert(const Tag &tag, uint64_t address, const Translation &translation)
{
    const uint64_t page = address & ~translation.mask;
    // The newest answer is the one that holds, of a block of any size.
    for (Entry &entry : entries_) {
        const uint64_t larger = entry.translation.mask | translation.mask;
        if (entry.valid && entry.tag == tag && (entry.page & ~larger) == (page & ~larger))
            entry = {};
    }
    const auto free = std::find_if(entries_.begin(), entries_.end(), [](const Entry &entry) { return !entry.valid; });
    Entry &entry = free != entries_.end() ? *free : entries_[next_];
    if (free == entries_.end())
        next_ = (next_ + 1) % capacity;
    entry = {.valid = true, .tag = tag, .page = page, .translation = translation};
    entry.translation.address &= ~translation.mask;
}

void TranslationCache::invalidate(uint32_t port, std::optional<uint32_t> substream, uint64_t address, uint64_t size)
{
    const uint64_t mask = size - 1;  // all ones for every address
    for (Entry &entry : entries_) {
        const bool named = !substream || (entry.tag.has_substream && entry.tag.substream == *substream);
        const uint64_t larger = entry.translation.mask | mask;
        if (entry.tag.port == port && named && (entry.page & ~larger) == (address & ~larger))
            entry = {};
    }
}

void TranslationCache::clear()
{
    entries_ = {};
    next_ = 0;
}

unsigned TranslationCache::size() const
{
    return unsigned(std::count_if(entries_.begin(), entries_.end(), [](const Entry &entry) { return entry.valid; }));
}

void TranslationCache::save(StateWriter &out) const
{
    out.section("translation-cache", 1);
    out.u32(next_);
    for (const Entry &entry : entries_) {
        out.u32(entry.valid);
        out.u32(entry.tag.port);
        out.u32(entry.tag.has_substream);
        out.u32(entry.tag.substream);
        out.u32(entry.tag.privileged);
        out.u32(entry.tag.instruction);
        out.u64(entry.page);
        out.u64(entry.translation.address);
        out.u64(entry.translation.mask);
        out.u32(uint32_t(entry.translation.perm));
    }
}

void TranslationCache::load(StateReader &in)
{
    in.section("translation-cache", 1);
    next_ = in.u32();
    if (next_ >= capacity) {
        in.fail();
        next_ = 0;
    }
    for (Entry &entry : entries_) {
        entry.valid = in.u32();
        entry.tag.port = in.u32();
        entry.tag.has_substream = in.u32();
        entry.tag.substream = in.u32();
        entry.tag.privileged = in.u32();
        entry.tag.instruction = in.u32();
        entry.page = in.u64();
        entry.translation.address = in.u64();
        entry.translation.mask = in.u64();
        entry.translation.perm = Perm(in.u32());
        // A block is a power of two, and both its addresses are its multiples.
        const uint64_t mask = entry.translation.mask;
        if ((mask & (mask + 1)) || (entry.page & mask) || (entry.translation.address & mask))
            in.fail();
    }
    if (!in.ok())
        clear();
}

}  // namespace soc
