// The USB4 DART under Linux 6.12's driver, which does not know where its second word of enable bits is and never
// selects the upper half of its streams. Modelled, not mended: README.md says what follows.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/dart_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("dart: usb4: the driver's second word of enable bits lands in stream 0's TCR")
{
    Dart dart("variant=usb4");
    // apple_dart_hw_reset wrote 0xffffffff to 0x100: every TCR bit that exists.
    CHECK(dart.driver.read(dart.driver.tcr(0)) == 0x1180);
    CHECK(dart.driver.read(dart.driver.tcr(1)) == 0);
    // Translation together with bypass: an invalid mode, so the stream is blocked and not open.
    CHECK(dart.kind(Dart::data, Access::write, 0) == FaultKind::configuration);

    dart.table.map(Dart::iova, Dart::data, dart.page(), Perm::rw);
    dart.driver.attach(0, dart.table);
    CHECK(dart.at(Dart::iova, Access::write, 0) == Dart::data);
}

TEST_CASE("dart: usb4: the driver's commands never reach streams 32 to 63")
{
    Dart dart("variant=usb4");
    dart.table.map(Dart::iova, Dart::data, dart.page(), Perm::rw);
    for (unsigned stream : {31u, 32u, 63u}) {
        dart.driver.attach(stream, dart.table);
        REQUIRE(dart.at(Dart::iova, Access::read, stream) == Dart::data);
    }
    dart.table.unmap(Dart::iova, dart.page());
    for (unsigned stream : {31u, 32u, 63u})
        dart.driver.invalidate(stream);
    CHECK_FALSE(dart.at(Dart::iova, Access::read, 31));
    CHECK(dart.at(Dart::iova, Access::read, 32) == Dart::data);
    CHECK(dart.at(Dart::iova, Access::read, 63) == Dart::data);

    // The block itself has the second word: a driver that wrote it would be obeyed.
    dart.driver.write(0x34, 0);
    dart.driver.write(0x38, 1u << 31);
    dart.driver.write(0x20, 1u << 20);
    CHECK(dart.at(Dart::iova, Access::read, 32) == Dart::data);
    CHECK_FALSE(dart.at(Dart::iova, Access::read, 63));
}

TEST_CASE("dart: usb4: streams above the one word of enable bits are always enabled")
{
    Dart dart("variant=usb4");
    dart.table.map(Dart::iova, Dart::data, dart.page(), Perm::rw);
    dart.driver.attach(5, dart.table);
    dart.driver.attach(40, dart.table);
    dart.driver.write(0xfc, 0);
    CHECK(dart.kind(Dart::iova, Access::read, 5) == FaultKind::disabled);
    CHECK(dart.at(Dart::iova, Access::read, 40) == Dart::data);
}

TEST_CASE("dart: usb4: ERROR has four bits for the stream")
{
    Dart dart("variant=usb4");
    dart.at(0, Access::read, 0x25);
    CHECK(dart.driver.report().stream == 5);
    CHECK(dart.iommu->counters().last_fault().fault.transaction.stream == 0x25);
}
