// Interrupts, messages and global errors: Arm IHI 0070, 3.18, 6.3.16 to 6.3.23 and 7.5.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/smmuv3_parts.hpp"

using namespace soc;
using namespace soc::test;
using P = SmmuParts;
using Source = smmuv3::Interrupts::Source;
using Error = smmuv3::Interrupts::Error;

namespace {

constexpr uint64_t doorbell = 0x808'0040;

struct Line {
    Source source;
    uint32_t enable;
    uint64_t cfg;
    Error abort;
};
constexpr Line sources[] = {{Source::gerror, 1, P::GERROR_IRQ_CFG0, Error::msi_gerror_abort},
                            {Source::priq, 2, P::PRIQ_IRQ_CFG0, Error::msi_priq_abort},
                            {Source::eventq, 4, P::EVENTQ_IRQ_CFG0, Error::msi_eventq_abort}};

void configure(P &smmu, const Line &line, uint32_t data = 0x55)
{
    smmu.write64(line.cfg, doorbell);
    smmu.write(line.cfg + 8, data);
    smmu.write(line.cfg + 12, 1);
}

}  // namespace

TEST_CASE("smmuv3: an enabled source pulses its own wire")
{
    const Line line = GENERATE(from_range(std::begin(sources), std::end(sources)));
    P smmu;
    smmu.write(P::IRQ_CTRL, line.enable);
    CHECK(smmu.read(P::IRQ_CTRLACK) == line.enable);
    for (const Line &each : sources)
        smmu.interrupts.raise(each.source);
    CHECK(smmu.host.defers > 0);
    smmu.interrupts.deliver();
    for (const Line &each : sources)
        CHECK(smmu.host.pulses[unsigned(each.source)] == (each.source == line.source));
    CHECK_FALSE(smmu.host.lines[unsigned(line.source)]);
    smmu.interrupts.deliver();
    CHECK(smmu.host.pulses[unsigned(line.source)] == 1);
    CHECK(smmu.host.msis.empty());
}

TEST_CASE("smmuv3: a source that was disabled when something happened stays quiet when it is enabled")
{
    P smmu;
    smmu.interrupts.raise(Source::eventq);
    smmu.write(P::IRQ_CTRL, 7);
    smmu.interrupts.deliver();
    CHECK(smmu.host.pulses[0] == 0);
}

TEST_CASE("smmuv3: disabling a source lets out what was triggered before")
{
    P smmu;
    smmu.write(P::IRQ_CTRL, 4);
    smmu.interrupts.raise(Source::eventq);
    smmu.write(P::IRQ_CTRL, 0);
    CHECK(smmu.host.pulses[0] == 1);
    smmu.interrupts.deliver();
    CHECK(smmu.host.pulses[0] == 1);
}

TEST_CASE("smmuv3: CMD_SYNC's wire needs no enable")
{
    P smmu;
    smmu.interrupts.raise(Source::cmdq_sync);
    smmu.interrupts.deliver();
    CHECK(smmu.host.pulses[2] == 1);
}

TEST_CASE("smmuv3: a configured source sends its message")
{
    const Line line = GENERATE(from_range(std::begin(sources), std::end(sources)));
    P smmu;
    configure(smmu, line, 0x1234'5678);
    smmu.write(P::IRQ_CTRL, 7);
    smmu.interrupts.raise(line.source);
    smmu.interrupts.deliver();
    REQUIRE(smmu.host.msis.size() == 1);
    CHECK(smmu.host.msis[0].address == doorbell);
    CHECK(smmu.host.msis[0].data == 0x1234'5678);
    CHECK(smmu.host.msis[0].device_id == P::own_id);
}

TEST_CASE("smmuv3: a message's registers are locked while its source is enabled")
{
    const Line line = GENERATE(from_range(std::begin(sources), std::end(sources)));
    P smmu;
    configure(smmu, line);
    smmu.write(P::IRQ_CTRL, line.enable);
    smmu.write64(line.cfg, 0);
    smmu.write(line.cfg + 8, 0);
    smmu.write(line.cfg + 12, 0);
    CHECK(smmu.read64(line.cfg) == doorbell);
    CHECK(smmu.read(line.cfg + 8) == 0x55);
    CHECK(smmu.read(line.cfg + 12) == 1);
    smmu.write(P::IRQ_CTRL, 7 & ~line.enable);
    smmu.write(line.cfg + 8, 0x66);
    CHECK(smmu.read(line.cfg + 8) == 0x66);
    smmu.write(line.cfg + 12, ~0u);
    CHECK(smmu.read(line.cfg + 12) == (line.source == Source::priq ? 0x8000'003f : 0x3f));
}

TEST_CASE("smmuv3: a message that nobody takes is a global error of its source")
{
    const Line line = GENERATE(from_range(std::begin(sources), std::end(sources)));
    P smmu;
    configure(smmu, line);
    smmu.host.dead = {doorbell};
    smmu.write(P::IRQ_CTRL, 7);
    smmu.interrupts.raise(line.source);
    smmu.interrupts.deliver();
    CHECK(smmu.errors() == uint32_t(line.abort));
    const unsigned before = smmu.host.pulses[3];
    smmu.interrupts.deliver();
    // GERROR's own failure is followed by no other interrupt of GERROR (7.5.1).
    CHECK(smmu.host.pulses[3] - before == (line.source == Source::gerror ? 0 : 1));
}

TEST_CASE("smmuv3: CMD_SYNC's message fails as MSI_CMDQ_ABT_ERR and is cut to the output size")
{
    P smmu("oas=32");
    CHECK(smmu.interrupts.write_msi(0xf'0000'0000'0000 | doorbell | 3, 9));
    REQUIRE(smmu.host.msis.size() == 1);
    CHECK(smmu.host.msis[0].address == doorbell);
    CHECK(smmu.host.msis[0].data == 9);
    smmu.host.dead = {doorbell};
    CHECK_FALSE(smmu.interrupts.write_msi(doorbell, 9));
    CHECK(smmu.errors() == uint32_t(Error::msi_cmdq_abort));
}

TEST_CASE("smmuv3: without MSIs the configuration reads 0 and takes writes in silence, LO excepted")
{
    P smmu("msi=off");
    for (const Line &line : sources) {
        smmu.write64(line.cfg, ~0ull);
        smmu.write(line.cfg + 8, ~0u);
        smmu.write(line.cfg + 12, ~0u);
        CHECK(smmu.read64(line.cfg) == 0);
        CHECK(smmu.read(line.cfg + 8) == 0);
        CHECK(smmu.read(line.cfg + 12) == (line.source == Source::priq ? 0x8000'0000 : 0));
    }
    CHECK(smmu.host.logged("") == 0);
    smmu.write(P::IRQ_CTRL, 7);
    smmu.interrupts.raise(Source::eventq);
    smmu.interrupts.deliver();
    CHECK(smmu.host.pulses[0] == 1);
    CHECK(smmu.host.msis.empty());
}

TEST_CASE("smmuv3: an error toggles GERROR once until it is acknowledged, and back the next time")
{
    P smmu;
    smmu.write(P::IRQ_CTRL, 1);
    smmu.interrupts.report(Error::cmdq);
    smmu.interrupts.report(Error::cmdq);
    smmu.interrupts.report(Error::eventq_abort);
    CHECK(smmu.read(P::GERROR) == 5);
    CHECK(smmu.interrupts.active(Error::cmdq));
    smmu.interrupts.deliver();
    CHECK(smmu.host.pulses[3] == 1);
    smmu.write(P::GERRORN, 1);
    CHECK_FALSE(smmu.interrupts.active(Error::cmdq));
    CHECK(smmu.interrupts.active(Error::eventq_abort));
    smmu.interrupts.report(Error::cmdq);
    CHECK(smmu.read(P::GERROR) == 4);
    CHECK(smmu.interrupts.active(Error::cmdq));
    smmu.interrupts.deliver();
    CHECK(smmu.host.pulses[3] == 2);
}

TEST_CASE("smmuv3: GERRORN has the bits of errors that can be")
{
    const auto bits = [](const std::string &options) {
        P smmu(options);
        smmu.write(P::GERRORN, ~0u);
        return smmu.read(P::GERRORN);
    };
    CHECK(bits("") == 0x1fd);
    CHECK(bits("pri=off") == 0x1b5);
    CHECK(bits("msi=off") == 0x10d);

    P smmu("msi=off");
    smmu.write(P::IRQ_CTRL, 1);
    smmu.interrupts.report(Error::msi_cmdq_abort);
    smmu.interrupts.deliver();
    CHECK(smmu.read(P::GERROR) == 0);
    CHECK(smmu.host.pulses[3] == 0);
}

TEST_CASE("smmuv3: a message to the SMMU's own IRQ_CTRL does not come back for ever")
{
    P smmu;
    configure(smmu, sources[2]);
    smmu.write(P::IRQ_CTRL, 7);
    smmu.host.on_msi = [&](const PartsHost::Msi &) {
        smmu.interrupts.raise(Source::eventq);
        smmu.write(P::IRQ_CTRL, 7);
    };
    smmu.interrupts.raise(Source::eventq);
    smmu.interrupts.deliver();
    CHECK(smmu.host.msis.size() == 1);
    smmu.interrupts.deliver();
    CHECK(smmu.host.msis.size() == 2);
}
