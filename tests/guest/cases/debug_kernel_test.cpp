// What the debug kernel sees that the plain one does not. Hidden, for its kernel takes long to build and is made on
// demand: guest-cases '[debug-kernel]'.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "attach.hpp"
#include "catch.hpp"

#include <algorithm>

namespace {

bool warned(const Run &run, const std::string &api, const std::string &begin, const std::string &function)
{
    const auto &found = run.api(api).at("kernel_warnings");
    return std::any_of(found.begin(), found.end(), [&](const nlohmann::json &warning) {
        const std::string text = warning;
        return text.starts_with(begin) && text.find(function) != std::string::npos;
    });
}

}  // namespace

TEST_CASE("debug kernel: a driver without such a defect is given none", "[.debug-kernel]")
{
    const Run run = attach("apple-dart --kernel 6.12-debug --api dma,direct --sessions 2");
    INFO(run.text);
    for (const char *api : {"dma", "direct"}) {
        CHECK(run.outcome(api) == "works");
        CHECK(run.api(api).at("kernel_warnings").empty());
    }
}

// apple_dart_t8020_hw_stream_command() is inlined into what calls it.
TEST_CASE("debug kernel: sleep under a spinlock and a use after free are named, with their functions",
          "[.debug-kernel]")
{
    const Run run = attach("apple-dart --kernel 6.12-debug --api direct --kernel-patch " SOC_IOMMU_SOURCE_ROOT
                           "/tests/guest/patches/6.12/apple-dart-sleep-and-use-after-free.patch");
    INFO(run.text);
    CHECK(run.verdict("direct") == "broken");
    CHECK(warned(run, "direct", "BUG: sleeping function called from invalid context at drivers/iommu/apple-dart.c",
                 "; in apple_dart_t8020_hw_"));
    CHECK(warned(run, "direct", "BUG: KASAN: slab-use-after-free in apple_dart_domain_free+",
                 "; freed in apple_dart_domain_free()"));
}
