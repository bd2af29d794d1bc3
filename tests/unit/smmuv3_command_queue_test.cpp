// The Command queue: Arm IHI 0070, 3.5.1, 6.3.26 to 6.3.28 and 7.1.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/smmuv3_parts.hpp"

using namespace soc;
using namespace soc::test;
using P = SmmuParts;
using Outcome = smmuv3::CommandQueue::Outcome;

namespace {

constexpr uint32_t cmdq_err = 1;

struct Parts : P {
    explicit Parts(unsigned log2size = 4, uint64_t base = cmdq)
    {
        write64(CMDQ_BASE, base | log2size);
        write(IRQ_CTRL, 1);
        for (uint64_t i = 0; i < 1ull << log2size; ++i)
            host.ram.store<uint64_t>(cmdq + 16 * i, i);
    }
    void enable() { write(CR0, cmdqen); }
    uint32_t rd() { return read(CMDQ_CONS) & 0xfffff; }
    uint32_t err() { return read(CMDQ_CONS) >> 24 & 0x7f; }
};

}  // namespace

TEST_CASE("smmuv3: commands are consumed in order, wrapping at the queue's end")
{
    Parts smmu(2);
    smmu.enable();
    smmu.write(P::CMDQ_PROD, 3);
    CHECK(smmu.executed.size() == 3);
    CHECK(smmu.rd() == 3);
    smmu.write(P::CMDQ_PROD, 6);  // index 2, wrapped
    REQUIRE(smmu.executed.size() == 6);
    const uint64_t order[] = {0, 1, 2, 3, 0, 1};
    for (unsigned i = 0; i < 6; ++i)
        CHECK(smmu.executed[i][0] == order[i]);
    CHECK(smmu.rd() == 6);
    smmu.write(P::CMDQ_PROD, 2);  // full: four more
    CHECK(smmu.executed.size() == 10);
    CHECK(smmu.rd() == 2);
}

TEST_CASE("smmuv3: a command has both its words, little-endian")
{
    Parts smmu;
    smmu.host.ram.store<uint64_t>(P::cmdq, 0x1122'3344'5566'7788);
    smmu.host.ram.store<uint64_t>(P::cmdq + 8, 0x99aa'bbcc'ddee'ff00);
    smmu.enable();
    smmu.write(P::CMDQ_PROD, 1);
    REQUIRE(smmu.executed.size() == 1);
    CHECK(smmu.executed[0] == smmuv3::CommandWords{0x1122'3344'5566'7788, 0x99aa'bbcc'ddee'ff00});
}

TEST_CASE("smmuv3: nothing is consumed before CMDQEN, and what is there then is")
{
    Parts smmu;
    smmu.write(P::CMDQ_CONS, 1);
    smmu.write(P::CMDQ_PROD, 3);
    CHECK(smmu.executed.empty());
    smmu.enable();
    CHECK(smmu.executed.size() == 2);
    CHECK(smmu.executed[0][0] == 1);
    smmu.write(P::CR0, 0);
    smmu.write(P::CMDQ_PROD, 5);
    CHECK(smmu.executed.size() == 2);
    CHECK(smmu.rd() == 3);
}

TEST_CASE("smmuv3: an illegal command stops the queue until GERRORN acknowledges it")
{
    Parts smmu;
    smmu.outcome = [](const smmuv3::CommandWords &words) { return words[0] == 1 ? Outcome::illegal : Outcome::done; };
    smmu.enable();
    smmu.write(P::CMDQ_PROD, 3);
    CHECK(smmu.executed.size() == 2);
    CHECK(smmu.rd() == 1);
    CHECK(smmu.err() == 1);
    CHECK(smmu.errors() == cmdq_err);
    smmu.interrupts.deliver();
    CHECK(smmu.host.pulses[3] == 1);

    smmu.write(P::CMDQ_PROD, 4);
    smmu.commands.continue_work();
    smmu.write(P::CR0, 0);
    smmu.enable();
    CHECK(smmu.executed.size() == 2);  // none of these is an acknowledgement

    smmu.host.ram.store<uint64_t>(P::cmdq + 16, 7);
    smmu.acknowledge();
    CHECK(smmu.executed.size() == 5);
    CHECK(smmu.rd() == 4);
    CHECK(smmu.errors() == 0);
}

TEST_CASE("smmuv3: while the error is active commands can be taken back")
{
    Parts smmu;
    smmu.outcome = [](const smmuv3::CommandWords &) { return Outcome::illegal; };
    smmu.enable();
    smmu.write(P::CMDQ_PROD, 3);
    smmu.write(P::CMDQ_PROD, 0);
    smmu.acknowledge();
    CHECK(smmu.executed.size() == 1);
    CHECK(smmu.errors() == 0);
}

TEST_CASE("smmuv3: each failure has its code")
{
    const auto [outcome, code] = GENERATE(table<Outcome, uint32_t>(
        {{Outcome::illegal, 1}, {Outcome::abort, 2}, {Outcome::atc_timeout, 3}}));
    Parts smmu;
    smmu.outcome = [outcome = outcome](const smmuv3::CommandWords &) { return outcome; };
    smmu.enable();
    smmu.write(P::CMDQ_PROD, 1);
    CHECK(smmu.err() == code);
    CHECK(smmu.rd() == 0);
    CHECK(smmu.errors() == cmdq_err);
}

TEST_CASE("smmuv3: a queue outside memory is CERROR_ABT, again after each acknowledgement")
{
    Parts smmu(4, P::nowhere);
    smmu.enable();
    smmu.write(P::CMDQ_PROD, 1);
    CHECK(smmu.executed.empty());
    CHECK(smmu.err() == 2);
    const uint32_t gerror = smmu.read(P::GERROR);
    smmu.acknowledge();
    CHECK(smmu.read(P::GERROR) == (gerror ^ cmdq_err));
    CHECK(smmu.errors() == cmdq_err);
}

TEST_CASE("smmuv3: a register write executes a budget of commands, deferred work the rest")
{
    Parts smmu(10);
    smmu.enable();
    smmu.write(P::CMDQ_PROD, 300);
    CHECK(smmu.executed.size() == smmuv3::CommandQueue::budget);
    CHECK(smmu.rd() == smmuv3::CommandQueue::budget);
    CHECK(smmu.host.defers == 1);
    smmu.commands.continue_work();
    smmu.commands.continue_work();
    CHECK(smmu.executed.size() == 300);
    CHECK(smmu.host.defers == 2);
}

TEST_CASE("smmuv3: a command that waits keeps its place and comes again")
{
    Parts smmu;
    bool open = false;
    smmu.outcome = [&](const smmuv3::CommandWords &words) {
        return words[0] == 1 && !open ? Outcome::wait : Outcome::done;
    };
    smmu.enable();
    smmu.write(P::CMDQ_PROD, 3);
    CHECK(smmu.executed.size() == 2);
    CHECK(smmu.commands.waiting());
    CHECK(smmu.rd() == 1);
    smmu.write(P::CMDQ_PROD, 4);
    CHECK(smmu.executed.size() == 2);
    smmu.commands.continue_work();
    CHECK(smmu.executed.size() == 3);
    CHECK(smmu.commands.waiting());
    open = true;
    smmu.commands.continue_work();
    CHECK(smmu.rd() == 4);
    CHECK_FALSE(smmu.commands.waiting());
}

TEST_CASE("smmuv3: a command that waits when the queue is disabled is fetched again with it")
{
    Parts smmu;
    smmu.outcome = [&](const smmuv3::CommandWords &) { return Outcome::wait; };
    smmu.enable();
    smmu.write(P::CMDQ_PROD, 1);
    smmu.write(P::CR0, 0);
    CHECK_FALSE(smmu.commands.waiting());
    smmu.commands.continue_work();
    CHECK(smmu.executed.size() == 1);
    smmu.outcome = nullptr;
    smmu.enable();
    CHECK(smmu.rd() == 1);
}

TEST_CASE("smmuv3: indexes that cannot be consume nothing")
{
    Parts smmu(2);
    smmu.enable();
    smmu.write(P::CMDQ_PROD, 5);  // more than the queue holds
    CHECK(smmu.executed.empty());
    CHECK(smmu.host.logged("does not fit") == 1);
    smmu.write(P::CMDQ_PROD, 4);
    CHECK(smmu.executed.size() == 4);
    smmu.write(P::CMDQ_PROD, 0xffff'fffc);  // bits above the wrap bit have no effect
    CHECK(smmu.executed.size() == 4);
}

TEST_CASE("smmuv3: LOG2SIZE is capped and the base aligned to the queue's size")
{
    const smmuv3::Queue huge(0x8000'0000 | 31, 4, 19);
    CHECK(huge.entries() == 1u << 19);
    const smmuv3::Queue odd(0x8000'0fe0 | 7, 4, 19);
    CHECK(odd.address(0) == 0x8000'0800);
    CHECK(odd.address(128) == odd.address(0));
    CHECK(odd.address(127) == 0x8000'0ff0);
    const smmuv3::Queue one(0x8000'0fe0, 4, 19);
    CHECK(one.address(0) == 0x8000'0fe0);
    CHECK(one.index_mask() == 1);
    CHECK(one.full(1, 0));
    CHECK(one.empty(1, 1));
}

TEST_CASE("smmuv3: a CMD_SYNC message to the SMMU's own registers does not run away")
{
    Parts smmu;
    smmu.enable();
    uint32_t prod = 1;
    smmu.host.on_msi = [&](const PartsHost::Msi &msi) { smmu.write(P::CMDQ_PROD, msi.data); };
    smmu.outcome = [&](const smmuv3::CommandWords &) {
        smmu.interrupts.write_msi(0x900'0098, ++prod);
        return Outcome::done;
    };
    smmu.write(P::CMDQ_PROD, 1);
    CHECK(smmu.executed.size() == smmuv3::CommandQueue::budget);
    CHECK(smmu.host.defers > 0);
}
