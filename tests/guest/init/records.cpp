// SPDX-License-Identifier: GPL-2.0-or-later
#include "records.hpp"

#include "failure.hpp"
#include "text.hpp"

namespace guest
{

std::string one_line(std::string_view text)
{
    std::string line(text.substr(0, record_limit));
    for (char &c : line) {
        if (c < ' ' || c > '~') {
            c = ' ';
        }
    }
    return line;
}

std::string Records::begin(const StepName &name) const
{
    return format("# soc-iommu begin %s %u %s", name.api.c_str(), name.session, name.step.c_str());
}

std::string Records::result(const StepName &name, const StepResult &result)
{
    std::string detail;
    if (!result.ok && result.error) {
        detail = "errno=" + errno_name(result.error) + " ";
    }
    detail += result.detail;
    std::string line = format("%s %u - %s %u %s", result.ok ? "ok" : "not ok", ++count_, name.api.c_str(),
                              name.session, name.step.c_str());
    if (!detail.empty()) {
        line += " # " + detail;
    }
    return one_line(line);
}

std::string Records::plan() const
{
    return format("1..%u", count_);
}

} // namespace guest
