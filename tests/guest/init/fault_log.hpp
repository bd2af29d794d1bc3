// SPDX-License-Identifier: GPL-2.0-or-later
// What IOMMU drivers print about a fault, and how often they may.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace guest
{

// A record of /dev/kmsg that the kernel itself wrote.
struct KernelLine {
    uint64_t sequence;
    uint64_t microseconds;
    std::string text;
};

// Nothing for what user space wrote there, and for what is no record.
std::optional<KernelLine> parse_kernel_line(std::string_view record);

struct LoggedFault {
    uint64_t address;
    std::optional<uint32_t> stream;
    uint64_t microseconds;
};

// Does this module know how that driver reports a fault at that address? What the block's address lines cannot carry
// never gets to it.
bool driver_reports_faults(std::string_view driver, uint64_t address = 0);

// A driver that prints the first fault after an attach, and turns the interrupt off with it: omap-iommu's
// iommu_fault_handler() writes 0 to IRQENABLE, which the next attach enables again.
bool reports_once(std::string_view driver);

std::vector<LoggedFault> logged_faults(std::string_view driver, const std::vector<KernelLine> &lines);

// True where the kernel's rate limit (include/linux/ratelimit.h: 10 messages in 5 s) may have swallowed a
// report at `now`: ten have been printed within the last five seconds.
bool rate_limited(const std::vector<LoggedFault> &faults, uint64_t now);

} // namespace guest
