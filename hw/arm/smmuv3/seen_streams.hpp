// Streams that were translated since reset: those whose masters may keep translations outside the SMMU, as QEMU's
// own devices do, and have to hear of an invalidation that names no stream.
//
// Threads: add() on any thread, for_each() with the big lock.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <vector>

namespace soc::smmuv3 {

class SeenStreams {
public:
    explicit SeenStreams(uint32_t streams) : words_((streams + 63) / 64) {}

    void add(uint32_t stream)
    {
        std::atomic<uint64_t> &word = words_[stream / 64];
        const uint64_t bit = 1ull << stream % 64;
        if (!(word.load(std::memory_order_relaxed) & bit) && !(word.fetch_or(bit, std::memory_order_relaxed) & bit))
            raise(most_, stream / 64 + 1);
    }

    template <typename Visit>
    void for_each(Visit visit) const
    {
        const uint32_t end = most_.load(std::memory_order_relaxed);
        for (uint32_t word = 0; word < end; ++word)
            for (uint64_t left = words_[word].load(std::memory_order_relaxed); left; left &= left - 1)
                visit(uint32_t(word * 64 + uint32_t(std::countr_zero(left))));
    }

    void reset()
    {
        for (auto &word : words_)
            word.store(0, std::memory_order_relaxed);
        most_.store(0, std::memory_order_relaxed);
    }

private:
    static void raise(std::atomic<uint32_t> &most, uint32_t value)
    {
        uint32_t found = most.load(std::memory_order_relaxed);
        while (found < value && !most.compare_exchange_weak(found, value, std::memory_order_relaxed)) {
        }
    }

    std::vector<std::atomic<uint64_t>> words_;
    std::atomic<uint32_t> most_{0};  // words in use
};

}  // namespace soc::smmuv3
