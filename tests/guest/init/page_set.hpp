// SPDX-License-Identifier: GPL-2.0-or-later
// A set of pages as a bitmap, in the form that iommufd fills: bit 0 of the first word is the first page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace guest
{

class PageSet
{
public:
    explicit PageSet(size_t pages) : words_((pages + 63) / 64) {}
    PageSet(size_t pages, std::initializer_list<size_t> members) : PageSet(pages)
    {
        for (size_t page : members) {
            words_.at(page / 64) |= uint64_t{1} << page % 64;
        }
    }

    uint64_t *words() { return words_.data(); }
    std::string text() const; // "1,2,64", or "none"
    bool operator==(const PageSet &) const = default;

private:
    std::vector<uint64_t> words_;
};

} // namespace guest
