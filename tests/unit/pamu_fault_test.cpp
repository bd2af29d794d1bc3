// What a refused access leaves in the registers, and the interrupt.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/pamu_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("pamu: a violation tells its cause, its LIODN and its address, in the PAMU that saw it")
{
    Pamu pamu;
    for (unsigned of = 0; of < 5; ++of) {
        const uint32_t liodn = 0x4f0 + of;
        const uint64_t address = 0xa'1234'5678 + of;
        pamu.at(address, Access::write, Pamu::behind(of, liodn));
        for (unsigned other = 0; other < 5; ++other) {
            const PamuDriver::Report report = pamu.driver.report(other);
            CHECK(report.stat == (other == of));
            CHECK(report.avs1 == (other == of ? liodn << 16 | 2u << 10 | 1 : 0));
            CHECK(report.address == (other == of ? address : 0));
            CHECK(report.entry == 0);  // the handler would read what is there
        }
        pamu.driver.acknowledge(of);
        CHECK_FALSE(pamu.driver.report(of).stat);
        pamu.iommu->reset();
        pamu.driver.probe();
    }
}

TEST_CASE("pamu: each cause has its field of AVS1")
{
    Pamu pamu;
    const auto why = [&](uint64_t address, Access access) {
        pamu.at(address, access);
        const uint32_t found = pamu.driver.report().why();
        pamu.driver.acknowledge();
        return found;
    };
    CHECK(why(0, Access::read) == 2u << 10);
    pamu.driver.write_primary(Pamu::liodn, {.wse = 11, .ap = 0});
    CHECK(why(0, Access::read) == 1u << 3);
    CHECK(why(0, Access::write) == 2u << 3);
    CHECK(why(0x1000, Access::read) == 1u << 7);
}

TEST_CASE("pamu: the first violation stays until it is cleared, and later ones are lost")
{
    Pamu pamu;
    pamu.at(0x1000);
    pamu.at(0x2000, Access::read, Pamu::behind(0, 8));
    CHECK(pamu.driver.report().address == 0x1000);
    CHECK(pamu.driver.report().liodn() == Pamu::liodn);
    pamu.driver.acknowledge();
    pamu.driver.write(PamuDriver::avs1, ~0u);
    CHECK(pamu.driver.report().avs1 == Pamu::liodn << 16);  // its LIODN is no bit that a one clears
    pamu.at(0x3000, Access::read, Pamu::behind(0, 8));
    CHECK(pamu.driver.report().address == 0x3000);
    CHECK(pamu.driver.report().liodn() == 8);
    CHECK(pamu.counter("faults") == 3);
}

TEST_CASE("pamu: the line rises from deferred work and falls with the acknowledgement")
{
    Pamu pamu;
    pamu.at(0x1000, Access::read, Pamu::behind(4));
    CHECK_FALSE(pamu.host.line(0));  // the faulting thread must not touch it
    CHECK(pamu.host.run_deferred(*pamu.iommu));
    CHECK(pamu.host.line(0));
    pamu.at(0x1000, Access::read, Pamu::behind(1));
    pamu.host.run_deferred(*pamu.iommu);
    pamu.driver.acknowledge(4);
    CHECK(pamu.host.line(0));  // one line for all of them
    pamu.driver.acknowledge(1);
    CHECK_FALSE(pamu.host.line(0));
}

TEST_CASE("pamu: PICS enables the line, and its status follows AVS1 whatever it enables")
{
    Pamu pamu;
    pamu.driver.write(PamuDriver::pics, PamuDriver::violation_stat);
    CHECK(pamu.driver.read(PamuDriver::pics) == 0);
    pamu.at(0x1000);
    pamu.host.run_deferred(*pamu.iommu);
    CHECK(pamu.driver.read(PamuDriver::pics) == PamuDriver::violation_stat);
    CHECK_FALSE(pamu.host.line(0));
    pamu.driver.write(PamuDriver::pics, PamuDriver::violation_enable);
    CHECK(pamu.driver.read(PamuDriver::pics) == (PamuDriver::violation_stat | PamuDriver::violation_enable));
    CHECK(pamu.host.line(0));
    pamu.driver.write(PamuDriver::avs1, 1);
    CHECK(pamu.driver.read(PamuDriver::pics) == PamuDriver::violation_enable);
    CHECK_FALSE(pamu.host.line(0));
}

TEST_CASE("pamu: a table that cannot be read is an operation error of the PAMU's own, with the entry's address")
{
    Pamu pamu;
    pamu.driver.write(PamuDriver::ppbal, 0x0400'0000);
    pamu.driver.write(PamuDriver::pplal, 0x0401'4000);
    CHECK(pamu.kind(0x1000) == FaultKind::walk_abort);
    CHECK(pamu.driver.read(PamuDriver::poes1) == 1);
    CHECK(pamu.driver.report().entry == 0x0400'0000 + Pamu::liodn * PamuDriver::entry_size);
    CHECK_FALSE(pamu.driver.report().stat);
    pamu.kind(0x1000, Access::read, 8);
    CHECK(pamu.driver.report().entry == 0x0400'0000 + Pamu::liodn * PamuDriver::entry_size);
    pamu.driver.write(PamuDriver::poes1, 1);
    CHECK(pamu.driver.read(PamuDriver::poes1) == 0);
    CHECK_FALSE(pamu.host.run_deferred(*pamu.iommu));

    PamuDriver high(pamu.host, *pamu.iommu, 0xa'0400'0000);
    high.probe();
    CHECK(pamu.kind(0x1000, Access::read, Pamu::behind(3)) == FaultKind::walk_abort);
    CHECK(high.report(3).entry == 0xa'0400'0000 + Pamu::liodn * PamuDriver::entry_size);
    CHECK(high.read(PamuDriver::poes1, 3) == 1);
    CHECK(high.read(PamuDriver::poes1, 0) == 0);
}

TEST_CASE("pamu: a pending violation survives save and load")
{
    Pamu pamu;
    pamu.at(0xf'0000'1000, Access::write, Pamu::behind(3));
    pamu.host.run_deferred(*pamu.iommu);
    StateWriter out;
    pamu.iommu->save(out);

    FakeHost other;
    other.ram(Pamu::ram, Pamu::ram_size);
    auto copy = make_iommu(other, "fsl-pamu");
    StateReader in(out.data());
    copy->load(in);
    REQUIRE(in.complete());
    CHECK(other.line(0));
    PamuDriver driver(other, *copy, Pamu::tables);
    CHECK(driver.report(3).address == 0xf'0000'1000);
    CHECK(driver.report(3).liodn() == Pamu::liodn);
    driver.acknowledge(3);
    CHECK_FALSE(other.line(0));
}

TEST_CASE("pamu: after reset there is no violation, no line, and no interrupt until the driver enables it")
{
    Pamu pamu;
    pamu.at(0x1000);
    pamu.host.run_deferred(*pamu.iommu);
    REQUIRE(pamu.host.line(0));
    pamu.iommu->reset();
    CHECK_FALSE(pamu.host.line(0));
    CHECK(pamu.driver.report().avs1 == 0);
    CHECK(pamu.driver.report().address == 0);
    pamu.driver.out_be32(PamuDriver::guts, PamuDriver::pamubypenr, 0);
    pamu.at(0x1000);
    pamu.host.run_deferred(*pamu.iommu);
    CHECK(pamu.driver.report().stat);
    CHECK_FALSE(pamu.host.line(0));
}
