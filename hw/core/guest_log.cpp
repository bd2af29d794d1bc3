// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/guest_log.hpp"

#include <algorithm>
#include <cstdio>

namespace soc {

void GuestLog::write(LogLevel level, const std::string &text)
{
    unsigned long suppressed;
    {
        std::lock_guard guard(lock_);
        const auto now = Clock::now();
        const std::chrono::duration<double> passed = now - last_;
        last_ = now;
        tokens_ = std::min<double>(burst, tokens_ + passed.count() * per_second);
        if (tokens_ < 1) {
            ++suppressed_;
            return;
        }
        tokens_ -= 1;
        suppressed = suppressed_;
        suppressed_ = 0;
    }
    if (suppressed)
        host_.log(level, prefix_ + ": " + std::to_string(suppressed) + " messages left out");
    host_.log(level, prefix_ + ": " + text);
}

std::string hex(uint64_t value)
{
    char text[19];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

}  // namespace soc
