// What an error leaves in the memory controller's registers, and the interrupt.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <atomic>
#include <thread>

#include "catch.hpp"
#include "unit/gart_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("gart: an invalid page is reported with client, direction and address")
{
    Gart gart;
    const auto [client, access] = GENERATE(table<uint32_t, Access>({
        {Gart::reader, Access::read}, {Gart::writer, Access::write}, {0, Access::write}, {51, Access::read}}));
    gart.at(Gart::iova + 0x14, access, client);
    CHECK(gart.driver.read(GartDriver::intstatus) == GartDriver::int_gart);
    CHECK(gart.driver.read(GartDriver::error_req) == (client << 1 | (access == Access::write)));
    CHECK(gart.driver.read(GartDriver::error_req + 4) == Gart::iova + 0x14);
    CHECK(gart.driver.read(GartDriver::decerr_status) == 0);
    CHECK(gart.driver.read(GartDriver::decerr_status + 4) == 0);
}

TEST_CASE("gart: an address without memory is a decode error with client, direction and address")
{
    Gart gart;
    const auto [client, access] = GENERATE(table<uint32_t, Access>({
        {Gart::reader, Access::read}, {Gart::writer, Access::write}, {0, Access::write}, {51, Access::read}}));
    CHECK(gart.kind(0x1000'0008, access, client) == FaultKind::bus);
    CHECK(gart.driver.read(GartDriver::intstatus) == GartDriver::int_decerr);
    CHECK(gart.driver.read(GartDriver::decerr_status) == (client | (access == Access::write ? 1u << 31 : 0)));
    CHECK(gart.driver.read(GartDriver::decerr_status + 4) == 0x1000'0008);
    CHECK(gart.driver.read(GartDriver::error_req) == 0);
    CHECK(gart.driver.read(GartDriver::error_req + 4) == 0);
    CHECK(gart.counter("faults-bus") == 1);
    CHECK(gart.counter("bypasses") == 0);  // it did not get through
}

TEST_CASE("gart: an entry that points where no memory is gives a decode error for the client's address")
{
    Gart gart;
    gart.driver.map(Gart::iova, 0x1000'0000);
    CHECK(gart.kind(Gart::iova + 8, Access::write) == FaultKind::bus);
    const auto report = gart.driver.report();
    REQUIRE(report);
    CHECK(report->interrupt == GartDriver::int_decerr);
    CHECK(report->address == Gart::iova + 8);
}

TEST_CASE("gart: the first error of a kind stays until its interrupt is cleared")
{
    Gart gart;
    gart.at(Gart::iova, Access::read, 1);
    gart.at(Gart::iova + 4_KiB, Access::write, 2);
    gart.at(0x1000'0000, Access::read, 3);
    CHECK(gart.driver.read(GartDriver::intstatus) == (GartDriver::int_gart | GartDriver::int_decerr));
    CHECK(gart.driver.read(GartDriver::error_req) == 1 << 1);
    CHECK(gart.driver.read(GartDriver::error_req + 4) == Gart::iova);
    CHECK(gart.driver.read(GartDriver::decerr_status) == 3);

    gart.driver.write(GartDriver::intstatus, GartDriver::int_gart);
    CHECK(gart.driver.read(GartDriver::intstatus) == GartDriver::int_decerr);
    gart.at(Gart::iova + 8_KiB, Access::write, 4);
    gart.at(0x2000'0000, Access::read, 5);
    CHECK(gart.driver.read(GartDriver::error_req) == (4 << 1 | 1));
    CHECK(gart.driver.read(GartDriver::error_req + 4) == Gart::iova + 8_KiB);
    CHECK(gart.driver.read(GartDriver::decerr_status) == 3);
    CHECK(gart.driver.read(GartDriver::decerr_status + 4) == 0x1000'0000);
    CHECK(gart.counter("faults") == 5);
}

TEST_CASE("gart: the line rises from deferred work and falls with the acknowledgement")
{
    const uint64_t address = GENERATE(uint64_t(Gart::iova), uint64_t(0x1000'0000));
    Gart gart;
    gart.at(address);
    CHECK_FALSE(gart.line());  // the faulting thread must not touch it
    CHECK(gart.host.run_deferred(*gart.iommu));
    CHECK(gart.line());
    gart.driver.acknowledge();
    CHECK_FALSE(gart.line());
    CHECK_FALSE(gart.driver.report());
}

TEST_CASE("gart: INTMASK lets interrupts through, bit by bit, and is clear after reset")
{
    Gart gart;
    gart.iommu->reset();
    gart.driver.write(GartDriver::config, 1);
    CHECK(gart.driver.read(GartDriver::intmask) == 0);
    gart.at(Gart::iova);
    gart.host.run_deferred(*gart.iommu);
    CHECK(gart.driver.read(GartDriver::intstatus) == GartDriver::int_gart);
    CHECK_FALSE(gart.line());
    gart.driver.write(GartDriver::intmask, GartDriver::int_decerr);
    CHECK_FALSE(gart.line());
    gart.driver.write(GartDriver::intmask, GartDriver::int_gart);
    CHECK(gart.line());
    gart.driver.write(GartDriver::intmask, 0);
    CHECK_FALSE(gart.line());

    gart.driver.acknowledge();
    gart.at(0x1000'0008);  // where no memory is
    gart.host.run_deferred(*gart.iommu);
    gart.driver.write(GartDriver::intmask, GartDriver::int_gart | GartDriver::int_security);
    CHECK_FALSE(gart.line());
    gart.driver.write(GartDriver::intmask, GartDriver::int_decerr);
    CHECK(gart.line());
}

TEST_CASE("gart: writing zeroes to INTSTATUS clears nothing, and the error registers take no writes")
{
    Gart gart;
    gart.at(Gart::iova);
    gart.driver.write(GartDriver::intstatus, ~GartDriver::int_gart);
    gart.driver.write(GartDriver::error_req, 0);
    gart.driver.write(GartDriver::error_req + 4, 0);
    CHECK(gart.driver.read(GartDriver::intstatus) == GartDriver::int_gart);
    CHECK(gart.driver.read(GartDriver::error_req) == Gart::reader << 1);
    CHECK(gart.driver.read(GartDriver::error_req + 4) == Gart::iova);
}

TEST_CASE("gart: reset lowers the line and forgets the errors")
{
    Gart gart;
    gart.at(Gart::iova);
    gart.at(0x1000'0000);
    gart.host.run_deferred(*gart.iommu);
    REQUIRE(gart.line());
    gart.iommu->reset();
    CHECK_FALSE(gart.line());
    CHECK_FALSE(gart.driver.report());
    for (uint32_t offset : {0x30, 0x34, 0x58, 0x5c, 0x74, 0x78})
        CHECK(gart.driver.read(offset) == 0);
    CHECK(gart.counter("faults") == 0);
}

TEST_CASE("gart: a pending error and the table survive save and load")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    gart.at(Gart::iova + 4_KiB, Access::write, 7);
    gart.host.run_deferred(*gart.iommu);
    StateWriter out;
    gart.iommu->save(out);

    Gart copy;
    copy.iommu->reset();
    StateReader in(out.data());
    copy.iommu->load(in);
    REQUIRE(in.complete());
    CHECK(copy.line());
    const auto report = copy.driver.report();
    REQUIRE(report);
    CHECK(report->interrupt == GartDriver::int_gart);
    CHECK(report->client == 7);
    CHECK(report->write);
    CHECK(report->address == Gart::iova + 4_KiB);
    copy.driver.acknowledge();
    CHECK_FALSE(copy.line());
    CHECK(copy.at(Gart::iova) == Gart::data);
}

TEST_CASE("gart: state of another aperture's size is refused")
{
    Gart large("aperture-size=64M,aperture-base=0x80000000"), small;
    StateWriter out;
    large.iommu->save(out);
    StateReader in(out.data());
    small.iommu->load(in);
    CHECK_FALSE(in.complete());
}

TEST_CASE("gart: an error is logged with the client's name")
{
    Gart gart;
    gart.at(Gart::iova, Access::read, Gart::reader);
    CHECK(gart.host.logged("ppcsahbdmar: read at 0x58005000: no valid GART entry") == 1);
    gart.at(0x1000'0000, Access::write, 0x12);
    CHECK(gart.host.logged("host1xdmar: write at 0x10000000: no memory there") == 1);
}

TEST_CASE("gart: the line is up after any error that no acknowledgement followed", "[threads]")
{
    // An error that comes while software acknowledges another must not be lost.
    Gart gart;
    std::atomic<bool> done{false};
    std::thread device([&] {
        for (uint64_t i = 0; i < 20'000; ++i)
            gart.ask(Gart::base + (i % 8192 << 12));
        done = true;
    });
    while (!done) {
        gart.host.run_deferred(*gart.iommu);
        if (gart.line())
            gart.driver.acknowledge();
    }
    device.join();
    gart.host.run_deferred(*gart.iommu);
    CHECK(gart.line() == gart.driver.report().has_value());
    gart.ask(Gart::iova);
    gart.host.run_deferred(*gart.iommu);
    CHECK(gart.line());
}
