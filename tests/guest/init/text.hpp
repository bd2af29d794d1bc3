// SPDX-License-Identifier: GPL-2.0-or-later
// Small text helpers: the guest has no iostreams (size), and gcc 12 has no std::format.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace guest
{

[[gnu::format(printf, 1, 2)]] std::string format(const char *pattern, ...);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
// Decimal, or hexadecimal with 0x. Nothing may follow the number.
std::optional<uint64_t> parse_number(std::string_view text);
std::string hex(uint64_t value);

bool one_of(std::string_view value, std::initializer_list<std::string_view> valid);

} // namespace guest
