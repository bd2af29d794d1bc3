// Legality and meaning of context descriptors: Arm IHI 0070, 5.4, with the rules in the order of 5.4.2.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "support/smmuv3_structures.hpp"

using namespace soc;
using namespace soc::smmuv3;
using namespace soc::test;
namespace f = soc::test::cd_field;

namespace {

constexpr uint64_t root = 0x8010'0000;

CdBuilder lower() { return CdBuilder().table0(root, 12, 39); }
CdBuilder both() { return lower().table1(root + 0x1000, 12, 39); }

std::optional<Context> decode(const std::string &options, const CdBuilder &cd, const Stream &stream = {})
{
    const Features features = smmuv3_features(options);
    FakeMemory memory;
    const auto decoded = StreamTable(features, memory).decode_cd(stream, cd.words());
    if (const auto *id = std::get_if<EventId>(&decoded)) {
        CHECK(*id == EventId::c_bad_cd);
        return std::nullopt;
    }
    return std::get<Context>(decoded);
}

Stream in_regime(Regime regime)
{
    Stream stream;
    stream.mode = StreamMode::stage1;
    stream.regime = regime;
    return stream;
}

struct Case {
    const char *rule;
    std::string options;
    CdBuilder cd;
};

void check_all(const std::vector<Case> &cases, bool legal, const Stream &stream = {})
{
    for (const Case &one : cases) {
        INFO(one.rule << ", options: " << one.options);
        CHECK(decode(one.options, one.cd, stream).has_value() == legal);
    }
}

}  // namespace

TEST_CASE("smmuv3: CD.V clear is bad")
{
    CHECK(decode("", lower()));
    CHECK_FALSE(decode("", lower().set(f::V, 0)));
}

TEST_CASE("smmuv3: CD.S against the stall model and STE.S1STALLD")
{
    check_all({{"S where nothing stalls", "stall=off", lower().set(f::S, 1)},
               {"no S where everything stalls", "stall=forced", lower()}},
              false);
    check_all({{"S", "", lower().set(f::S, 1)},
               {"no S", "", lower()},
               {"no stalls", "stall=off", lower()},
               {"forced", "stall=forced", lower().set(f::S, 1)}},
              true);
    Stream stalld = in_regime(Regime::nsel1);
    stalld.s1_stall_disabled = true;
    check_all({{"S with S1STALLD", "", lower().set(f::S, 1)}}, false, stalld);
    check_all({{"no S with S1STALLD", "", lower()}}, true, stalld);
    CHECK(decode("", lower().set(f::S, 1))->stall);
    CHECK_FALSE(decode("", lower())->stall);
    CHECK(decode("", lower())->record);
    CHECK_FALSE(decode("", lower().set(f::R, 0))->record);
}

TEST_CASE("smmuv3: CD.A clear is ILLEGAL, as TERM_MODEL is 1")
{
    CHECK_FALSE(decode("", lower().set(f::A, 0)));
    CHECK(decode("", lower()));
}

TEST_CASE("smmuv3: CD.ENDI counts while a half is enabled")
{
    check_all({{"lower half", "", lower().set(f::ENDI, 1)},
               {"upper half", "", CdBuilder().table1(root, 12, 39).set(f::ENDI, 1)}},
              false);
    check_all({{"no half", "", CdBuilder().set(f::ENDI, 1)}}, true);
}

TEST_CASE("smmuv3: CD.AA64 clear is ILLEGAL, with both halves disabled too")
{
    CHECK_FALSE(decode("", lower().set(f::AA64, 0)));
    CHECK_FALSE(decode("", CdBuilder().set(f::AA64, 0)));
}

TEST_CASE("smmuv3: CD.HA and HD against HTTU")
{
    check_all({{"HA", "httu=0", lower().set(f::HA, 1)},
               {"HD", "httu=0", lower().set(f::HD, 1)},
               {"HD with the access flag alone", "httu=1", lower().set(f::HA, 1).set(f::HD, 1)}},
              false);
    check_all({{"HA", "httu=1", lower().set(f::HA, 1)}, {"both", "httu=2", lower().set(f::HA, 1).set(f::HD, 1)}}, true);
    const auto with_both = decode("", lower().set(f::HA, 1).set(f::HD, 1));
    CHECK((with_both->update_access && with_both->update_dirty));
    const auto dirty_alone = decode("", lower().set(f::HD, 1));
    CHECK_FALSE((dirty_alone->update_access || dirty_alone->update_dirty));
}

TEST_CASE("smmuv3: CD.ASID has 8 bits without ASID16, and none in EL2")
{
    check_all({{"16 bits", "asid-bits=8", lower().asid(0x100)}}, false);
    check_all({{"8 bits", "asid-bits=8", lower().asid(0xff)}, {"16 bits", "", lower().asid(0xffff)}}, true);
    check_all({{"16 bits", "asid-bits=8", lower().asid(0x100)}}, false, in_regime(Regime::el2_e2h));
    check_all({{"IGNORED", "asid-bits=8", lower().asid(0x100)}}, true, in_regime(Regime::el2));
    CHECK(decode("", lower().asid(0xabcd))->asid == 0xabcd);
    CHECK(decode("", lower().asid(0xabcd), in_regime(Regime::el2_e2h))->asid == 0xabcd);
    CHECK(decode("", lower().asid(0xabcd), in_regime(Regime::el2))->asid == 0);
}

TEST_CASE("smmuv3: CD.TxSZ has a least and a most by granule and VAX")
{
    const auto t0 = [](unsigned shift, unsigned bits) { return CdBuilder().table0(root, shift, bits); };
    const auto t1 = [](unsigned shift, unsigned bits) { return CdBuilder().table1(root, shift, bits); };
    check_all({{"T0SZ, 4K", "", t0(12, 49)},
               {"T0SZ, 16K", "", t0(14, 49)},
               {"T0SZ, 64K", "", t0(16, 53)},
               {"T0SZ, 64K without VAX", "vax=off", t0(16, 49)},
               {"T0SZ above 39", "", t0(12, 24)},
               {"T1SZ, 4K", "", t1(12, 49)},
               {"T1SZ, 64K", "", t1(16, 53)},
               {"T1SZ above 39", "", t1(16, 24)}},
              false);
    check_all({{"T0SZ, 4K", "", t0(12, 48)},
               {"T0SZ, 64K", "", t0(16, 52)},
               {"T0SZ, 64K without VAX", "vax=off", t0(16, 48)},
               // Not bound to the output size.
               {"T0SZ with a small OAS", "oas=32,vax=off", CdBuilder().table0(0x8000'0000, 12, 48)},
               {"T0SZ 39", "", t0(12, 25)},
               {"T1SZ, 16K", "", t1(14, 48)},
               {"T1SZ, 64K", "", t1(16, 52)}},
              true);
}

TEST_CASE("smmuv3: CD.TG0 and TG1 have different encodings")
{
    const auto tg0 = [](unsigned value) { return lower().set(f::TG0, value); };
    const auto tg1 = [](unsigned value) { return CdBuilder().table1(root, 12, 39).set(f::TG1, value); };
    CHECK(decode("", tg0(0))->table[0].granule_shift == 12);
    CHECK(decode("", tg0(1))->table[0].granule_shift == 16);
    CHECK(decode("", tg0(2))->table[0].granule_shift == 14);
    CHECK(decode("", tg1(1))->table[1].granule_shift == 14);
    CHECK(decode("", tg1(2))->table[1].granule_shift == 12);
    CHECK(decode("", tg1(3))->table[1].granule_shift == 16);
    check_all({{"TG0 reserved", "", tg0(3)},
               {"TG1 reserved", "", tg1(0)},
               {"no 4K, TG0", "granules=16k+64k", tg0(0)},
               {"no 16K, TG0", "granules=4k", tg0(2)},
               {"no 4K, TG1", "granules=16k", tg1(2)},
               {"no 64K, TG1", "granules=4k+16k", tg1(3)}},
              false);
}

TEST_CASE("smmuv3: a CD's half that EPD disables is not looked at")
{
    const auto bad0 = [] { return CdBuilder().set(f::T0SZ, 0).set(f::TG0, 3).set(f::TTB0, 1ull << 47); };
    const auto bad1 = [] { return CdBuilder().set(f::T1SZ, 63).set(f::TG1, 0).set(f::TTB1, 1ull << 47); };
    const auto upper_alone = decode("", bad0().table1(root, 12, 39));
    REQUIRE(upper_alone);
    CHECK(upper_alone->table[0].disabled);
    CHECK_FALSE(upper_alone->table[1].disabled);
    const auto lower_alone = decode("", bad1().table0(root, 12, 39));
    REQUIRE(lower_alone);
    CHECK_FALSE(lower_alone->table[0].disabled);
    CHECK(lower_alone->table[1].disabled);
    CHECK_FALSE(decode("", bad0().set(f::EPD0, 0)));
    CHECK_FALSE(decode("", bad1().set(f::EPD1, 0)));
}

TEST_CASE("smmuv3: a CD of EL2 has one half, which EPD0 cannot disable")
{
    const CdBuilder cd = both().set(f::EPD0, 1).set(f::TG1, 0).set(f::TBI1, 1).set(f::PAN, 1);
    const auto el2 = decode("", cd, in_regime(Regime::el2));
    REQUIRE(el2);
    CHECK_FALSE(el2->table[0].disabled);
    CHECK(el2->table[0].address == root);
    CHECK(el2->table[1].disabled);
    CHECK_FALSE(el2->pan);
    CHECK(el2->regime == Regime::el2);
    // With E2H it has two.
    CHECK_FALSE(decode("", cd, in_regime(Regime::el2_e2h)));
    const auto e2h = decode("", both(), in_regime(Regime::el2_e2h));
    REQUIRE(e2h);
    CHECK_FALSE(e2h->table[1].disabled);
    CHECK(decode("", both().set(f::EPD0, 1), in_regime(Regime::el2_e2h))->table[0].disabled);
}

TEST_CASE("smmuv3: CD.IPS is capped to the output size")
{
    CHECK(decode("", lower().set(f::IPS, 0))->output_bits == 32);
    CHECK(decode("", lower().set(f::IPS, 4))->output_bits == 44);
    CHECK(decode("oas=44", lower().set(f::IPS, 5))->output_bits == 44);
    CHECK(decode("", lower().set(f::IPS, 6))->output_bits == 52);
    CHECK(decode("", lower().set(f::IPS, 7))->output_bits == 52);
}

TEST_CASE("smmuv3: CD.TTB0 and TTB1 beyond IPS, or beyond 48 bits below 64K, are ILLEGAL")
{
    const auto at = [](uint64_t table, unsigned shift, unsigned bits) {
        return CdBuilder().table0(table, shift, 39).output_bits(bits);
    };
    check_all({{"beyond IPS", "", at(1ull << 36, 12, 36)},
               {"beyond the OAS", "oas=40", at(1ull << 40, 12, 48)},
               {"beyond 48 bits with 4K", "", at(1ull << 48, 12, 52)},
               {"beyond 48 bits with 16K", "", at(1ull << 48, 14, 52)},
               {"TTB1 beyond IPS", "", lower().table1(1ull << 36, 12, 39).output_bits(36)}},
              false);
    check_all({{"within IPS", "", at(1ull << 35, 12, 36)}, {"52 bits with 64K", "", at(1ull << 51, 16, 52)}}, true);
}

TEST_CASE("smmuv3: a CD's tables begin at their level and are aligned to their size")
{
    const auto table = [](unsigned shift, unsigned bits, unsigned output_bits = 48) {
        return decode("", CdBuilder().table0(0x8fff'fff0, shift, bits).output_bits(output_bits))->table[0];
    };
    struct Geometry {
        unsigned shift, bits, level;
        uint64_t address;
    };
    for (const Geometry &one : {Geometry{12, 48, 0, 0x8fff'f000}, Geometry{12, 40, 0, 0x8fff'fff0},
                                Geometry{12, 39, 1, 0x8fff'f000}, Geometry{12, 32, 1, 0x8fff'ffe0},
                                Geometry{12, 30, 2, 0x8fff'f000}, Geometry{14, 48, 0, 0x8fff'fff0},
                                Geometry{14, 47, 1, 0x8fff'c000}, Geometry{14, 36, 2, 0x8fff'c000},
                                Geometry{14, 25, 3, 0x8fff'c000}, Geometry{16, 52, 1, 0x8fff'e000},
                                Geometry{16, 48, 1, 0x8fff'fe00}, Geometry{16, 42, 2, 0x8fff'0000},
                                Geometry{16, 29, 3, 0x8fff'0000}}) {
        CAPTURE(one.shift, one.bits);
        CHECK(table(one.shift, one.bits).start_level == one.level);
        CHECK(table(one.shift, one.bits).input_bits == one.bits);
        CHECK(table(one.shift, one.bits).address == one.address);
    }
    CHECK(table(12, 40, 52).address == 0x8fff'ffc0);  // 64 bytes are the least with 52 bits of output
}

TEST_CASE("smmuv3: the flags of a CD")
{
    const auto plain = decode("", both());
    REQUIRE(plain);
    CHECK(plain->access_flag_faults);
    CHECK_FALSE((plain->wxn || plain->pan || plain->update_access || plain->update_dirty));
    for (const TableBase &table : plain->table)
        CHECK_FALSE((table.top_byte_ignored || table.hierarchy_ignored));

    CHECK_FALSE(decode("", both().set(f::AFFD, 1))->access_flag_faults);
    CHECK(decode("", both().set(f::WXN, 1))->wxn);
    CHECK_FALSE(decode("", both().set(f::UWXN, 1))->wxn);  // IGNORED in VMSAv8-64
    CHECK(decode("", both().set(f::PAN, 1))->pan);
    const auto low = decode("", both().set(f::TBI0, 1).set(f::HAD0, 1));
    CHECK((low->table[0].top_byte_ignored && low->table[0].hierarchy_ignored));
    CHECK_FALSE((low->table[1].top_byte_ignored || low->table[1].hierarchy_ignored));
    const auto high = decode("", both().set(f::TBI1, 1).set(f::HAD1, 1));
    CHECK((high->table[1].top_byte_ignored && high->table[1].hierarchy_ignored));
    CHECK_FALSE((high->table[0].top_byte_ignored || high->table[0].hierarchy_ignored));
}
