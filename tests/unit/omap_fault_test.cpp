// What a fault leaves in the registers, and the interrupt.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/omap_fixture.hpp"

using namespace soc;
using namespace soc::test;

using D = OmapDriver;

TEST_CASE("omap: a fault tells its cause and its address, to the byte")
{
    Omap omap;
    omap.at(0x1234'5678, Access::write, 5);
    CHECK(omap.driver.report().causes == D::translation_fault);
    CHECK(omap.driver.report().address == 0x1234'5678);
    CHECK(omap.driver.read(D::fault_status) == (1 | 1u << 3 | 5u << 4));
    CHECK(omap.driver.read(D::fault_pc) == 0);
    omap.driver.acknowledge();
    CHECK(omap.driver.report().causes == 0);
    omap.at(0x1234'5000, Access::read, 15);
    CHECK(omap.driver.read(D::fault_status) == (1 | 15u << 4));
    omap.driver.write(D::fault_status, 1);
    CHECK(omap.driver.read(D::fault_status) == 15u << 4);
}

TEST_CASE("omap: with the walk disabled what is not in the TLB is a miss")
{
    Omap omap;
    omap.map(Omap::iova, Omap::data);
    omap.driver.enable(false);
    CHECK(omap.kind(Omap::iova + 4) == FaultKind::translation);
    CHECK(omap.driver.report().causes == D::tlb_miss);
    CHECK(omap.driver.report().address == Omap::iova + 4);
    CHECK(omap.counter("walks") == 0);
}

TEST_CASE("omap: a table that cannot be read is a table walk fault")
{
    Omap omap;
    omap.driver.write(D::ttb, 0x0400'0000);
    omap.at(Omap::iova);
    CHECK(omap.driver.report().causes == D::table_walk_fault);
    CHECK(omap.driver.report().address == Omap::iova);
}

TEST_CASE("omap: the first fault's address stays until its cause is cleared, and later causes add up")
{
    Omap omap;
    omap.at(0x1000, Access::write, 2);
    omap.driver.write(D::ttb, 0x0400'0000);
    omap.at(0x2000, Access::read, 3);
    CHECK(omap.driver.report().causes == (D::translation_fault | D::table_walk_fault));
    CHECK(omap.driver.report().address == 0x1000);
    CHECK(omap.driver.read(D::fault_status) >> 4 == 2);
    omap.driver.write(D::irqstatus, D::translation_fault);
    CHECK(omap.driver.report().causes == D::table_walk_fault);
    omap.driver.acknowledge();
    omap.at(0x3000);
    CHECK(omap.driver.report().causes == D::table_walk_fault);
    CHECK(omap.driver.report().address == 0x3000);
    CHECK(omap.counter("faults") == 3);
}

TEST_CASE("omap: the line rises from deferred work and falls with the acknowledgement")
{
    Omap omap;
    omap.at(0x1000);
    CHECK_FALSE(omap.host.line(0));  // the faulting thread must not touch it
    CHECK(omap.host.run_deferred(*omap.iommu));
    CHECK(omap.host.line(0));
    omap.driver.acknowledge();
    CHECK_FALSE(omap.host.line(0));
}

TEST_CASE("omap: a cause that IRQENABLE leaves out is kept in silence, and is heard as soon as it is enabled")
{
    // iommu_fault_handler() writes 0 after a fault, and the next attach enables again while what came since is pending.
    Omap omap;
    omap.driver.write(D::irqenable, 0);
    omap.at(0x1000);
    omap.host.run_deferred(*omap.iommu);
    CHECK(omap.driver.report().causes == D::translation_fault);
    CHECK_FALSE(omap.host.line(0));
    omap.driver.write(D::irqenable, D::tlb_miss);  // another one's bit
    CHECK_FALSE(omap.host.line(0));
    omap.driver.detach();
    CHECK_FALSE(omap.host.line(0));
    omap.driver.enable(true);
    CHECK(omap.host.line(0));
}

TEST_CASE("omap: the registers of a fault are the hardware's alone")
{
    Omap omap;
    omap.at(0x5000);
    for (uint32_t offset : {D::fault_ad, D::emu_fault_ad, D::fault_pc, D::walking_st, D::revision, D::sysstatus}) {
        const uint32_t before = omap.driver.read(offset);
        omap.driver.write(offset, ~before);
        CHECK(omap.driver.read(offset) == before);
    }
}

TEST_CASE("omap: after reset there is no fault, no line, and no interrupt until the driver enables it")
{
    Omap omap;
    omap.at(0x1000);
    omap.host.run_deferred(*omap.iommu);
    REQUIRE(omap.host.line(0));
    omap.iommu->reset();
    CHECK_FALSE(omap.host.line(0));
    CHECK(omap.driver.report().causes == 0);
    CHECK(omap.driver.report().address == 0);
    omap.driver.write(D::cntl, D::mmu_en);
    omap.at(0x1000);
    omap.host.run_deferred(*omap.iommu);
    CHECK_FALSE(omap.host.line(0));
}

TEST_CASE("omap: a pending fault survives save and load")
{
    Omap omap;
    omap.at(Omap::iova, Access::write, 7);
    omap.host.run_deferred(*omap.iommu);
    StateWriter out;
    omap.iommu->save(out);

    FakeHost other;
    auto copy = make_iommu(other, "omap-iommu");
    StateReader in(out.data());
    copy->load(in);
    REQUIRE(in.complete());
    CHECK(other.line(0));
    OmapDriver driver(other, *copy, Omap::tables);
    CHECK(driver.report().causes == D::translation_fault);
    CHECK(driver.report().address == Omap::iova);
    driver.acknowledge();
    CHECK_FALSE(other.line(0));
}
