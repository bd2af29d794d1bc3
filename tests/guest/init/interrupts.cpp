// SPDX-License-Identifier: GPL-2.0-or-later
#include "interrupts.hpp"

#include "text.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace guest
{
namespace
{

bool starts_with_name(std::string_view word, std::string_view driver)
{
    const auto same = [](char a, char b) {
        return a == b || ((a == '-' || a == '_') && (b == '-' || b == '_'));
    };
    return !driver.empty() && word.size() >= driver.size() &&
           std::equal(driver.begin(), driver.end(), word.begin(), same);
}

} // namespace

std::string interrupts_of(std::string_view table, std::string_view driver)
{
    std::string found;
    for (std::string_view line : split(table, '\n')) {
        std::vector<std::string_view> words;
        for (std::string_view word : split(line, ' ')) {
            if (!word.empty()) {
                words.push_back(word);
            }
        }
        // "23:  5  0  ITS-MSI 3145728 Edge  arm-smmu-v3-evtq": number, a count for each processor, chip, …,
        // name
        if (words.empty() || !words[0].ends_with(':')) {
            continue;
        }
        uint64_t count = 0;
        size_t at = 1;
        for (; at < words.size() && parse_number(words[at]); at++) {
            count += *parse_number(words[at]);
        }
        for (size_t name = at + 1; name < words.size(); name++) {
            if (starts_with_name(words[name], driver)) {
                found +=
                    format("%s%.*s=%.*s:%llu", found.empty() ? "" : ",", static_cast<int>(words[name].size()),
                           words[name].data(), static_cast<int>(words[at].size()), words[at].data(),
                           static_cast<unsigned long long>(count));
                break;
            }
        }
    }
    return found;
}

} // namespace guest
