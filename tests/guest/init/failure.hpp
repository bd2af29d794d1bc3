// SPDX-License-Identifier: GPL-2.0-or-later
// What a step throws when it fails: an errno where the kernel gave one, and what was tried.
#pragma once

#include <cerrno>
#include <string>
#include <utility>

namespace guest
{

struct Failure {
    int error; // 0: no call failed, the outcome was wrong
    std::string what;
};

[[noreturn]] inline void fail(std::string what)
{
    throw Failure{0, std::move(what)};
}

// Takes errno before anything else can change it.
[[noreturn]] inline void fail_errno(std::string what)
{
    throw Failure{errno, std::move(what)};
}

std::string errno_name(int error);

} // namespace guest
