// SPDX-License-Identifier: GPL-2.0-or-later
#include "smmuv3_tlb_fixture.hpp"

#include <atomic>
#include <thread>

#include "catch.hpp"

using namespace soc::smmuv3;
using namespace soc::smmuv3::test;

TEST_CASE("smmuv3: the TLB gives back the whole entry for every address of its block")
{
    TestTlb tlb;
    TlbEntry entry;
    entry.output = 0xfffff00200000;
    entry.ipa = 0x7777700200000;
    entry.block_shift = 21;
    entry.level = 2;
    entry.priv_write = entry.user_execute = entry.s2_read = false;
    entry.s1_clean = true;
    tlb.insert(stage1(1, 2), 0xffff000000234567, tlb.stamp(), entry);

    CHECK_FALSE(tlb.has(stage1(1, 2), 0xffff0000001fffff));
    CHECK_FALSE(tlb.has(stage1(1, 2), 0xffff000000400000));
    for (uint64_t address : {0xffff000000200000, 0xffff000000234567, 0xffff0000003fffff}) {
        const auto found = tlb.find(stage1(1, 2), address);
        REQUIRE(found);
        CHECK(found->output == 0xfffff00200000);
        CHECK(found->ipa == 0x7777700200000);
        CHECK(found->block_shift == 21);
        CHECK(found->level == 2);
        CHECK_FALSE(found->global);
        CHECK((found->priv_read && found->priv_execute && found->user_read && found->user_write));
        CHECK((found->s2_write && found->s2_execute && !found->s2_clean));
        CHECK_FALSE((found->priv_write || found->user_execute || found->s2_read));
        CHECK(found->s1_clean);
    }
}

TEST_CASE("smmuv3: a lookup matches every part of the tag")
{
    TestTlb tlb;
    tlb.add(stage1(1, 2), page);
    CHECK(tlb.has(stage1(1, 2), page));
    CHECK_FALSE(tlb.has(stage1(2, 2), page));
    CHECK_FALSE(tlb.has(stage1(1, 3), page));
    CHECK_FALSE(tlb.has(stage1(1, 2, Regime::el2_e2h), page));
    CHECK_FALSE(tlb.has(stage1(1, 2, Regime::nsel1, 16), page));
    CHECK_FALSE(tlb.has(nested(1, 2), page));
    CHECK_FALSE(tlb.has(stage2(1), page));
    CHECK_FALSE(tlb.has(stage1(1, 2), 2 * page));
}

TEST_CASE("smmuv3: EL2 has neither VMIDs nor, without E2H, ASIDs")
{
    TestTlb tlb;
    tlb.add(stage1(1, 2, Regime::el2), page);
    tlb.add(stage1(1, 2, Regime::el2_e2h), page);
    CHECK(tlb.has(stage1(5, 6, Regime::el2), page));
    CHECK(tlb.has(stage1(5, 2, Regime::el2_e2h), page));
    CHECK_FALSE(tlb.has(stage1(1, 6, Regime::el2_e2h), page));
}

TEST_CASE("smmuv3: a global entry answers every ASID of its VMID and regime")
{
    TestTlb tlb;
    tlb.add_global(stage1(1, 2), page);
    CHECK(tlb.has(stage1(1, 2), page));
    CHECK(tlb.has(stage1(1, 99), page));
    CHECK_FALSE(tlb.has(stage1(2, 2), page));
    CHECK_FALSE(tlb.has(stage1(1, 2, Regime::el2_e2h), page));
}

TEST_CASE("smmuv3: a newer entry takes the place of what answered the same lookup")
{
    TestTlb tlb(1, 4);
    tlb.add_global(stage1(1, 2), page);
    TlbEntry entry;
    entry.output = 0x42000;
    tlb.insert(stage1(1, 3), page, tlb.stamp(), entry);
    REQUIRE(tlb.has(stage1(1, 3), page));
    CHECK(tlb.find(stage1(1, 3), page)->output == 0x42000);
}

TEST_CASE("smmuv3: a full TLB evicts, and keeps as many entries as it has room for")
{
    TestTlb tlb(16, 4);
    for (uint64_t n = 0; n < 64; ++n)
        tlb.add(stage1(0, 1), n * page);
    for (uint64_t n = 0; n < 64; ++n)
        CHECK(tlb.has(stage1(0, 1), n * page));
    tlb.add(stage1(0, 1), 64 * page);
    CHECK(tlb.has(stage1(0, 1), 64 * page));
    CHECK_FALSE(tlb.has(stage1(0, 1), 0));
    CHECK(tlb.has(stage1(0, 1), page));
}

TEST_CASE("smmuv3: NSNH_ALL drops stage 1 and stage 2 of every VMID and spares EL2")
{
    TestTlb tlb;
    for (uint16_t vmid : {0, 1, 65535}) {
        tlb.add(stage1(vmid, 1), page);
        tlb.add_global(stage1(vmid, 1), 2 * page);
        tlb.add(nested(vmid, 1), page);
        tlb.add(stage2(vmid), page);
    }
    tlb.add(stage1(0, 1, Regime::el2), page);
    tlb.add(stage1(0, 1, Regime::el2_e2h), page);
    tlb.invalidate_all();
    for (uint16_t vmid : {0, 1, 65535}) {
        CHECK_FALSE(tlb.has(stage1(vmid, 1), page));
        CHECK_FALSE(tlb.has(stage1(vmid, 1), 2 * page));
        CHECK_FALSE(tlb.has(nested(vmid, 1), page));
        CHECK_FALSE(tlb.has(stage2(vmid), page));
    }
    CHECK(tlb.has(stage1(0, 1, Regime::el2), page));
    CHECK(tlb.has(stage1(0, 1, Regime::el2_e2h), page));
}

TEST_CASE("smmuv3: EL2_ALL drops one EL2 regime and spares the rest")
{
    TestTlb tlb;
    tlb.add(stage1(0, 1), page);
    tlb.add(stage2(0), page);
    tlb.add(stage1(0, 1, Regime::el2), page);
    tlb.add_global(stage1(0, 1, Regime::el2), 2 * page);
    tlb.add(stage1(0, 1, Regime::el2_e2h), page);
    tlb.invalidate_regime(Regime::el2);
    CHECK(tlb.has(stage1(0, 1), page));
    CHECK(tlb.has(stage2(0), page));
    CHECK_FALSE(tlb.has(stage1(0, 1, Regime::el2), page));
    CHECK_FALSE(tlb.has(stage1(0, 1, Regime::el2), 2 * page));
    CHECK(tlb.has(stage1(0, 1, Regime::el2_e2h), page));
    tlb.invalidate_regime(Regime::el2_e2h);
    CHECK_FALSE(tlb.has(stage1(0, 1, Regime::el2_e2h), page));
}

TEST_CASE("smmuv3: NH_ALL drops stage 1 of a VMID, S12_VMALL its stage 2 as well")
{
    TestTlb tlb;
    for (uint16_t vmid : {1, 2}) {
        tlb.add(stage1(vmid, 1), page);
        tlb.add_global(stage1(vmid, 1), 2 * page);
        tlb.add(nested(vmid, 1), 3 * page);
        tlb.add(stage2(vmid), page);
    }
    tlb.invalidate_vmid(1, false);
    CHECK_FALSE(tlb.has(stage1(1, 1), page));
    CHECK_FALSE(tlb.has(stage1(1, 1), 2 * page));
    CHECK_FALSE(tlb.has(nested(1, 1), 3 * page));
    CHECK(tlb.has(stage2(1), page));

    tlb.invalidate_vmid(1, true);
    CHECK_FALSE(tlb.has(stage2(1), page));

    CHECK(tlb.has(stage1(2, 1), page));
    CHECK(tlb.has(stage1(2, 1), 2 * page));
    CHECK(tlb.has(nested(2, 1), 3 * page));
    CHECK(tlb.has(stage2(2), page));
}

TEST_CASE("smmuv3: NH_ASID drops one ASID of one VMID and spares global entries")
{
    TestTlb tlb;
    for (uint16_t vmid = 0; vmid < 8; ++vmid) {
        for (uint16_t asid = 0; asid < 8; ++asid)
            tlb.add(stage1(vmid, asid), page * asid);
        tlb.add_global(stage1(vmid, 3), 9 * page);
        tlb.add(nested(vmid, 3), page);
        tlb.add(stage2(vmid), page);
    }
    tlb.add(stage1(0, 3, Regime::el2_e2h), page);
    tlb.invalidate_asid(Regime::nsel1, 5, 3);
    for (uint16_t vmid = 0; vmid < 8; ++vmid) {
        for (uint16_t asid = 0; asid < 8; ++asid)
            CHECK(tlb.has(stage1(vmid, asid), page * asid) == !(vmid == 5 && asid == 3));
        CHECK(tlb.has(stage1(vmid, 3), 9 * page));
        CHECK(tlb.has(nested(vmid, 3), page) == (vmid != 5));
        CHECK(tlb.has(stage2(vmid), page));
    }
    CHECK(tlb.has(stage1(0, 3, Regime::el2_e2h), page));
}

TEST_CASE("smmuv3: EL2_ASID drops one ASID of EL2-E2H")
{
    TestTlb tlb;
    tlb.add(stage1(0, 3), page);
    tlb.add(stage1(0, 3, Regime::el2_e2h), page);
    tlb.add(stage1(0, 4, Regime::el2_e2h), page);
    tlb.add_global(stage1(0, 3, Regime::el2_e2h), 2 * page);
    tlb.invalidate_asid(Regime::el2_e2h, 77, 3);
    CHECK(tlb.has(stage1(0, 3), page));
    CHECK_FALSE(tlb.has(stage1(0, 3, Regime::el2_e2h), page));
    CHECK(tlb.has(stage1(0, 4, Regime::el2_e2h), page));
    CHECK(tlb.has(stage1(0, 3, Regime::el2_e2h), 2 * page));
}

TEST_CASE("smmuv3: the result of a walk that an invalidation raced with is not kept")
{
    TestTlb tlb;
    const auto none_is_kept_after = [&](const Tlb::Tag &tag, auto &&invalidate) {
        const uint64_t stamp = tlb.stamp();
        invalidate();
        tlb.insert(tag, page, stamp, TlbEntry{});
        CHECK_FALSE(tlb.has(tag, page));
    };
    none_is_kept_after(stage1(0, 1), [&] { tlb.invalidate_all(); });
    none_is_kept_after(stage2(0), [&] { tlb.invalidate_all(); });
    none_is_kept_after(stage1(0, 1, Regime::el2), [&] { tlb.invalidate_regime(Regime::el2); });
    none_is_kept_after(stage1(3, 1), [&] { tlb.invalidate_vmid(3, false); });
    none_is_kept_after(stage2(3), [&] { tlb.invalidate_vmid(3, true); });
    none_is_kept_after(stage1(3, 1), [&] { tlb.invalidate_asid(Regime::nsel1, 3, 1); });
    none_is_kept_after(stage1(3, 1), [&] { tlb.invalidate_address(Regime::nsel1, 3, 1, {.address = page}); });
    none_is_kept_after(stage2(3), [&] { tlb.invalidate_ipa(3, {.address = page}); });
    none_is_kept_after(stage1(3, 1), [&] { tlb.drop_everything(); });

    // One that has nothing to do with it is.
    const uint64_t stamp = tlb.stamp();
    tlb.invalidate_asid(Regime::nsel1, 3, 1);
    tlb.invalidate_vmid(4, true);
    tlb.insert(stage1(3, 2), page, stamp, TlbEntry{});
    CHECK(tlb.has(stage1(3, 2), page));
}

TEST_CASE("smmuv3: dropping everything drops what was ever inserted")
{
    TestTlb tlb;
    tlb.add(stage1(1, 1), page);
    tlb.add_global(stage1(0, 1, Regime::el2), page);
    tlb.add(stage2(9), 0x200000, 21);
    tlb.drop_everything();
    CHECK_FALSE(tlb.has(stage1(1, 1), page));
    CHECK_FALSE(tlb.has(stage1(0, 1, Regime::el2), page));
    CHECK_FALSE(tlb.has(stage2(9), 0x200000));
    tlb.add(stage1(1, 1), page);
    CHECK(tlb.has(stage1(1, 1), page));
}

TEST_CASE("smmuv3: a translation that an invalidation ended is found by no thread", "[threads]")
{
    // The page table is `version`; each change is followed by a command. A master's access that begins after the
    // command ended must not see an older version. Run under TSan as well.
    const auto command = GENERATE(0, 1, 2, 3, 4);
    TestTlb tlb(16, 2);
    std::atomic<uint64_t> version{1}, ended{0};
    std::atomic<bool> stop{false};
    std::atomic<unsigned> late{0}, hits{0};
    const auto master = [&] {
        for (unsigned n = 0; !stop; ++n) {
            const uint64_t gone = ended.load();
            const uint64_t stamp = tlb.stamp();
            const uint64_t address = n % 4 * page;
            if (const auto entry = tlb.find(stage1(1, 2), address)) {
                ++hits;
                late += entry->output >> 12 <= gone;
                continue;
            }
            TlbEntry entry;
            entry.output = version.load() << 12;
            tlb.insert(stage1(1, 2), address, stamp, entry);
        }
    };
    std::thread masters[] = {std::thread(master), std::thread(master)};
    for (unsigned round = 0; round < 5000 || (!hits && round < 20'000'000); ++round) {
        const uint64_t old = version.fetch_add(1);
        switch (command) {
        case 0:
            tlb.invalidate_all();
            break;
        case 1:
            tlb.invalidate_vmid(1, false);
            break;
        case 2:
            tlb.invalidate_asid(Regime::nsel1, 1, 2);
            break;
        case 3:
            tlb.invalidate_address(Regime::nsel1, 1, 2, {.address = 0, .size = 4 * page});
            break;
        default:
            tlb.invalidate_address(Regime::nsel1, 1, std::nullopt, {.address = 0, .size = 64 * page});
            break;
        }
        ended.store(old);
        std::this_thread::yield();
    }
    stop = true;
    for (auto &thread : masters)
        thread.join();
    CHECK(late == 0);
    CHECK(hits > 0);
}
