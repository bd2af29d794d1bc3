// The cache of table descriptors: what it answers, what a walk reads with it, and which commands end it. Arm IHI 0070,
// 3.17 and 4.4.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "arm/smmuv3/walk_cache.hpp"
#include "catch.hpp"
#include "unit/smmuv3_fixture.hpp"
#include "unit/smmuv3_tlb_fixture.hpp"
#include "unit/smmuv3_walk_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace tags = v3::test;

namespace {

using Command = SmmuDriver::Command;

constexpr uint64_t iova = Smmu::iova, elsewhere = Smmu::data + 1_MiB;

std::optional<uint64_t> found(const v3::WalkCache &cache, const v3::Tlb::Tag &tag, unsigned level, uint64_t address)
{
    v3::WalkCache::Table table;
    return cache.find(tag, level, address, table) ? std::optional(table.address) : std::nullopt;
}

// Walks with a cache of its own, and how many descriptors each of them reads.
struct CachedWalks : WalkFixture {
    v3::WalkCache cache{64, 4};
    v3::Tlb::Tag tag = tags::stage1(0, 1);

    v3::WalkResult walk(uint64_t input, const v3::AccessKind &kind = {})
    {
        const v3::KnownTables known{.cache = cache, .tag = tag, .stamp = cache.stamp(), .remember = kind.may_update};
        return walker.stage1(context, context.table[0], input, kind, {}, &known);
    }
    unsigned reads_of(uint64_t input, const v3::AccessKind &kind = {})
    {
        const unsigned before = memory.reads;
        (void)walk(input, kind);
        return memory.reads - before;
    }
};

Command tlbi(unsigned op, bool leaf, uint16_t vmid = 0)
{
    return {op | uint64_t(vmid) << 32 | uint64_t(Smmu::asid) << 48, iova | leaf};
}

}  // namespace

TEST_CASE("smmuv3: the walk cache answers for every address below a table, and for no other")
{
    v3::WalkCache cache(64, 4);
    const v3::Tlb::Tag tag = tags::stage1(1, 2);
    cache.insert(tag, 3, 0x4030'2000, cache.stamp(), {.address = 0x9000});
    CHECK(found(cache, tag, 3, 0x4020'0000) == 0x9000);
    CHECK(found(cache, tag, 3, 0x403f'ffff) == 0x9000);
    CHECK_FALSE(found(cache, tag, 3, 0x4040'0000));
    CHECK_FALSE(found(cache, tag, 3, 0x401f'ffff));
    CHECK_FALSE(found(cache, tag, 2, 0x4020'0000));
    // The other half of the input range.
    CHECK_FALSE(found(cache, tag, 3, 0xffff'0000'4020'0000));
    // A page of 64K, and 512 MiB to a table of them.
    const v3::Tlb::Tag large = tags::stage1(1, 2, v3::Regime::nsel1, 16);
    cache.insert(large, 3, 0x4030'2000, cache.stamp(), {.address = 0xa000});
    CHECK(found(cache, large, 3, 0x5fff'ffff) == 0xa000);
    CHECK_FALSE(found(cache, large, 3, 0x6000'0000));
    CHECK(found(cache, tag, 3, 0x4020'0000) == 0x9000);
}

TEST_CASE("smmuv3: the walk cache matches every part of the tag")
{
    v3::WalkCache cache(64, 4);
    const v3::Tlb::Tag tag = tags::stage1(1, 2);
    cache.insert(tag, 3, iova, cache.stamp(), {.address = 0x9000});
    CHECK(found(cache, tag, 3, iova));
    CHECK_FALSE(found(cache, tags::stage1(9, 2), 3, iova));
    CHECK_FALSE(found(cache, tags::stage1(1, 9), 3, iova));
    CHECK_FALSE(found(cache, tags::stage1(1, 2, v3::Regime::el2_e2h), 3, iova));
    CHECK_FALSE(found(cache, tags::stage1(1, 2, v3::Regime::nsel1, 14), 3, iova));
    CHECK_FALSE(found(cache, tags::nested(1, 2), 3, iova));
    v3::Tlb::Tag stage2 = tags::nested(1, 2);
    cache.insert(stage2, 3, iova, cache.stamp(), {.address = 0xa000});
    stage2.kind = v3::Tlb::Kind::stage2;
    CHECK_FALSE(found(cache, stage2, 3, iova));
}

TEST_CASE("smmuv3: tables of a walk that an invalidation raced with are not kept, and a newer one takes the place")
{
    v3::WalkCache cache(64, 4);
    const v3::Tlb::Tag tag = tags::stage1(1, 2);
    const uint64_t stamp = cache.stamp();
    cache.drop_everything();
    cache.insert(tag, 3, iova, stamp, {.address = 0x9000});
    CHECK_FALSE(found(cache, tag, 3, iova));
    cache.insert(tag, 3, iova, cache.stamp(), {.address = 0xa000});
    cache.insert(tag, 3, iova, cache.stamp(), {.address = 0xb000});
    CHECK(found(cache, tag, 3, iova) == 0xb000);
    cache.drop_everything();
    CHECK_FALSE(found(cache, tag, 3, iova));
}

TEST_CASE("smmuv3: a walk starts at the lowest table that is known")
{
    CachedWalks f;
    auto table = f.table();
    table.map(0, 0, 8_KiB);
    table.map(2_MiB, 1_GiB, 4_KiB);
    table.map(4_MiB, 2_MiB, 2_MiB, {.level = 2});
    table.map(1_GiB, 2_GiB, 4_KiB);
    f.use(table);
    CHECK(f.reads_of(0) == 4);
    CHECK(f.reads_of(4_KiB) == 1);
    CHECK(f.reads_of(2_MiB) == 2);
    CHECK(f.reads_of(4_MiB) == 1);  // a block is no table
    CHECK(f.reads_of(1_GiB) == 3);
    CHECK(entry(f.walk(4_KiB)).output == 4_KiB);
    CHECK(entry(f.walk(2_MiB)).output == 1_GiB);
    CHECK(entry(f.walk(4_MiB)).output == 2_MiB);
    CHECK(entry(f.walk(1_GiB)).output == 2_GiB);
    // The tables count that a walk passed before it found nothing.
    table.map(3_GiB, 0, 4_KiB);
    table.unmap(3_GiB, 4_KiB);
    CHECK(f.reads_of(3_GiB) == 3);
    CHECK(f.reads_of(3_GiB) == 1);
    expect(f.walk(8_KiB), v3::EventId::f_translation, 1, 3);
    f.cache.drop_everything();
    CHECK(f.reads_of(0) == 4);
}

TEST_CASE("smmuv3: what the tables above take away holds for a walk that starts below them")
{
    CachedWalks f;
    auto table = f.table();
    table.map(0, 0, 8_KiB);
    table.restrict(0, 0, {.no_write = true});
    table.restrict(0, 2, {.no_user = true});
    f.use(table);
    const auto check = [&](uint64_t input, unsigned reads) {
        CHECK(f.reads_of(input) == reads);
        const v3::TlbEntry found = entry(f.walk(input));
        CHECK((found.priv_read && !found.priv_write && !found.user_read && !found.user_write));
    };
    check(0, 4);
    check(4_KiB, 1);
    f.context.table[0].hierarchy_ignored = true;
    CHECK(entry(f.walk(4_KiB)).user_write);
}

TEST_CASE("smmuv3: a debugger's walk uses the tables that are known, and adds none")
{
    CachedWalks f;
    auto table = f.table();
    table.map(0, 0, 4_KiB);
    f.use(table);
    const v3::AccessKind debug{.may_update = false};
    CHECK(f.reads_of(0, debug) == 4);
    CHECK(f.reads_of(0, debug) == 4);
    CHECK(f.reads_of(0) == 4);
    CHECK(f.reads_of(0, debug) == 1);
}

TEST_CASE("smmuv3: the byte that TBI ignores is no part of a table's address")
{
    CachedWalks f;
    auto table = f.table();
    table.map(0, 0, 4_KiB);
    f.use(table);
    f.context.table[0].top_byte_ignored = true;
    CHECK(f.reads_of(0x5aull << 56) == 4);
    CHECK(f.reads_of(0) == 1);
}

TEST_CASE("smmuv3: a stage 1 table stays known until a command that is for more than leaves")
{
    const auto [command, drops] = GENERATE(table<Command, bool>({
        {tlbi(0x10, false), true}, {tlbi(0x11, false), true}, {tlbi(0x12, false), true}, {tlbi(0x12, true), false},
        {tlbi(0x13, false), true}, {tlbi(0x13, true), false}, {tlbi(0x30, false), true},
    }));
    Smmu smmu;
    smmu.attach();
    REQUIRE(smmu.at(iova) == Smmu::data);
    // Another table in the place of the first, which is left as it was.
    smmu.first.set(iova, 2, 0);
    smmu.first.map(iova, elsewhere, Smmu::page);
    smmu.driver.issue(command);
    CAPTURE(command[0], command[1]);
    CHECK(smmu.at(iova) == (drops ? elsewhere : Smmu::data));
    // What stage 1's leaf said is gone all the same.
    smmu.driver.issue(tlbi(0x12, true));
    CHECK(smmu.at(iova) == (drops ? elsewhere : Smmu::data));
}

TEST_CASE("smmuv3: a stage 2 table stays known until a command that is for more than leaves")
{
    const auto [command, drops] = GENERATE(table<Command, bool>({
        {tlbi(0x2a, false, Smmu::vmid), true}, {tlbi(0x2a, true, Smmu::vmid), false},
        {tlbi(0x28, false, Smmu::vmid), true}, {tlbi(0x30, false), true},
    }));
    Smmu smmu;
    smmu.second.map(iova, Smmu::data, Smmu::page);
    smmu.driver.set_stream(1, smmu.stage2().words());
    REQUIRE(smmu.at(iova) == Smmu::data);
    smmu.second.set(iova, 2, 0);
    smmu.second.map(iova, elsewhere, Smmu::page);
    smmu.driver.issue(command);
    CAPTURE(command[0], command[1]);
    CHECK(smmu.at(iova) == (drops ? elsewhere : Smmu::data));
}

TEST_CASE("smmuv3: EL2's leaf-only commands spare its tables")
{
    const auto [command, drops] = GENERATE(table<Command, bool>({
        {tlbi(0x20, false), true}, {tlbi(0x22, false), true}, {tlbi(0x22, true), false}, {tlbi(0x23, true), false},
        {tlbi(0x23, false), true},
    }));
    Smmu smmu;
    smmu.first.map(iova, Smmu::data, Smmu::page);
    smmu.put_context(smmu.context());
    smmu.driver.set_stream(1, smmu.stage1().set(ste_field::STRW, 2).words());
    REQUIRE(smmu.at(iova) == Smmu::data);
    smmu.first.set(iova, 2, 0);
    smmu.first.map(iova, elsewhere, Smmu::page);
    smmu.driver.issue(command);
    CAPTURE(command[0], command[1]);
    CHECK(smmu.at(iova) == (drops ? elsewhere : Smmu::data));
}

TEST_CASE("smmuv3: stage 2 is asked for a stage 1 table that is known, too")
{
    Smmu smmu;
    smmu.attach_nested();
    REQUIRE(smmu.at(iova) == Smmu::data);
    // Stage 2 lets no table through any more; stage 1's are still known, by their intermediate addresses.
    smmu.second.unmap(Smmu::ram, 16_MiB);
    smmu.driver.issue(tlbi(0x2a, true, Smmu::vmid));
    smmu.driver.issue({0x2a | uint64_t(Smmu::vmid) << 32, (smmu.first.descriptor_address(iova, 3) & ~0xfffull) | 1});
    smmu.driver.issue(tlbi(0x12, true, Smmu::vmid));
    const auto event = smmu.event_of(Smmu::transaction(iova));
    REQUIRE(event);
    CHECK(event->id == smmu_event::translation);
    CHECK((event->stage2 && event->cls == 1));
    CHECK(event->ipa >> 12 == smmu.first.descriptor_address(iova, 3) >> 12);
}
