// SPDX-License-Identifier: GPL-2.0-or-later
#include <vector>

#include "catch.hpp"
#include "soc-iommu/options.hpp"

using namespace soc;

namespace {

const std::vector<OptionSpec> specs = {
    {.name = "variant", .value = "a", .valid = "a|bb", .help = ""},
    {.name = "streams", .value = "16", .valid = "1..64", .help = ""},
    {.name = "lock", .value = "off", .valid = "on|off", .help = ""},
};

std::string refusal(const char *name, const char *value)
{
    const SocOption given[] = {{name, value}};
    try {
        Options options(specs, given);
    } catch (const OptionError &error) {
        return error.what();
    }
    return "";
}

bool contains(const std::string &text, const char *part)
{
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an option that is not given has its default")
{
    const Options options(specs, {});
    CHECK(options.text("variant") == "a");
    CHECK(options.number("streams") == 16);
    CHECK_FALSE(options.flag("lock"));
    CHECK_FALSE(options.given("variant"));
}

TEST_CASE("a given option replaces the default")
{
    const SocOption given[] = {{"streams", "0x20"}, {"lock", "on"}};
    const Options options(specs, given);
    CHECK(options.number("streams") == 32);
    CHECK(options.flag("lock"));
    CHECK(options.given("streams"));
}

TEST_CASE("an unknown option is refused with the names that exist")
{
    const std::string text = refusal("colour", "red");
    CHECK(contains(text, "colour"));
    CHECK(contains(text, "variant, streams, lock"));
}

TEST_CASE("an invalid value is refused with the valid ones")
{
    CHECK(contains(refusal("variant", "b"), "a|bb"));
    CHECK(contains(refusal("variant", ""), "a|bb"));
    CHECK(contains(refusal("variant", "a|bb"), "a|bb"));
    for (const char *value : {"0", "65", "-1", "16x", "0x", "", "99999999999999999999"})
        CHECK(contains(refusal("streams", value), "1..64"));
}
