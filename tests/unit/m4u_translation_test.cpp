// From a port's address to memory: the flat table, and what the TLB keeps.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/m4u_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("m4u: a mapped page is reached, and its neighbours are not")
{
    M4u m4u;
    m4u.map(M4u::iova, M4u::data);
    const TranslateResult result = m4u.ask(M4u::iova + 0x123, Access::write);
    REQUIRE(std::holds_alternative<Translation>(result));
    CHECK(std::get<Translation>(result).address == M4u::data + 0x123);
    CHECK(std::get<Translation>(result).mask == M4u::page - 1);
    CHECK(m4u.kind(M4u::iova - 1) == FaultKind::translation);
    CHECK(m4u.kind(M4u::iova + M4u::page) == FaultKind::translation);
    CHECK(m4u.kind(M4u::data) == FaultKind::translation);
}

TEST_CASE("m4u: the table covers 4 GiB, from its first entry to its last")
{
    M4u m4u;
    m4u.map(0, M4u::data);
    m4u.map(0xffff'f000, M4u::data + M4u::page);
    CHECK(m4u.at(4) == M4u::data + 4);
    CHECK(m4u.at(0xffff'ffff) == M4u::data + 2 * M4u::page - 1);
    CHECK(m4u.kind(0x1000) == FaultKind::translation);
    CHECK(m4u.kind(0xffff'efff) == FaultKind::translation);
}

TEST_CASE("m4u: an address that 32 lines cannot carry faults, translated or not")
{
    M4u m4u;
    m4u.map(0, M4u::data);
    for (unsigned port : {1u, 2u}) {
        CHECK(m4u.kind(1ull << 32, Access::read, port) == FaultKind::address_size);
        CHECK(m4u.kind(~0ull, Access::write, port) == FaultKind::address_size);
    }
    CHECK(m4u.driver.report().type == 0);
}

TEST_CASE("m4u: VALID makes an entry, bits 31 to 12 its address, and the rest changes nothing")
{
    M4u m4u;
    m4u.driver.set_entry(M4u::iova, 0xffff'fff2);
    m4u.driver.set_entry(M4u::iova + M4u::page, 0x0000'0fff);
    m4u.driver.set_entry(M4u::iova + 2 * M4u::page, 0xffff'fffd);
    CHECK(m4u.at(M4u::iova + 8) == 0xffff'f008);
    CHECK(m4u.at(M4u::iova + M4u::page + 8) == 8);
    CHECK(m4u.kind(M4u::iova + 2 * M4u::page) == FaultKind::translation);
}

TEST_CASE("m4u: an entry has no permissions")
{
    M4u m4u;
    m4u.map(M4u::iova, M4u::data);
    for (Access access : {Access::read, Access::write}) {
        const TranslateResult result = m4u.ask(M4u::iova, access);
        REQUIRE(std::holds_alternative<Translation>(result));
        CHECK(std::get<Translation>(result).perm == Perm::rw);
    }
}

TEST_CASE("m4u: all translated ports share one table and one TLB")
{
    M4u m4u;
    m4u.driver.attach(43);
    m4u.map(M4u::iova, M4u::data);
    CHECK(m4u.at(M4u::iova, Access::read, 1) == M4u::data);
    CHECK(m4u.at(M4u::iova, Access::read, 43) == M4u::data);
    CHECK(m4u.counter("walks") == 1);
    CHECK(m4u.counter("hits") == 1);
}

TEST_CASE("m4u: PT_BASE_ADDR is the table's, in pages, and a new one drops no translation")
{
    M4u m4u;
    m4u.map(M4u::iova, M4u::data);
    REQUIRE(m4u.at(M4u::iova) == M4u::data);
    // One page further on, the entry for `iova` is that of 1024 pages later.
    m4u.driver.set_entry(M4u::iova + 4_MiB, uint32_t(M4u::data + M4u::page) | 2);
    m4u.driver.write(M4uDriver::pt_base_addr, uint32_t(M4u::pages + M4u::page) | 0xfff);
    CHECK(m4u.driver.read(M4uDriver::pt_base_addr) == M4u::pages + M4u::page);
    CHECK(m4u.at(M4u::iova) == M4u::data);
    m4u.driver.flush_all();
    CHECK(m4u.at(M4u::iova) == M4u::data + M4u::page);
}

TEST_CASE("m4u: an unmapped page stays reachable until it is invalidated")
{
    const bool all = GENERATE(false, true);
    M4u m4u;
    m4u.map(M4u::iova, M4u::data);
    REQUIRE(m4u.at(M4u::iova) == M4u::data);
    m4u.driver.unmap(M4u::iova, M4u::page);
    CHECK(m4u.at(M4u::iova) == M4u::data);
    if (all)
        m4u.driver.flush_all();
    else
        m4u.driver.flush_range(M4u::iova, M4u::page);
    CHECK(m4u.kind(M4u::iova) == FaultKind::translation);
}

TEST_CASE("m4u: that nothing is mapped is remembered too, and dropped by the same command")
{
    const bool all = GENERATE(false, true);
    M4u m4u;
    REQUIRE(m4u.kind(M4u::iova) == FaultKind::translation);
    m4u.driver.map(M4u::iova, M4u::data, M4u::page);
    CHECK(m4u.kind(M4u::iova) == FaultKind::translation);
    if (all)
        m4u.driver.flush_all();
    else
        m4u.driver.flush_range(M4u::iova, M4u::page);
    CHECK(m4u.at(M4u::iova) == M4u::data);
}

TEST_CASE("m4u: a hit walks no table, and a debugger leaves no trace")
{
    M4u m4u;
    m4u.map(M4u::iova, M4u::data);
    m4u.ask(M4u::iova, Access::read, 1, true);
    m4u.ask(0, Access::read, 1, true);
    m4u.ask(0, Access::read, 2, true);
    for (const char *name : {"translations", "walks", "faults", "bypasses"})
        CHECK(m4u.counter(name) == 0);
    CHECK(m4u.driver.report().type == 0);

    m4u.at(M4u::iova);
    m4u.at(M4u::iova + 8);
    CHECK(m4u.counter("misses") == 1);
    CHECK(m4u.counter("hits") == 1);
    CHECK(m4u.counter("walks") == 1);
}

TEST_CASE("m4u: a table where no memory answers is a fault of its own, and is not remembered")
{
    // Nowhere; across the end of memory; and where 32 address lines end.
    const uint32_t base = GENERATE(0x0400'0000u, uint32_t(M4u::ram + M4u::ram_size - 4_KiB), 0xfff0'0000u);
    M4u m4u;
    m4u.host.ram(0x1'0000'0000, 16_MiB);
    m4u.driver.map(0xf000'0000, M4u::data, M4u::page);
    m4u.driver.write(M4uDriver::pt_base_addr, base);
    CHECK(m4u.kind(0xf000'0000) == FaultKind::walk_abort);
    m4u.driver.write(M4uDriver::pt_base_addr, M4u::pages);
    CHECK(m4u.at(0xf000'0000) == M4u::data);
}

TEST_CASE("m4u: a translation that was in use before reset is gone after it")
{
    M4u m4u;
    m4u.map(M4u::iova, M4u::data);
    REQUIRE(m4u.at(M4u::iova) == M4u::data);
    m4u.iommu->reset();
    m4u.driver.unmap(M4u::iova, M4u::page);
    m4u.driver.attach(1);
    CHECK(m4u.kind(M4u::iova) == FaultKind::translation);
}
