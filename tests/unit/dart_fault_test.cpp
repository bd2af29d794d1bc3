// What a fault leaves in the registers, and the interrupt.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "catch.hpp"
#include "unit/dart_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("dart: every cause has its one code, with stream and address")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    const DartHardware &hw = dart.driver.hw();
    dart.table.map(Dart::iova, Dart::data, dart.page(), Perm::r);
    dart.table.map(Dart::iova + dart.page(), Dart::data, dart.page(), Perm::w);
    dart.driver.attach(1, dart.table);
    struct Case {
        uint64_t address;
        Access access;
        unsigned stream;
        uint32_t code;
    };
    const Case cases[] = {
        {Dart::iova + 4, Access::write, 1, hw.write_fault},
        {Dart::iova + dart.page() + 8, Access::read, 1, hw.read_fault},
        {Dart::iova + 2 * dart.page(), Access::read, 1, hw.no_pte},
        {0, Access::read, 1, hw.no_pmd},
        {Dart::iova, Access::read, 7, hw.no_ttbr},
        {Dart::iova, Access::read, 10, hw.no_ttbr},
        {1ull << 40, Access::write, 1, hw.no_ttbr},
    };
    for (const Case &one : cases) {
        dart.at(one.address, one.access, one.stream);
        const DartDriver::Report report = dart.driver.report();
        CHECK(report.flag);
        CHECK(report.code == one.code);
        CHECK(report.stream == one.stream);
        CHECK(report.address == one.address);
        dart.driver.acknowledge();
        CHECK_FALSE(dart.driver.report().flag);
    }
}

TEST_CASE("dart: a table that cannot be read is a bus error on t8110, a missing entry elsewhere")
{
    const auto [variant, code, root_code] = GENERATE(table<std::string, uint32_t, uint32_t>({
        {"t8110", 1u << 6, 1u << 6},
        {"t8103", 1u << 2, 1u << 1},
    }));
    Dart dart("variant=" + variant + ",page-size=16k");
    dart.table.set_table(Dart::iova, 0x0400'0000 | 1);
    dart.driver.attach(1, dart.table);
    dart.at(Dart::iova);
    CHECK(dart.driver.report().code == code);

    dart.driver.acknowledge();
    dart.driver.set_ttbr(1, 0, 0x0400'0000);
    dart.at(Dart::iova);
    CHECK(dart.driver.report().code == root_code);
}

TEST_CASE("dart: the first fault stays until it is acknowledged")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    dart.at(0x1000, Access::read, 1);
    dart.at(0x2000, Access::read, 2);
    CHECK(dart.driver.report().stream == 1);
    CHECK(dart.driver.report().address == 0x1000);
    dart.driver.acknowledge();
    dart.at(0x3000, Access::read, 3);
    CHECK(dart.driver.report().address == 0x3000);
    CHECK(dart.counter("faults") == 3);
}

TEST_CASE("dart: the line rises from deferred work and falls with the acknowledgement")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    dart.at(0x1000);
    CHECK_FALSE(dart.host.line(0));  // the faulting thread must not touch it
    CHECK(dart.host.run_deferred(*dart.iommu));
    CHECK(dart.host.line(0));
    dart.driver.acknowledge();
    CHECK_FALSE(dart.host.line(0));
}

TEST_CASE("dart: reset lowers the line and forgets the fault")
{
    Dart dart;
    dart.at(0x1000);
    dart.host.run_deferred(*dart.iommu);
    REQUIRE(dart.host.line(0));
    dart.iommu->reset();
    CHECK_FALSE(dart.host.line(0));
    CHECK_FALSE(dart.driver.report().flag);
    CHECK(dart.counter("faults") == 0);
}

TEST_CASE("dart: a t8110 keeps silent until the driver unmasks")
{
    Dart dart("variant=t8110");
    dart.iommu->reset();
    dart.at(0x1000);
    dart.host.run_deferred(*dart.iommu);
    CHECK(dart.driver.report().flag);
    CHECK_FALSE(dart.host.line(0));
    dart.driver.write(0x104, 0);
    CHECK(dart.host.line(0));
    dart.driver.write(0x104, 1);  // NO_TTBR only
    CHECK_FALSE(dart.host.line(0));
    dart.driver.write(0x104, ~(1u << 31 | 1));  // every bit but the two that count
    CHECK(dart.host.line(0));
    dart.driver.write(0x104, 1u << 31);  // FLAG
    CHECK_FALSE(dart.host.line(0));
}

TEST_CASE("dart: a t8110 tells every stream that faulted")
{
    Dart dart("variant=t8110,streams=256");
    dart.at(0, Access::read, 3);
    dart.at(0, Access::read, 35);
    dart.at(0, Access::read, 255);
    CHECK(dart.driver.read(0x1c0) == 1u << 3);
    CHECK(dart.driver.read(0x1c4) == 1u << 3);
    CHECK(dart.driver.read(0x1dc) == 1u << 31);
    CHECK(dart.driver.report().stream == 3);
    dart.driver.write(0x1c4, ~(1u << 3));
    CHECK(dart.driver.read(0x1c4) == 1u << 3);
    dart.driver.write(0x1c4, 1u << 3);
    CHECK(dart.driver.read(0x1c4) == 0);
    CHECK(dart.driver.read(0x1dc) == 1u << 31);
    dart.driver.acknowledge();
    CHECK(dart.driver.read(0x1dc) == 0);
    dart.at(0, Access::read, 0xa5);
    CHECK(dart.driver.report().stream == 0xa5);
}

TEST_CASE("dart: writing zeroes to ERROR clears nothing")
{
    Dart dart;
    dart.at(0x1000);
    dart.driver.write(dart.driver.hw().error, 0);
    CHECK(dart.driver.report().flag);
}

TEST_CASE("dart: a pending fault survives save and load")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    dart.map_and_attach();
    dart.at(Dart::iova + dart.page(), Access::read, 1);
    dart.host.run_deferred(*dart.iommu);
    StateWriter out;
    dart.iommu->save(out);

    FakeHost other;
    auto copy = make_iommu(other, "apple-dart", parse_options(options));
    StateReader in(out.data());
    copy->load(in);
    REQUIRE(in.complete());
    CHECK(other.line(0));
    DartDriver driver(*copy, parse_options(options));
    CHECK(driver.report().address == Dart::iova + dart.page());
    CHECK(driver.read(driver.tcr(1)) == dart.driver.hw().tcr_enabled);
    if (driver.hw().t8110)
        CHECK(driver.read(0x1c0) == 1u << 1);
    driver.acknowledge();
    CHECK_FALSE(other.line(0));
}

TEST_CASE("dart: a loaded ERROR has no bits but those of the block")
{
    Dart dart("variant=t8103");
    StateWriter out;
    dart.iommu->save(out);
    std::vector<uint8_t> data = out.data();
    const std::string section = "report";
    const auto error = std::search(data.begin(), data.end(), section.begin(), section.end()) + int(section.size()) + 4;
    REQUIRE(data.end() - error >= 4);
    std::fill(error, error + 4, uint8_t(0xff));
    StateReader in(data);
    dart.iommu->load(in);
    REQUIRE(in.complete());
    CHECK(dart.driver.read(0x40) == 0x8f00'001f);
}
