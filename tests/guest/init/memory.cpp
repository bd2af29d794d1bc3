// SPDX-License-Identifier: GPL-2.0-or-later
#include "memory.hpp"

#include "failure.hpp"
#include "files.hpp"
#include "text.hpp"

#include <algorithm>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace guest
{
namespace
{

// Documentation/admin-guide/mm/pagemap.rst: bits 0 to 54 are the frame, bit 63 says that it is present.
std::vector<Range> physical_pages(const Mapping &mapping)
{
    const uint64_t page = kernel_page_size();
    const Fd fd = Fd::open("/proc/self/pagemap", O_RDONLY);
    std::vector<Range> pages;
    for (uint64_t offset = 0; offset < mapping.size(); offset += page) {
        const uint64_t virtual_page = (reinterpret_cast<uintptr_t>(mapping.data()) + offset) / page;
        uint64_t entry = 0;
        if (pread(fd.get(), &entry, sizeof(entry), static_cast<off_t>(virtual_page * sizeof(entry))) !=
            sizeof(entry)) {
            fail_errno("pread /proc/self/pagemap");
        }
        const uint64_t frame = entry & ((uint64_t{1} << 55) - 1);
        if (!(entry >> 63) || !frame) {
            fail("pagemap does not show the physical address of our memory");
        }
        pages.push_back({frame * page, frame * page + page - 1});
    }
    return pages;
}

} // namespace

uint64_t kernel_page_size()
{
    static const auto size = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    return size;
}

uint64_t Memory::physical(size_t offset) const
{
    const size_t page = pages.front().last - pages.front().first + 1;
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

int64_t pinned_pages()
{
    // The counters are kept per CPU; this folds them.
    write_file("/proc/sys/vm/stat_refresh", "1");
    const std::string text = read_file("/proc/vmstat").value_or("");
    int64_t pinned = 0;
    for (std::string_view line : split(text, '\n')) {
        const auto words = split(line, ' ');
        if (words.size() == 2 && words[0] == "nr_foll_pin_acquired") {
            pinned += static_cast<int64_t>(parse_number(words[1]).value_or(0));
        } else if (words.size() == 2 && words[0] == "nr_foll_pin_released") {
            pinned -= static_cast<int64_t>(parse_number(words[1]).value_or(0));
        }
    }
    return pinned;
}

} // namespace guest
