// What a fault leaves in the registers, and the interrupt.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/m4u_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

constexpr uint32_t translation_fault = 1, table_walk_fault = 1u << 4;

// mt2701_m4u_in_larb of the driver.
uint32_t larb_of(unsigned port)
{
    return port >= 21 ? 2 : port >= 11 ? 1 : 0;
}
uint32_t port_in_larb(unsigned port)
{
    constexpr unsigned offsets[] = {0, 11, 21};
    return port - offsets[larb_of(port)];
}

}  // namespace

TEST_CASE("m4u: a fault tells its cause, its page, its larb and its port")
{
    M4u m4u;
    for (unsigned port = 0; port < M4uDriver::ports; ++port) {
        CAPTURE(port);
        m4u.driver.attach(port);
        m4u.at(0x1234'5678 + port * M4u::page, Access::write, port);
        const M4uDriver::Report report = m4u.driver.report();
        CHECK(report.type == translation_fault);
        CHECK(report.iova == 0x1234'5000 + port * M4u::page);
        CHECK(m4u.driver.read(M4uDriver::fault_va) == report.iova);  // the driver itself masks the rest
        CHECK(report.pa == 0);
        CHECK(report.larb == larb_of(port));
        // The driver takes four bits of the five that larb 2 needs.
        CHECK(report.port == (port_in_larb(port) & 0xf));
        CHECK((m4u.driver.read(M4uDriver::int_id) >> 8 & 0x1f) == port_in_larb(port));
        m4u.driver.acknowledge();
        CHECK(m4u.driver.report().type == 0);
    }
}

TEST_CASE("m4u: a table that cannot be read is a table walk fault")
{
    M4u m4u;
    m4u.driver.write(M4uDriver::pt_base_addr, 0x0400'0000);
    m4u.at(M4u::iova);
    CHECK(m4u.driver.report().type == table_walk_fault);
    CHECK(m4u.driver.report().iova == M4u::iova);
}

TEST_CASE("m4u: the first fault stays until it is cleared, and later causes add up")
{
    M4u m4u;
    m4u.driver.attach(12);
    m4u.at(0x1000);
    m4u.driver.write(M4uDriver::pt_base_addr, 0x0400'0000);
    m4u.at(0x2000, Access::read, 12);
    M4uDriver::Report report = m4u.driver.report();
    CHECK(report.type == (translation_fault | table_walk_fault));
    CHECK(report.iova == 0x1000);
    CHECK(report.larb == 0);
    m4u.driver.acknowledge();
    m4u.at(0x3000, Access::read, 12);
    report = m4u.driver.report();
    CHECK(report.type == table_walk_fault);
    CHECK(report.iova == 0x3000);
    CHECK(report.larb == 1);
    CHECK(report.port == 1);
    CHECK(m4u.counter("faults") == 3);
    CHECK(m4u.counter("faults-walk-abort") == 2);
}

TEST_CASE("m4u: INT_CONTROL's CLR clears, keeps the enable bits, and reads 0")
{
    M4u m4u;
    m4u.at(0x1000);
    m4u.driver.write(M4uDriver::int_control, 0x0f);
    CHECK(m4u.driver.report().type == translation_fault);
    m4u.driver.write(M4uDriver::int_control, 0x0f | M4uDriver::int_clr);
    CHECK(m4u.driver.report().type == 0);
    CHECK(m4u.driver.read(M4uDriver::int_control) == 0x0f);
}

TEST_CASE("m4u: the line rises from deferred work and falls with the acknowledgement")
{
    M4u m4u;
    m4u.at(0x1000);
    CHECK_FALSE(m4u.host.line(0));  // the faulting thread must not touch it
    CHECK(m4u.host.run_deferred(*m4u.iommu));
    CHECK(m4u.host.line(0));
    m4u.driver.clear();
    CHECK_FALSE(m4u.host.line(0));
}

TEST_CASE("m4u: a cause that INT_CONTROL does not enable keeps silent until it does")
{
    M4u m4u;
    m4u.driver.write(M4uDriver::int_control, 0xfe);
    m4u.at(0x1000);
    m4u.host.run_deferred(*m4u.iommu);
    CHECK(m4u.driver.report().type == translation_fault);
    CHECK_FALSE(m4u.host.line(0));
    m4u.driver.write(M4uDriver::int_control, 1);
    CHECK(m4u.host.line(0));
    m4u.driver.write(M4uDriver::int_control, table_walk_fault);
    CHECK_FALSE(m4u.host.line(0));
}

TEST_CASE("m4u: after reset there is no fault, no line, and no interrupt until the driver enables it")
{
    M4u m4u;
    m4u.at(0x1000);
    m4u.host.run_deferred(*m4u.iommu);
    REQUIRE(m4u.host.line(0));
    m4u.iommu->reset();
    CHECK_FALSE(m4u.host.line(0));
    CHECK(m4u.driver.report().type == 0);
    CHECK(m4u.driver.report().iova == 0);
    CHECK(m4u.counter("faults") == 0);
    m4u.driver.attach(1);
    m4u.at(0x1000);
    m4u.host.run_deferred(*m4u.iommu);
    CHECK_FALSE(m4u.host.line(0));
}

TEST_CASE("m4u: the fault registers are the hardware's alone")
{
    M4u m4u;
    m4u.at(0x5000);
    for (uint32_t offset : {M4uDriver::fault_st, M4uDriver::fault_va, M4uDriver::invld_pa, M4uDriver::int_id}) {
        const uint32_t before = m4u.driver.read(offset);
        m4u.driver.write(offset, ~before);
        CHECK(m4u.driver.read(offset) == before);
    }
}

TEST_CASE("m4u: a port that does not exist is nobody's, and in no register")
{
    M4u m4u(M4u::redirected);
    CHECK(m4u.iommu->shape().streams == 44);
    CHECK(m4u.kind(0, Access::read, 44) == FaultKind::unknown_stream);
    CHECK(m4u.kind(0, Access::read, ~0u) == FaultKind::unknown_stream);
    CHECK(m4u.driver.report().type == 0);
    CHECK(m4u.counter("faults-unknown-stream") == 2);
}

TEST_CASE("m4u: a pending fault survives save and load")
{
    M4u m4u;
    m4u.driver.attach(12);
    m4u.at(M4u::iova, Access::read, 12);
    m4u.host.run_deferred(*m4u.iommu);
    StateWriter out;
    m4u.iommu->save(out);

    FakeHost other;
    auto copy = make_iommu(other, "mtk-m4u-v1");
    StateReader in(out.data());
    copy->load(in);
    REQUIRE(in.complete());
    CHECK(other.line(0));
    M4uDriver driver(other, *copy, M4u::pages, M4u::protect);
    CHECK(driver.report().type == translation_fault);
    CHECK(driver.report().iova == M4u::iova);
    CHECK(driver.report().larb == 1);
    CHECK(driver.report().port == 1);
    CHECK(driver.read(M4uDriver::secur_con(12), M4uDriver::smi_common) == 0xe << 16);
    driver.clear();
    CHECK_FALSE(other.line(0));
}
