// What nearly every test includes, parsed once a program: Catch2's header takes longer than most tests themselves.
// A source still includes what it uses.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
