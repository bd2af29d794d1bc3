// What the command says when a guest does not play along.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "attach.hpp"
#include "catch.hpp"

TEST_CASE("failure: a guest that panics ends with status 4 and its last console lines", "[everywhere]")
{
    const Run run = attach("apple-dart --api dma --append rdinit=/nothing");
    INFO(run.text);
    CHECK(run.status == 4);
    CHECK_THAT(run.text, contains_text("Kernel panic"));
    CHECK(run.verdict("dma") == "error");
}

TEST_CASE("failure: a guest that does not end in time is stopped, with status 5 and its last lines", "[everywhere]")
{
    const Run run = attach("apple-dart --api dma --timeout 0.3");
    INFO(run.text);
    CHECK(run.status == 5);
    CHECK(run.verdict("dma") == "error");
    CHECK_THAT(run.text, contains_text("serial.log"));
}

TEST_CASE("failure: unknown names and values are wrong usage, and the valid ones are listed")
{
    struct {
        const char *arguments, *names;
    } const cases[] = {
        {"attach tegra-smurf", "apple-dart"},
        {"attach apple-dart -o variant=m7", "t8103|t6000|t8110|usb4"},
        {"attach apple-dart -o colour=red", "page-size"},
        {"attach apple-dart -o variant=t6000 -o page-size=4k", "16k"},
        {"attach apple-dart --api usb", "iommufd"},
        {"attach apple-dart --kernel 5.4", "6.12"},
        {"attach apple-dart --page-size 3k", "16k"},
        {"attach apple-dart --lift gravity", "cache-coherency"},
        {"frobnicate", "attach"},
    };
    for (const auto &[arguments, names] : cases) {
        const Output output = command(arguments);
        INFO(arguments << "\n" << output.text);
        CHECK(output.status == 2);
        CHECK_THAT(output.text, contains_text(names));
    }
}

TEST_CASE("failure: an image that cannot be judged beforehand is said to be one, and booted as it is")
{
    const Run run = attach("apple-dart --api dma --timeout 3 --image " SOC_IOMMU_SOURCE_ROOT "/LICENSE");
    INFO(run.text);
    CHECK(run.status == 5);
    CHECK(run.verdict("dma") == "error");
    CHECK_THAT(run.text, contains_text("CONFIG_IKCONFIG"));
}
