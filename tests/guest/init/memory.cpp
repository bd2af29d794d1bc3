// SPDX-License-Identifier: GPL-2.0-or-later
#include "memory.hpp"

#include "failure.hpp"
#include "files.hpp"
#include "supervisor.hpp"
#include "text.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace guest
{
namespace
{

// Documentation/admin-guide/mm/pagemap.rst: bits 0 to 54 are the frame, bit 63 says that it is present.
uint64_t pagemap_entry(const Fd &fd, const uint8_t *address)
{
    const uint64_t virtual_page = reinterpret_cast<uintptr_t>(address) / kernel_page_size();
    uint64_t entry = 0;
    if (pread(fd.get(), &entry, sizeof(entry), static_cast<off_t>(virtual_page * sizeof(entry))) !=
        sizeof(entry)) {
        fail_errno("pread /proc/self/pagemap");
    }
    return entry;
}

bool present(uint64_t entry)
{
    return entry >> 63;
}

std::vector<Range> physical_pages(const Mapping &mapping)
{
    const uint64_t page = kernel_page_size();
    const Fd fd = Fd::open("/proc/self/pagemap", O_RDONLY);
    std::vector<Range> pages;
    for (uint64_t offset = 0; offset < mapping.size(); offset += page) {
        const uint64_t entry = pagemap_entry(fd, mapping.data() + offset);
        const uint64_t frame = entry & ((uint64_t{1} << 55) - 1);
        if (!present(entry) || !frame) {
            fail("pagemap does not show the physical address of our memory");
        }
        pages.push_back({frame * page, frame * page + page - 1});
    }
    return pages;
}

int64_t vm_counter(std::string_view name)
{
    // The counters are kept per CPU; this folds them.
    write_file("/proc/sys/vm/stat_refresh", "1");
    const std::string text = read_file("/proc/vmstat").value_or("");
    for (std::string_view line : split(text, '\n')) {
        const auto words = split(line, ' ');
        if (words.size() == 2 && words[0] == name) {
            return static_cast<int64_t>(parse_number(words[1]).value_or(0));
        }
    }
    return 0;
}

} // namespace

size_t kernel_page_size()
{
    static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

size_t granule_of(const IovaSpace &space)
{
    if (space.page_size > std::numeric_limits<size_t>::max() / 64) {
        fail(format("pages of %s are more than this program can map", hex(space.page_size).c_str()));
    }
    return std::max(static_cast<size_t>(space.page_size), kernel_page_size());
}

uint64_t Memory::physical(size_t offset) const
{
    const auto page = static_cast<size_t>(pages.front().last - pages.front().first + 1);
    return pages[offset / page].first + offset % page;
}

Memory process_memory(size_t size)
{
    Memory memory;
    memory.mapping = Mapping::anonymous(size);
    memset(memory.data(), 0, size); // pages of our own, not the zero page
    if (mlock(memory.data(), size) < 0) {
        fail_errno("mlock");
    }
    memory.pages = physical_pages(memory.mapping);
    return memory;
}

bool resident(const uint8_t *address)
{
    return present(pagemap_entry(Fd::open("/proc/self/pagemap", O_RDONLY), address));
}

bool mapped(const uint8_t *address)
{
    const uintptr_t page = reinterpret_cast<uintptr_t>(address) & ~(kernel_page_size() - 1);
    unsigned char residency;
    return mincore(reinterpret_cast<void *>(page), 1, &residency) == 0 || errno != ENOMEM;
}

void fill(uint8_t *data, size_t size, uint32_t seed)
{
    uint32_t state = seed * 2654435761u | 1;
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        data[i] = static_cast<uint8_t>(state >> 11);
    }
}

size_t first_difference(const uint8_t *data, const uint8_t *expected, size_t size)
{
    return static_cast<size_t>(std::mismatch(data, data + size, expected).first - data);
}

int64_t pins_acquired()
{
    return vm_counter("nr_foll_pin_acquired");
}

int64_t pinned_pages()
{
    return pins_acquired() - vm_counter("nr_foll_pin_released");
}

void check_pinned(int64_t before, Notes &notes)
{
    const int64_t left = pinned_pages() - before;
    notes.add("pinned=%lld", static_cast<long long>(left));
    if (left != 0) {
        fail("pinned pages were left behind");
    }
}

} // namespace guest
