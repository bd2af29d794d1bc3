// A set-associative cache whose hits take no lock. What the TLBs and configuration caches of the models share.
//
// Slots are guarded by a sequence counter: a reader beside a writer sees a whole entry or misses, and a miss is always
// a right answer. Writers hold the fill lock. Each entry carries a stamp, by which its owner tells whether it still
// counts; stamps start at 1, and an erased slot has 0.
//
// Where an entry lies is the owner's choice: the set, and a mark that tells the entries of a set apart in one cache
// line. Different keys may share a mark, but an entry is only found under the place it was inserted at.
//
// Threads: find() on any thread; the rest under lock().
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace soc {

struct CacheKey {
    uint64_t low = 0, high = 0;
    bool operator==(const CacheKey &) const = default;
};

// `hash` chooses the set with its low bits. `identity`: equal for all that is looked for at once in a set.
struct CachePlace {
    constexpr CachePlace(uint64_t hash, uint64_t identity)
        : set(uint32_t(hash)), mark(uint8_t(identity * 0x9e3779b97f4a7c15ull >> 56))
    {
        mark += !mark;
    }
    uint32_t set;
    uint8_t mark;  // never 0, which marks an erased slot
};

template <typename Payload>
class LockFreeCache {
    static_assert(std::is_trivially_copyable_v<Payload> && sizeof(Payload) % 8 == 0);

public:
    using Lock = std::unique_lock<std::mutex>;

    // `sets` a power of two.
    LockFreeCache(unsigned sets, unsigned ways)
        : sets_(sets), ways_(ways), mark_words_((ways + marks_a_word - 1) / marks_a_word),
          marks_(std::make_unique<uint64_t[]>(sets * mark_words_)),
          slots_(std::make_unique<Slot[]>(sets * ways)), next_(std::make_unique<uint8_t[]>(sets))
    {
        assert(sets && (sets & (sets - 1)) == 0 && ways && ways <= 255);
    }

    unsigned sets() const { return sets_; }
    unsigned capacity() const { return sets_ * ways_; }

    // The first entry at `place` of which counts(key, stamp) holds. A miss leaves `out` alone.
    template <typename Counts>
    bool find(CachePlace place, Payload &out, Counts &&counts) const
    {
        return with_mark(place.set & (sets_ - 1), place.mark, [&](unsigned i) {
            const Slot &slot = slots_[i];
            const uint64_t before = slot.sequence.load(std::memory_order_acquire);
            const CacheKey key{slot.low.load(std::memory_order_acquire), slot.high.load(std::memory_order_acquire)};
            const uint64_t stamp = slot.stamp.load(std::memory_order_acquire);
            if (!stamp || !counts(key, stamp))
                return false;
            const Words words = load(slot, std::make_index_sequence<word_count>());
            // The loads above are acquires, so this one cannot move before them.
            if (before % 2 || slot.sequence.load(std::memory_order_relaxed) != before)
                return false;
            copy(words, reinterpret_cast<unsigned char *>(&out), std::make_index_sequence<word_count>());
            return true;
        });
    }

    Lock lock() { return Lock(fill_lock_); }

    // Takes the place of the entries of which same(key) holds, else of one that is not live(key, stamp), else of the
    // oldest of the set.
    template <typename Same, typename Live>
    void insert(const Lock &held, CachePlace place, const CacheKey &key, uint64_t stamp, const Payload &payload,
                Same &&same, Live &&live)
    {
        assert(stamp);
        erase(held, place, [&](const CacheKey &other) { return same(other); });
        const unsigned first = first_of(place);
        unsigned victim = first;
        while (victim < first + ways_ && live_at(victim, live))
            ++victim;
        if (victim == first + ways_) {
            uint8_t &next = next_[place.set & (sets_ - 1)];
            victim = first + next;
            next = uint8_t((next + 1) % ways_);
        }
        fill(victim, place.mark, key, stamp, payload);
    }

    // The entries at `place` of which doomed(key) holds.
    template <typename Doomed>
    void erase(const Lock &held, CachePlace place, Doomed &&doomed)
    {
        erase_block(held, place, 0, doomed);
    }

    // The same for the places of the numbers from `first` to `last`. place_of() must lay an aligned run of 2^run_order
    // numbers into as many sets, aligned too, with one mark: {n ^ a, n >> run_order ^ b}. A set without the mark costs
    // an instruction or two. doomed(key) is asked of whatever else shares a set and the mark.
    template <typename PlaceOf, typename Doomed>
    void erase_run(const Lock &held, uint64_t first, uint64_t last, unsigned run_order, PlaceOf &&place_of,
                   Doomed &&doomed)
    {
        for (uint64_t number = first;;) {
            const uint64_t left = last - number + 1;
            const unsigned order =
                std::min({unsigned(std::countr_zero(number)), unsigned(std::bit_width(left)) - 1, run_order});
            erase_block(held, place_of(number), order, doomed);
            if (left == 1ull << order)
                return;
            number += 1ull << order;
        }
    }

    // The same in every set: for what is rare.
    template <typename Doomed>
    void erase_anywhere(const Lock &held, Doomed &&doomed)
    {
        check(held);
        for (unsigned i = 0; i < capacity(); ++i)
            if (mark_at(i) && doomed(key_at(i)))
                erase_at(i);
    }

private:
    // In the aligned 2^order sets that the place's is one of.
    template <typename Doomed>
    void erase_block(const Lock &held, CachePlace place, unsigned order, Doomed &&doomed)
    {
        check(held);
        const unsigned count = std::min(1u << order, sets_);
        const unsigned first = place.set & (sets_ - 1) & ~(count - 1);
        const auto erase_in = [&](unsigned set) {
            with_mark(set, place.mark, [&](unsigned i) {
                if (doomed(key_at(i)))
                    erase_at(i);
                return false;
            });
        };
        const unsigned stride = std::min(count, 8u);
        for (unsigned set = first; set < first + count; set += stride) {
            if (stride > 1 && !has_mark(set * mark_words_, stride * mark_words_, place.mark))
                continue;
            for (unsigned each = set; each < set + stride; ++each)
                erase_in(each);
        }
    }

    static constexpr size_t word_count = sizeof(Payload) / 8;
    using Words = std::array<uint64_t, word_count>;
    static constexpr size_t slot_size = 32 + sizeof(Payload);
    // A slot that fits a cache line does not straddle two.
    struct alignas(slot_size > 48 && slot_size <= 64 ? 64 : 16) Slot {
        std::atomic<uint64_t> sequence{0};  // odd while it is written
        std::atomic<uint64_t> low{0}, high{0};
        std::atomic<uint64_t> stamp{0};
        std::array<std::atomic<uint64_t>, word_count> payload{};
    };

    // Word by word through registers: what is stored in words and loaded in vectors would wait for the stores.
    template <size_t... I>
    static Words load(const Slot &slot, std::index_sequence<I...>)
    {
        return {slot.payload[I].load(std::memory_order_acquire)...};
    }
    template <size_t... I>
    static void copy(const Words &words, unsigned char *to, std::index_sequence<I...>)
    {
        (std::memcpy(to + I * 8, &words[I], 8), ...);
    }

    unsigned first_of(CachePlace place) const { return (place.set & (sets_ - 1)) * ways_; }

    // The marks of a set lie side by side, and a few are compared at once: the highest bit of each byte of `marks` that
    // is `mark`, and nothing else.
    static uint64_t equal_marks(uint64_t marks, uint8_t mark)
    {
        constexpr uint64_t low_bits = 0x7f7f'7f7f'7f7f'7f7f, ones = 0x0101'0101'0101'0101;
        const uint64_t differing = marks ^ mark * ones;
        return ~(((differing & low_bits) + low_bits) | differing) & ~low_bits;
    }

    // Visits the slots of the set that have the mark until one says true.
    template <typename Visit>
    bool with_mark(unsigned set, uint8_t mark, Visit &&visit) const
    {
        for (unsigned word = 0; word < mark_words_; ++word) {
            const uint64_t marks = marks_word(set * mark_words_ + word).load(std::memory_order_relaxed);
            for (uint64_t same = equal_marks(marks, mark); same; same &= same - 1)
                if (visit(set * ways_ + word * marks_a_word + unsigned(std::countr_zero(same)) / 8))
                    return true;
        }
        return false;
    }

    // Under the lock, where nobody writes: loads that the compiler may put together.
    bool has_mark(unsigned first_word, unsigned words, uint8_t mark) const
    {
        uint64_t same = 0;
        for (unsigned word = 0; word < words; ++word)
            same |= equal_marks(marks_[first_word + word], mark);
        return same != 0;
    }

    std::atomic_ref<uint64_t> marks_word(unsigned i) const { return std::atomic_ref(marks_[i]); }

    struct MarkPlace {
        unsigned word, shift;
    };
    MarkPlace place_of_mark(unsigned i) const
    {
        const unsigned way = i % ways_;
        return {i / ways_ * mark_words_ + way / marks_a_word, way % marks_a_word * 8};
    }
    uint8_t mark_at(unsigned i) const
    {
        const MarkPlace at = place_of_mark(i);
        return uint8_t(marks_word(at.word).load(std::memory_order_relaxed) >> at.shift);
    }
    // Under the lock: nobody else writes.
    void set_mark(unsigned i, uint8_t mark)
    {
        const MarkPlace at = place_of_mark(i);
        const uint64_t others = marks_word(at.word).load(std::memory_order_relaxed) & ~(0xffull << at.shift);
        marks_word(at.word).store(others | uint64_t(mark) << at.shift, std::memory_order_relaxed);
    }

    void check([[maybe_unused]] const Lock &held) const { assert(held.mutex() == &fill_lock_ && held.owns_lock()); }

    CacheKey key_at(unsigned i) const
    {
        return {slots_[i].low.load(std::memory_order_relaxed), slots_[i].high.load(std::memory_order_relaxed)};
    }

    template <typename Live>
    bool live_at(unsigned i, Live &live) const
    {
        const uint64_t stamp = slots_[i].stamp.load(std::memory_order_relaxed);
        return stamp && live(key_at(i), stamp);
    }

    // A reader who is under way still has the old entry, which is as good as having come before.
    void erase_at(unsigned i)
    {
        set_mark(i, 0);
        slots_[i].stamp.store(0, std::memory_order_release);
    }

    void fill(unsigned i, uint8_t mark, const CacheKey &key, uint64_t stamp, const Payload &payload)
    {
        Words words;
        std::memcpy(words.data(), &payload, sizeof(Payload));
        Slot &slot = slots_[i];
        const uint64_t sequence = slot.sequence.load(std::memory_order_relaxed);
        slot.sequence.store(sequence + 1, std::memory_order_relaxed);
        // Releases, so that a reader who sees any of these also sees the odd sequence.
        slot.low.store(key.low, std::memory_order_release);
        slot.high.store(key.high, std::memory_order_release);
        slot.stamp.store(stamp, std::memory_order_release);
        for (size_t word = 0; word < words.size(); ++word)
            slot.payload[word].store(words[word], std::memory_order_release);
        slot.sequence.store(sequence + 2, std::memory_order_release);
        set_mark(i, mark);
    }

    static constexpr unsigned marks_a_word = 8;

    unsigned sets_, ways_, mark_words_;
    std::unique_ptr<uint64_t[]> marks_;  // see marks_word()
    std::unique_ptr<Slot[]> slots_;
    std::unique_ptr<uint8_t[]> next_;  // the way to evict next, by set; under fill_lock_
    std::mutex fill_lock_;
};

}  // namespace soc
