// Caching of table entries: none, unless it is asked for.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/pamu_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("pamu: with entry-cache=on a disabled LIODN goes on, as Linux gives no command that would end it")
{
    Pamu pamu("entry-cache=on");
    pamu.driver.attach(Pamu::liodn);
    REQUIRE(pamu.at(0x1000) == 0x1000);
    pamu.driver.disable(Pamu::liodn);
    CHECK(pamu.at(0x1000) == 0x1000);
    CHECK(pamu.counter("hits") == 1);
    pamu.driver.write(PamuDriver::pc, PamuDriver::enable);  // no caches: forgotten
    CHECK(pamu.kind(0x1000) == FaultKind::disabled);
    pamu.driver.write(PamuDriver::pc, PamuDriver::enable | PamuDriver::cache_primary);
    CHECK(pamu.kind(0x1000) == FaultKind::disabled);
}

TEST_CASE("pamu: an entry that was not valid is kept as well")
{
    Pamu pamu("entry-cache=on");
    REQUIRE(pamu.kind(0x1000) == FaultKind::disabled);
    pamu.driver.attach(Pamu::liodn);
    CHECK(pamu.kind(0x1000) == FaultKind::disabled);
    CHECK(pamu.at(0x1000, Access::read, Pamu::behind(1)) == 0x1000);  // each PAMU has its own
}

TEST_CASE("pamu: a cache that PC does not enable keeps nothing")
{
    Pamu pamu("entry-cache=on");
    pamu.driver.write(PamuDriver::pc, PamuDriver::enable | PamuDriver::cache_secondary);
    pamu.driver.attach(Pamu::liodn);
    REQUIRE(pamu.at(0x1000));
    pamu.driver.disable(Pamu::liodn);
    CHECK(pamu.kind(0x1000) == FaultKind::disabled);
}

TEST_CASE("pamu: secondary entries are kept where SPCC says so")
{
    const bool kept = GENERATE(false, true);
    Pamu pamu("entry-cache=on");
    pamu.driver.write(PamuDriver::pc, PamuDriver::enable | PamuDriver::cache_primary |
                                          (kept ? PamuDriver::cache_secondary : 0));
    pamu.driver.write_primary(Pamu::liodn, {.wse = 13, .subwindows = 2, .swse = 12});
    pamu.driver.write_secondary(0, {.secondary = true, .liodn = Pamu::liodn, .translated = 0x8000, .swse = 12});
    REQUIRE(pamu.at(0x2000) == 0x8000);
    pamu.driver.write_secondary(0, {.secondary = true, .liodn = Pamu::liodn, .translated = 0xc000, .swse = 12});
    CHECK(pamu.at(0x2000) == (kept ? 0x8000 : 0xc000));
}

TEST_CASE("pamu: reset and a debugger's access leave nothing cached")
{
    Pamu pamu("entry-cache=on");
    pamu.driver.attach(Pamu::liodn);
    pamu.ask(0x1000, Access::read, Pamu::liodn, true);
    pamu.driver.disable(Pamu::liodn);
    CHECK(pamu.kind(0x1000) == FaultKind::disabled);
    pamu.iommu->reset();
    pamu.driver.probe();
    pamu.driver.attach(Pamu::liodn);
    CHECK(pamu.at(0x1000) == 0x1000);
}
