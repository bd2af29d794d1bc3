// SPDX-License-Identifier: GPL-2.0-or-later
// Where to map, and which addresses must fault.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace guest
{

struct Range {
    uint64_t first;
    uint64_t last; // inclusive

    bool contains(uint64_t address) const { return address >= first && address <= last; }
    bool overlaps(const Range &other) const { return first <= other.last && other.first <= last; }
};

// What an API says about a device's address space.
struct IovaSpace {
    std::vector<Range> ranges; // ascending
    uint64_t page_size = 0;    // smallest page of the IOMMU
};

// Start of `size` bytes, aligned to `alignment`, with one more `alignment` free on either side, inside one
// range and clear of every range in `avoid`. Addresses well inside the space come first, so that high bits
// take part.
std::optional<uint64_t> choose_iova(const IovaSpace &space, uint64_t size, uint64_t alignment,
                                    const std::vector<Range> &avoid);

// The last block of `alignment` bytes of the space that is clear of `avoid`.
std::optional<uint64_t> far_inside(const IovaSpace &space, uint64_t alignment,
                                   const std::vector<Range> &avoid);

// The first address past the space, or the last block before it; none where the space is everything.
std::optional<uint64_t> outside(const IovaSpace &space, uint64_t alignment);

} // namespace guest
