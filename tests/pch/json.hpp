// tests.hpp, and the header of JSON, for programs that speak it with a QEMU or read a verdict.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests.hpp"

#include <nlohmann/json.hpp>
