// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario.hpp"

#include "text.hpp"

#include <algorithm>

namespace guest
{
namespace
{

bool is_api(std::string_view name)
{
    return one_of(name, {"dma", "direct", "current", "vfio", "compat", "iommufd", "aperture", "limits", "sva", "dirty"});
}

// Nothing where a turn is not understood.
std::vector<Turn> parse_turns(std::string_view text)
{
    std::vector<Turn> turns;
    const std::vector<std::string_view> words = split(text, ',');
    if (words.size() != static_cast<size_t>(std::count(text.begin(), text.end(), ',')) + 1) {
        return {}; // an empty one
    }
    for (const std::string_view word : words) {
        const auto colon = word.find(':');
        if (colon == std::string_view::npos || !is_api(word.substr(0, colon)) ||
            word.find_first_not_of(gate_letters, colon + 1) != std::string_view::npos) {
            return {};
        }
        turns.push_back({std::string(word.substr(0, colon)), std::string(word.substr(colon + 1))});
    }
    return turns;
}

} // namespace

Scenario Scenario::parse(std::string_view command_line)
{
    constexpr std::string_view prefix = "soc_iommu.";
    Scenario scenario;
    std::string cleaned(command_line);
    std::replace(cleaned.begin(), cleaned.end(), '\n', ' ');

    for (std::string_view word : split(cleaned, ' ')) {
        if (!word.starts_with(prefix)) {
            continue;
        }
        word.remove_prefix(prefix.size());
        const auto equals = word.find('=');
        const std::string_view name = word.substr(0, equals);
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
        const auto number = parse_number(value);

        if (name == "api" && is_api(value)) {
            scenario.api = value;
        } else if (auto turns = parse_turns(value); name == "turns" && !turns.empty()) {
            scenario.turns = std::move(turns);
        } else if (name == "master" && one_of(value, {"pci", "platform"})) {
            scenario.master = value;
        } else if (name == "driver") {
            scenario.driver = value;
        } else if (name == "sessions" && number && *number >= 1 && *number <= 1000) {
            scenario.sessions = static_cast<unsigned>(*number);
        } else if (name == "step_timeout" && number && *number >= 1 && *number <= 3600) {
            scenario.step_timeout = static_cast<unsigned>(*number);
        } else if (name == "reads" && number && *number <= 1000000) {
            scenario.reads = static_cast<unsigned>(*number);
        } else if (name == "rescan" && number) {
            scenario.rescan = *number != 0;
        } else if (name == "shell" && number) {
            scenario.shell = *number != 0;
        } else {
            scenario.error = format("command line: soc_iommu.%.*s is not understood",
                                    static_cast<int>(word.size()), word.data());
        }
    }
    if (scenario.error.empty() && !scenario.shell &&
        ((scenario.api.empty() && scenario.turns.empty()) || scenario.master.empty())) {
        scenario.error = "command line: soc_iommu.api (or turns) and soc_iommu.master are needed";
    }
    return scenario;
}

} // namespace guest
