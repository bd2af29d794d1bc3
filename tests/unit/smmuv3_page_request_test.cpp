// The PRI queue: Arm IHI 0070, chapter 8.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/smmuv3_parts.hpp"

using namespace soc;
using namespace soc::test;
using P = SmmuParts;
using Answer = smmuv3::PageRequestQueue::Answer;

namespace {

constexpr uint32_t overflow = 1u << 31;
constexpr uint32_t priq_abt = 1u << 3;

struct PageRequests : P {
    explicit PageRequests(unsigned log2size = 1, uint64_t base = priq, const std::string &options = "")
        : P(options)
    {
        write64(PRIQ_BASE, base | log2size);
        write(IRQ_CTRL, 7);
        write(CR0, priqen | smmuen);
    }
    Answer request(bool last, bool pasid = true)
    {
        return page_requests.receive({smmuv3::ppr::R::of(1) | smmuv3::ppr::Last::of(last) |
                                          smmuv3::ppr::SSV::of(pasid) | smmuv3::ppr::SID::of(5),
                                      0x1000});
    }
    Answer stop_marker() { return page_requests.receive({smmuv3::ppr::Last::of(1) | smmuv3::ppr::SSV::of(1), 0}); }
    unsigned pulses()
    {
        interrupts.deliver();
        return host.pulses[1];
    }
};

}  // namespace

TEST_CASE("smmuv3: page requests are written, and answered by software")
{
    PageRequests smmu(2);
    CHECK(smmu.request(false) == Answer::none);
    CHECK(smmu.read(P::PRIQ_PROD) == 1);
    CHECK(smmuv3::ppr::SID::get(smmu.word(P::priq)) == 5);
    CHECK(smmu.word(P::priq + 8) == 0x1000);
    CHECK(smmu.pulses() == 1);
    CHECK(smmu.request(true) == Answer::none);
    CHECK(smmu.word(P::priq + 16 + 8) == 0x1000);
    CHECK(smmu.pulses() == 1);
}

TEST_CASE("smmuv3: PRIQ_IRQ_CFG2.LO asks for an interrupt at the last request of a group")
{
    PageRequests smmu(1);
    smmu.write(P::CR0, 0);
    smmu.write(P::IRQ_CTRL, 0);
    smmu.write(P::PRIQ_IRQ_CFG0 + 12, 1u << 31);
    smmu.write(P::IRQ_CTRL, 7);
    smmu.write(P::CR0, P::priqen | P::smmuen);
    smmu.request(false);
    CHECK(smmu.pulses() == 0);
    smmu.request(true);
    CHECK(smmu.pulses() == 1);
    smmu.request(false);  // dropped
    CHECK(smmu.pulses() == 1);
    smmu.request(true);  // dropped by the overflow
    CHECK(smmu.pulses() == 2);
    smmu.write(P::CR0, 0);
    smmu.request(true);  // dropped for another reason
    CHECK(smmu.pulses() == 2);
}

TEST_CASE("smmuv3: an overflow of the PRI queue answers success to last requests until it is acknowledged")
{
    PageRequests smmu(1);
    smmu.request(true);
    smmu.request(true);
    CHECK(smmu.request(false) == Answer::none);
    CHECK(smmu.read(P::PRIQ_PROD) == (2 | overflow));
    CHECK(smmu.request(true) == Answer::success);
    CHECK(smmu.stop_marker() == Answer::none);
    // Unlike the Event queue, room alone does not open it (8.1).
    smmu.write(P::PRIQ_CONS, 2);
    CHECK(smmu.request(true) == Answer::success);
    CHECK(smmu.read(P::PRIQ_PROD) == (2 | overflow));
    smmu.write(P::PRIQ_CONS, 2 | overflow);
    CHECK(smmu.request(true) == Answer::none);
    CHECK(smmu.read(P::PRIQ_PROD) == (3 | overflow));
}

TEST_CASE("smmuv3: a PRI queue that is not enabled, or in error, answers failure")
{
    PageRequests disabled;
    disabled.write(P::CR0, P::priqen);  // SMMUEN counts too
    CHECK(disabled.request(false) == Answer::failure);
    CHECK(disabled.request(true) == Answer::failure);
    CHECK(disabled.stop_marker() == Answer::none);
    CHECK(disabled.read(P::PRIQ_PROD) == 0);

    PageRequests outside(1, P::nowhere);
    CHECK(outside.request(false) == Answer::failure);
    CHECK(outside.errors() == priq_abt);
    CHECK(outside.request(true) == Answer::failure);

    PageRequests absent(1, P::priq, "pri=off");
    CHECK(absent.request(true) == Answer::failure);
}
