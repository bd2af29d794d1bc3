// Permissions, the access flag, and execute-never.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/msm_fixture.hpp"

using namespace soc;
using namespace soc::test;
using D = MsmDriver;

namespace {

const std::initializer_list<uint64_t> sizes = {V7sTable::small, V7sTable::large, V7sTable::section,
                                               V7sTable::supersection};
constexpr uint64_t from = 0x4500'0000, to = 0x8700'0000;

}  // namespace

TEST_CASE("msm: AP[2:1] tell who may write and who may read, on every size")
{
    const uint64_t size = GENERATE(values(sizes));
    const bool write = GENERATE(false, true), unprivileged = GENERATE(false, true);
    Msm msm;
    msm.map(from, to, size, {.write = write, .unprivileged = unprivileged});
    CAPTURE(size, write, unprivileged);
    for (int pass = 0; pass < 2; ++pass) {  // of the walk, and of the TLB
        CHECK(msm.may(from, Access::read, true));
        CHECK(msm.may(from, Access::write, true) == write);
        CHECK(msm.may(from, Access::read, false) == unprivileged);
        CHECK(msm.may(from, Access::write, false) == (write && unprivileged));
    }
}

TEST_CASE("msm: without AFE AP[2:0] are the permissions of old")
{
    // Arm DDI 0406, table B3-8: privileged reads and writes, unprivileged reads and writes.
    struct Row {
        unsigned ap;
        bool pr, pw, ur, uw;
    };
    const Row row = GENERATE(values<Row>({{0, false, false, false, false},
                                          {1, true, true, false, false},
                                          {2, true, true, true, false},
                                          {3, true, true, true, true},
                                          {4, false, false, false, false},
                                          {5, true, false, false, false},
                                          {6, true, false, true, false},
                                          {7, true, false, true, false}}));
    Msm msm;
    msm.driver.clear_bits(Msm::ctx, D::sctlr, D::afe);
    msm.map(from, to, Msm::page, {.legacy_ap = row.ap, .legacy = true});
    msm.map(from + 16_MiB, to, V7sTable::section, {.legacy_ap = row.ap, .legacy = true});
    CAPTURE(row.ap);
    for (uint64_t at : {from, from + 16_MiB}) {
        CHECK(msm.may(at, Access::read, true) == row.pr);
        CHECK(msm.may(at, Access::write, true) == row.pw);
        CHECK(msm.may(at, Access::read, false) == row.ur);
        CHECK(msm.may(at, Access::write, false) == row.uw);
    }
}

TEST_CASE("msm: an instruction is not fetched from where XN is set, on every size")
{
    const uint64_t size = GENERATE(values(sizes));
    const bool execute = GENERATE(false, true);
    Msm msm;
    msm.map(from, to, size, {.execute = execute});
    CAPTURE(size);
    for (int pass = 0; pass < 2; ++pass)
        CHECK(msm.may(from, Access::read, false, true) == execute);
    CHECK(msm.may(from, Access::read, false));
    if (!execute)
        CHECK(msm.driver.report(Msm::ctx).fsr == (D::apf | D::multi | (size < V7sTable::section ? D::sl : 0)));
}

TEST_CASE("msm: without its access flag an entry faults, is not cached, and AFFD lets it pass")
{
    Msm msm;
    msm.map(from, to, Msm::page, {.access_flag = false});
    msm.map(from + 16_MiB, to, V7sTable::section, {.access_flag = false});
    CHECK(msm.kind(from) == FaultKind::access_flag);
    CHECK(msm.driver.report(Msm::ctx).fsr == (D::aff | D::sl));
    msm.driver.handle();
    msm.driver.write(Msm::ctx, D::fsr, ~0u);
    CHECK(msm.kind(from + 16_MiB) == FaultKind::access_flag);
    CHECK(msm.driver.report(Msm::ctx).fsr == D::aff);
    msm.table.map(from, to, Msm::page);
    CHECK(msm.at(from) == to);  // without an invalidation
    msm.driver.set_bits(Msm::ctx, D::sctlr, D::affd);
    CHECK(msm.at(from + 16_MiB) == to);
    CHECK(msm.may(from + 16_MiB, Access::write, false));  // the flag is no permission
    CHECK((msm.table.entry(from + 16_MiB) & 1u << 10) == 0);
}

TEST_CASE("msm: with HAF the block sets the access flag itself, once, and a debugger does not")
{
    Msm msm;
    msm.driver.set_bits(Msm::ctx, D::sctlr, D::haf);
    msm.map(from, to, Msm::page, {.access_flag = false});
    const uint32_t before = msm.table.entry(from);
    CHECK(std::holds_alternative<Translation>(msm.ask(from, Access::read, Msm::mid, true)));
    CHECK(msm.table.entry(from) == before);
    CHECK(msm.at(from) == to);
    CHECK(msm.table.entry(from) == (before | 1u << 4));
}

TEST_CASE("msm: an entry that changes while its access flag is set is read again")
{
    Msm msm;
    msm.driver.set_bits(Msm::ctx, D::sctlr, D::haf);
    msm.map(from, to, Msm::page, {.access_flag = false});
    unsigned reads = 0;
    msm.host.memory().after_read = [&] {
        if (++reads == 2)  // both levels were read; then software moves the page, which reads, too
            msm.table.map(from, to + 0x7000, Msm::page, {.access_flag = false});
    };
    CHECK(msm.at(from) == to + 0x7000);
    msm.host.memory().after_read = nullptr;
    CHECK((msm.table.entry(from) & 1u << 4) != 0);
}

TEST_CASE("msm: an entry that never stands still while its access flag is set ends in a fault or an answer")
{
    Msm msm;
    msm.driver.set_bits(Msm::ctx, D::sctlr, D::haf);
    msm.map(from, to, Msm::page, {.access_flag = false});
    unsigned reads = 0;
    bool software = false;  // whose reads do not count
    msm.host.memory().after_read = [&] {
        if (software || ++reads % 2)
            return;
        software = true;
        msm.table.set_entry(from, msm.table.entry(from) ^ 0x1000);
        software = false;
    };
    msm.ask(from);
    CHECK(reads <= 16);
    msm.host.memory().after_read = nullptr;
}
