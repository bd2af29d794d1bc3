// SPDX-License-Identifier: GPL-2.0-or-later
#include "page_set.hpp"

#include "text.hpp"

namespace guest
{

std::string PageSet::text() const
{
    std::string text;
    for (size_t page = 0; page < words_.size() * 64; page++) {
        if (words_[page / 64] >> page % 64 & 1) {
            text += format("%s%zu", text.empty() ? "" : ",", page);
        }
    }
    return text.empty() ? "none" : text;
}

} // namespace guest
