// The arithmetic of circular queues: Arm IHI 0070, 3.5.1. An index has a wrap bit above it; PROD and CONS are equal
// when the queue is empty, and differ in the wrap bit alone when it is full.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>

#include "soc-iommu/field.hpp"

namespace soc::smmuv3 {

namespace queue_base {
using LOG2SIZE = Field<4, 0>;
using ADDR = Field<51, 5>;
using Allocate = Field<62>;  // RA or WA, a hint
// Bits of a *_BASE that hold something, with addresses of `address_mask`.
constexpr uint64_t writable(uint64_t address_mask)
{
    return LOG2SIZE::mask | (ADDR::mask & address_mask) | Allocate::mask;
}
}  // namespace queue_base

namespace queue_index {
constexpr uint32_t mask = 0xfffff;       // RD or WR with its wrap bit, for the largest queue
constexpr uint32_t overflow = 1u << 31;  // OVFLG in PROD, OVACKFLG in CONS
}  // namespace queue_index

// Where a queue lies and how large it is. Any value of a *_BASE gives one that is safe to use.
class Queue {
public:
    Queue() = default;
    // `most`: log2 of the largest queue, which caps LOG2SIZE. The base is aligned to the queue's size, or 32 bytes.
    Queue(uint64_t base, unsigned entry_shift, unsigned most)
        : log2size_(std::min(unsigned(queue_base::LOG2SIZE::get(base)), most)), entry_shift_(entry_shift),
          base_(base & queue_base::ADDR::mask & ~((1ull << std::max(5u, log2size_ + entry_shift)) - 1))
    {
    }

    uint32_t entries() const { return 1u << log2size_; }
    // Index and wrap bit; what a register holds above them has no effect.
    uint32_t index_mask() const { return 2 * entries() - 1; }
    // Entries between the two; more than entries() where software wrote what cannot be.
    uint32_t used(uint32_t prod, uint32_t cons) const { return (prod - cons) & index_mask(); }
    bool empty(uint32_t prod, uint32_t cons) const { return used(prod, cons) == 0; }
    // For the producer: indexes that cannot be count as full.
    bool full(uint32_t prod, uint32_t cons) const { return used(prod, cons) >= entries(); }
    bool consistent(uint32_t prod, uint32_t cons) const { return used(prod, cons) <= entries(); }
    uint32_t next(uint32_t index) const { return (index + 1) & index_mask(); }
    uint64_t address(uint32_t index) const { return base_ + (uint64_t(index & (entries() - 1)) << entry_shift_); }

private:
    unsigned log2size_ = 0;
    unsigned entry_shift_ = 0;
    uint64_t base_ = 0;
};

}  // namespace soc::smmuv3
