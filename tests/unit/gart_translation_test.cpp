// From an address to memory: the aperture, the addresses beside it, and the table behind its window.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/gart_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("gart: a mapped page is reached, and its neighbours are not")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    CHECK(gart.at(Gart::iova) == Gart::data);
    CHECK(gart.at(Gart::iova + 0xfff, Access::write) == Gart::data + 0xfff);
    CHECK(gart.kind(Gart::iova - 1) == FaultKind::translation);
    CHECK(gart.kind(Gart::iova + 4_KiB) == FaultKind::translation);
}

TEST_CASE("gart: the aperture's first and last page have entries of their own")
{
    Gart gart;
    gart.driver.map(Gart::base, Gart::data);
    gart.driver.map(Gart::base + Gart::size - 4_KiB, Gart::data + 4_KiB);
    CHECK(gart.at(Gart::base) == Gart::data);
    CHECK(gart.at(Gart::base + Gart::size - 1) == Gart::data + 0x1fff);
    CHECK(gart.kind(Gart::base + 4_KiB) == FaultKind::translation);
    CHECK(gart.kind(Gart::base + Gart::size - 4_KiB - 1) == FaultKind::translation);
}

TEST_CASE("gart: every client sees one table")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    for (uint32_t client = 0; client < GartDriver::clients; ++client)
        CHECK(gart.at(Gart::iova, Access::read, client) == Gart::data);
    CHECK(gart.kind(Gart::iova, Access::read, GartDriver::clients) == FaultKind::unknown_stream);
}

TEST_CASE("gart: addresses outside the aperture pass untranslated")
{
    Gart gart;
    gart.host.ram(Gart::base - 4_KiB, 4_KiB);
    gart.host.ram(Gart::base + Gart::size, 4_KiB);
    for (uint64_t address : {Gart::ram, Gart::data + 5, Gart::base - 1, Gart::base + Gart::size})
        CHECK(gart.at(address, Access::write) == address);
    CHECK(gart.counter("bypasses") == 4);
    CHECK(gart.counter("translations") == 0);
}

TEST_CASE("gart: what passes untranslated is told in blocks that stop at the aperture")
{
    Gart gart;
    gart.host.ram(Gart::base - 4_KiB, 4_KiB);
    for (uint64_t address : {Gart::ram, Gart::base - 1}) {
        const TranslateResult result = gart.ask(address);
        REQUIRE(std::holds_alternative<Translation>(result));
        const uint64_t mask = std::get<Translation>(result).mask;
        CHECK((mask & (mask + 1)) == 0);
        CHECK(mask >= 32_MiB - 1);
        CHECK((address | mask) < Gart::base);
    }
}

TEST_CASE("gart: whatever is mapped may be written")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    const TranslateResult result = gart.ask(Gart::iova);
    REQUIRE(std::holds_alternative<Translation>(result));
    CHECK(std::get<Translation>(result).perm == Perm::rw);
    CHECK(std::get<Translation>(result).mask == 0xfff);
}

TEST_CASE("gart: an entry that is changed is obeyed at once")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    REQUIRE(gart.at(Gart::iova) == Gart::data);
    gart.driver.map(Gart::iova, Gart::data + 4_KiB);
    CHECK(gart.at(Gart::iova) == Gart::data + 4_KiB);
    gart.driver.unmap(Gart::iova);
    CHECK(gart.kind(Gart::iova) == FaultKind::translation);
    CHECK(gart.counter("translations") == 3);
    CHECK(gart.counter("walks") == 3);
    CHECK(gart.counter("hits") == 0);
}

TEST_CASE("gart: a disabled GART lets the aperture end at the check of the bounds")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    gart.driver.write(GartDriver::config, 0);
    CHECK(gart.kind(Gart::iova) == FaultKind::bus);
    CHECK(gart.at(Gart::data) == Gart::data);
    CHECK(gart.driver.report()->interrupt == GartDriver::int_decerr);
    gart.driver.write(GartDriver::config, 1);
    CHECK(gart.at(Gart::iova) == Gart::data);
}

TEST_CASE("gart: a physical address of 2 GiB and more loses its upper bit")
{
    // The bit is VALID's place: what Linux ORs into the entry is gone.
    Gart gart;
    gart.driver.map(Gart::iova, 0x8000'0000 | Gart::data);
    CHECK(gart.driver.read_pte(Gart::iova) == (GartDriver::valid | uint32_t(Gart::data)));
    CHECK(gart.at(Gart::iova) == Gart::data);
}

TEST_CASE("gart: an address beyond 32 bits is none that a client could send")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    CHECK(gart.kind((1ull << 32) + Gart::iova) == FaultKind::address_size);
    CHECK(gart.kind((1ull << 32) + Gart::data) == FaultKind::address_size);
    CHECK_FALSE(gart.driver.report());
}

TEST_CASE("gart: the aperture's place and size are options, and the entries follow")
{
    const auto options = GENERATE(as<std::string>{}, "aperture-base=0x80000000,aperture-size=64M",
                                  "aperture-base=0xf0000000,aperture-size=256M",
                                  "aperture-base=0x60010000,aperture-size=64k");
    CAPTURE(options);
    Gart gart(options);
    const uint64_t first = gart.driver.begin(), last = gart.driver.end() - 4_KiB;
    gart.driver.map(first, Gart::data);
    gart.driver.map(last, Gart::data + 4_KiB);
    CHECK(gart.at(first) == Gart::data);
    CHECK(gart.at(last) == Gart::data + 4_KiB);
    CHECK(gart.kind(first + 4_KiB) == FaultKind::translation);
    CHECK(gart.kind(first - 1) == FaultKind::bus);  // no memory is there
    CHECK(gart.kind(Gart::base) == FaultKind::bus);
    CHECK(gart.driver.read_pte(last) == (GartDriver::valid | uint32_t(Gart::data + 4_KiB)));
}

TEST_CASE("gart: a debugger's access leaves no trace")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    const TranslateResult found = gart.ask(Gart::iova, Access::read, Gart::reader, true);
    REQUIRE(std::holds_alternative<Translation>(found));
    CHECK(std::get<Translation>(found).address == Gart::data);
    for (uint64_t address : {Gart::base, Gart::data, uint64_t(0)})
        gart.ask(address, Access::read, Gart::reader, true);
    for (const char *name : {"translations", "walks", "bypasses", "faults"})
        CHECK(gart.counter(name) == 0);
    CHECK_FALSE(gart.driver.report());
    CHECK_FALSE(gart.host.run_deferred(*gart.iommu));
}

TEST_CASE("gart: whoever keeps translations outside hears of those that are gone, for every client")
{
    Gart gart;
    CHECK(gart.host.unmaps.size() == GartDriver::clients);  // GART_CONFIG; no entry was valid
    gart.host.unmaps.clear();
    gart.driver.map(Gart::iova, Gart::data);
    gart.driver.map(Gart::iova, Gart::data);
    CHECK(gart.host.unmaps.empty());
    gart.driver.unmap(Gart::iova);
    REQUIRE(gart.host.unmaps.size() == GartDriver::clients);
    for (uint32_t client = 0; client < GartDriver::clients; ++client) {
        CHECK(gart.host.unmaps[client].stream == client);
        CHECK(gart.host.unmaps[client].address == Gart::iova);
        CHECK(gart.host.unmaps[client].size == 4_KiB);
    }
    gart.host.unmaps.clear();
    gart.driver.write(GartDriver::config, 0);
    REQUIRE(gart.host.unmaps.size() == GartDriver::clients);
    CHECK(gart.host.unmaps[0].address == Gart::base);
    CHECK(gart.host.unmaps[0].size == Gart::size);
}
