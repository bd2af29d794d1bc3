// Sub-page protection: parts of a page, in 4096ths.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <random>

#include "catch.hpp"
#include "unit/dart_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("dart: only the named part of a page is there")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    const uint64_t unit = dart.page() / 4096, first = 0x400 * unit, last = 0x7ff * unit + unit - 1;
    dart.table.map_part(Dart::iova, Dart::data, Perm::rw, {.start = 0x400, .end = 0x7ff});
    dart.driver.attach(1, dart.table);
    for (int pass = 0; pass < 2; ++pass) {  // from the walk, then from the TLB
        CHECK(dart.at(Dart::iova + first) == Dart::data + first);
        CHECK(dart.at(Dart::iova + last) == Dart::data + last);
        CHECK(dart.kind(Dart::iova + first - 1) == FaultKind::permission);
        CHECK(dart.kind(Dart::iova + last + 1) == FaultKind::permission);
        CHECK(dart.kind(Dart::iova) == FaultKind::permission);
    }
    CHECK(dart.counter("walks") == 1);
}

TEST_CASE("dart: a fault outside the part does not hide the part")
{
    Dart dart("variant=t6000");
    dart.table.map_part(Dart::iova, Dart::data, Perm::rw, {.start = 0x800, .end = 0xfff});
    dart.driver.attach(1, dart.table);
    CHECK(dart.kind(Dart::iova) == FaultKind::permission);
    CHECK(dart.at(Dart::iova + 8_KiB) == Dart::data + 8_KiB);
}

TEST_CASE("dart: SP_DIS shows the whole page on DART1 and means nothing on DART2")
{
    Dart dart1("variant=t8103,page-size=16k");
    dart1.table.map_part(Dart::iova, Dart::data, Perm::rw, {.start = 1, .end = 1}, true);
    dart1.driver.attach(1, dart1.table);
    CHECK(dart1.at(Dart::iova) == Dart::data);

    Dart dart2("variant=t6000");
    dart2.table.map_part(Dart::iova, Dart::data, Perm::rw, {.start = 1, .end = 1}, true);
    dart2.driver.attach(1, dart2.table);
    CHECK(dart2.kind(Dart::iova) == FaultKind::permission);
    CHECK(dart2.at(Dart::iova + 4) == Dart::data + 4);
}

TEST_CASE("dart: a part that ends before it starts holds nothing")
{
    Dart dart("variant=t6000");
    dart.table.map_part(Dart::iova, Dart::data, Perm::rw, {.start = 0x800, .end = 0x7fe});
    dart.driver.attach(1, dart.table);
    for (uint64_t offset = 0; offset < 16_KiB; offset += 64)
        CHECK(dart.kind(Dart::iova + offset) == FaultKind::permission);
}

TEST_CASE("dart: no translation claims more than the part holds")
{
    const auto page = GENERATE(as<std::string>{}, "4k", "16k");
    Dart dart("variant=t8103,page-size=" + page);
    std::mt19937 random(1);
    dart.driver.attach(1, dart.table);
    for (int round = 0; round < 200; ++round) {
        const uint32_t start = random() % 4096, end = random() % 4096;
        dart.table.map_part(Dart::iova, Dart::data, Perm::rw, {.start = start, .end = end});
        dart.driver.invalidate(1);
        const uint64_t offset = random() % dart.page(), unit = dart.page() / 4096;
        const bool inside = offset / unit >= start && offset / unit <= end;
        const TranslateResult result = dart.ask(Dart::iova + offset);
        CAPTURE(start, end, offset);
        REQUIRE(std::holds_alternative<Translation>(result) == inside);
        if (!inside)
            continue;
        const auto &translation = std::get<Translation>(result);
        REQUIRE(translation.address == Dart::data + offset);
        const uint64_t low = offset & ~translation.mask, high = offset | translation.mask;
        CHECK(low / unit >= start);
        CHECK(high / unit <= end);
        // Nor less than it could: the next larger block would not fit.
        const uint64_t wider = translation.mask * 2 + 1;
        if (wider < dart.page())
            CHECK_FALSE(((offset & ~wider) / unit >= start && (offset | wider) / unit <= end));
    }
}
