// SPDX-License-Identifier: GPL-2.0-or-later
#include "arm/smmuv3/stalls.hpp"

#include "catch.hpp"

using namespace soc;
using namespace soc::smmuv3;

namespace {

Transaction of_stream(uint32_t stream, uint64_t address)
{
    Transaction txn;
    txn.stream = stream;
    txn.address = address;
    txn.substream = 7;
    txn.has_substream = true;
    txn.access = Access::write;
    return txn;
}

}  // namespace

TEST_CASE("smmuv3: stalled transactions have different STAGs and different names")
{
    Stalls stalls(4);
    const auto first = stalls.add(of_stream(1, 0x1000)), second = stalls.add(of_stream(1, 0x2000));
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->stag != second->stag);
    CHECK(first->hold != second->hold);
    CHECK(stalls.size() == 2);
}

TEST_CASE("smmuv3: a STAG is free again once its transaction was resumed, its name is not")
{
    Stalls stalls(1);
    const auto first = stalls.add(of_stream(1, 0x1000));
    CHECK_FALSE(stalls.add(of_stream(1, 0x2000)));
    CHECK(stalls.take(1, first->stag)->transaction.address == 0x1000);
    const auto second = stalls.add(of_stream(1, 0x3000));
    REQUIRE(second);
    CHECK(second->stag == first->stag);
    CHECK(second->hold != first->hold);
}

TEST_CASE("smmuv3: a stalled transaction answers to its stream and STAG alone")
{
    Stalls stalls(4);
    const auto stalled = stalls.add(of_stream(1, 0x1000));
    CHECK_FALSE(stalls.take(2, stalled->stag));
    CHECK_FALSE(stalls.take(1, uint16_t(stalled->stag + 1)));
    CHECK(stalls.take(1, stalled->stag));
    CHECK_FALSE(stalls.take(1, stalled->stag));
}

TEST_CASE("smmuv3: all stalled transactions of a stream can be taken, and no other's")
{
    Stalls stalls(8);
    stalls.add(of_stream(1, 0x1000));
    stalls.add(of_stream(2, 0x2000));
    stalls.add(of_stream(1, 0x3000));
    CHECK(stalls.take_stream(1).size() == 2);
    CHECK(stalls.size() == 1);
    CHECK(stalls.take_stream(1).empty());
}

TEST_CASE("smmuv3: stalled transactions survive a save and a load")
{
    Stalls before(8), after(8);
    const auto stalled = before.add(of_stream(3, 0x1000));
    StateWriter out;
    before.save(out);
    StateReader in(out.data());
    after.load(in);
    REQUIRE(in.complete());
    const auto found = after.take(3, stalled->stag);
    REQUIRE(found);
    CHECK(found->hold == stalled->hold);
    CHECK(found->transaction.address == 0x1000);
    CHECK(found->transaction.substream == 7);
    CHECK(found->transaction.has_substream);
    CHECK(found->transaction.access == Access::write);
    // The next name is a new one.
    CHECK(after.add(of_stream(3, 0))->hold > stalled->hold);
}

TEST_CASE("smmuv3: more stalled transactions than there can be are refused at a load")
{
    Stalls before(8), after(1);
    before.add(of_stream(1, 0));
    before.add(of_stream(1, 0));
    StateWriter out;
    before.save(out);
    StateReader in(out.data());
    after.load(in);
    CHECK_FALSE(in.ok());
}
