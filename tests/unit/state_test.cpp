// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "soc-iommu/state.hpp"

using namespace soc;

TEST_CASE("state reads back what was written, in order")
{
    StateWriter out;
    out.section("thing", 3);
    out.u32(0x12345678);
    out.u64(0x1122334455667788);
    const uint8_t bytes[] = {1, 2, 3};
    out.bytes(bytes);

    StateReader in(out.data());
    in.section("thing", 3);
    CHECK(in.u32() == 0x12345678);
    CHECK(in.u64() == 0x1122334455667788);
    uint8_t read[3] = {};
    in.bytes(read);
    CHECK(read[2] == 3);
    CHECK(in.complete());
}

TEST_CASE("state of another section, version or length is refused")
{
    StateWriter out;
    out.section("thing", 3);
    out.u32(7);

    SECTION("another name of the same length")
    {
        StateReader in(out.data());
        in.section("other", 3);
        CHECK_FALSE(in.ok());
    }
    SECTION("another version")
    {
        StateReader in(out.data());
        in.section("thing", 4);
        CHECK_FALSE(in.ok());
        CHECK(in.u32() == 0);  // although there is a 7
    }
    SECTION("truncated anywhere")
    {
        for (size_t length = 0; length < out.data().size(); ++length) {
            StateReader in({out.data().data(), length});
            in.section("thing", 3);
            in.u32();
            INFO("length " << length);
            CHECK_FALSE(in.complete());
        }
    }
    SECTION("left-over bytes")
    {
        StateReader in(out.data());
        in.section("thing", 3);
        CHECK(in.ok());
        CHECK_FALSE(in.complete());
    }
}

TEST_CASE("a failed read gives zero and every later one too")
{
    const uint8_t bytes[] = {1, 2, 3};
    StateReader in(bytes);
    CHECK(in.u32() == 0);
    uint8_t read[2] = {9, 9};
    in.bytes(read);
    CHECK(read[0] == 0);
    CHECK_FALSE(in.ok());
}
