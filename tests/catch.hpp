// Catch2 as Debian 12 has it (2.13, one header) and as Debian 13 does (3.x).
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>

// The matcher for text has another name in version 3, where the old one looks for an element.
inline auto contains_text(const std::string &text)
{
#if __has_include(<catch2/catch_all.hpp>)
    return Catch::Matchers::ContainsSubstring(text);
#else
    return Catch::Matchers::Contains(text);
#endif
}
