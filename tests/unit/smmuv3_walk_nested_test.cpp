// Stage 1 over stage 2: Arm IHI 0070, 3.3.2 and the order of faults in 7.3.22.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/smmuv3_walk_fixture.hpp"

using namespace soc;
using namespace soc::test;
using v3::EventClass;
using v3::EventId;

namespace {

struct Nested : NestedWalkFixture {
    static constexpr uint64_t apart = 0x2000'0000, tables_ipa = ram - apart;

    Nested() : NestedWalkFixture(apart)
    {
        two.map(tables_ipa, ram, 8_MiB, {.level = 2});
        two.map(ipa, pa, 4_KiB);
        one.map(input, ipa, 4_KiB);
    }
    // The intermediate address of stage 1's descriptor.
    uint64_t descriptor_ipa(unsigned level) const { return one.descriptor_address(input, level) - apart; }
    // Maps the 2 MB with stage 1's tables anew.
    void tables(const LpaeTable::Attributes &attributes)
    {
        LpaeTable::Attributes block = attributes;
        block.level = 2;
        two.map(tables_ipa, ram, 2_MiB, block);
    }
};

}  // namespace

TEST_CASE("smmuv3: nested, an address passes both stages, and so does every descriptor of stage 1")
{
    Nested f;
    const v3::TlbEntry found = entry(f.nested(Nested::input + 0x123));
    CHECK(found.output == Nested::pa);
    CHECK(found.ipa == Nested::ipa);
    CHECK(found.block_shift == 12);
    CHECK(found.level == 3);
    CHECK(f.walks == 6);  // stage 1's, four for its descriptors, one for the output
    // Read as if stage 1 were alone its tables are elsewhere.
    CHECK(fault(f.stage1(Nested::input)).id == EventId::f_walk_eabt);
}

TEST_CASE("smmuv3: nested, the smaller block of both stages holds")
{
    Nested f;
    f.one.map(1_GiB, 4_GiB, 2_MiB, {.level = 2});
    f.two.map(4_GiB, 8_GiB, 1_GiB, {.level = 1});
    const uint64_t within = 0x12345;
    v3::TlbEntry found = entry(f.nested(1_GiB + within));
    CHECK(found.block_shift == 21);
    CHECK(found.output == 8_GiB);
    CHECK(found.ipa == 4_GiB);
    CHECK(found.level == 2);

    f.one.map(2_GiB, 5_GiB, 1_GiB, {.level = 1});
    f.two.map(5_GiB + 0x12000, 0x9000, 4_KiB);
    found = entry(f.nested(2_GiB + within));
    CHECK(found.block_shift == 12);
    CHECK(found.output == 0x9000);
    CHECK(found.ipa == 5_GiB + 0x12000);
    CHECK(found.level == 1);
}

TEST_CASE("smmuv3: nested, granules need not agree")
{
    const uint64_t first = GENERATE(4_KiB, 16_KiB, 64_KiB), second = GENERATE(4_KiB, 16_KiB, 64_KiB);
    CAPTURE(first, second);
    WalkFixture f;
    auto one = f.table({.granule = first}), two = f.table({.stage = 2, .granule = second});
    two.map(WalkFixture::ram, WalkFixture::ram, 8_MiB);
    one.map(64_KiB, 1_GiB, 64_KiB);
    two.map(1_GiB, 2_GiB, 64_KiB);
    f.use(one);
    f.use(two);
    const v3::TlbEntry found = entry(f.nested(64_KiB + 0xf123));
    CHECK(1ull << found.block_shift == std::min(first, second));
    CHECK(address(found, 0xf123) == 2_GiB + 0xf123);
}

TEST_CASE("smmuv3: nested, each stage's permissions stay apart")
{
    Nested f;
    f.one.map(Nested::input, Nested::ipa, 4_KiB, {.user = false});
    f.two.map(Nested::ipa, Nested::pa, 4_KiB, {.perm = Perm::r, .user_execute = false, .priv_execute = true});
    const v3::TlbEntry found = entry(f.nested(Nested::input, priv_read));
    CHECK(found.priv_write);
    CHECK_FALSE(found.user_read);
    CHECK(found.user_execute);
    CHECK(found.s2_read);
    CHECK_FALSE(found.s2_write);
    CHECK(found.s2_execute);
    CHECK_FALSE(found.s2_user_execute);
    CHECK(v3::Walker::check(found, Nested::input, user_read)->stage == 1);
    const auto denied = v3::Walker::check(found, Nested::input + 8, priv_write);
    CHECK(denied->stage == 2);
    CHECK(denied->ipa == Nested::ipa + 8);
    CHECK(v3::Walker::check(found, Nested::input, user_fetch)->stage == 2);
    CHECK_FALSE(v3::Walker::check(found, Nested::input, priv_fetch));
}

TEST_CASE("smmuv3: nested, a stage 2 fault of a descriptor's address has class TT and that address")
{
    const unsigned level = GENERATE(0u, 1u, 2u, 3u);
    CAPTURE(level);
    Nested f;
    // Let the descriptor of this level alone, page by page, be badly mapped.
    const uint64_t page = f.descriptor_ipa(level) & ~0xfffull;
    f.two.set(Nested::tables_ipa, 2, 0);
    f.two.map(Nested::tables_ipa, WalkFixture::ram, 2_MiB);

    f.two.unmap(page, 4_KiB);
    const auto none = expect(f.nested(Nested::input), EventId::f_translation, 2, EventClass::tt, 3);
    CHECK(none.ipa == f.descriptor_ipa(level));

    f.two.map(page, page + Nested::apart, 4_KiB, {.accessed = false});
    CHECK(expect(f.nested(Nested::input), EventId::f_access, 2, EventClass::tt, 3).ipa == f.descriptor_ipa(level));

    f.two.map(page, page + Nested::apart, 4_KiB, {.perm = Perm::w});
    const auto denied = expect(f.nested(Nested::input, user_write), EventId::f_permission, 2, EventClass::tt, 3);
    CHECK(denied.ipa == f.descriptor_ipa(level));
    CHECK(denied.tt_read);

    f.two.map(page, 1ull << 46, 4_KiB);
    f.stream.s2_output_bits = 44;
    CHECK(expect(f.nested(Nested::input), EventId::f_addr_size, 2, EventClass::tt, 3).ipa == f.descriptor_ipa(level));

    f.two.set(Nested::tables_ipa, 2, 0x10'0000'0003);
    const auto abort = expect(f.nested(Nested::input), EventId::f_walk_eabt, 2, EventClass::tt, 3);
    CHECK((abort.fetch_address & ~0xfffull) == 0x10'0000'0000);
}

TEST_CASE("smmuv3: nested, a stage 1 descriptor that no memory holds is stage 1's abort at the physical address")
{
    Nested f;
    f.tables({});
    f.two.map(Nested::tables_ipa, 0x20'0000'0000, 2_MiB, {.level = 2});
    const auto abort = expect(f.nested(Nested::input), EventId::f_walk_eabt, 1, EventClass::tt, 0);
    CHECK(abort.fetch_address == 0x20'0000'0000 + f.descriptor_ipa(0) - Nested::tables_ipa);
}

TEST_CASE("smmuv3: nested, a stage 2 fault of stage 1's output has class IN and the intermediate address")
{
    Nested f;
    f.two.unmap(Nested::ipa, 4_KiB);
    CHECK(expect(f.nested(Nested::input + 0x18), EventId::f_translation, 2, EventClass::in, 3).ipa ==
          Nested::ipa + 0x18);
    f.two.map(Nested::ipa, Nested::pa, 4_KiB, {.accessed = false});
    expect(f.nested(Nested::input), EventId::f_access, 2, EventClass::in, 3);
    f.two.map(Nested::ipa, Nested::pa, 4_KiB, {.perm = Perm::r});
    CHECK(expect(f.nested(Nested::input + 0x18, user_write), EventId::f_permission, 2, EventClass::in, 3).ipa ==
          Nested::ipa + 0x18);
    f.stream.s2_output_bits = 32;
    expect(f.nested(Nested::input), EventId::f_addr_size, 2, EventClass::in, 3);
    // Stage 1 may reach further than stage 2's range.
    f.stream.s2_output_bits = 48;
    f.one.map(Nested::input, 1ull << 47, 4_KiB);
    auto two = f.table({.stage = 2, .input_bits = 40});
    two.map(Nested::tables_ipa, WalkFixture::ram, 8_MiB, {.level = 2});
    f.use(two);
    CHECK(expect(f.nested(Nested::input), EventId::f_translation, 2, EventClass::in, 0).ipa == 1ull << 47);
}

TEST_CASE("smmuv3: nested, stage 1's faults come before stage 2 is asked about the output")
{
    Nested f;
    f.two.unmap(Nested::ipa, 4_KiB);
    f.one.map(Nested::input, Nested::ipa, 4_KiB, {.perm = Perm::r});
    expect(f.nested(Nested::input, user_write), EventId::f_permission, 1, EventClass::in, 3);
    f.one.map(Nested::input, Nested::ipa, 4_KiB, {.accessed = false});
    expect(f.nested(Nested::input), EventId::f_access, 1, EventClass::in, 3);
    f.context.output_bits = 32;
    expect(f.nested(Nested::input), EventId::f_addr_size, 1, EventClass::in, 3);
    f.one.unmap(Nested::input, 4_KiB);
    expect(f.nested(Nested::input), EventId::f_translation, 1, EventClass::in, 3);
}

TEST_CASE("smmuv3: nested, S2PTW bars stage 1's tables from Device memory, and nothing else")
{
    Nested f;
    f.tables({.device = true});
    f.two.map(Nested::ipa, Nested::pa, 4_KiB, {.device = true});
    CHECK(address(f.nested(Nested::input), Nested::input) == Nested::pa);
    f.stream.s2_protected_walk = true;
    const bool fwb = GENERATE(false, true);
    f.stream.s2_force_write_back = fwb;
    const auto barred = expect(f.nested(Nested::input, user_write), EventId::f_permission, 2, EventClass::tt, 2);
    CHECK(barred.ipa == f.descriptor_ipa(0));
    CHECK(barred.tt_read);
    f.tables({});
    CHECK(address(f.nested(Nested::input, user_write), Nested::input) == Nested::pa);
}

TEST_CASE("smmuv3: with forced write-back bit 4 of a stage 2 descriptor alone tells Device from Normal")
{
    Nested f;
    f.stream.s2_protected_walk = true;
    const uint64_t descriptor = WalkFixture::ram | 1 << 10 | 3 << 6 | 1;
    const auto reached = [&](uint64_t memattr, bool fwb) {
        f.two.set(Nested::tables_ipa, 2, descriptor | memattr << 2);
        f.stream.s2_force_write_back = fwb;
        return std::holds_alternative<v3::TlbEntry>(f.nested(Nested::input));
    };
    CHECK_FALSE(reached(0b0001, false));
    CHECK_FALSE(reached(0b0011, true));
    CHECK(reached(0b0101, false));
    CHECK(reached(0b0110, true));
    CHECK(reached(0b1010, false));
    CHECK_FALSE(reached(0b1010, true));
}

TEST_CASE("smmuv3: nested, a debugger's walk is one at both stages")
{
    Nested f;
    v3::AccessKind debug = user_read;
    debug.may_update = false;
    CHECK(address(f.nested(Nested::input, debug), Nested::input) == Nested::pa);
    CHECK(f.walks == 0);
}
