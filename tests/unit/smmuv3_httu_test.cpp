// Hardware update of access flag and dirty state: Arm IHI 0070, 3.13; Arm ARM (DDI 0487) D8.5.
// Two stages: smmuv3_httu_nested_test.cpp.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <thread>

#include "unit/smmuv3_walk_fixture.hpp"

using namespace soc;
using namespace soc::test;
using v3::EventClass;
using v3::EventId;
using v3::Walker;

namespace {

struct Httu : WalkFixture {
    explicit Httu(unsigned which) : stage(which), pages(table({.stage = which}))
    {
        use(pages);
        context.update_access = context.update_dirty = true;
        stream.s2_update_access = stream.s2_update_dirty = true;
    }
    v3::WalkResult ask(uint64_t input, const v3::AccessKind &kind) const
    {
        return alone(stage, input, kind);
    }
    bool is_clean(const v3::TlbEntry &found) const { return stage == 1 ? found.s1_clean : found.s2_clean; }

    unsigned stage;
    LpaeTable pages;
};

}  // namespace

TEST_CASE("smmuv3: an access sets the access flag in memory instead of a fault")
{
    Httu f(GENERATE(1u, 2u));
    f.pages.map(0, 0x1000, 8_KiB, {.accessed = false});
    const uint64_t before = f.pages.leaf(0);
    CHECK(entry(f.ask(0, user_read)).output == 0x1000);
    CHECK(f.pages.leaf(0) == (before | 1 << 10));
    CHECK_FALSE(f.pages.accessed(4_KiB));
    CHECK(f.memory.exchanges == 1);
    f.ask(0, user_read);
    CHECK(f.memory.exchanges == 1);  // nothing left to do
    f.context.access_flag_faults = f.stream.s2_access_flag_faults = false;  // ignored with HA
    f.ask(4_KiB, user_write);
    CHECK(f.pages.accessed(4_KiB));
}

TEST_CASE("smmuv3: a read leaves a clean page clean, and a write makes it dirty in memory first")
{
    Httu f(GENERATE(1u, 2u));
    f.pages.map(0, 0x1000, 4_KiB, clean);
    const uint64_t before = f.pages.leaf(0);

    const v3::TlbEntry after_read = entry(f.ask(0, user_read));
    CHECK(f.is_clean(after_read));
    CHECK(f.pages.leaf(0) == before);
    CHECK(Walker::needs_update(after_read, user_write));
    CHECK_FALSE(Walker::needs_update(after_read, user_read));
    CHECK_FALSE(Walker::check(after_read, 0, user_write));

    const v3::TlbEntry after_write = entry(f.ask(0, user_write));
    CHECK_FALSE(f.is_clean(after_write));
    CHECK_FALSE(Walker::check(after_write, 0, user_write));
    CHECK_FALSE(Walker::needs_update(after_write, user_write));
    CHECK(f.pages.leaf(0) == (before ^ 1 << 7));
    CHECK(f.pages.writable(0));
}

TEST_CASE("smmuv3: access flag and dirty state are set together")
{
    Httu f(GENERATE(1u, 2u));
    f.pages.map(0, 0x1000, 4_KiB, fresh);
    const uint64_t before = f.pages.leaf(0);
    f.ask(0, user_write);
    CHECK(f.pages.leaf(0) == (before ^ (1 << 7 | 1 << 10)));
    CHECK(f.memory.exchanges == 1);
}

TEST_CASE("smmuv3: blocks have a dirty state too")
{
    Httu f(GENERATE(1u, 2u));
    LpaeTable::Attributes block = fresh;
    block.level = 2;
    f.pages.map(2_MiB, 4_MiB, 2_MiB, block);
    CHECK(f.is_clean(entry(f.ask(2_MiB, user_read))));
    CHECK(f.pages.accessed(2_MiB));
    CHECK_FALSE(f.is_clean(entry(f.ask(3_MiB, user_write))));
    CHECK(f.pages.writable(2_MiB));
}

TEST_CASE("smmuv3: without HD, without HA or without DBM a read-only page stays read-only")
{
    Httu f(GENERATE(1u, 2u));
    const auto denied = [&] {
        const v3::TlbEntry found = entry(f.ask(0, user_write));
        return Walker::check(found, 0, user_write) && !f.is_clean(found) && !f.pages.writable(0);
    };
    f.pages.map(0, 0x1000, 4_KiB, {.perm = Perm::r});
    CHECK(denied());
    f.pages.map(0, 0x1000, 4_KiB, clean);
    f.context.update_dirty = f.stream.s2_update_dirty = false;
    CHECK(denied());
    f.context.update_dirty = f.stream.s2_update_dirty = true;
    f.context.update_access = f.stream.s2_update_access = false;
    CHECK(denied());
}

TEST_CASE("smmuv3: a write that is denied for another reason does not make the page dirty")
{
    Httu f(1);
    const auto untouched = [&](uint64_t input, const v3::AccessKind &kind) {
        const v3::TlbEntry found = entry(f.stage1(input, kind));
        return Walker::check(found, input, kind).has_value() && !f.pages.writable(input);
    };
    LpaeTable::Attributes kernel = clean;
    kernel.user = false;
    f.pages.map(0, 0, 4_KiB, kernel);
    CHECK(untouched(0, user_write));
    f.pages.map(4_KiB, 0, 4_KiB, clean);
    f.context.pan = true;
    CHECK(untouched(4_KiB, priv_write));
    f.pages.map(2_MiB, 0, 4_KiB, clean);
    f.pages.restrict(2_MiB, 2, {.no_write = true});
    CHECK(untouched(2_MiB, user_write));
    CHECK_FALSE(entry(f.stage1(2_MiB)).s1_clean);
    // And where nothing stands against it, it does.
    entry(f.stage1(4_KiB, user_write));
    CHECK(f.pages.writable(4_KiB));
}

TEST_CASE("smmuv3: a writable-clean page counts as writable for WXN and PXN")
{
    Httu f(1);
    f.pages.map(0, 0, 4_KiB, clean);
    LpaeTable::Attributes kernel = clean;
    kernel.user = false;
    f.pages.map(4_KiB, 0, 4_KiB, kernel);
    CHECK(rights(entry(f.stage1(0))) == "rw-/rwx");
    CHECK(rights(entry(f.stage1(4_KiB))) == "rwx/--x");
    f.context.wxn = true;
    CHECK(rights(entry(f.stage1(0))) == "rw-/rw-");
    CHECK(rights(entry(f.stage1(4_KiB))) == "rw-/--x");
}

TEST_CASE("smmuv3: a debugger leaves access flag and dirty state as they are")
{
    Httu f(GENERATE(1u, 2u));
    f.pages.map(0, 0x1000, 4_KiB, fresh);
    const uint64_t before = f.pages.leaf(0);
    for (v3::AccessKind kind : {user_read, user_write}) {
        kind.may_update = false;
        const v3::TlbEntry found = entry(f.ask(0, kind));
        CHECK(found.output == 0x1000);
        CHECK_FALSE(Walker::check(found, 0, kind));
        CHECK_FALSE(Walker::needs_update(found, kind));
        CHECK(f.is_clean(found));
    }
    CHECK(f.pages.leaf(0) == before);
    CHECK(f.memory.exchanges == 0);
    CHECK(f.walks == 0);
}

TEST_CASE("smmuv3: a descriptor that cannot be updated is an external abort")
{
    Httu f(GENERATE(1u, 2u));
    f.pages.map(0x5000, 0x1000, 4_KiB, fresh);
    f.memory.read_only = true;
    const auto result = f.ask(0x5008, user_read);
    const v3::WalkFault abort = fault(result);
    CHECK(abort.id == EventId::f_walk_eabt);
    CHECK(abort.stage == f.stage);
    CHECK(abort.cls == (f.stage == 1 ? EventClass::tt : EventClass::in));
    CHECK(abort.fetch_address == f.pages.descriptor_address(0x5000, 3));
    CHECK(abort.level == 3);
    if (f.stage == 2)
        CHECK(abort.ipa == 0x5008);
}

TEST_CASE("smmuv3: a descriptor that another agent changed is read again")
{
    Httu f(GENERATE(1u, 2u));
    f.pages.map(0, 0x1000, 4_KiB, fresh);
    bool first = true;
    f.memory.before_exchange = [&](uint64_t) {
        if (std::exchange(first, false))
            f.pages.map(0, 0x7000, 4_KiB, clean);
    };
    const v3::TlbEntry found = entry(f.ask(0, user_write));
    CHECK(found.output == 0x7000);
    CHECK_FALSE(f.is_clean(found));
    CHECK(f.pages.writable(0));
    CHECK(f.memory.exchanges == 2);
    CHECK(f.walks == 1);

    f.pages.map(0, 0x1000, 4_KiB, fresh);
    f.memory.before_exchange = [&](uint64_t) { f.pages.unmap(0, 4_KiB); };
    CHECK(fault(f.ask(0, user_write)).id == EventId::f_translation);
    CHECK(f.pages.leaf(0) == 0);
}

TEST_CASE("smmuv3: what was read before a change counts no more")
{
    Httu f(1);
    // Bits 62:59 of a page belong to software; in a table they would take everything away.
    constexpr uint64_t software = 15ull << 59;
    f.pages.map(0, 0x1000, 4_KiB, fresh);
    f.pages.set(0, 3, f.pages.leaf(0) | software);
    f.memory.before_exchange = [&](uint64_t) { f.pages.set(0, 3, f.pages.leaf(0) & ~software); };
    CHECK(rights(entry(f.stage1(0))) == "rw-/rwx");
}

TEST_CASE("smmuv3: a descriptor that never stops changing aborts the access in bounded time")
{
    Httu f(GENERATE(1u, 2u));
    f.pages.map(0x3000, 0x1000, 4_KiB, fresh);
    f.memory.before_exchange = [&, n = 1ull](uint64_t) mutable {
        f.pages.map(0x3000, ++n << 12, 4_KiB, fresh);
    };
    const auto result = f.ask(0x3000, user_write);
    CHECK(fault(result).id == EventId::f_walk_eabt);
    CHECK(fault(result).fetch_address == f.pages.descriptor_address(0x3000, 3));
    CHECK(f.memory.exchanges <= 16);
    CHECK_FALSE(f.pages.accessed(0x3000));
}

TEST_CASE("smmuv3: two threads lose no update of each other", "[threads]")
{
    Httu f(1);
    constexpr unsigned pages = 256;
    f.pages.map(0, 0, pages * 4_KiB, fresh);
    // No counters of the fixture here: its memory's are not for threads.
    const auto run = [&](unsigned start) {
        const Walker walker(f.features, f.memory.ram, [] {});
        for (unsigned i = 0; i < pages; ++i) {
            const uint64_t input = (start + i) % pages * 4_KiB;
            (void)walker.stage1(f.context, f.context.table[0], input, i % 2 ? user_read : user_write, {}, nullptr);
        }
    };
    std::thread other(run, 0);
    run(1);
    other.join();
    for (unsigned i = 0; i < pages; ++i) {
        REQUIRE(f.pages.accessed(i * 4_KiB));
        REQUIRE(f.pages.writable(i * 4_KiB));  // one of the two wrote
    }
}
