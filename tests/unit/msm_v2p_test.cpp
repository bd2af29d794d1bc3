// Lookups that software asks for: V2Pxx and PAR.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/msm_fixture.hpp"

using namespace soc;
using namespace soc::test;
using D = MsmDriver;

TEST_CASE("msm: the driver finds the address of a page of every size, and 0 where there is none")
{
    const uint64_t size = GENERATE(V7sTable::small, V7sTable::large, V7sTable::section, V7sTable::supersection);
    Msm msm;
    msm.map(0x4500'0000, 0x8700'0000, size);
    for (uint64_t offset : {uint64_t(0), uint64_t(0x678), size - 1})
        CHECK(msm.driver.iova_to_phys(Msm::ctx, 0x4500'0000 + offset) == 0x8700'0000 + offset);
    CHECK(msm.driver.iova_to_phys(Msm::ctx, 0x4500'0000 + size) == 0);
    CHECK(msm.driver.iova_to_phys(Msm::other_ctx, 0x4500'0000) == 0);
}

TEST_CASE("msm: PAR has the page's address and shareability, and of a supersection its base")
{
    Msm msm;
    msm.map(Msm::iova, Msm::data);
    msm.map(Msm::iova + Msm::page, Msm::data, Msm::page, {.shareable = false});
    msm.map(0x4500'0000, 0x8700'0000, V7sTable::supersection);
    CHECK(msm.par(D::v2ppr, Msm::iova | 0xfff) == (Msm::data | 1u << 7));
    CHECK(msm.par(D::v2ppr, Msm::iova + Msm::page) == Msm::data);
    CHECK(msm.par(D::v2ppr, 0x45ab'c000) == (0x8700'0000 | 1u << 7 | 2));
}

TEST_CASE("msm: PAR tells why a lookup failed, and neither FSR nor a line nor a counter of DMA does")
{
    Msm msm;
    msm.map(Msm::iova, Msm::data, Msm::page, {.write = false, .unprivileged = false});
    msm.map(Msm::iova + Msm::page, Msm::data, Msm::page, {.access_flag = false});
    CHECK(msm.par(D::v2ppr, Msm::iova - 1_MiB) == (1 | D::tf));
    CHECK(msm.par(D::v2ppr, Msm::iova + 2 * Msm::page) == (1 | D::tf | D::sl));
    CHECK(msm.par(D::v2ppr, Msm::iova + Msm::page) == (1 | D::aff | D::sl));
    CHECK(msm.par(D::v2ppr, Msm::iova) == (Msm::data | 1u << 7));
    CHECK(msm.par(D::v2ppw, Msm::iova) == (1 | D::apf | D::sl));
    CHECK(msm.par(D::v2pur, Msm::iova) == (1 | D::apf | D::sl));
    CHECK(msm.par(D::v2puw, Msm::iova) == (1 | D::apf | D::sl));
    msm.driver.write(Msm::ctx, D::ttbr0, 0x0400'0000);
    CHECK(msm.par(D::v2ppr, Msm::iova) == (1 | D::htwdeef));
    CHECK(msm.driver.read(Msm::ctx, D::fsr) == 0);
    CHECK_FALSE(msm.line(0));
    CHECK(msm.counter("translations") == 0);
    CHECK(msm.counter("faults") == 0);
}

TEST_CASE("msm: a lookup of each kind asks for its own permission")
{
    Msm msm;
    msm.map(Msm::iova, Msm::data, Msm::page, {.write = true, .unprivileged = false});
    msm.map(Msm::iova + Msm::page, Msm::data, Msm::page, {.write = false});
    CHECK((msm.par(D::v2ppr, Msm::iova) & 1) == 0);
    CHECK((msm.par(D::v2ppw, Msm::iova) & 1) == 0);
    CHECK((msm.par(D::v2pur, Msm::iova) & 1) == 1);
    CHECK((msm.par(D::v2puw, Msm::iova) & 1) == 1);
    CHECK((msm.par(D::v2pur, Msm::iova + Msm::page) & 1) == 0);
    CHECK((msm.par(D::v2puw, Msm::iova + Msm::page) & 1) == 1);
}

TEST_CASE("msm: a lookup takes what the TLB has, says so in V2PSR, and keeps nothing itself")
{
    Msm msm;
    msm.map(Msm::iova, Msm::data);
    CHECK(msm.par(D::v2ppr, Msm::iova) == (Msm::data | 1u << 7));
    CHECK(msm.driver.read(Msm::ctx, D::v2psr) == 0);
    msm.table.map(Msm::iova, Msm::data + Msm::page, Msm::page);
    CHECK(msm.at(Msm::iova) == Msm::data + Msm::page);  // the lookup's answer was not kept
    msm.table.map(Msm::iova, Msm::data, Msm::page);
    CHECK(msm.par(D::v2ppr, Msm::iova) == ((Msm::data + Msm::page) | 1u << 7));
    CHECK(msm.driver.read(Msm::ctx, D::v2psr) == 1);
    CHECK(msm.driver.iova_to_phys(Msm::ctx, Msm::iova) == Msm::data);  // which is why the driver invalidates first
    CHECK(msm.driver.read(Msm::ctx, D::v2psr) == 0);
}

TEST_CASE("msm: with V2PCFG other than 3 a lookup looks into the TLB alone, and without M at nothing")
{
    Msm msm;
    msm.map(Msm::iova, Msm::data);
    msm.driver.set_field(D::actlr + (Msm::ctx << 12), 3, 16, GENERATE(0u, 1u, 2u));
    CHECK(msm.par(D::v2ppr, Msm::iova) == (1 | D::tlbmf));
    REQUIRE(msm.at(Msm::iova));
    CHECK(msm.par(D::v2ppr, Msm::iova) == (Msm::data | 1u << 7));
    msm.driver.clear_bits(Msm::ctx, D::sctlr, D::m);
    CHECK(msm.par(D::v2ppr, 0x1234'5678) == 0x1234'5000);
}
