// Invalidation by address: TLBI_*_VA, VAA and S2_IPA, with ranges and hints.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "smmuv3_tlb_fixture.hpp"

#include "catch.hpp"

using namespace soc::smmuv3;
using namespace soc::smmuv3::test;

TEST_CASE("smmuv3: an invalidation by address and ASID drops that address's entry, global ones included")
{
    TestTlb tlb;
    tlb.add(stage1(1, 2), page);
    tlb.add(stage1(1, 2), 2 * page);
    tlb.add(stage1(1, 3), page);
    tlb.add(stage1(2, 2), page);
    tlb.add(nested(1, 2), page);
    tlb.add(stage2(1), page);
    tlb.add_global(stage1(1, 9), 3 * page);
    tlb.add(stage1(0, 2, Regime::el2_e2h), page);

    tlb.invalidate_address(Regime::nsel1, 1, 2, {.address = page});
    CHECK_FALSE(tlb.has(stage1(1, 2), page));
    CHECK_FALSE(tlb.has(nested(1, 2), page));
    CHECK(tlb.has(stage1(1, 2), 2 * page));
    CHECK(tlb.has(stage1(1, 3), page));
    CHECK(tlb.has(stage1(2, 2), page));
    CHECK(tlb.has(stage2(1), page));
    CHECK(tlb.has(stage1(1, 9), 3 * page));
    CHECK(tlb.has(stage1(0, 2, Regime::el2_e2h), page));

    tlb.invalidate_address(Regime::nsel1, 1, 2, {.address = 3 * page});
    CHECK_FALSE(tlb.has(stage1(1, 9), 3 * page));
}

TEST_CASE("smmuv3: an invalidation by address alone drops it for every ASID of the VMID")
{
    TestTlb tlb;
    for (uint16_t asid = 0; asid < 4; ++asid) {
        tlb.add(stage1(1, asid), page);
        tlb.add(stage1(1, asid), 2 * page);
        tlb.add(stage1(2, asid), page);
    }
    tlb.invalidate_address(Regime::nsel1, 1, std::nullopt, {.address = page});
    for (uint16_t asid = 0; asid < 4; ++asid) {
        CHECK_FALSE(tlb.has(stage1(1, asid), page));
        CHECK(tlb.has(stage1(1, asid), 2 * page));
        CHECK(tlb.has(stage1(2, asid), page));
    }
}

TEST_CASE("smmuv3: an invalidation by address in EL2 stays in its regime")
{
    TestTlb tlb;
    tlb.add(stage1(0, 0), page);
    tlb.add(stage1(0, 0, Regime::el2), page);
    tlb.add(stage1(0, 0, Regime::el2), 2 * page);
    tlb.add(stage1(0, 7, Regime::el2_e2h), page);
    tlb.add(stage1(0, 8, Regime::el2_e2h), page);
    tlb.invalidate_address(Regime::el2, 0, 0, {.address = page});
    CHECK(tlb.has(stage1(0, 0), page));
    CHECK_FALSE(tlb.has(stage1(0, 0, Regime::el2), page));
    CHECK(tlb.has(stage1(0, 0, Regime::el2), 2 * page));
    tlb.invalidate_address(Regime::el2_e2h, 0, 7, {.address = page});
    CHECK_FALSE(tlb.has(stage1(0, 7, Regime::el2_e2h), page));
    CHECK(tlb.has(stage1(0, 8, Regime::el2_e2h), page));
}

TEST_CASE("smmuv3: S2_IPA drops stage 2's entries and not those of both stages together")
{
    TestTlb tlb;
    tlb.add(stage2(1), page);
    tlb.add(stage2(1), 2 * page);
    tlb.add(stage2(2), page);
    tlb.add(nested(1, 0), page);
    tlb.invalidate_ipa(1, {.address = page});
    CHECK_FALSE(tlb.has(stage2(1), page));
    CHECK(tlb.has(stage2(1), 2 * page));
    CHECK(tlb.has(stage2(2), page));
    CHECK(tlb.has(nested(1, 0), page));
}

TEST_CASE("smmuv3: blocks of different size live side by side, and an address drops the one that holds it")
{
    TestTlb tlb;
    tlb.add(stage1(0, 1), 0x00200000, 21, false, 2);
    tlb.add(stage1(0, 1), 0x00400000, 12);
    tlb.add(stage1(0, 1), 0x40000000, 30, false, 1);
    tlb.add(stage1(0, 1), 0x00600000, 16);  // sixteen pages in one, by the contiguous hint

    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = 0x00345000});
    CHECK_FALSE(tlb.has(stage1(0, 1), 0x00200000));
    CHECK(tlb.has(stage1(0, 1), 0x00400000));
    CHECK(tlb.has(stage1(0, 1), 0x40000000));
    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = 0x7ffff000});
    CHECK_FALSE(tlb.has(stage1(0, 1), 0x40000000));
    CHECK(tlb.has(stage1(0, 1), 0x00400000));
    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = 0x0060f000});
    CHECK_FALSE(tlb.has(stage1(0, 1), 0x00600000));
    CHECK(tlb.has(stage1(0, 1), 0x00400000));
}

TEST_CASE("smmuv3: a range drops every block that it touches")
{
    TestTlb tlb;
    for (uint64_t n = 0; n < 32; ++n)
        tlb.add(stage1(0, 1), n * page);
    tlb.add(stage1(0, 2), 10 * page);
    tlb.add(stage1(0, 1), 0x200000, 21, false, 2);
    tlb.add(stage1(0, 1), 0x400000, 21, false, 2);

    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = 8 * page, .size = 16 * page});
    for (uint64_t n = 0; n < 32; ++n)
        CHECK(tlb.has(stage1(0, 1), n * page) == (n < 8 || n >= 24));
    CHECK(tlb.has(stage1(0, 2), 10 * page));
    CHECK(tlb.has(stage1(0, 1), 0x200000));

    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = 0x3ff000, .size = page});
    CHECK_FALSE(tlb.has(stage1(0, 1), 0x200000));
    CHECK(tlb.has(stage1(0, 1), 0x400000));
}

TEST_CASE("smmuv3: a range drops the pages that it names, wherever it begins and ends, and no other")
{
    constexpr uint64_t pages = 400;
    const uint64_t first = GENERATE(0, 1, 63, 64, 100);
    const uint64_t count = GENERATE(1, 2, 63, 64, 65, 130, 299);
    const uint64_t base = GENERATE(0ull, 0xffff'ffff'ffff'f000ull - (pages - 1) * page);
    CAPTURE(first, count, base);
    TestTlb tlb(2048);  // so many that each page is looked at
    for (uint64_t i = 0; i < pages; ++i)
        tlb.add(stage1(0, 1), base + i * page);
    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = base + first * page, .size = count * page});
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < pages; ++i)
        wrong += tlb.has(stage1(0, 1), base + i * page) == (i >= first && i < first + count);
    CHECK(wrong == 0);
}

TEST_CASE("smmuv3: TTL and TG that disagree with an entry leave it")
{
    TestTlb tlb;
    const Tlb::Tag large = stage1(0, 1, Regime::nsel1, 16);
    tlb.add(stage1(0, 1), 0x200000, 21, false, 2);
    tlb.add(large, 0x200000, 16, false, 3);

    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = 0x200000, .size = page, .granule_shift = 12, .level = 3});
    CHECK(tlb.has(stage1(0, 1), 0x200000));
    CHECK(tlb.has(large, 0x200000));
    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = 0x200000, .size = page, .granule_shift = 12, .level = 2});
    CHECK_FALSE(tlb.has(stage1(0, 1), 0x200000));
    CHECK(tlb.has(large, 0x200000));
    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = 0x200000, .size = page, .granule_shift = 16});
    CHECK_FALSE(tlb.has(large, 0x200000));

    // The same size of another granule: sixteen pages by the contiguous hint.
    tlb.add(stage1(0, 1), 0x600000, 16);
    tlb.add(large, 0x600000, 16);
    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = 0x600000, .size = 0x10000, .granule_shift = 16});
    CHECK(tlb.has(stage1(0, 1), 0x600000));
    CHECK_FALSE(tlb.has(large, 0x600000));
}

TEST_CASE("smmuv3: without hints an address drops entries of every granule")
{
    TestTlb tlb;
    for (uint8_t granule : {12, 14, 16})
        tlb.add(stage1(0, 1, Regime::nsel1, granule), 0x10000, granule);
    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = 0x10000});
    for (uint8_t granule : {12, 14, 16})
        CHECK_FALSE(tlb.has(stage1(0, 1, Regime::nsel1, granule), 0x10000));
}

TEST_CASE("smmuv3: a range too large to look at drops the whole ASID, and the VMID's global entries")
{
    const Tlb::Range huge{.address = 0, .size = 1ull << 40};
    TestTlb tlb;
    tlb.add(stage1(1, 2), page);
    tlb.add(stage1(1, 2), 1ull << 45);  // beyond the range
    tlb.add_global(stage1(1, 9), 2 * page);
    tlb.add(stage1(1, 3), page);
    tlb.add(stage1(2, 2), page);
    tlb.add_global(stage1(2, 2), 2 * page);
    tlb.add(stage2(1), page);
    tlb.invalidate_address(Regime::nsel1, 1, 2, huge);
    CHECK_FALSE(tlb.has(stage1(1, 2), page));
    CHECK_FALSE(tlb.has(stage1(1, 2), 1ull << 45));
    CHECK_FALSE(tlb.has(stage1(1, 2), 2 * page));
    CHECK(tlb.has(stage1(1, 3), page));
    CHECK(tlb.has(stage1(2, 2), page));
    CHECK(tlb.has(stage1(2, 2), 2 * page));
    CHECK(tlb.has(stage2(1), page));

    tlb.invalidate_address(Regime::nsel1, 1, std::nullopt, huge);
    CHECK_FALSE(tlb.has(stage1(1, 3), page));
    CHECK(tlb.has(stage1(2, 2), page));
    CHECK(tlb.has(stage2(1), page));

    tlb.add(stage2(2), page);
    tlb.invalidate_ipa(1, huge);
    CHECK_FALSE(tlb.has(stage2(1), page));
    CHECK(tlb.has(stage2(2), page));
    CHECK(tlb.has(stage1(2, 2), page));
}

TEST_CASE("smmuv3: a range too large to look at stays in its EL2 regime")
{
    const Tlb::Range huge{.address = 0, .size = 1ull << 40};
    TestTlb tlb;
    tlb.add(stage1(0, 0), page);
    tlb.add(stage1(0, 0, Regime::el2), page);
    for (uint16_t asid : {1, 2})
        tlb.add(stage1(0, asid, Regime::el2_e2h), page);
    tlb.add_global(stage1(0, 2, Regime::el2_e2h), 2 * page);
    tlb.invalidate_address(Regime::el2_e2h, 0, 1, huge);
    CHECK_FALSE(tlb.has(stage1(0, 1, Regime::el2_e2h), page));
    CHECK(tlb.has(stage1(0, 2, Regime::el2_e2h), page));
    CHECK_FALSE(tlb.has(stage1(0, 2, Regime::el2_e2h), 2 * page));
    tlb.invalidate_address(Regime::el2_e2h, 0, std::nullopt, huge);
    CHECK_FALSE(tlb.has(stage1(0, 2, Regime::el2_e2h), page));
    CHECK(tlb.has(stage1(0, 0, Regime::el2), page));
    tlb.invalidate_address(Regime::el2, 0, std::nullopt, huge);
    CHECK_FALSE(tlb.has(stage1(0, 0, Regime::el2), page));
    CHECK(tlb.has(stage1(0, 0), page));
}

TEST_CASE("smmuv3: ranges that end beyond the address space, and reserved sizes, end")
{
    TestTlb tlb;
    tlb.add(stage1(0, 1), ~0ull);
    tlb.add(stage1(0, 1), 0);
    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = ~0ull - 5, .size = 1ull << 52});
    CHECK_FALSE(tlb.has(stage1(0, 1), ~0ull));
    CHECK(tlb.has(stage1(0, 1), 0));
    tlb.add(stage1(0, 1), 5 * page, 12);
    tlb.add(stage1(0, 1), 5 * page, 11);
    tlb.add(stage1(0, 1), 5 * page, 60);
    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = 0, .size = ~0ull, .granule_shift = 255, .level = 255});
    CHECK(tlb.has(stage1(0, 1), 5 * page));
    tlb.invalidate_address(Regime::nsel1, 0, 1, {.address = 0, .size = ~0ull});
    CHECK_FALSE(tlb.has(stage1(0, 1), 5 * page));
}
