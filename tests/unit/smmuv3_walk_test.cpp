// Translation table walks of one stage: geometry, and what an entry holds. Faults: smmuv3_walk_fault_test.cpp.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "pagetable/arm_lpae.hpp"
#include "unit/smmuv3_walk_fixture.hpp"

using namespace soc;
using namespace soc::test;
using v3::EventId;

TEST_CASE("smmuv3: TxSZ, S2T0SZ and S2SL0 are legal as the architecture's tables say")
{
    CHECK(lpae::start_level(12, 48) == 0);
    CHECK(lpae::start_level(12, 40) == 0);
    CHECK(lpae::start_level(12, 39) == 1);
    CHECK(lpae::start_level(12, 30) == 2);
    CHECK(lpae::start_level(12, 25) == 2);
    CHECK(lpae::start_level(14, 48) == 0);
    CHECK(lpae::start_level(14, 47) == 1);
    CHECK(lpae::start_level(14, 36) == 2);
    CHECK(lpae::start_level(14, 25) == 3);
    CHECK(lpae::start_level(16, 52) == 1);
    CHECK(lpae::start_level(16, 42) == 2);
    CHECK(lpae::start_level(16, 29) == 3);

    CHECK(lpae::valid_txsz(12, 16, true));
    CHECK_FALSE(lpae::valid_txsz(12, 15, true));
    CHECK(lpae::valid_txsz(16, 12, true));
    CHECK_FALSE(lpae::valid_txsz(16, 15, false));
    CHECK(lpae::valid_txsz(14, 39, false));
    CHECK_FALSE(lpae::valid_txsz(14, 40, false));

    CHECK(lpae::valid_s2t0sz(12, 24, 40));
    CHECK_FALSE(lpae::valid_s2t0sz(12, 23, 40));
    CHECK_FALSE(lpae::valid_s2t0sz(12, 12, 52));
    CHECK(lpae::valid_s2t0sz(16, 12, 52));

    // 4K: level 1 alone resolves 39 bits, sixteen tables side by side 43.
    CHECK(lpae::stage2_start_level(12, 2, 24, 48) == 0u);
    CHECK(lpae::stage2_start_level(12, 2, 16, 48) == 0u);
    CHECK_FALSE(lpae::stage2_start_level(12, 2, 25, 48));
    CHECK_FALSE(lpae::stage2_start_level(12, 2, 24, 42));  // level 0 asks for 44 bits
    CHECK(lpae::stage2_start_level(12, 1, 33, 48) == 1u);
    CHECK(lpae::stage2_start_level(12, 1, 21, 48) == 1u);
    CHECK_FALSE(lpae::stage2_start_level(12, 1, 20, 48));
    CHECK_FALSE(lpae::stage2_start_level(12, 1, 34, 48));
    CHECK(lpae::stage2_start_level(12, 0, 30, 48) == 2u);
    CHECK_FALSE(lpae::stage2_start_level(12, 0, 29, 48));
    CHECK_FALSE(lpae::stage2_start_level(12, 3, 39, 48));
    CHECK(lpae::stage2_start_level(14, 2, 16, 48) == 1u);
    CHECK_FALSE(lpae::stage2_start_level(14, 2, 28, 48));
    CHECK_FALSE(lpae::stage2_start_level(14, 2, 24, 40));  // level 1 asks for 42 bits
    CHECK(lpae::stage2_start_level(14, 1, 24, 48) == 2u);
    CHECK_FALSE(lpae::stage2_start_level(14, 1, 23, 48));
    CHECK(lpae::stage2_start_level(14, 0, 35, 48) == 3u);
    CHECK_FALSE(lpae::stage2_start_level(14, 0, 34, 48));
    CHECK(lpae::stage2_start_level(16, 2, 12, 52) == 1u);
    CHECK_FALSE(lpae::stage2_start_level(16, 2, 22, 52));
    CHECK(lpae::stage2_start_level(16, 1, 18, 48) == 2u);
    CHECK_FALSE(lpae::stage2_start_level(16, 1, 17, 48));
    CHECK_FALSE(lpae::stage2_start_level(16, 3, 35, 48));
}

TEST_CASE("smmuv3: pages and blocks of every granule translate at either stage, and their neighbours do not")
{
    const uint64_t granule = GENERATE(4_KiB, 16_KiB, 64_KiB);
    const unsigned stage = GENERATE(1u, 2u);
    const unsigned level = GENERATE(1u, 2u, 3u);
    if (level == 1 && granule != 4_KiB)
        return;
    CAPTURE(granule, stage, level);
    WalkFixture f;
    auto table = f.table({.stage = stage, .granule = granule, .input_bits = 42});
    const uint64_t size = table.block_size(level), input = 5 * size, output = 3 * size;
    table.map(input, output, size, {.level = level});
    f.use(table);

    const v3::TlbEntry found = entry(f.alone(stage, input + size - 0x123));
    CHECK(found.output == output);
    CHECK(found.ipa == (stage == 1 ? output : input));
    CHECK(1ull << found.block_shift == size);
    CHECK(found.level == level);
    CHECK(f.walks == 1);
    expect(f.alone(stage, input - 1), EventId::f_translation, stage, int(level));
    expect(f.alone(stage, input + size), EventId::f_translation, stage, int(level));
}

TEST_CASE("smmuv3: every size of the input range reaches its last page and none beyond")
{
    const uint64_t granule = GENERATE(4_KiB, 16_KiB, 64_KiB);
    WalkFixture f(52);
    for (unsigned bits = 25; bits <= (granule == 64_KiB ? 52u : 48u); ++bits) {
        CAPTURE(granule, bits);
        auto table = f.table({.granule = granule, .input_bits = bits});
        const uint64_t last = (1ull << bits) - granule;
        table.map(last, 0x1234'0000, granule);
        f.use(table);
        CHECK(address(f.stage1(last + 8), last + 8) == 0x1234'0008);
        CHECK(v3::Walker::select(f.context, last + 8) == &f.context.table[0]);
        CHECK_FALSE(v3::Walker::select(f.context, 1ull << bits));
    }
}

TEST_CASE("smmuv3: stage 2 starts with up to sixteen tables side by side")
{
    const auto [granule, level, bits] = GENERATE(table<uint64_t, unsigned, unsigned>({
        {4_KiB, 1, 40}, {4_KiB, 1, 43}, {4_KiB, 2, 34}, {16_KiB, 1, 48}, {16_KiB, 2, 40}, {16_KiB, 3, 29},
        {64_KiB, 2, 46}, {64_KiB, 3, 33},
    }));
    CAPTURE(granule, level, bits);
    WalkFixture f;
    auto table = f.table({.stage = 2, .granule = granule, .input_bits = bits, .start_level = level});
    const uint64_t last = (1ull << bits) - granule;
    table.map(last, 0x1234'0000, granule);
    table.map(0, 0x5678'0000, granule);
    f.use(table);
    CHECK(address(f.stage2(last), last) == 0x1234'0000);
    CHECK(address(f.stage2(0), 0) == 0x5678'0000);
    expect(f.stage2(last - granule), EventId::f_translation, 2, 3);
    const v3::WalkFault beyond = expect(f.stage2(1ull << bits), EventId::f_translation, 2, 0);
    CHECK(beyond.ipa == 1ull << bits);
    CHECK(beyond.cls == v3::EventClass::in);
}

TEST_CASE("smmuv3: the start table's address is aligned to its size")
{
    WalkFixture f(52);
    auto table = f.table({.granule = 64_KiB, .input_bits = 44});  // four entries at level 1
    table.map(0, 0x1234'0000, 64_KiB);
    f.use(table);
    f.context.output_bits = 48;
    f.context.table[0].address |= 0x10;
    CHECK(address(f.stage1(0), 0) == 0x1234'0000);
    f.context.table[0].address ^= 0x30;
    CHECK(fault(f.stage1(0)).id == EventId::f_translation);  // another table of 32 bytes
    f.context.output_bits = 52;                              // 64 bytes at least
    CHECK(address(f.stage1(0), 0) == 0x1234'0000);
}

TEST_CASE("smmuv3: 64K tables reach 52 bits of output, in leaves and in tables, where the implementation has them")
{
    const unsigned stage = GENERATE(1u, 2u);
    const unsigned level = GENERATE(1u, 2u, 3u);
    CAPTURE(stage, level);
    const uint64_t high = 0xa'0000'0000'0000;
    for (const unsigned oas : {48u, 52u}) {
        CAPTURE(oas);
        WalkFixture f(oas);
        f.memory.ram.add(high, 1_MiB);
        Frames far(high, 1_MiB);
        LpaeTable table(f.memory.ram, oas == 52 ? far : f.frames,
                        {.stage = stage, .granule = 64_KiB, .input_bits = 46});
        const uint64_t size = table.block_size(level);
        table.map(size, high, size, {.level = level});
        f.use(table);
        const auto result = f.alone(stage, size);
        // 4 TB blocks come with the 52 bits; without, bits 15:12 of a descriptor are RES0 and do not count.
        if (oas == 48 && level == 1)
            expect(result, EventId::f_translation, stage, 1);
        else
            CHECK(entry(result).output == (oas == 52 ? high : 0));
    }
}

TEST_CASE("smmuv3: bit 55 chooses the half, and all bits above the range must equal it")
{
    WalkFixture f;
    auto low = f.table({.input_bits = 40}), high = f.table({.granule = 16_KiB, .input_bits = 36});
    f.use(low, 0);
    f.use(high, 1);
    const auto half = [&](uint64_t input) {
        const v3::TableBase *found = v3::Walker::select(f.context, input);
        return found ? int(found - f.context.table) : -1;
    };
    CHECK(half(0) == 0);
    CHECK(half(0xff'ffff'ffff) == 0);
    CHECK(half(0x100'0000'0000) == -1);
    CHECK(half(~0ull) == 1);
    CHECK(half(0xffff'fff0'0000'0000) == 1);
    CHECK(half(0xffff'ffef'ffff'ffff) == -1);
    CHECK(half(0x0100'0000'0000'0000) == -1);
    CHECK(half(0xfeff'ffff'ffff'ffff) == -1);

    f.context.table[0].top_byte_ignored = true;
    CHECK(half(0xab00'0000'0000'0000) == 0);
    CHECK(half(0xab40'0000'0000'0000) == -1);
    CHECK(half(0xabff'ffff'ffff'ffff) == -1);  // the upper half has a TBI of its own
    f.context.table[1].top_byte_ignored = true;
    CHECK(half(0xabff'ffff'ffff'ffff) == 1);
    CHECK(v3::Walker::canonical(f.context.table[1], 0xabff'ffff'ffff'0000) == 0xffff'ffff'ffff'0000);
    CHECK(v3::Walker::canonical(f.context.table[0], 0xab00'0000'0000'1000) == 0x1000);
    f.context.table[0].top_byte_ignored = false;
    CHECK(v3::Walker::canonical(f.context.table[0], 0xab00'0000'0000'1000) == 0xab00'0000'0000'1000);

    f.context.table[0].disabled = true;
    CHECK(half(0) == -1);
    f.context.table[0].disabled = false;
    f.context.regime = v3::Regime::el2_e2h;
    CHECK(half(~0ull) == 1);
    f.context.regime = v3::Regime::el2;  // one half only
    CHECK(half(~0ull) == -1);
    CHECK(half(0) == 0);
}

TEST_CASE("smmuv3: the upper half translates from its own end")
{
    WalkFixture f;
    auto high = f.table({.input_bits = 40});
    high.map((1ull << 40) - 4_KiB, 0x4000, 4_KiB);
    f.use(high, 1);
    const auto result = f.walker.stage1(f.context, f.context.table[1], ~0xfffull, {}, {}, nullptr);
    CHECK(address(result, ~0xfffull) == 0x4000);
}

TEST_CASE("smmuv3: entries are global without nG, and always at EL2")
{
    WalkFixture f;
    auto table = f.table();
    table.map(0, 0x1000, 4_KiB, {.global = true});
    table.map(4_KiB, 0x1000, 4_KiB, {.global = false});
    f.use(table);
    CHECK(entry(f.stage1(0)).global);
    CHECK_FALSE(entry(f.stage1(4_KiB)).global);
    f.context.regime = v3::Regime::el2_e2h;
    CHECK_FALSE(entry(f.stage1(4_KiB)).global);
    f.context.regime = v3::Regime::el2;
    CHECK(entry(f.stage1(4_KiB)).global);
}

TEST_CASE("smmuv3: the contiguous hint changes no translation, even where it is wrong")
{
    WalkFixture f;
    auto table = f.table();
    table.map(64_KiB, 1_MiB, 64_KiB, {.contiguous = true});
    table.map(68_KiB, 7_MiB, 4_KiB, {.contiguous = true});
    f.use(table);
    CHECK(address(f.stage1(64_KiB), 64_KiB) == 1_MiB);
    CHECK(address(f.stage1(68_KiB), 68_KiB) == 7_MiB);
    CHECK(address(f.stage1(72_KiB), 72_KiB) == 1_MiB + 8_KiB);
}

TEST_CASE("smmuv3: a debugger's walk is not counted")
{
    WalkFixture f;
    auto table = f.table();
    table.map(0, 0x1000, 4_KiB);
    f.use(table);
    CHECK(entry(f.stage1(0, {.may_update = false})).output == 0x1000);
    CHECK(f.walks == 0);
    f.stage1(0);
    CHECK(f.walks == 1);
}
