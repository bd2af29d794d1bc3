// From the client's address to memory: the range, the flat table, and what the TLB keeps.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/sprd_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

const std::string any_version()
{
    return GENERATE(std::string("ex"), std::string("vau"));
}

}  // namespace

TEST_CASE("sprd: a mapped page is reached, and its neighbours are not")
{
    Sprd sprd(any_version());
    sprd.map(Sprd::iova, Sprd::data);
    const TranslateResult result = sprd.ask(Sprd::iova + 0x123, Access::write);
    REQUIRE(std::holds_alternative<Translation>(result));
    CHECK(std::get<Translation>(result).address == Sprd::data + 0x123);
    CHECK(std::get<Translation>(result).mask == Sprd::page - 1);
    CHECK(sprd.counter("faults") == 0);
    CHECK(sprd.faults(Sprd::iova - 1));
    CHECK(sprd.faults(Sprd::iova + Sprd::page));
    CHECK(sprd.faults(Sprd::data));
}

TEST_CASE("sprd: the table covers 256 MiB, from its first entry to its last, and what is beyond faults")
{
    Sprd sprd(any_version());
    sprd.map(0, Sprd::data);
    sprd.map(Sprd::aperture - Sprd::page, Sprd::data + Sprd::page);
    // An entry beyond the table's end must not be looked at.
    sprd.map(Sprd::aperture, Sprd::data);
    CHECK(sprd.at(4) == Sprd::data + 4);
    CHECK(sprd.at(Sprd::aperture - 1) == Sprd::data + 2 * Sprd::page - 1);
    CHECK(sprd.faults(Sprd::aperture));
    CHECK(sprd.faults(0xffff'ffff));
    CHECK(sprd.counter("walks") == 2);
}

TEST_CASE("sprd: the table begins at FIRST_VPN, and VPN_RANGE is its last page")
{
    Sprd sprd(any_version());
    sprd.map(0, Sprd::data, 3 * Sprd::page);
    sprd.driver.write(sprd.driver.registers().first_vpn, 0x80000);
    sprd.driver.write(sprd.driver.registers().vpn_range, 1);
    CHECK(sprd.at(0x8000'0000) == Sprd::data);
    CHECK(sprd.at(0x8000'1fff) == Sprd::data + 0x1fff);
    CHECK(sprd.faults(0x8000'2000));
    CHECK(sprd.faults(0x7fff'f000));
    CHECK(sprd.faults(0));
    // It is looked at for every transaction, whatever the TLB has.
    sprd.driver.write(sprd.driver.registers().vpn_range, 0);
    CHECK(sprd.faults(0x8000'1000));
    sprd.driver.write(sprd.driver.registers().first_vpn, 0x80001);
    CHECK(sprd.faults(0x8000'0000));
}

TEST_CASE("sprd: a range that runs beyond 4 GiB ends there")
{
    Sprd sprd(any_version());
    sprd.map(0, Sprd::data, 2 * Sprd::page);
    sprd.driver.write(sprd.driver.registers().first_vpn, 0xfffff);
    sprd.driver.write(sprd.driver.registers().vpn_range, 0xfffff);
    CHECK(sprd.at(0xffff'f000) == Sprd::data);
    CHECK(sprd.faults(0));
    CHECK(sprd.kind(1ull << 32) == FaultKind::address_size);
}

TEST_CASE("sprd: an address that 32 lines cannot carry is refused, translated or not")
{
    const bool translated = GENERATE(false, true);
    Sprd sprd(any_version());
    sprd.driver.enable(translated);
    CHECK(sprd.kind(1ull << 32) == FaultKind::address_size);
    CHECK(sprd.kind(~0ull, Access::write) == FaultKind::address_size);
    CHECK(sprd.counter("faults-address-size") == 2);
}

TEST_CASE("sprd: an entry is a page's number, all 32 bits of it")
{
    Sprd sprd(any_version());
    sprd.driver.set_entry(Sprd::iova, 0xffff'fffe);
    sprd.driver.set_entry(Sprd::iova + Sprd::page, 1);
    sprd.map(Sprd::iova + 2 * Sprd::page, 0x1'8000'0000);  // beyond 4 GiB
    CHECK(sprd.at(Sprd::iova + 8) == 0xfff'ffff'e008);
    CHECK(sprd.at(Sprd::iova + Sprd::page + 8) == 0x1008);
    CHECK(sprd.at(Sprd::iova + 2 * Sprd::page + 8) == 0x1'8000'0008);
}

TEST_CASE("sprd: what drivers unmap with is unmapped: zero, and all ones")
{
    const uint32_t entry = GENERATE(0u, ~0u);
    Sprd sprd(any_version());
    sprd.map(Sprd::iova, Sprd::data);
    sprd.driver.set_entry(Sprd::iova, entry);
    sprd.driver.sync();
    CHECK(sprd.faults(Sprd::iova));
}

TEST_CASE("sprd: an entry has no permissions")
{
    Sprd sprd(any_version());
    sprd.map(Sprd::iova, Sprd::data);
    for (Access access : {Access::read, Access::write}) {
        const TranslateResult result = sprd.ask(Sprd::iova, access);
        REQUIRE(std::holds_alternative<Translation>(result));
        CHECK(std::get<Translation>(result).perm == Perm::rw);
    }
}

TEST_CASE("sprd: whoever is behind the block sees the one table")
{
    Sprd sprd(any_version());
    sprd.map(Sprd::iova, Sprd::data);
    CHECK(sprd.at(Sprd::iova, Access::read, 0) == Sprd::data);
    CHECK(sprd.at(Sprd::iova, Access::read, 15) == Sprd::data);
    CHECK(sprd.counter("walks") == 1);
    CHECK(sprd.kind(Sprd::iova, Access::read, 16) == FaultKind::unknown_stream);
    CHECK(sprd.iommu->iommu_cells(15).empty());
}

TEST_CASE("sprd: the table is where FIRST_PPN says, above 4 GiB too, and a new place drops no translation")
{
    Sprd sprd(any_version());
    sprd.host.ram(0x2'0000'0000, 1_MiB);
    sprd.map(Sprd::iova, Sprd::data);
    REQUIRE(sprd.at(Sprd::iova) == Sprd::data);
    sprd.host.memory().store<uint32_t>(0x2'0000'0000 + (Sprd::iova >> 12) * 4, uint32_t(Sprd::protect >> 12) + 1);
    sprd.driver.write(sprd.driver.registers().first_ppn, 0x200000);
    CHECK(sprd.at(Sprd::iova) == Sprd::data);
    sprd.driver.sync();
    CHECK(sprd.at(Sprd::iova) == Sprd::protect + Sprd::page);
}

TEST_CASE("sprd: an unmapped page stays reachable until UPDATE is written")
{
    Sprd sprd(any_version());
    sprd.map(Sprd::iova, Sprd::data);
    REQUIRE(sprd.at(Sprd::iova) == Sprd::data);
    sprd.driver.unmap(Sprd::iova, Sprd::page);
    CHECK(sprd.at(Sprd::iova) == Sprd::data);
    sprd.driver.write(sprd.driver.registers().update, 0);
    CHECK(sprd.at(Sprd::iova) == Sprd::data);
    CHECK(sprd.counter("invalidations") == 1);  // the map's
    sprd.driver.sync();
    CHECK(sprd.counter("invalidations") == 2);
    CHECK(sprd.faults(Sprd::iova));
}

TEST_CASE("sprd: any bit of UPDATE drops everything")
{
    const unsigned bit = GENERATE(range(0u, 32u));
    Sprd sprd;
    sprd.map(Sprd::iova, Sprd::data);
    sprd.at(Sprd::iova);
    sprd.driver.unmap(Sprd::iova, Sprd::page);
    sprd.driver.write(sprd.driver.registers().update, 1u << bit);
    CHECK(sprd.faults(Sprd::iova));
}

TEST_CASE("sprd: that nothing is mapped is remembered too, and dropped by UPDATE")
{
    Sprd sprd(any_version());
    REQUIRE(sprd.faults(Sprd::iova));
    sprd.driver.map(Sprd::iova, Sprd::data, Sprd::page);
    CHECK(sprd.faults(Sprd::iova));
    sprd.driver.sync();
    CHECK(sprd.at(Sprd::iova) == Sprd::data);
}

TEST_CASE("sprd: turning the block off and on drops no translation")
{
    Sprd sprd(any_version());
    sprd.map(Sprd::iova, Sprd::data);
    REQUIRE(sprd.at(Sprd::iova) == Sprd::data);
    sprd.driver.unmap(Sprd::iova, Sprd::page);
    sprd.driver.attach();
    CHECK(sprd.at(Sprd::iova) == Sprd::data);
    sprd.driver.sync();
    CHECK(sprd.faults(Sprd::iova));
}

TEST_CASE("sprd: an UPDATE while a walk is under way leaves no stale entry")
{
    Sprd sprd(any_version());
    sprd.map(Sprd::iova, Sprd::data);
    // The entry was read; then software unmaps the page, and invalidates it.
    sprd.host.memory().after_read = [&, reads = 0]() mutable {
        if (++reads != 1)
            return;
        sprd.driver.unmap(Sprd::iova, Sprd::page);
        sprd.driver.sync();
    };
    CHECK(sprd.at(Sprd::iova) == Sprd::data);  // that transaction came first
    CHECK(sprd.faults(Sprd::iova));
}

TEST_CASE("sprd: a block that is off passes every address untranslated, and so does a fresh one")
{
    Sprd sprd(any_version());
    const bool fresh = GENERATE(false, true);
    sprd.map(Sprd::iova, Sprd::data);
    if (fresh)
        sprd.iommu->reset();
    else
        sprd.driver.enable(false);
    CHECK(sprd.at(Sprd::iova) == Sprd::iova);
    CHECK(sprd.at(0xffff'f123, Access::write) == 0xffff'f123);
    CHECK(sprd.counter("bypasses") == 2);
    CHECK(sprd.counter("faults") == 0);
}

TEST_CASE("sprd: EN alone turns the block on and off, whatever the TLB has")
{
    Sprd sprd(any_version());
    sprd.map(Sprd::iova, Sprd::data);
    const uint32_t config = sprd.driver.registers().config;
    sprd.driver.write(config, SprdDriver::en);
    CHECK(sprd.at(Sprd::iova) == Sprd::data);
    sprd.driver.write(config, SprdDriver::gate_en);
    CHECK(sprd.at(Sprd::iova) == Sprd::iova);
    sprd.driver.write(config, SprdDriver::en);
    CHECK(sprd.at(Sprd::iova) == Sprd::data);
}

TEST_CASE("sprd: VAOR_BYPASS passes what is outside the range, and nothing inside")
{
    Sprd sprd(any_version());
    sprd.map(Sprd::iova, Sprd::data);
    const uint32_t config = sprd.driver.registers().config;
    sprd.driver.write(config, sprd.driver.read(config) | SprdDriver::vaor_bypass);
    CHECK(sprd.at(Sprd::aperture + 4) == Sprd::aperture + 4);
    CHECK(sprd.counter("bypasses") == 1);
    CHECK(sprd.at(Sprd::iova) == Sprd::data);
    CHECK(sprd.faults(Sprd::iova + Sprd::page));
    // What the driver does next keeps the bit (sprd_iommu_update_bits()).
    sprd.driver.attach();
    CHECK(sprd.at(Sprd::aperture) == Sprd::aperture);
}

TEST_CASE("sprd: a hit walks no table, and a debugger leaves no trace")
{
    Sprd sprd;
    sprd.map(Sprd::iova, Sprd::data);
    for (uint64_t address : {Sprd::iova, uint64_t(0), Sprd::aperture})
        sprd.ask(address, Access::read, Sprd::client, true);
    for (const char *name : {"translations", "walks", "faults", "bypasses"})
        CHECK(sprd.counter(name) == 0);

    sprd.at(Sprd::iova);
    sprd.at(Sprd::iova + 8);
    CHECK(sprd.counter("misses") == 1);
    CHECK(sprd.counter("hits") == 1);
    CHECK(sprd.counter("walks") == 1);
}

TEST_CASE("sprd: a translation that was in use before reset is gone after it")
{
    Sprd sprd;
    sprd.map(Sprd::iova, Sprd::data);
    REQUIRE(sprd.at(Sprd::iova) == Sprd::data);
    sprd.iommu->reset();
    sprd.driver.unmap(Sprd::iova, Sprd::page);
    sprd.driver.attach();
    CHECK(sprd.faults(Sprd::iova));
}

TEST_CASE("sprd: whoever caches a page outside hears of UPDATE, and of the block's being turned off")
{
    Sprd sprd;
    for (const auto act : {+[](SprdDriver &driver) { driver.sync(); },
                           +[](SprdDriver &driver) { driver.enable(false); }}) {
        sprd.host.unmaps.clear();
        act(sprd.driver);
        REQUIRE(sprd.host.unmaps.size() == 16);
        for (uint32_t stream = 0; stream < 16; ++stream) {
            CHECK(sprd.host.unmaps[stream].stream == stream);
            CHECK(sprd.host.unmaps[stream].address == 0);
            CHECK(sprd.host.unmaps[stream].size >= 1ull << 32);
        }
    }
}
