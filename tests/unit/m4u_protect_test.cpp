// The protect buffer, where an access goes that faults.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/m4u_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

std::vector<uint8_t> bytes(M4u &m4u, uint64_t address, uint32_t size)
{
    std::vector<uint8_t> data(size);
    REQUIRE(m4u.host.memory().read(address, data.data(), size));
    return data;
}

}  // namespace

TEST_CASE("m4u: a write that faults lands in the protect buffer, and is a fault all the same")
{
    M4u m4u(M4u::redirected);
    m4u.host.connect(*m4u.iommu, 1);
    std::vector<uint8_t> data{1, 2, 3, 4};
    REQUIRE(m4u.host.dma(0, M4u::iova + 0x184, data, Access::write, false));
    CHECK(bytes(m4u, M4u::protect + 4, 4) == data);  // 0x184 modulo 128
    CHECK(m4u.counter("faults") == 1);
    CHECK(m4u.counter("faults-translation") == 1);
    const Counters::LastFault last = m4u.iommu->counters().last_fault();
    CHECK(last.fault.transaction.address == M4u::iova + 0x184);
    CHECK(last.fault.transaction.access == Access::write);
    CHECK(m4u.driver.report().iova == M4u::iova);
    CHECK(m4u.host.run_deferred(*m4u.iommu));
    CHECK(m4u.host.line(0));
}

TEST_CASE("m4u: a read that faults gets what the protect buffer holds")
{
    M4u m4u(M4u::redirected);
    m4u.host.connect(*m4u.iommu, 1);
    m4u.host.memory().store<uint32_t>(M4u::protect + 0x40, 0x44332211);
    std::vector<uint8_t> data(4);
    REQUIRE(m4u.host.dma(0, M4u::iova + 0x40, data, Access::read, false));
    CHECK(data == std::vector<uint8_t>{0x11, 0x22, 0x33, 0x44});
    CHECK(m4u.driver.report().type == 1);
    CHECK(m4u.counter("faults") == 1);
}

TEST_CASE("m4u: a long access stays inside the buffer's 128 bytes, a fault for each time round")
{
    M4u m4u(M4u::redirected);
    m4u.host.connect(*m4u.iommu, 1);
    std::vector<uint8_t> data(512, 0x55);
    REQUIRE(m4u.host.dma(0, M4u::iova + 64, data, Access::write, false));
    CHECK(bytes(m4u, M4u::protect, 128) == std::vector<uint8_t>(128, 0x55));
    CHECK(bytes(m4u, M4u::protect + 128, 128) == std::vector<uint8_t>(128));
    CHECK(bytes(m4u, M4u::protect - 128, 128) == std::vector<uint8_t>(128));
    CHECK(m4u.counter("faults") == 5);
}

TEST_CASE("m4u: each access that faults counts, remembered or not")
{
    M4u m4u(M4u::redirected);
    for (int i = 0; i < 3; ++i)
        CHECK(m4u.at(M4u::iova) == M4u::protect);
    CHECK(m4u.counter("faults") == 3);
    CHECK(m4u.counter("walks") == 1);
    // And what is mapped later is reached.
    m4u.map(M4u::iova, M4u::data);
    CHECK(m4u.at(M4u::iova) == M4u::data);
}

TEST_CASE("m4u: a debugger sees where an access would go, and it is no fault")
{
    M4u m4u(M4u::redirected);
    const TranslateResult seen = m4u.ask(M4u::iova + 8, Access::read, 1, true);
    REQUIRE(std::holds_alternative<Translation>(seen));
    CHECK(std::get<Translation>(seen).address == M4u::protect + 8);
    CHECK(m4u.counter("faults") == 0);
    CHECK(m4u.driver.report().type == 0);
    CHECK_FALSE(m4u.host.run_deferred(*m4u.iommu));
}

TEST_CASE("m4u: only TF_PROTECT_SEL 2 redirects; else the access is refused")
{
    const uint32_t select = GENERATE(0u, 1u, 2u, 3u);
    M4u m4u;
    m4u.driver.write(M4uDriver::ctrl, ~(3u << 5) | select << 5);
    if (select == 2)
        CHECK(m4u.at(M4u::iova) == M4u::protect);
    else
        CHECK(m4u.kind(M4u::iova) == FaultKind::translation);
    CHECK(m4u.counter("faults") == 1);
}

TEST_CASE("m4u: a table walk that fails is redirected too; what the block never sees is not")
{
    M4u m4u(M4u::redirected);
    m4u.driver.write(M4uDriver::pt_base_addr, 0x0400'0000);
    CHECK(m4u.at(M4u::iova, Access::write) == M4u::protect);
    CHECK(m4u.counter("faults-walk-abort") == 1);
    CHECK(m4u.kind(1ull << 32) == FaultKind::address_size);
}

TEST_CASE("m4u: IVRP_PADDR counts in 128 bytes, and a buffer where no memory is takes no data")
{
    M4u m4u(M4u::redirected);
    m4u.host.connect(*m4u.iommu, 1);
    m4u.driver.write(M4uDriver::ivrp_paddr, uint32_t(M4u::protect + 0x1ff));
    CHECK(m4u.driver.read(M4uDriver::ivrp_paddr) == M4u::protect + 0x180);
    CHECK(m4u.at(M4u::iova) == M4u::protect + 0x180);
    m4u.driver.write(M4uDriver::ivrp_paddr, 0x0400'0000);
    std::vector<uint8_t> data(4);
    CHECK_FALSE(m4u.host.dma(0, M4u::iova, data, Access::write, false));
}
