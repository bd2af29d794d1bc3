// SPDX-License-Identifier: GPL-2.0-or-later
#include "text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdarg>
#include <cstdio>

namespace guest
{

std::string format(const char *pattern, ...)
{
    va_list arguments;
    va_start(arguments, pattern);
    char *raw = nullptr;
    const int length = vasprintf(&raw, pattern, arguments);
    va_end(arguments);
    if (length < 0) {
        return {};
    }
    std::string text(raw, static_cast<size_t>(length));
    free(raw);
    return text;
}

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const auto end = text.find(separator);
        if (end != 0) {
            parts.push_back(text.substr(0, end));
        }
        if (end == std::string_view::npos) {
            break;
        }
        text.remove_prefix(end + 1);
    }
    return parts;
}

std::string_view trim(std::string_view text)
{
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::optional<uint64_t> parse_number(std::string_view text)
{
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    }
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || text.empty() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::string hex(uint64_t value)
{
    return format("0x%llx", static_cast<unsigned long long>(value));
}

bool one_of(std::string_view value, std::initializer_list<std::string_view> valid)
{
    return std::find(valid.begin(), valid.end(), value) != valid.end();
}

} // namespace guest
