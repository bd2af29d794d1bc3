// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/options.hpp"

#include <cassert>
#include <charconv>
#include <optional>

namespace soc {

namespace {

std::optional<uint64_t> parse_number(std::string_view text)
{
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    }
    uint64_t value;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

bool is_valid(const OptionSpec &spec, const std::string &value)
{
    const std::string valid = spec.valid;
    if (valid.find('|') != std::string::npos)
        return !value.empty() && value.find('|') == std::string::npos &&
               ("|" + valid + "|").find("|" + value + "|") != std::string::npos;
    if (const size_t dots = valid.find(".."); dots != std::string::npos) {
        const auto low = parse_number(valid.substr(0, dots)), high = parse_number(valid.substr(dots + 2));
        if (low && high) {
            const auto number = parse_number(value);
            return number && *number >= *low && *number <= *high;
        }
    }
    return true;
}

}  // namespace

Options::Options(std::span<const OptionSpec> specs, std::span<const SocOption> given)
{
    for (const OptionSpec &spec : specs)
        values_[spec.name] = {spec.value, false};
    for (const SocOption &option : given) {
        const OptionSpec *found = nullptr;
        std::string names;
        for (const OptionSpec &spec : specs) {
            names += (names.empty() ? "" : ", ") + std::string(spec.name);
            if (std::string_view(spec.name) == option.name)
                found = &spec;
        }
        if (!found)
            throw OptionError("unknown option '" + std::string(option.name) + "'; the options are: " + names);
        if (!is_valid(*found, option.value))
            throw OptionError(std::string(option.name) + "=" + option.value + " is not valid; valid: " +
                              found->valid);
        values_[option.name] = {option.value, true};
    }
}

const std::string &Options::text(const std::string &name) const
{
    return values_.at(name).text;
}

uint64_t Options::number(const std::string &name) const
{
    const auto value = parse_number(text(name));
    if (!value)
        throw OptionError(name + "=" + text(name) + " is not a number");
    return *value;
}

bool Options::flag(const std::string &name) const
{
    return text(name) == "on";
}

bool Options::given(const std::string &name) const
{
    return values_.at(name).given;
}

}  // namespace soc
