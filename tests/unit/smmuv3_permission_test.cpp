// What a descriptor allows: Arm ARM (DDI 0487) D8.4, tables D8-65, D8-66 and D8-78.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/smmuv3_walk_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("smmuv3: stage 1 of two privilege levels allows what table D8-65 says")
{
    struct Row {
        bool uxn, pxn;
        unsigned ap;  // AP[2:1]
        const char *plain, *wxn;
    };
    const auto row = GENERATE(values<Row>({
        {false, false, 0, "rwx/--x", "rw-/--x"}, {false, false, 1, "rw-/rwx", "rw-/rw-"},
        {false, false, 2, "r-x/--x", "r-x/--x"}, {false, false, 3, "r-x/r-x", "r-x/r-x"},
        {false, true, 0, "rw-/--x", "rw-/--x"},  {false, true, 1, "rw-/rwx", "rw-/rw-"},
        {false, true, 2, "r--/--x", "r--/--x"},  {false, true, 3, "r--/r-x", "r--/r-x"},
        {true, false, 0, "rwx/---", "rw-/---"},  {true, false, 1, "rw-/rw-", "rw-/rw-"},
        {true, false, 2, "r-x/---", "r-x/---"},  {true, false, 3, "r-x/r--", "r-x/r--"},
        {true, true, 0, "rw-/---", "rw-/---"},   {true, true, 1, "rw-/rw-", "rw-/rw-"},
        {true, true, 2, "r--/---", "r--/---"},   {true, true, 3, "r--/r--", "r--/r--"},
    }));
    CAPTURE(row.uxn, row.pxn, row.ap);
    WalkFixture f;
    f.context.regime = GENERATE(v3::Regime::nsel1, v3::Regime::el2_e2h);
    auto table = f.table();
    table.map(0, 0x1000, 4_KiB, {.perm = row.ap & 2 ? Perm::r : Perm::rw, .user = (row.ap & 1) != 0,
                                 .user_execute = !row.uxn, .priv_execute = !row.pxn});
    f.use(table);
    CHECK(rights(entry(f.stage1(0))) == row.plain);
    f.context.wxn = true;
    CHECK(rights(entry(f.stage1(0))) == row.wxn);
}

TEST_CASE("smmuv3: EL2 has one privilege level: AP[1], PXN and PAN mean nothing")
{
    WalkFixture f;
    f.context.regime = v3::Regime::el2;
    f.context.pan = GENERATE(false, true);
    const bool user = GENERATE(false, true), pxn = GENERATE(false, true);
    auto table = f.table();
    table.map(0, 0, 4_KiB, {.perm = Perm::rw, .user = user, .priv_execute = !pxn});
    table.map(4_KiB, 0, 4_KiB, {.perm = Perm::r, .user = user, .priv_execute = !pxn});
    table.map(8_KiB, 0, 4_KiB, {.perm = Perm::rw, .user = user, .user_execute = false, .priv_execute = !pxn});
    f.use(table);
    CHECK(rights(entry(f.stage1(0))) == "rwx/rwx");
    CHECK(rights(entry(f.stage1(4_KiB))) == "r-x/r-x");
    CHECK(rights(entry(f.stage1(8_KiB))) == "rw-/rw-");
    f.context.wxn = true;
    CHECK(rights(entry(f.stage1(0))) == "rw-/rw-");
    CHECK(rights(entry(f.stage1(4_KiB))) == "r-x/r-x");
    table.restrict(0, 1, {.no_user = true, .no_priv_execute = true});
    CHECK(rights(entry(f.stage1(4_KiB))) == "r-x/r-x");
    table.restrict(0, 1, {.no_user_execute = true});
    CHECK(rights(entry(f.stage1(4_KiB))) == "r--/r--");
}

TEST_CASE("smmuv3: PAN keeps privileged data accesses from what the unprivileged can reach")
{
    WalkFixture f;
    f.context.pan = true;
    f.context.regime = GENERATE(v3::Regime::nsel1, v3::Regime::el2_e2h);
    auto table = f.table();
    table.map(0, 0, 4_KiB, {.perm = Perm::r, .user = true});
    table.map(4_KiB, 0, 4_KiB, {.perm = Perm::rw, .user = false});
    table.map(2_MiB, 0, 4_KiB, {.perm = Perm::rw, .user = true});
    table.restrict(2_MiB, 2, {.no_user = true});  // no longer theirs
    f.use(table);
    CHECK(rights(entry(f.stage1(0))) == "--x/r-x");
    CHECK(rights(entry(f.stage1(4_KiB))) == "rwx/--x");
    CHECK(rights(entry(f.stage1(2_MiB))) == "rwx/--x");
}

TEST_CASE("smmuv3: table attributes of every level take away, unless HAD is set")
{
    const unsigned level = GENERATE(0u, 1u, 2u);
    struct Row {
        LpaeTable::Hierarchy taken;
        const char *rights;
    };
    const auto row = GENERATE(values<Row>({
        {{.no_write = true}, "r-x/r-x"},
        {{.no_user = true}, "rwx/--x"},
        {{.no_user_execute = true}, "rw-/rw-"},
        {{.no_priv_execute = true}, "rw-/rwx"},
        {{.no_write = true, .no_priv_execute = true}, "r--/r-x"},
        {{.no_write = true, .no_user = true, .no_user_execute = true, .no_priv_execute = true}, "r--/---"},
    }));
    CAPTURE(level, row.rights);
    WalkFixture f;
    auto table = f.table();
    table.map(0, 0, 4_KiB);
    f.use(table);
    REQUIRE(rights(entry(f.stage1(0))) == "rw-/rwx");
    table.restrict(0, level, row.taken);
    CHECK(rights(entry(f.stage1(0))) == row.rights);
    f.context.table[0].hierarchy_ignored = true;
    CHECK(rights(entry(f.stage1(0))) == "rw-/rwx");
}

TEST_CASE("smmuv3: attributes of a table hold for what lies below it and nothing else")
{
    WalkFixture f;
    auto table = f.table();
    table.map(0, 0, 4_KiB);
    table.map(1_GiB, 0, 4_KiB);
    // The bits of APTable in a page descriptor belong to software.
    table.set(4_KiB, 3, 1ull << 62 | 1ull << 61 | 1ull << 60 | 1ull << 59 | 1 << 10 | 1 << 6 | 3);
    f.use(table);
    CHECK(rights(entry(f.stage1(4_KiB))) == "rw-/rwx");
    table.restrict(0, 1, {.no_write = true});
    CHECK(rights(entry(f.stage1(1_GiB))) == "rw-/rwx");
    CHECK(rights(entry(f.stage1(0))) == "r-x/r-x");
    CHECK(rights(entry(f.stage1(4_KiB))) == "r-x/r-x");
}

TEST_CASE("smmuv3: stage 2 allows what S2AP and XN[1:0] say")
{
    WalkFixture f;
    auto table = f.table({.stage = 2});
    const auto given = [&](Perm perm, bool user_execute, bool priv_execute) {
        table.map(0, 0, 4_KiB, {.perm = perm, .user_execute = user_execute, .priv_execute = priv_execute});
        return rights(entry(f.stage2(0)));
    };
    f.use(table);
    CHECK(given(Perm::none, true, true) == "--x/--x");
    CHECK(given(Perm::r, true, true) == "r-x/r-x");
    CHECK(given(Perm::w, true, true) == "-wx/-wx");
    CHECK(given(Perm::rw, true, true) == "rwx/rwx");
    CHECK(given(Perm::rw, true, false) == "rw-/rwx");
    CHECK(given(Perm::rw, false, true) == "rwx/rw-");
    CHECK(given(Perm::rw, false, false) == "rw-/rw-");
}

TEST_CASE("smmuv3: stage 2 tables have no attributes to take away")
{
    WalkFixture f;
    auto table = f.table({.stage = 2});
    table.map(0, 0, 4_KiB);
    table.restrict(0, 1, {.no_write = true, .no_user = true, .no_user_execute = true, .no_priv_execute = true});
    f.use(table);
    CHECK(rights(entry(f.stage2(0))) == "rwx/rwx");
}

TEST_CASE("smmuv3: a denied access is a permission fault of the stage that denies it")
{
    WalkFixture f;
    auto one = f.table(), two = f.table({.stage = 2});
    one.map(0, 0, 4_KiB, {.perm = Perm::r});
    two.map(0x5000, 0, 4_KiB, {.perm = Perm::r});
    f.use(one);
    f.use(two);
    const auto first = v3::Walker::check(entry(f.stage1(0, user_write)), 0, user_write);
    REQUIRE(first);
    CHECK(first->id == v3::EventId::f_permission);
    CHECK(first->cls == v3::EventClass::in);
    CHECK(first->stage == 1);
    CHECK(first->level == 3);
    const auto second = v3::Walker::check(entry(f.stage2(0x5678, user_write)), 0x5678, user_write);
    REQUIRE(second);
    CHECK(second->id == v3::EventId::f_permission);
    CHECK(second->stage == 2);
    CHECK(second->ipa == 0x5678);
    CHECK(second->level == 3);
}

TEST_CASE("smmuv3: an instruction write is a data write")
{
    WalkFixture f;
    auto table = f.table();
    table.map(0, 0, 4_KiB, {.user_execute = false, .priv_execute = false});
    f.use(table);
    v3::AccessKind kind = user_write;
    kind.instruction = true;
    CHECK_FALSE(v3::Walker::check(entry(f.stage1(0, kind)), 0, kind));
    CHECK(v3::Walker::check(entry(f.stage1(0)), 0, user_fetch));
}
