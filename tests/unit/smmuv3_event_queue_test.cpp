// The Event queue: Arm IHI 0070, 7.2 and 7.4.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <thread>

#include "catch.hpp"
#include "unit/smmuv3_parts.hpp"

using namespace soc;
using namespace soc::test;
using P = SmmuParts;
using soc::smmuv3::EventWords;

namespace {

constexpr uint32_t overflow = 1u << 31;
constexpr uint32_t eventq_abt = 1u << 2;

struct Events : P {
    explicit Events(unsigned log2size = 1, uint64_t base = evtq)
    {
        write64(EVENTQ_BASE, base | log2size);
        write(IRQ_CTRL, 7);
        write(CR0, evtqen);
    }
    unsigned pulses()
    {
        interrupts.deliver();
        return host.pulses[0];
    }
    EventWords stall(uint32_t stream, uint16_t stag)
    {
        return {smmuv3::evt::SID::of(stream) | 0x10, smmuv3::evt::STALL::of(1) | stag, 0, 0};
    }
};

}  // namespace

TEST_CASE("smmuv3: an event is written, PROD shows it, an interrupt tells of the first")
{
    Events smmu(2);
    smmu.events.push({1, 2, 3, 0x1122'3344'5566'7788});
    CHECK(smmu.read(P::EVENTQ_PROD) == 1);
    CHECK(smmu.word(P::evtq) == 1);
    CHECK(smmu.word(P::evtq + 24) == 0x1122'3344'5566'7788);
    CHECK(smmu.pulses() == 1);
    smmu.events.push({5, 0, 0, 0});
    CHECK(smmu.word(P::evtq + 32) == 5);
    CHECK(smmu.pulses() == 1);
    smmu.write(P::EVENTQ_CONS, 2);
    smmu.events.push({6, 0, 0, 0});
    CHECK(smmu.pulses() == 2);
}

TEST_CASE("smmuv3: the Event queue wraps")
{
    Events smmu(1);
    for (uint32_t i = 0; i < 9; ++i) {
        smmu.events.push({i + 1, 0, 0, 0});
        CHECK(smmu.word(P::evtq + 32 * (i % 2)) == i + 1);
        CHECK(smmu.read(P::EVENTQ_PROD) == (i + 1) % 4);
        smmu.write(P::EVENTQ_CONS, (i + 1) % 4);
    }
}

TEST_CASE("smmuv3: an event for a full queue is lost, and OVFLG says so once until it is acknowledged")
{
    Events smmu(1);
    smmu.events.push({1, 0, 0, 0});
    smmu.events.push({2, 0, 0, 0});
    CHECK(smmu.read(P::EVENTQ_PROD) == 2);
    smmu.events.push({3, 0, 0, 0});
    CHECK(smmu.read(P::EVENTQ_PROD) == (2 | overflow));
    smmu.events.push({4, 0, 0, 0});
    CHECK(smmu.read(P::EVENTQ_PROD) == (2 | overflow));
    CHECK(smmu.word(P::evtq) == 1);

    // Room without acknowledgement: events go on (7.4), a second overflow cannot be told.
    smmu.write(P::EVENTQ_CONS, 1);
    smmu.events.push({5, 0, 0, 0});
    CHECK(smmu.read(P::EVENTQ_PROD) == (3 | overflow));
    CHECK(smmu.word(P::evtq) == 5);
    smmu.events.push({6, 0, 0, 0});
    CHECK(smmu.read(P::EVENTQ_PROD) == (3 | overflow));

    smmu.write(P::EVENTQ_CONS, 1 | overflow);
    smmu.events.push({7, 0, 0, 0});
    CHECK(smmu.read(P::EVENTQ_PROD) == 3);  // toggled back: the next overflow
}

TEST_CASE("smmuv3: a disabled Event queue loses events without a trace")
{
    Events smmu(1);
    smmu.write(P::CR0, 0);
    smmu.events.push({1, 0, 0, 0});
    CHECK(smmu.read(P::EVENTQ_PROD) == 0);
    CHECK(smmu.pulses() == 0);
    smmu.write(P::CR0, P::evtqen);
    CHECK(smmu.read(P::EVENTQ_PROD) == 0);
}

TEST_CASE("smmuv3: an Event queue outside memory is EVENTQ_ABT_ERR, and closed until that is acknowledged")
{
    Events smmu(1, P::nowhere);
    smmu.events.push({1, 0, 0, 0});
    CHECK(smmu.read(P::EVENTQ_PROD) == 0);
    CHECK(smmu.errors() == eventq_abt);
    CHECK(smmu.pulses() == 0);
    CHECK(smmu.host.pulses[3] == 1);

    // Repaired, but not acknowledged.
    smmu.write(P::CR0, 0);
    smmu.write64(P::EVENTQ_BASE, P::evtq | 1);
    smmu.write(P::CR0, P::evtqen);
    smmu.events.push({2, 0, 0, 0});
    CHECK(smmu.read(P::EVENTQ_PROD) == 0);
    smmu.acknowledge();
    smmu.events.push({3, 0, 0, 0});
    CHECK(smmu.read(P::EVENTQ_PROD) == 1);
    CHECK(smmu.word(P::evtq) == 3);
}

TEST_CASE("smmuv3: a stall's record waits for room, causes no overflow and goes before newer events")
{
    Events smmu(1);
    smmu.events.push({1, 0, 0, 0});
    smmu.events.push({2, 0, 0, 0});
    CHECK(smmu.events.push_stall(smmu.stall(7, 1)));
    CHECK(smmu.events.push_stall(smmu.stall(7, 2)));
    CHECK(smmu.read(P::EVENTQ_PROD) == 2);
    CHECK(smmu.events.unrecorded() == 2);

    smmu.write(P::EVENTQ_CONS, 1);
    CHECK(smmu.events.unrecorded() == 1);
    CHECK(smmu.word(P::evtq + 8) == smmu.stall(7, 1)[1]);
    smmu.write(P::EVENTQ_CONS, 3);
    CHECK(smmu.events.unrecorded() == 0);
    CHECK(smmu.word(P::evtq + 32 + 8) == smmu.stall(7, 2)[1]);
    CHECK((smmu.read(P::EVENTQ_PROD) & overflow) == 0);
}

TEST_CASE("smmuv3: a stall's record waits while the queue is disabled or in error")
{
    Events smmu(1);
    smmu.write(P::CR0, 0);
    CHECK(smmu.events.push_stall(smmu.stall(7, 1)));
    CHECK(smmu.events.unrecorded() == 1);
    smmu.write(P::CR0, P::evtqen);
    CHECK(smmu.events.unrecorded() == 0);
    CHECK(smmu.pulses() == 1);

    smmu.interrupts.report(smmuv3::Interrupts::Error::eventq_abort);
    CHECK(smmu.events.push_stall(smmu.stall(7, 2)));
    CHECK(smmu.events.unrecorded() == 1);
    smmu.acknowledge();
    CHECK(smmu.events.unrecorded() == 0);
    CHECK(smmu.read(P::EVENTQ_PROD) == 2);
}

TEST_CASE("smmuv3: no more stalls wait for a record than STALL_MAX")
{
    Events smmu(1);
    smmu.write(P::CR0, 0);
    for (unsigned i = 0; i < smmu.features.stall_max(); ++i)
        REQUIRE(smmu.events.push_stall(smmu.stall(1, uint16_t(i))));
    CHECK_FALSE(smmu.events.push_stall(smmu.stall(1, 999)));
}

TEST_CASE("smmuv3: records that wait can be taken back, or forgotten by stream and STAG")
{
    Events smmu(1);
    smmu.write(P::CR0, 0);
    smmu.events.push_stall(smmu.stall(1, 1));
    smmu.events.push_stall(smmu.stall(2, 2));
    smmu.events.push_stall(smmu.stall(2, 3));
    smmu.events.push_stall(smmu.stall(3, 4));
    smmu.events.forget_unrecorded(2, uint16_t(3));
    CHECK(smmu.events.unrecorded() == 3);
    smmu.events.forget_unrecorded(1, uint16_t(2));
    CHECK(smmu.events.unrecorded() == 3);
    smmu.events.forget_unrecorded(2);
    const auto taken = smmu.events.take_unrecorded();
    REQUIRE(taken.size() == 2);
    CHECK(taken[0] == smmu.stall(1, 1));
    CHECK(taken[1] == smmu.stall(3, 4));
    CHECK(smmu.events.unrecorded() == 0);
}

TEST_CASE("smmuv3: indexes that cannot be are a full Event queue")
{
    Events smmu(1);
    smmu.write(P::EVENTQ_CONS, 1);  // nothing was ever produced
    smmu.events.push({1, 0, 0, 0});
    CHECK(smmu.read(P::EVENTQ_PROD) == overflow);
    CHECK(smmu.word(P::evtq) == 0);
}

TEST_CASE("smmuv3: events of many threads all arrive while software consumes them", "[threads]")
{
    Events smmu(6);
    constexpr unsigned threads = 3, each = 2000;
    std::atomic<unsigned> running{threads};
    std::vector<std::thread> workers;
    for (unsigned t = 0; t < threads; ++t)
        workers.emplace_back([&, t] {
            for (unsigned i = 0; i < each; ++i)
                if (i % 100 == 0)
                    smmu.events.push_stall({t + 1, 0, 0, i});
                else
                    smmu.events.push({t + 1, 0, 0, i});
            --running;
        });
    unsigned seen = 0, cons = 0;
    std::vector<uint64_t> last(threads, 0);
    for (;;) {
        const bool done = running == 0;
        const uint32_t prod = smmu.read(P::EVENTQ_PROD) & 0x7f;
        while (cons != prod) {
            const uint64_t at = P::evtq + 32 * (cons & 0x3f), thread = smmu.word(at) - 1;
            REQUIRE(thread < threads);
            CHECK(smmu.word(at + 24) >= last[thread]);  // in the order of each thread
            last[thread] = smmu.word(at + 24);
            cons = (cons + 1) & 0x7f;
            ++seen;
        }
        smmu.write(P::EVENTQ_CONS, cons | (smmu.read(P::EVENTQ_PROD) & overflow));
        smmu.interrupts.deliver();
        if (done && smmu.events.unrecorded() == 0 && (smmu.read(P::EVENTQ_PROD) & 0x7f) == cons)
            break;
    }
    for (std::thread &worker : workers)
        worker.join();
    CHECK(seen <= threads * each);
    CHECK(seen >= threads * each / 100);  // the stalls, whatever was lost of the rest
    CHECK(smmu.host.pulses[0] > 0);
}
