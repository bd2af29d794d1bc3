// Legality and meaning of stream table entries: Arm IHI 0070, 5.2, with the rules in the order of 5.2.2. Those of
// stage 2 are in smmuv3_ste_stage2_test.cpp.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/smmuv3_ste_fixture.hpp"

using namespace soc;
using namespace soc::smmuv3;
using namespace soc::test;
namespace f = soc::test::ste_field;

TEST_CASE("smmuv3: STE.V clear is bad whatever else it says")
{
    CHECK_FALSE(decode_ste("", SteBuilder().set(f::V, 0)));
    CHECK_FALSE(decode_ste("", SteBuilder().bypass().set(f::V, 0)));
}

TEST_CASE("smmuv3: STE.Config 0b0xx aborts and nothing else counts")
{
    for (uint64_t config : {0, 1, 2, 3}) {
        const auto stream = decode_ste("", nested().set(f::Config, config).set(f::S2TG, 3).set(f::STRW, 1));
        REQUIRE(stream);
        CHECK(stream->mode == StreamMode::abort);
    }
}

TEST_CASE("smmuv3: STE.Config names the stages")
{
    CHECK(decode_ste("", SteBuilder().bypass())->mode == StreamMode::bypass);
    CHECK(decode_ste("", stage1())->mode == StreamMode::stage1);
    CHECK(decode_ste("", stage2())->mode == StreamMode::stage2);
    CHECK(decode_ste("", nested())->mode == StreamMode::nested);
}

TEST_CASE("smmuv3: STE.Config of a stage that is not implemented is ILLEGAL")
{
    check_ste({{"S1P 0", "stages=2", stage1()},
               {"S1P 0, nested", "stages=2", nested()},
               {"S2P 0", "stages=1", stage2()},
               {"S2P 0, nested", "stages=1", nested()}},
              false);
    check_ste({{"S2P alone", "stages=2", stage2()},
               {"S1P alone", "stages=1", stage1()},
               {"bypass", "stages=2", SteBuilder().bypass()}},
              true);
}

TEST_CASE("smmuv3: STE.EATS")
{
    check_ste({{"split-stage, which IDR0.NS1ATS denies", "", nested().set(f::EATS, 2)},
               {"split-stage without stage 2", "", stage1().set(f::EATS, 2)},
               {"full with S2S and stage 2", "", nested().set(f::EATS, 1).set(f::S2S, 1)},
               {"full with S2S and stage 2 alone", "", stage2().set(f::EATS, 1).set(f::S2S, 1)}},
              false);
    check_ste({{"IGNORED without ATS", "ats=off", nested().set(f::EATS, 2)},
               {"IGNORED in bypass", "", SteBuilder().bypass().set(f::EATS, 2)},
               {"S2S without stage 2", "", stage1().set(f::EATS, 1).set(f::S2S, 1)},
               {"S2S without ATS", "ats=off", nested().set(f::EATS, 1).set(f::S2S, 1)},
               {"0b11 without DPT behaves as 0b00", "", nested().set(f::EATS, 3)}},
              true);
    CHECK(decode_ste("", nested().set(f::EATS, 1))->eats == 1);
    CHECK(decode_ste("", nested().set(f::EATS, 3))->eats == 0);
    CHECK(decode_ste("ats=off", stage1().set(f::EATS, 1))->eats == 0);
    CHECK(decode_ste("", SteBuilder().bypass().set(f::EATS, 1))->eats == 0);
}

TEST_CASE("smmuv3: STE.STRW selects the regime of stage 1 alone")
{
    CHECK(decode_ste("", stage1())->regime == Regime::nsel1);
    CHECK(decode_ste("", stage1().set(f::STRW, 2))->regime == Regime::el2);
    CHECK(decode_ste("", stage1().set(f::STRW, 2), true)->regime == Regime::el2_e2h);
    CHECK(decode_ste("", stage1(), true)->regime == Regime::nsel1);
    CHECK(decode_ste("", nested().set(f::STRW, 2))->regime == Regime::nsel1);
    CHECK(decode_ste("hyp=off", stage1().set(f::STRW, 2))->regime == Regime::nsel1);
    check_ste({{"0b01 is reserved", "", stage1().set(f::STRW, 1)}, {"0b11 is reserved", "", stage1().set(f::STRW, 3)}},
              false);
    check_ste({{"RES0 without Hyp", "hyp=off", stage1().set(f::STRW, 1)},
               {"IGNORED with stage 2", "", nested().set(f::STRW, 3)},
               {"IGNORED with stage 2 alone", "", stage2().set(f::STRW, 1)},
               {"IGNORED in bypass", "", SteBuilder().bypass().set(f::STRW, 1)}},
              true);
}

TEST_CASE("smmuv3: STE.S1STALLD is only for an SMMU whose stalls are optional")
{
    check_ste({{"no stalls", "stall=off", stage1().set(f::S1STALLD, 1)},
               {"no stalls, nested", "stall=off", nested().set(f::S1STALLD, 1)},
               {"forced stalls", "stall=forced", stage1().set(f::S1STALLD, 1)}},
              false);
    check_ste({{"optional", "", stage1().set(f::S1STALLD, 1)},
               {"IGNORED without stage 1", "stall=off", stage2().set(f::S1STALLD, 1)}},
              true);
    CHECK(decode_ste("", stage1().set(f::S1STALLD, 1))->s1_stall_disabled);
    CHECK_FALSE(decode_ste("", stage1())->s1_stall_disabled);
}

TEST_CASE("smmuv3: STE.S1CDMax and S1Fmt against SSIDSIZE and CD2L")
{
    check_ste({{"above SSIDSIZE", "ssid-bits=8", stage1().set(f::S1CDMax, 9)},
               {"above 20", "", stage1().set(f::S1CDMax, 21)}},
              false);
    check_ste({{"as SSIDSIZE", "ssid-bits=8", stage1().set(f::S1CDMax, 8)},
               {"IGNORED without substreams", "ssid-bits=0", stage1().set(f::S1CDMax, 9).set(f::S1Fmt, 1)},
               {"IGNORED without stage 1", "ssid-bits=8", stage2().set(f::S1CDMax, 9)}},
              true);
    CHECK(decode_ste("ssid-bits=0", stage1().set(f::S1CDMax, 9))->s1cd_max == 0);
    CHECK(decode_ste("", stage1().set(f::S1CDMax, 9).set(f::S1Fmt, 2))->s1fmt == 2);
    CHECK(decode_ste("", stage1().set(f::S1CDMax, 9).set(f::S1Fmt, 3))->s1fmt == 0);

    Features without = smmuv3_features();
    without.two_level_cd_table = false;
    CHECK_FALSE(decode_ste(without, stage1().set(f::S1CDMax, 9).set(f::S1Fmt, 1)));
    CHECK_FALSE(decode_ste(without, stage1().set(f::S1CDMax, 9).set(f::S1Fmt, 2)));
    CHECK(decode_ste(without, stage1().set(f::S1CDMax, 9).set(f::S1Fmt, 3)));
    CHECK(decode_ste(without, stage1().set(f::S1Fmt, 1)));
}

TEST_CASE("smmuv3: STE.S1DSS 0b11 behaves as 0b00")
{
    for (unsigned dss : {0, 1, 2})
        CHECK(decode_ste("", stage1().set(f::S1CDMax, 4).set(f::S1DSS, dss))->s1dss == dss);
    CHECK(decode_ste("", stage1().set(f::S1CDMax, 4).set(f::S1DSS, 3))->s1dss == 0);
}

TEST_CASE("smmuv3: STE.S1ContextPtr beyond the output size is ILLEGAL, and aligned to its table")
{
    check_ste({{"stage 1", "oas=40", SteBuilder().stage1(1ull << 40)},
               {"nested", "oas=40", stage2().stage1(1ull << 40).set(f::S2PS, 2)}},
              false);
    check_ste({{"the last", "oas=40", SteBuilder().stage1((1ull << 40) - 64)},
               {"IGNORED without stage 1", "oas=40", stage2().set(f::S1ContextPtr, 1ull << 45)}},
              true);
    const auto pointer = [](unsigned format, unsigned cd_max) {
        return decode_ste("", SteBuilder().stage1(0x8fff'ffc0).set(f::S1Fmt, format).set(f::S1CDMax, cd_max))
            ->s1_context_ptr;
    };
    CHECK(pointer(0, 0) == 0x8fff'ffc0);
    CHECK(pointer(0, 4) == 0x8fff'fc00);
    CHECK(pointer(1, 0) == 0x8fff'ffc0);
    CHECK(pointer(1, 9) == 0x8fff'ffc0);
    CHECK(pointer(1, 10) == 0x8fff'ff80);
    CHECK(pointer(1, 20) == 0x8ffe'0000);
    CHECK(pointer(2, 13) == 0x8fff'ffc0);
    CHECK(pointer(2, 20) == 0x8fff'e000);
}

TEST_CASE("smmuv3: the attributes of an STE that hold in bypass too")
{
    const auto stream = decode_ste("", SteBuilder().bypass().set(f::PRIVCFG, 3).set(f::INSTCFG, 2));
    REQUIRE(stream);
    CHECK(stream->privcfg == 3);
    CHECK(stream->instcfg == 2);
    const auto plain = decode_ste("", SteBuilder().bypass());
    CHECK((plain->privcfg == 0 && plain->instcfg == 0));
}

TEST_CASE("smmuv3: an STE is legal with the attributes that nothing here depends on")
{
    for (const auto &ignored : {f::MEV, f::PPAR, f::DCP, f::DRE})
        CHECK(decode_ste("", SteBuilder().bypass().set(ignored, 1)));
}
