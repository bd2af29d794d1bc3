// The page-table cache: lines of memory that the SMMU's walks have read, beside the TLB, which keeps what came of
// them. A line is what memory is read in, an atom. Only flushes drop one; a walk that a flush overtakes leaves nothing
// behind.
//
// Threads: all functions on any thread.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <optional>

#include "soc-iommu/guest_memory.hpp"
#include "soc-iommu/lock_free_cache.hpp"

namespace soc::tegra_smmu {

class PageTableCache {
public:
    // `atom`: bytes of a line, a power of two, at most max_atom.
    explicit PageTableCache(unsigned atom);

    // The word at `address`, a multiple of 4. Nothing: no memory answers. `keep`: the line may be cached.
    std::optional<uint32_t> load(GuestMemory &, uint64_t address, bool keep);

    void flush(uint64_t address);  // the line with this address
    void flush_all();

    static constexpr unsigned max_atom = 64;

private:
    struct Line {
        uint8_t bytes[max_atom];
    };
    uint32_t word(const Line &, uint64_t address) const;

    const unsigned atom_;
    LockFreeCache<Line> cache_;
    std::atomic<uint64_t> flushes_{0};  // of whatever kind, so far
    std::atomic<uint64_t> stamp_{1};    // of the lines that count
};

}  // namespace soc::tegra_smmu
