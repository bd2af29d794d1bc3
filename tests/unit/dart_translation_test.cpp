// From a device's address to memory: modes of a stream, tables, permissions, what the TLB keeps and what drops it.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/dart_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("dart: a mapped page is reached, and its neighbours are not")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    dart.map_and_attach();

    const TranslateResult result = dart.ask(Dart::iova + 0x123, Access::write);
    REQUIRE(std::holds_alternative<Translation>(result));
    CHECK(std::get<Translation>(result).address == Dart::data + 0x123);
    CHECK(std::get<Translation>(result).mask == dart.page() - 1);
    CHECK(std::get<Translation>(result).perm == Perm::rw);
    CHECK(dart.kind(Dart::iova - 1) == FaultKind::translation);
    CHECK(dart.kind(Dart::iova + dart.page()) == FaultKind::translation);
    CHECK(dart.kind(Dart::data) == FaultKind::translation);
}

TEST_CASE("dart: each root table covers its part of the addresses")
{
    Dart dart("variant=t8103,page-size=4k");
    for (uint64_t i = 0; i < 4; ++i)
        dart.table.map(i << 30, Dart::data + i * 4_KiB, 4_KiB, Perm::rw);
    dart.driver.attach(1, dart.table);
    for (uint64_t i = 0; i < 4; ++i)
        CHECK(dart.at(i << 30) == Dart::data + i * 4_KiB);

    dart.driver.write(dart.driver.ttbr(1, 2), 0);
    dart.driver.invalidate(1);
    CHECK(dart.kind(2ull << 30) == FaultKind::disabled);
    CHECK(dart.at(3ull << 30) == Dart::data + 3 * 4_KiB);
}

TEST_CASE("dart: addresses beyond the width of the block fault")
{
    const auto [variant, page, width] = GENERATE(table<std::string, std::string, unsigned>({
        {"t8103", "4k", 32}, {"t8103", "16k", 38}, {"t6000", "16k", 38}, {"t8110", "16k", 36},
    }));
    Dart dart("variant=" + variant + ",page-size=" + page);
    const uint64_t last = (1ull << width) - dart.page();
    dart.table.map(last, Dart::data, dart.page(), Perm::rw);
    dart.driver.attach(1, dart.table);
    CHECK(dart.at(last) == Dart::data);
    CHECK(dart.kind(1ull << width) == FaultKind::address_size);
    CHECK(dart.kind((1ull << width) + last) == FaultKind::address_size);
    CHECK(dart.kind(~0ull) == FaultKind::address_size);
}

TEST_CASE("dart: physical addresses have the width of the entry format")
{
    const auto [variant, pa] = GENERATE(table<std::string, uint64_t>({
        {"t8103", 0xf'ffff'c000ull},
        {"t6000", 0x3ff'ffff'c000ull},
        {"t8110", 0x3ff'ffff'c000ull},
    }));
    Dart dart("variant=" + variant + ",page-size=16k");
    dart.table.map(Dart::iova, pa, 16_KiB, Perm::rw);
    dart.driver.attach(1, dart.table);
    CHECK(dart.at(Dart::iova + 8) == pa + 8);
}

TEST_CASE("dart: NO_READ and NO_WRITE are obeyed, from the walk and from the TLB")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    dart.table.map(Dart::iova, Dart::data, dart.page(), Perm::r);
    dart.table.map(Dart::iova + dart.page(), Dart::data, dart.page(), Perm::w);
    dart.driver.attach(1, dart.table);
    for (int pass = 0; pass < 2; ++pass) {
        CHECK(dart.kind(Dart::iova, Access::read) == FaultKind::none);
        CHECK(dart.kind(Dart::iova, Access::write) == FaultKind::permission);
        CHECK(dart.kind(Dart::iova + dart.page(), Access::read) == FaultKind::permission);
        CHECK(dart.kind(Dart::iova + dart.page(), Access::write) == FaultKind::none);
    }
    CHECK(dart.counter("walks") == 2);
}

TEST_CASE("dart: a stream whose TCR is 0 has DMA disabled, and is not bypassed")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    CHECK(dart.kind(Dart::data) == FaultKind::disabled);
    dart.map_and_attach();
    REQUIRE(dart.at(Dart::iova));
    dart.driver.disable_dma(1);
    CHECK(dart.kind(Dart::iova) == FaultKind::disabled);  // although the TLB has it
    CHECK(dart.counter("bypasses") == 0);
}

TEST_CASE("dart: a bypassed stream reaches memory as it is")
{
    const auto variant = GENERATE(as<std::string>{}, "t8103", "t6000", "t8110");
    Dart dart("variant=" + variant);
    dart.driver.bypass(2);
    CHECK(dart.at(0x12'3456'7890, Access::write, 2) == 0x12'3456'7890);
    CHECK(dart.counter("bypasses") == 1);
    CHECK(dart.counter("translations") == 0);
    CHECK(dart.kind(Dart::data, Access::read, 1) == FaultKind::disabled);
}

TEST_CASE("dart: bypass that PARAMS2 does not offer faults")
{
    Dart dart("variant=t8103,bypass=off");
    dart.driver.bypass(1);
    CHECK(dart.kind(Dart::data) == FaultKind::configuration);
}

TEST_CASE("dart: TRANSLATE together with BYPASS faults")
{
    const auto variant = GENERATE(as<std::string>{}, "t8103", "t6000", "t8110");
    Dart dart("variant=" + variant);
    dart.map_and_attach();
    dart.driver.write(dart.driver.tcr(1), dart.driver.hw().tcr_enabled | dart.driver.hw().tcr_bypass);
    CHECK(dart.kind(Dart::iova) == FaultKind::configuration);
}

TEST_CASE("dart: streams have tables of their own")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    dart.map_and_attach();
    DartTable other(dart.host.memory(), dart.frames, dart.driver.hw().kind, dart.page(), dart.driver.hw().ttbr_count);
    other.map(Dart::iova, Dart::data + 64_KiB, dart.page(), Perm::rw);
    dart.driver.attach(2, other);
    for (int pass = 0; pass < 2; ++pass) {
        CHECK(dart.at(Dart::iova, Access::read, 1) == Dart::data);
        CHECK(dart.at(Dart::iova, Access::read, 2) == Dart::data + 64_KiB);
        CHECK_FALSE(dart.at(Dart::iova, Access::read, 3));
    }
}

TEST_CASE("dart: a stream that is not wired is nobody's")
{
    Dart dart("variant=t8103,streams=4");
    CHECK(dart.kind(0, Access::read, 4) == FaultKind::unknown_stream);
    CHECK_FALSE(dart.driver.report().flag);
}

TEST_CASE("dart: an unmapped page stays reachable until its stream is invalidated")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    dart.map_and_attach();
    REQUIRE(dart.at(Dart::iova));
    dart.table.unmap(Dart::iova, dart.page());
    CHECK(dart.at(Dart::iova) == Dart::data);
    dart.driver.invalidate(2);
    CHECK(dart.at(Dart::iova) == Dart::data);
    dart.driver.invalidate(1);
    CHECK(dart.kind(Dart::iova) == FaultKind::translation);
}

TEST_CASE("dart: that nothing is mapped is remembered too, and dropped by the same command")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    dart.driver.attach(1, dart.table);
    REQUIRE(dart.kind(Dart::iova) == FaultKind::translation);
    dart.table.map(Dart::iova, Dart::data, dart.page(), Perm::rw);
    CHECK(dart.kind(Dart::iova) == FaultKind::translation);
    dart.driver.invalidate(1);
    CHECK(dart.at(Dart::iova) == Dart::data);
}

TEST_CASE("dart: t8110's flush of everything reaches every stream")
{
    Dart dart("variant=t8110");
    dart.map_and_attach();
    dart.driver.attach(15, dart.table);
    REQUIRE(dart.at(Dart::iova, Access::read, 1));
    REQUIRE(dart.at(Dart::iova, Access::read, 15));
    dart.table.unmap(Dart::iova, dart.page());
    dart.driver.write(0x80, 0);
    CHECK_FALSE(dart.at(Dart::iova, Access::read, 1));
    CHECK_FALSE(dart.at(Dart::iova, Access::read, 15));
}

TEST_CASE("dart: writing TTBR or TCR drops no translation")
{
    Dart dart("variant=t8103,page-size=4k");
    dart.map_and_attach();
    REQUIRE(dart.at(Dart::iova));
    dart.driver.write(dart.driver.ttbr(1, 0), 0);
    dart.driver.disable_dma(1);
    dart.driver.write(dart.driver.tcr(1), dart.driver.hw().tcr_enabled);
    CHECK(dart.at(Dart::iova) == Dart::data);
    dart.driver.invalidate(1);
    CHECK(dart.kind(Dart::iova) == FaultKind::disabled);
}

TEST_CASE("dart: a missing root table is not remembered")
{
    Dart dart("variant=t8103,page-size=4k");
    dart.table.map(Dart::iova, Dart::data, 4_KiB, Perm::rw);
    dart.driver.write(dart.driver.tcr(1), dart.driver.hw().tcr_enabled);
    CHECK(dart.kind(Dart::iova) == FaultKind::disabled);
    dart.driver.set_ttbr(1, 0, dart.table.root(0));
    CHECK(dart.at(Dart::iova) == Dart::data);
}

TEST_CASE("dart: a table that no memory holds is a fault of its own")
{
    Dart dart("variant=t8103,page-size=4k");
    dart.table.set_table(Dart::iova, 0x4000'0000 | 1);
    dart.driver.attach(1, dart.table);
    CHECK(dart.kind(Dart::iova) == FaultKind::walk_abort);
}

TEST_CASE("dart: a hit walks no table, and a debugger leaves no trace")
{
    Dart dart("variant=t8103,page-size=4k");
    dart.map_and_attach();
    dart.ask(Dart::iova, Access::read, 1, true);
    dart.ask(0, Access::read, 1, true);
    CHECK(dart.counter("translations") == 0);
    CHECK(dart.counter("walks") == 0);
    CHECK(dart.counter("faults") == 0);
    CHECK_FALSE(dart.driver.report().flag);

    dart.at(Dart::iova);
    dart.at(Dart::iova + 8);
    CHECK(dart.counter("misses") == 1);
    CHECK(dart.counter("hits") == 1);
    CHECK(dart.counter("walks") == 1);
}

TEST_CASE("dart: whoever caches translations outside hears of every change")
{
    Dart dart("variant=t8103");
    dart.host.unmaps.clear();
    dart.driver.invalidate(3);
    REQUIRE(dart.host.unmaps.size() == 1);
    CHECK(dart.host.unmaps[0].stream == 3);
    dart.driver.bypass(5);
    REQUIRE(dart.host.unmaps.size() == 2);
    CHECK(dart.host.unmaps[1].stream == 5);
}
