// main() of the test programs where Catch2 is the one-header kind; version 3 brings its own.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
