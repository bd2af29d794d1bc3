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

TEST_CASE("dart: a root table may lie wherever TTBR can say")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    dart.map_and_attach();
    const uint64_t high = dart.driver.hw().t8110 ? 1ull << 41 : 1ull << 42;
    dart.host.ram(high, 16_KiB);
    for (uint64_t at = 0; at < dart.page(); at += 8)
        dart.host.memory().store<uint64_t>(high + at, *dart.host.memory().load<uint64_t>(dart.table.root(0) + at));
    dart.driver.set_ttbr(1, 0, high);
    CHECK(dart.at(Dart::iova) == Dart::data);
    dart.driver.set_ttbr(1, 0, high + 16_KiB);
    dart.driver.invalidate(1);
    CHECK(dart.kind(Dart::iova) == FaultKind::walk_abort);
}

TEST_CASE("dart: with 16k pages an entry's address bits 13 and 12 mean nothing")
{
    Dart dart("variant=t8103,page-size=16k");
    dart.table.map(Dart::iova, Dart::data + 0x3000, 16_KiB, Perm::rw);
    const uint64_t leaves = dart.frames.take(16_KiB);
    dart.table.set_table(1ull << 25, leaves | 0x3000 | 1);
    dart.host.memory().store<uint64_t>(leaves, Dart::data | 1 | 2);
    dart.driver.attach(1, dart.table);
    CHECK(dart.at(Dart::iova + 4) == Dart::data + 4);
    CHECK(dart.at((1ull << 25) + 4) == Dart::data + 4);
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

TEST_CASE("dart: the bits between an entry's address and its sub-page fields are no address")
{
    const auto [variant, address, beside] = GENERATE(table<std::string, uint64_t, uint64_t>({
        {"t8103", Dart::data, 0xfull << 36},
        {"t6000", Dart::data >> 4, 3ull << 38},
    }));
    Dart dart("variant=" + variant + ",page-size=16k");
    dart.table.set_leaf(Dart::iova, address | beside | 0xfffull << 40 | 1);
    dart.driver.attach(1, dart.table);
    CHECK(dart.at(Dart::iova) == Dart::data);
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

    // The driver sets BYPASS_DAPF with it, which alone is no bypass.
    const uint32_t bypass_dart = dart.driver.hw().t8110 ? 1u << 1 : 1u << 8;
    dart.driver.write(dart.driver.tcr(2), dart.driver.hw().tcr_bypass & ~bypass_dart);
    CHECK(dart.kind(Dart::data, Access::read, 2) == FaultKind::disabled);
    dart.driver.write(dart.driver.tcr(2), bypass_dart);
    CHECK(dart.at(Dart::data, Access::read, 2) == Dart::data);
}

TEST_CASE("dart: bypass that PARAMS2 does not offer faults")
{
    Dart dart("variant=t8103,bypass=off");
    dart.driver.bypass(1);
    CHECK(dart.kind(Dart::data) == FaultKind::configuration);
    CHECK(dart.driver.report().code == dart.driver.hw().no_ttbr);
}

TEST_CASE("dart: TRANSLATE together with BYPASS faults")
{
    const auto variant = GENERATE(as<std::string>{}, "t8103", "t6000", "t8110");
    Dart dart("variant=" + variant);
    dart.map_and_attach();
    dart.driver.write(dart.driver.tcr(1), dart.driver.hw().tcr_enabled | dart.driver.hw().tcr_bypass);
    CHECK(dart.kind(Dart::iova) == FaultKind::configuration);
    CHECK(dart.driver.report().code == dart.driver.hw().no_ttbr);
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

TEST_CASE("dart: t8110's TLB_CMD tells 256 streams apart")
{
    Dart dart("variant=t8110,streams=256");
    dart.map_and_attach();
    for (unsigned stream : {72u, 200u, 255u}) {
        dart.driver.attach(stream, dart.table);
        REQUIRE(dart.at(Dart::iova, Access::read, stream));
    }
    dart.table.unmap(Dart::iova, dart.page());
    dart.driver.write(0x80, 1u << 8 | 200);
    CHECK_FALSE(dart.at(Dart::iova, Access::read, 200));
    CHECK(dart.at(Dart::iova, Access::read, 72));
    CHECK(dart.at(Dart::iova, Access::read, 255));
    dart.driver.write(0x80, 0);
    CHECK_FALSE(dart.at(Dart::iova, Access::read, 72));
    CHECK_FALSE(dart.at(Dart::iova, Access::read, 255));
}

TEST_CASE("dart: reset and load leave no translation behind")
{
    Dart dart("variant=t8103,page-size=4k");
    dart.map_and_attach();
    StateWriter out;
    dart.iommu->save(out);
    REQUIRE(dart.at(Dart::iova));
    dart.table.unmap(Dart::iova, 4_KiB);
    SECTION("load")
    {
        StateReader in(out.data());
        dart.iommu->load(in);
        REQUIRE(in.complete());
        CHECK(dart.kind(Dart::iova) == FaultKind::translation);
    }
    SECTION("reset")
    {
        dart.iommu->reset();
        dart.driver.write(0xfc, ~0u);
        dart.driver.write(dart.driver.tcr(1), dart.driver.hw().tcr_enabled);
        CHECK(dart.kind(Dart::iova) == FaultKind::disabled);  // no root table, and so a walk
    }
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
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    dart.table.map(Dart::iova, Dart::data, dart.page(), Perm::rw);
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
    // Nor is it remembered.
    dart.host.ram(0x4000'0000, 4_KiB);
    CHECK(dart.kind(Dart::iova) == FaultKind::translation);
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

    dart.ask(Dart::iova, Access::read, 1, true);
    dart.driver.bypass(2);
    dart.ask(Dart::data, Access::read, 2, true);
    CHECK(dart.counter("hits") == 1);
    CHECK(dart.counter("bypasses") == 0);
}

TEST_CASE("dart: whoever caches translations outside hears of every change")
{
    Dart dart("variant=t8103");
    const uint64_t before = dart.counter("invalidations");
    dart.host.unmaps.clear();
    dart.driver.invalidate(3);
    CHECK(dart.counter("invalidations") == before + 1);
    REQUIRE(dart.host.unmaps.size() == 1);
    CHECK(dart.host.unmaps[0].stream == 3);
    CHECK(dart.host.unmaps[0].address == 0);
    CHECK(dart.host.unmaps[0].size >= 1ull << 38);
    dart.driver.bypass(5);
    REQUIRE(dart.host.unmaps.size() == 2);
    CHECK(dart.host.unmaps[1].stream == 5);
}

TEST_CASE("dart: whoever caches translations outside hears of a change of the enable bits")
{
    const auto [variant, offset, streams] = GENERATE(table<std::string, uint32_t, size_t>({
        {"t8103", 0xfc, 16}, {"t8110", 0xc00, 16}, {"t8110", 0xc20, 16}, {"usb4", 0xfc, 32},
    }));
    CAPTURE(variant, offset);
    Dart dart("variant=" + variant);
    dart.host.unmaps.clear();
    dart.driver.write(offset, ~0u);
    REQUIRE(dart.host.unmaps.size() == streams);
    for (size_t i = 0; i < streams; ++i)
        CHECK(dart.host.unmaps[i].stream == i);
}
