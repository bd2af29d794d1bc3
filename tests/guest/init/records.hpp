// SPDX-License-Identifier: GPL-2.0-or-later
// KTAP lines, as the host reads them off the console.
#pragma once

#include <string>
#include <string_view>

namespace guest
{

struct StepName {
    std::string api;
    unsigned session;
    std::string step;
};

struct StepResult {
    bool ok;
    int error; // errno, 0: none
    std::string detail;
};

// One line of the kernel's log holds some 1000 bytes: details are cut to fit.
inline constexpr size_t record_limit = 900;

class Records
{
public:
    std::string begin(const StepName &name) const;
    std::string result(const StepName &name, const StepResult &result); // counts
    std::string plan() const;

private:
    unsigned count_ = 0;
};

// No line breaks, no unprintable bytes, at most record_limit bytes.
std::string one_line(std::string_view text);

} // namespace guest
