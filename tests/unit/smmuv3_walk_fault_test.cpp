// Translation table walks of one stage: what goes wrong on the way, and that each walk ends.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "pagetable/arm_lpae.hpp"
#include "unit/smmuv3_walk_fixture.hpp"

using namespace soc;
using namespace soc::test;
using v3::EventId;

TEST_CASE("smmuv3: an output beyond the configured size is an address size fault, from leaves and from tables")
{
    const unsigned stage = GENERATE(1u, 2u);
    const unsigned bits = GENERATE(32u, 36u, 40u, 42u, 44u);
    CAPTURE(stage, bits);
    WalkFixture f;
    auto table = f.table({.stage = stage});
    table.map(0, (1ull << bits) - 4_KiB, 8_KiB);
    table.map(2_MiB, 1ull << bits, 2_MiB, {.perm = Perm::none, .accessed = false, .level = 2});
    table.set(4_MiB, 2, 1ull << bits | 3);
    f.use(table);
    f.context.output_bits = f.stream.s2_output_bits = uint8_t(bits);
    CHECK(address(f.alone(stage, 0), 0) == (1ull << bits) - 4_KiB);
    expect(f.alone(stage, 4_KiB), EventId::f_addr_size, stage, v3::EventClass::in, 3);
    expect(f.alone(stage, 2_MiB), EventId::f_addr_size, stage, 2);  // before the access flag is looked at
    expect(f.alone(stage, 4_MiB), EventId::f_addr_size, stage, 2);
}

TEST_CASE("smmuv3: no configuration reaches beyond the implementation's output size")
{
    WalkFixture f(40);
    auto one = f.table(), two = f.table({.stage = 2, .input_bits = 40});
    one.map(0, 1ull << 40, 4_KiB);
    two.map(0, 1ull << 40, 4_KiB);
    f.use(one);
    f.use(two);
    f.context.output_bits = f.stream.s2_output_bits = 48;
    expect(f.stage1(0), EventId::f_addr_size, 1, 3);
    expect(f.stage2(0), EventId::f_addr_size, 2, 3);
}

TEST_CASE("smmuv3: invalid and reserved descriptors are translation faults at their level")
{
    const unsigned stage = GENERATE(1u, 2u);
    const uint64_t granule = GENERATE(4_KiB, 16_KiB, 64_KiB);
    CAPTURE(stage, granule);
    WalkFixture f(52);
    auto table = f.table({.stage = stage, .granule = granule, .input_bits = 48});
    f.use(table);
    const uint64_t block = 1 << 10 | 1;
    for (unsigned level = table.start_level(); level <= 3; ++level) {
        CAPTURE(level);
        const uint64_t input = table.block_size(level);
        table.set(input, level, ~1ull);
        expect(f.alone(stage, input), EventId::f_translation, stage, int(level));
        const bool legal = level == 2 || (level == 1 && granule != 16_KiB);
        table.set(input, level, block);
        if (legal)
            CHECK(entry(f.alone(stage, input)).level == level);
        else
            expect(f.alone(stage, input), EventId::f_translation, stage, int(level));
    }
}

TEST_CASE("smmuv3: a descriptor that no memory holds is an external abort with its address")
{
    const unsigned stage = GENERATE(1u, 2u);
    CAPTURE(stage);
    WalkFixture f;
    auto table = f.table({.stage = stage});
    f.use(table);
    table.set(4_KiB * 5, 2, 0x4000'0000 | 3);
    const v3::WalkFault deep = expect(f.alone(stage, 4_KiB * 5), EventId::f_walk_eabt, stage, 3);
    CHECK(deep.fetch_address == 0x4000'0028);
    CHECK(deep.cls == (stage == 1 ? v3::EventClass::tt : v3::EventClass::in));
    (stage == 1 ? f.context.table[0] : f.stream.stage2).address = 0x10'0000'0000;
    CHECK(expect(f.alone(stage, 4_KiB * 5), EventId::f_walk_eabt, stage, 0).fetch_address == 0x10'0000'0000);
    CHECK(f.memory.exchanges == 0);
}

TEST_CASE("smmuv3: a table that points to itself ends the walk at the last level")
{
    WalkFixture f;
    auto table = f.table();
    f.use(table);
    table.set(0, 0, table.root() | 3);
    f.memory.reads = 0;
    expect(f.stage1(0), EventId::f_access, 1, 3);
    CHECK(f.memory.reads == 4);
}

TEST_CASE("smmuv3: whatever lies in the tables, a walk reads one descriptor per level and changes none")
{
    WalkFixture f(52);
    uint64_t seed = 88172645463325252ull;
    const auto random = [&] {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        return seed ^= seed << 17;
    };
    for (unsigned i = 0; i < 20000; ++i) {
        auto &base = i % 2 ? f.context.table[0] : f.stream.stage2;
        base.granule_shift = uint8_t(12 + 2 * (i % 3));
        base.input_bits = uint8_t(25 + random() % (base.granule_shift == 16 ? 28 : 24));
        base.start_level = uint8_t(lpae::start_level(base.granule_shift, base.input_bits));
        base.address = WalkFixture::ram;
        for (unsigned word = 0; word < 4; ++word)
            f.memory.ram.store(WalkFixture::ram + 8 * word, WalkFixture::ram | (random() & 0xfff0'0000'0000'0fff) | 1);
        f.memory.reads = f.memory.exchanges = 0;
        const uint64_t input = random() % 4 * base.granule_shift;
        (void)f.alone(2 - i % 2, input, priv_write);
        REQUIRE(f.memory.reads <= 4);
        REQUIRE(f.memory.exchanges == 0);
    }
}

TEST_CASE("smmuv3: a descriptor without access flag faults, unless AFFD says otherwise")
{
    const unsigned stage = GENERATE(1u, 2u);
    CAPTURE(stage);
    WalkFixture f;
    auto table = f.table({.stage = stage});
    table.map(0, 0x1000, 4_KiB, {.perm = Perm::r, .accessed = false});
    f.use(table);
    // Before the permission.
    expect(f.alone(stage, 0, user_write), EventId::f_access, stage, v3::EventClass::in, 3);
    f.context.access_flag_faults = f.stream.s2_access_flag_faults = false;
    CHECK(entry(f.alone(stage, 0, user_read)).output == 0x1000);
    CHECK_FALSE(table.accessed(0));
}
