// The TLB, which software sees entry by entry: what it reads there is what translates, and nothing else does. Each
// entry is one atomic word, so that a lookup compares all of them without a lock. All changes are made under one.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "soc-iommu/field.hpp"
#include "soc-iommu/state.hpp"

namespace soc::omap {

// An entry as the registers CAM and RAM have it.
struct TlbEntry {
    // CAM
    using VaTag = Field<31, 12>;
    using P = Field<3>;  // preserved: GFLUSH leaves it
    using V = Field<2>;
    using PageSize = Field<1, 0>;
    static constexpr uint64_t section = 0, large = 1, small = 2, supersection = 3;
    static constexpr uint32_t cam_bits = VaTag::mask | P::mask | V::mask | PageSize::mask;
    // RAM
    using PhysicalAddress = Field<31, 12>;
    using Endianness = Field<9>;
    using ElementSize = Field<8, 7>;
    using Mixed = Field<6>;
    static constexpr uint32_t ram_bits = PhysicalAddress::mask | Endianness::mask | ElementSize::mask | Mixed::mask;

    uint32_t cam = 0, ram = 0;

    bool valid() const { return V::get(cam); }
    bool preserved() const { return P::get(cam); }
    // Page size - 1.
    uint32_t mask() const
    {
        constexpr std::array<uint32_t, 4> masks = {0x000f'ffff, 0x0000'ffff, 0x0000'0fff, 0x00ff'ffff};
        return masks[PageSize::get(cam)];
    }
    uint32_t page() const { return uint32_t(VaTag::mask) & cam & ~mask(); }
    bool covers(uint32_t address) const { return valid() && !((cam ^ address) & ~mask()); }
    uint32_t translated(uint32_t address) const
    {
        return (uint32_t(PhysicalAddress::mask) & ram & ~mask()) | (address & mask());
    }
};

class Tlb final : public Stateful {
public:
    static constexpr unsigned most = 32;

    // `entries`: at most `most`.
    explicit Tlb(unsigned entries) : count_(entries) {}

    // Any thread.
    struct Found {
        unsigned matches = 0;  // 2: more than one
        TlbEntry entry;
    };
    Found find(uint32_t address) const;
    // Changes with everything that software does to the entries. Read it before a walk.
    uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
    // Puts what a walk found at the victim, which goes on to the next: but not if software had its hand in since, if
    // another walk has brought the page already, or if all entries are locked.
    void fill(uint64_t generation, uint32_t address, TlbEntry);

    // The register LOCK. Entries below the base are not replaced by walks.
    struct Lock {
        unsigned base = 0, victim = 0;
    };
    Lock lock() const;
    void set_lock(Lock);

    // At a victim beyond the last entry nothing is.
    TlbEntry at_victim() const;
    bool has_victim() const { return lock().victim < count_; }
    // Returns what was there.
    TlbEntry load_at_victim(TlbEntry);
    // Drops what covers the address, preserved or not, and returns it.
    std::vector<TlbEntry> flush(uint32_t address);
    // Drops all that is not preserved.
    void flush_all();

    void reset() override;
    void save(StateWriter &) const override;
    void load(StateReader &) override;

private:
    TlbEntry get(unsigned i) const;
    void set(unsigned i, TlbEntry);
    Found scan(uint32_t address) const;

    const unsigned count_;
    std::array<std::atomic<uint64_t>, most> words_{};  // CAM in the lower half, RAM in the upper
    std::atomic<uint64_t> generation_{0};
    mutable std::mutex mutex_;
    Lock lock_;
};

}  // namespace soc::omap
