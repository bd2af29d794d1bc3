// SPDX-License-Identifier: GPL-2.0-or-later
// /dev/kmsg, both ways.
#pragma once

#include "fault_log.hpp"
#include "fd.hpp"

#include <string_view>
#include <vector>

namespace guest
{

// One record, one line, in order with the kernel's own.
void log_line(std::string_view text);

// Everything that the kernel's log still holds.
std::vector<KernelLine> kernel_log();

// What the kernel writes from now on.
class KernelLogTail
{
public:
    KernelLogTail();
    void poll(); // reads what is there
    const std::vector<KernelLine> &lines() const { return lines_; }

private:
    Fd fd_;
    std::vector<KernelLine> lines_;
};

} // namespace guest
