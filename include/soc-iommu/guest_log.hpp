// Log of a guest's mistakes, at a limited rate: a guest that errs in a loop must not fill a disk.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "soc-iommu/host.hpp"

namespace soc {

class GuestLog {
public:
    static constexpr unsigned burst = 20;      // lines at once
    static constexpr unsigned per_second = 5;  // lines in the long run

    GuestLog(Host &host, std::string prefix) : host_(host), prefix_(std::move(prefix)) {}

    // Any thread. What was left out is counted, and the count opens the next line.
    void error(const std::string &text) { write(LogLevel::guest_error, text); }
    void unimplemented(const std::string &text) { write(LogLevel::unimplemented, text); }

private:
    using Clock = std::chrono::steady_clock;
    void write(LogLevel, const std::string &text);

    Host &host_;
    std::string prefix_;
    std::mutex lock_;
    double tokens_ = burst;
    Clock::time_point last_ = Clock::now();
    unsigned long suppressed_ = 0;
};

std::string hex(uint64_t value);

}  // namespace soc
