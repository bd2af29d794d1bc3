// SPDX-License-Identifier: GPL-2.0-or-later
#include "arm/smmuv3/ats.hpp"

#include "catch.hpp"
#include "support/fake_host.hpp"

using namespace soc;
using namespace soc::smmuv3;
using soc::test::FakeHost;

TEST_CASE("smmuv3: an invalidation is outstanding until its answer")
{
    FakeHost host;
    Ats ats(host);
    CHECK(ats.state() == Ats::Wait::none);
    REQUIRE(ats.invalidate(5, true, 9, false, 0x4000, 0x1000));
    REQUIRE(host.messages.size() == 1);
    const SocMessage sent = host.messages[0];
    CHECK(sent.type == SOC_MSG_ATS_INVALIDATE);
    CHECK(sent.stream == 5);
    CHECK(sent.substream == 9);
    CHECK(sent.address == 0x4000);
    CHECK(sent.size == 0x1000);
    CHECK(ats.state() == Ats::Wait::waiting);
    ats.answered(sent);
    CHECK(ats.state() == Ats::Wait::none);
}

TEST_CASE("smmuv3: outstanding invalidations have different ITags, and there is an end of them")
{
    FakeHost host;
    Ats ats(host);
    for (unsigned i = 0; i < Ats::most_outstanding; ++i)
        REQUIRE(ats.invalidate(1, false, 0, false, 0, 0x1000));
    CHECK_FALSE(ats.invalidate(1, false, 0, false, 0, 0x1000));
    std::set<uint32_t> tags;
    for (const SocMessage &msg : host.messages)
        tags.insert(msg.tag);
    CHECK(tags.size() == Ats::most_outstanding);
    ats.answered(host.messages[3]);
    CHECK(ats.invalidate(1, false, 0, false, 0, 0x1000));
    CHECK(host.messages.back().tag == host.messages[3].tag);
}

TEST_CASE("smmuv3: an invalidation that never is answered times out, once")
{
    FakeHost host;
    Ats ats(host);
    REQUIRE(ats.invalidate(1, false, 0, false, 0, 0x1000));
    for (unsigned i = 0; i < Ats::patience; ++i) {
        CHECK(ats.state() == Ats::Wait::waiting);
        ats.round();
    }
    CHECK(ats.state() == Ats::Wait::timed_out);
    CHECK(ats.state() == Ats::Wait::none);
}

TEST_CASE("smmuv3: what waits for room among silent invalidations does not wait for ever")
{
    FakeHost host;
    Ats ats(host);
    for (unsigned i = 0; i < Ats::most_outstanding; ++i)
        REQUIRE(ats.invalidate(1, false, 0, false, 0, 0x1000));
    unsigned rounds = 0;
    for (; !ats.invalidate(1, false, 0, false, 0, 0x1000) && rounds < 2 * Ats::patience; ++rounds)
        ats.round();
    CHECK(rounds == Ats::patience);
    // The one that found room is answered; a CMD_SYNC still hears of the others, also after a save and a load.
    ats.answered(host.messages.back());
    StateWriter out;
    ats.save(out);
    Ats after(host);
    StateReader in(out.data());
    after.load(in);
    REQUIRE(in.complete());
    CHECK(after.state() == Ats::Wait::timed_out);
    CHECK(after.state() == Ats::Wait::none);
    CHECK(ats.state() == Ats::Wait::timed_out);
}

TEST_CASE("smmuv3: outstanding invalidations survive a save and a load")
{
    FakeHost host;
    Ats before(host), after(host);
    REQUIRE(before.invalidate(1, false, 0, false, 0, 0x1000));
    StateWriter out;
    before.save(out);
    StateReader in(out.data());
    after.load(in);
    REQUIRE(in.complete());
    CHECK(after.state() == Ats::Wait::waiting);
    after.answered(host.messages[0]);
    CHECK(after.state() == Ats::Wait::none);
}
