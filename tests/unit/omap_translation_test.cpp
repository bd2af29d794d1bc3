// From a master's address to memory: the switches and the tables of two levels.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/omap_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("omap: a small page is reached, and its neighbours are not")
{
    Omap omap;
    omap.map(Omap::iova, Omap::data);
    const TranslateResult result = omap.ask(Omap::iova + 0x123, Access::write);
    REQUIRE(std::holds_alternative<Translation>(result));
    CHECK(std::get<Translation>(result).address == Omap::data + 0x123);
    CHECK(std::get<Translation>(result).mask == Omap::page - 1);
    CHECK(std::get<Translation>(result).perm == Perm::rw);
    CHECK(omap.kind(Omap::iova - 1) == FaultKind::translation);
    CHECK(omap.kind(Omap::iova + Omap::page) == FaultKind::translation);
    CHECK(omap.kind(Omap::data) == FaultKind::translation);
}

TEST_CASE("omap: each of the four page sizes is reached from its first byte to its last, and no further")
{
    const auto size = GENERATE(OmapDriver::small, OmapDriver::large, OmapDriver::section, OmapDriver::supersection);
    const uint64_t bytes = OmapDriver::bytes(size);
    CAPTURE(bytes);
    const bool before = GENERATE(false, true);  // a walk, then what it left in the TLB
    Omap omap;
    omap.driver.map_as(size, Omap::iova, Omap::data);
    if (before)
        omap.at(Omap::iova + bytes / 2);
    CHECK(omap.at(Omap::iova) == Omap::data);
    CHECK(omap.at(Omap::iova + bytes - 1, Access::write) == Omap::data + bytes - 1);
    CHECK(omap.at(Omap::iova + bytes / 2 + 0x234) == Omap::data + bytes / 2 + 0x234);
    CHECK(omap.kind(Omap::iova - 1) == FaultKind::translation);
    CHECK(omap.kind(Omap::iova + bytes) == FaultKind::translation);
    CHECK(omap.counter("walks") == 3);  // one for the page, whatever its size
}

TEST_CASE("omap: the tables cover 4 GiB, from their first entry to their last")
{
    Omap omap;
    omap.map(0, Omap::data);
    omap.map(0xffff'f000, Omap::data + Omap::page);
    CHECK(omap.at(4) == Omap::data + 4);
    CHECK(omap.at(0xffff'ffff) == Omap::data + 2 * Omap::page - 1);
    CHECK(omap.kind(0x1000) == FaultKind::translation);
    CHECK(omap.kind(0xffff'efff) == FaultKind::translation);
}

TEST_CASE("omap: an entry's other bits change neither what it is nor where it leads")
{
    Omap omap;
    omap.driver.set_level_1(0x1000'0000, 0x812b'fffc | 2);  // a section: all below its base but bit 18
    omap.driver.set_level_1(0x1100'0000, 0x81ff'fffc | 2);  // a supersection
    omap.driver.set_level_2(0x1230'0000, 0x8234'5fff);      // bit 0 of a small page
    omap.driver.set_level_2(0x1231'0000, 0x8345'fffc | 1);
    CHECK(omap.at(0x1004'5678) == 0x8124'5678);
    CHECK(omap.at(0x1104'5678) == 0x8104'5678);
    CHECK(omap.at(0x1230'0678) == 0x8234'5678);
    CHECK(omap.at(0x1231'0678) == 0x8345'0678);
}

TEST_CASE("omap: an invalid entry faults at its level")
{
    Omap omap;
    const auto level = [&](uint64_t address) {
        const TranslateResult result = omap.ask(address);
        const auto *fault = std::get_if<Fault>(&result);
        REQUIRE(fault);
        CHECK(fault->kind == FaultKind::translation);
        return fault->level;
    };
    omap.driver.set_level_1(0x1000'0000, 0xffff'fffc);
    omap.driver.set_level_1(0x1010'0000, 0xffff'ffff);  // 3 is no type
    omap.driver.set_level_2(0x1020'0000, 0xffff'fffc);
    CHECK(level(0x1000'0000) == 0);
    CHECK(level(0x1010'0000) == 0);
    CHECK(level(0x1020'0000) == 1);
}

TEST_CASE("omap: a disabled MMU passes addresses as they are, and keeps its TLB")
{
    Omap omap;
    omap.map(Omap::iova, Omap::data);
    REQUIRE(omap.at(Omap::iova) == Omap::data);
    omap.host.unmaps.clear();
    omap.driver.detach();
    CHECK(omap.host.unmaps.size() == omap.iommu->shape().streams);
    CHECK(omap.at(Omap::iova + 8, Access::write) == Omap::iova + 8);
    CHECK(omap.counter("bypasses") == 1);
    omap.driver.set_level_2(Omap::iova, 0);
    omap.driver.enable(true);
    CHECK(omap.at(Omap::iova) == Omap::data);
}

TEST_CASE("omap: an address that 32 lines cannot carry faults, translated or not, and is in no register")
{
    Omap omap;
    omap.map(0, Omap::data);
    for (bool translated : {true, false}) {
        if (!translated)
            omap.driver.detach();
        CHECK(omap.kind(1ull << 32) == FaultKind::address_size);
        CHECK(omap.kind(~0ull, Access::write) == FaultKind::address_size);
    }
    CHECK(omap.driver.report().causes == 0);
}

TEST_CASE("omap: all masters of the subsystem share tables and TLB, and no other exists")
{
    Omap omap;
    omap.map(Omap::iova, Omap::data);
    CHECK(omap.at(Omap::iova, Access::read, 0) == Omap::data);
    CHECK(omap.at(Omap::iova, Access::read, 15) == Omap::data);
    CHECK(omap.counter("walks") == 1);
    CHECK(omap.counter("hits") == 1);
    CHECK(omap.iommu->iommu_cells(3).empty());
    CHECK(omap.kind(Omap::iova, Access::read, 16) == FaultKind::unknown_stream);
    CHECK(omap.driver.report().causes == 0);
}

TEST_CASE("omap: the walk begins at TTB's 16 KiB, and a new TTB drops no translation")
{
    Omap omap;
    omap.map(Omap::iova, Omap::data);
    REQUIRE(omap.at(Omap::iova) == Omap::data);
    OmapDriver other(omap.host, *omap.iommu, Omap::tables + 4_MiB + OmapDriver::level_1_size);
    other.map_as(OmapDriver::small, Omap::iova, Omap::data + Omap::page);
    // Bits 13 to 7 are there, and nothing is done with them.
    omap.driver.write(OmapDriver::ttb, uint32_t(other.level_1()) | 0x3fff);
    CHECK(omap.driver.read(OmapDriver::ttb) == (other.level_1() | 0x3f80));
    CHECK(omap.at(Omap::iova) == Omap::data);
    omap.driver.flush_all();
    CHECK(omap.at(Omap::iova) == Omap::data + Omap::page);
}

TEST_CASE("omap: a table where no memory answers is a fault of its own, at its level, and is not remembered")
{
    Omap omap;
    omap.map(Omap::iova, Omap::data);
    omap.driver.write(OmapDriver::ttb, 0x0400'0000);
    CHECK(omap.kind(Omap::iova) == FaultKind::walk_abort);
    omap.driver.write(OmapDriver::ttb, uint32_t(omap.driver.level_1()));
    CHECK(omap.at(Omap::iova) == Omap::data);
    omap.driver.set_level_1(Omap::iova + 1_MiB, 0x0400'0001);
    const TranslateResult result = omap.ask(Omap::iova + 1_MiB);
    REQUIRE(std::holds_alternative<Fault>(result));
    CHECK(std::get<Fault>(result).kind == FaultKind::walk_abort);
    CHECK(std::get<Fault>(result).level == 1);
}

TEST_CASE("omap: a debugger leaves no trace, and a hit walks no table")
{
    Omap omap;
    omap.map(Omap::iova, Omap::data);
    omap.ask(Omap::iova, Access::read, 1, true);
    omap.ask(0, Access::read, 1, true);
    for (const char *name : {"translations", "walks", "faults", "bypasses"})
        CHECK(omap.counter(name) == 0);
    CHECK(omap.driver.report().causes == 0);
    CHECK(omap.driver.valid_entries().empty());

    omap.at(Omap::iova);
    omap.at(Omap::iova + 8);
    CHECK(omap.counter("misses") == 1);
    CHECK(omap.counter("hits") == 1);
    CHECK(omap.counter("walks") == 1);
}

TEST_CASE("omap: the DSP subsystem's switch takes the MMU out of the way")
{
    Omap omap("variant=dra7-dsp");
    constexpr uint32_t mmu_config = 0x18;
    const auto config = [&](uint32_t value) { omap.iommu->mmio_write(1, mmu_config, value, 4); };
    omap.map(Omap::iova, Omap::data);
    CHECK(omap.at(Omap::iova) == Omap::iova);
    config(1u << 4);  // the other MMU of the two
    CHECK(omap.at(Omap::iova) == Omap::iova);
    config(1);  // dra7_cfg_dspsys_mmu
    CHECK(omap.at(Omap::iova) == Omap::data);
    CHECK(omap.kind(0) == FaultKind::translation);
    config(~0u);
    CHECK(omap.iommu->mmio_read(1, mmu_config, 4) == 0x11);
    omap.iommu->reset();
    CHECK(omap.iommu->mmio_read(1, mmu_config, 4) == 0);
}
