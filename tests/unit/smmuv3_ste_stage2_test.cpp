// Legality and meaning of the S2 fields of stream table entries: Arm IHI 0070, 5.2, with the rules in the order of
// 5.2.2; Arm ARM D8 for what fits together.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/smmuv3_ste_fixture.hpp"

using namespace soc;
using namespace soc::smmuv3;
using namespace soc::test;
namespace f = soc::test::ste_field;

TEST_CASE("smmuv3: STE.S2S and the stall model")
{
    check_ste({{"S2S where nothing stalls", "stall=off", stage2().set(f::S2S, 1)},
               {"no S2S where everything stalls", "stall=forced", stage2()},
               {"no S2S where everything stalls, nested", "stall=forced", nested()}},
              false);
    check_ste({{"S2S", "", stage2().set(f::S2S, 1)},
               {"forced", "stall=forced", stage2().set(f::S2S, 1)},
               {"IGNORED without stage 2", "stall=off", stage1().set(f::S2S, 1)},
               {"not needed without stage 2", "stall=forced", stage1()}},
              true);
    CHECK(decode_ste("", stage2().set(f::S2S, 1))->s2_stall);
    CHECK_FALSE(decode_ste("", stage2())->s2_stall);
    CHECK(decode_ste("", stage2())->s2_record);
    CHECK_FALSE(decode_ste("", stage2().set(f::S2R, 0))->s2_record);
}

TEST_CASE("smmuv3: STE.S2AA64 and S2ENDI know one format")
{
    check_ste({{"VMSAv8-32", "", stage2().set(f::S2AA64, 0)}, {"big-endian", "", stage2().set(f::S2ENDI, 1)}}, false);
    check_ste({{"IGNORED without stage 2", "", stage1().set(f::S2AA64, 0).set(f::S2ENDI, 1)}}, true);
}

TEST_CASE("smmuv3: STE.S2HA and S2HD against HTTU")
{
    check_ste({{"S2HA", "httu=0", stage2().set(f::S2HA, 1)},
               {"S2HD", "httu=0", stage2().set(f::S2HD, 1)},
               {"S2HD with the access flag alone", "httu=1", stage2().set(f::S2HA, 1).set(f::S2HD, 1)}},
              false);
    check_ste({{"S2HA", "httu=1", stage2().set(f::S2HA, 1)},
               {"both", "httu=2", stage2().set(f::S2HA, 1).set(f::S2HD, 1)},
               {"IGNORED without stage 2", "httu=0", stage1().set(f::S2HA, 1)}},
              true);
    const auto both = decode_ste("", stage2().set(f::S2HA, 1).set(f::S2HD, 1));
    CHECK((both->s2_update_access && both->s2_update_dirty));
    const auto dirty_alone = decode_ste("", stage2().set(f::S2HD, 1));
    CHECK_FALSE((dirty_alone->s2_update_access || dirty_alone->s2_update_dirty));
}

TEST_CASE("smmuv3: STE.S2TG names a granule that is there")
{
    const auto with = [](unsigned shift) {
        return SteBuilder().stage2(
            {.table = ste_table_at, .granule_shift = shift, .start_level = shift == 12 ? 1u : 2u});
    };
    check_ste({{"reserved", "", stage2().set(f::S2TG, 3)},
               {"no 4K", "granules=16k+64k", with(12)},
               {"no 16K", "granules=4k+64k", with(14)},
               {"no 64K", "granules=4k+16k", with(16)}},
              false);
    for (unsigned shift : {12u, 14u, 16u})
        CHECK(decode_ste("", with(shift))->stage2.granule_shift == shift);
    check_ste({{"IGNORED without stage 2", "granules=4k", stage1().set(f::S2TG, 3)}}, true);
}

TEST_CASE("smmuv3: STE.S2T0SZ has a least and a most by granule and output size")
{
    const auto with = [](unsigned shift, unsigned bits, unsigned level) {
        return SteBuilder().stage2(
            {.table = ste_table_at, .granule_shift = shift, .input_bits = bits, .start_level = level});
    };
    check_ste({{"more than 48 bits with 4K", "", with(12, 49, 0)},
               {"more than 48 bits with 16K", "", with(14, 49, 1)},
               {"more than 52 bits with 64K", "", with(16, 53, 1)},
               {"more than 48 bits with 64K and OAS 48", "oas=48", with(16, 49, 1)},
               {"more than the OAS", "oas=40", with(12, 41, 1)},
               {"fewer than 25 bits", "", with(12, 24, 2)}},
              false);
    check_ste({{"48 bits with 4K", "", with(12, 48, 0)},
               {"48 bits with 16K", "", with(14, 48, 1)},
               {"52 bits with 64K", "", with(16, 52, 1)},
               {"the OAS", "oas=40", with(12, 40, 1)},
               {"25 bits", "", with(12, 25, 2)}},
              true);
}

TEST_CASE("smmuv3: STE.S2SL0 fits S2T0SZ: one level more than needed is wrong, 16 tables side by side are the most")
{
    struct Level {
        unsigned shift, level, least, most;
    };
    // From the number of bits that the levels below resolve: one more, and a level and four bits more.
    const auto range = GENERATE(Level{12, 0, 40, 48}, Level{12, 1, 31, 43}, Level{12, 2, 25, 34}, Level{14, 1, 37, 48},
                                Level{14, 2, 26, 40}, Level{14, 3, 25, 29}, Level{16, 1, 43, 52}, Level{16, 2, 30, 46},
                                Level{16, 3, 25, 33});
    for (unsigned bits = 25; bits <= 52; ++bits) {
        CAPTURE(range.shift, range.level, bits);
        const auto stream = decode_ste("", SteBuilder().stage2({.table = 0,
                                                            .granule_shift = range.shift,
                                                            .input_bits = bits,
                                                            .start_level = range.level}));
        CHECK(stream.has_value() == (bits >= range.least && bits <= range.most));
        if (stream) {
            CHECK(stream->stage2.start_level == range.level);
            CHECK(stream->stage2.input_bits == bits);
        }
    }
}

TEST_CASE("smmuv3: STE.S2SL0 that is reserved, or needs more output bits than there are")
{
    const auto sl0 = [](unsigned shift, unsigned bits, unsigned value) {
        return SteBuilder()
            .stage2({.table = ste_table_at, .granule_shift = shift, .input_bits = bits, .output_bits = 32})
            .set(f::S2SL0, value);
    };
    check_ste({{"4K, 3, without small tables", "", sl0(12, 25, 3)},
               {"16K, 3, without DS", "", sl0(14, 48, 3)},
               {"64K, 3", "", sl0(16, 48, 3)},
               {"4K from level 0 with 42 bits", "oas=42", sl0(12, 42, 2)},
               {"16K from level 1 with 40 bits", "oas=40", sl0(14, 40, 2)},
               {"64K from level 1 with 42 bits", "oas=42", sl0(16, 42, 2)}},
              false);
    check_ste({{"4K from level 0 with 44 bits", "oas=44", sl0(12, 42, 2)},
               {"16K from level 1 with 42 bits", "oas=42", sl0(14, 40, 2)},
               {"64K from level 1 with 44 bits", "oas=44", sl0(16, 44, 2)}},
              true);
}

TEST_CASE("smmuv3: STE.S2PS is capped to the output size")
{
    CHECK(decode_ste("", stage2().set(f::S2PS, 0))->s2_output_bits == 32);
    CHECK(decode_ste("", stage2().set(f::S2PS, 3))->s2_output_bits == 42);
    CHECK(decode_ste("oas=40", stage2().set(f::S2PS, 5))->s2_output_bits == 40);
    CHECK(decode_ste("", stage2().set(f::S2PS, 6))->s2_output_bits == 52);
    CHECK(decode_ste("", stage2().set(f::S2PS, 7))->s2_output_bits == 52);
}

TEST_CASE("smmuv3: STE.S2TTB beyond S2PS, or beyond 48 bits below 64K, is ILLEGAL")
{
    const auto with = [](uint64_t table, unsigned shift, unsigned output_bits) {
        return SteBuilder().stage2({.table = table,
                                    .granule_shift = shift,
                                    .start_level = shift == 12 ? 1u : 2u,
                                    .output_bits = output_bits});
    };
    check_ste({{"beyond S2PS", "", with(1ull << 36, 12, 36)},
               {"beyond the OAS", "oas=40", with(1ull << 40, 12, 48)},
               {"beyond 48 bits with 4K", "", with(1ull << 48, 12, 52)},
               {"beyond 48 bits with 16K", "", with(1ull << 48, 14, 52)},
               {"beyond S2PS with 64K", "", with(1ull << 48, 16, 48)}},
              false);
    check_ste({{"within S2PS", "", with(1ull << 35, 12, 36)},
               {"52 bits with 64K", "", with(1ull << 51, 16, 52)},
               {"IGNORED without stage 2", "oas=40", stage1().set(f::S2TTB, 1ull << 44)}},
              true);
}

TEST_CASE("smmuv3: STE.S2TTB is aligned to its tables, concatenated ones together")
{
    const auto table = [](unsigned bits, unsigned output_bits) {
        const SteBuilder::Stage2 config{.table = 0x8fff'fff0, .input_bits = bits, .output_bits = output_bits};
        return decode_ste("", SteBuilder().stage2(config))->stage2.address;
    };
    CHECK(table(39, 48) == 0x8fff'f000);
    CHECK(table(40, 48) == 0x8fff'e000);
    CHECK(table(43, 48) == 0x8fff'0000);
    CHECK(table(31, 48) == 0x8fff'fff0);
    CHECK(table(31, 52) == 0x8fff'ffc0);  // 64 bytes are the least with 52 bits of output
}

TEST_CASE("smmuv3: STE.S2VMID tags what NS-EL1 translates")
{
    CHECK(decode_ste("", stage2().set(f::S2VMID, 0x1234))->vmid == 0x1234);
    CHECK(decode_ste("", stage1().set(f::S2VMID, 0x1234))->vmid == 0x1234);
    CHECK(decode_ste("", stage1().set(f::S2VMID, 0x1234).set(f::STRW, 2))->vmid == 0);
    CHECK(decode_ste("stages=1", stage1().set(f::S2VMID, 0x1234))->vmid == 0);
    check_ste({{"16 bits", "vmid-bits=8", stage2().set(f::S2VMID, 0x100)},
               {"16 bits, stage 1 alone", "vmid-bits=8", stage1().set(f::S2VMID, 0x100)}},
              false);
    check_ste({{"8 bits", "vmid-bits=8", stage2().set(f::S2VMID, 0xff)},
               {"IGNORED in EL2", "vmid-bits=8", stage1().set(f::S2VMID, 0x100).set(f::STRW, 2)},
               {"IGNORED in bypass", "vmid-bits=8", SteBuilder().bypass().set(f::S2VMID, 0x100)},
               {"IGNORED without stage 2", "stages=1", stage1().set(f::S2VMID, 0x100)}},
              true);
}

TEST_CASE("smmuv3: STE.S2FWB, S2PTW and S2AFFD")
{
    CHECK(decode_ste("", stage2().set(f::S2FWB, 1))->s2_force_write_back);
    CHECK_FALSE(decode_ste("fwb=off", stage2().set(f::S2FWB, 1))->s2_force_write_back);
    CHECK_FALSE(decode_ste("", stage2())->s2_force_write_back);
    CHECK(decode_ste("", nested().set(f::S2PTW, 1))->s2_protected_walk);
    CHECK_FALSE(decode_ste("", stage2().set(f::S2PTW, 1))->s2_protected_walk);
    CHECK(decode_ste("", stage2())->s2_access_flag_faults);
    CHECK_FALSE(decode_ste("", stage2().set(f::S2AFFD, 1))->s2_access_flag_faults);
}
