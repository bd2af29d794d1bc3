// Catch2 as Debian 12 has it (2.13, one header) and as Debian 13 does (3.x).
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
