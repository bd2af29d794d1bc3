// SPDX-License-Identifier: GPL-2.0-or-later
#include "iova.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace guest
{
namespace
{

bool clear_of(const Range &wanted, const std::vector<Range> &avoid)
{
    return std::none_of(avoid.begin(), avoid.end(),
                        [&](const Range &range) { return range.overlaps(wanted); });
}

} // namespace

std::optional<uint64_t> choose_iova(const IovaSpace &space, uint64_t size, uint64_t alignment,
                                    const std::vector<Range> &avoid)
{
    // Eighths of the range: the middle of anything is a likely place for a default, so it comes late.
    constexpr std::array<uint64_t, 7> eighths = {5, 3, 6, 1, 7, 2, 4};

    std::vector<Range> ranges = space.ranges;
    std::stable_sort(ranges.begin(), ranges.end(),
                     [](const Range &a, const Range &b) { return a.last - a.first > b.last - b.first; });
    for (const Range &range : ranges) {
        const uint64_t span = range.last - range.first;
        for (uint64_t eighth : eighths) {
            const uint64_t near = range.first + span / 8 * eighth;
            const uint64_t start = (near / alignment + 2) * alignment;
            const Range wanted = {start - alignment, start + size + alignment - 1};
            if (start < near || wanted.last < start) {
                continue; // wrapped round
            }
            if (range.contains(wanted.first) && range.contains(wanted.last) && clear_of(wanted, avoid)) {
                return start;
            }
        }
    }
    return std::nullopt;
}

std::optional<uint64_t> far_inside(const IovaSpace &space, uint64_t alignment,
                                   const std::vector<Range> &avoid)
{
    for (auto range = space.ranges.rbegin(); range != space.ranges.rend(); ++range) {
        if (range->last - range->first < 4 * alignment) {
            continue;
        }
        const uint64_t start = (range->last / alignment - 1) * alignment;
        if (clear_of({start, start + alignment - 1}, avoid)) {
            return start;
        }
    }
    return std::nullopt;
}

std::optional<uint64_t> outside(const IovaSpace &space, uint64_t alignment)
{
    if (space.ranges.empty()) {
        return std::nullopt;
    }
    const uint64_t last = space.ranges.back().last;
    if (last != std::numeric_limits<uint64_t>::max()) {
        return last + 1;
    }
    const uint64_t first = space.ranges.front().first;
    if (first >= alignment) {
        return (first / alignment - 1) * alignment;
    }
    return std::nullopt;
}

} // namespace guest
