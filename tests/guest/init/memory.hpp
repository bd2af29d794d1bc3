// SPDX-License-Identifier: GPL-2.0-or-later
// Memory that a device works on.
#pragma once

#include "fd.hpp"
#include "iova.hpp"

#include <cstdint>
#include <vector>

namespace guest
{

class Notes;

size_t kernel_page_size();
// What a test maps and unmaps at least: a page of the kernel's, or of the IOMMU's where that is larger.
size_t granule_of(const IovaSpace &space);

// Memory of this process, or of the kernel where an API needs that. Addresses come from physical().
struct Memory {
    Mapping mapping;
    uint32_t handle = 0;      // the test module's number; 0 for memory of this process
    std::vector<Range> pages; // physical, in order

    uint8_t *data() const { return mapping.data(); }
    size_t size() const { return mapping.size(); }
    uint64_t physical(size_t offset) const;
};

// Locked in place. Throws Failure.
Memory process_memory(size_t size);

// Is there a page at that address of this process, and is the address part of any mapping?
bool resident(const uint8_t *address);
bool mapped(const uint8_t *address);

// Contents that no other call with another seed has at the same place.
void fill(uint8_t *data, size_t size, uint32_t seed);
// Offset of the first difference, or `size`.
size_t first_difference(const uint8_t *data, const uint8_t *expected, size_t size);

// Pages pinned for DMA in the whole system: nr_foll_pin_acquired - nr_foll_pin_released.
int64_t pinned_pages();
// How often a page was pinned since the boot.
int64_t pins_acquired();
// At the end of a session: notes how many pages are pinned beyond `before`, and throws Failure where any is.
void check_pinned(int64_t before, Notes &notes);

} // namespace guest
