// A model's options, checked against what its type declares.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>

#include "soc-iommu/seam.h"

namespace soc {

// Why an instance cannot be made. The text is for the user and names what is valid.
class OptionError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

using OptionSpec = SocOptionSpec;

// `valid` of an OptionSpec is read as: "a|b|c", one of these; "N..M", an integer of that range; anything else is
// a description for people, and the model checks.
class Options {
public:
    // Throws OptionError for an unknown name or an invalid value.
    Options(std::span<const OptionSpec> specs, std::span<const SocOption> given);

    const std::string &text(const std::string &name) const;
    uint64_t number(const std::string &name) const;
    bool flag(const std::string &name) const;  // "on" or "off"
    // True where the user named it.
    bool given(const std::string &name) const;

private:
    struct Value {
        std::string text;
        bool given = false;
    };
    std::map<std::string, Value> values_;
};

}  // namespace soc
