// What each command does, and what is none: Arm IHI 0070, chapter 4.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/smmuv3_fixture.hpp"

using namespace soc;
using namespace soc::test;
using Command = SmmuDriver::Command;

namespace {

constexpr uint64_t iova = Smmu::iova;

Command tlbi(unsigned op, uint16_t asid, uint16_t vmid, uint64_t second = 0)
{
    return {op | uint64_t(vmid) << 32 | uint64_t(asid) << 48, second};
}

Command with_range(Command command, unsigned num, unsigned scale, unsigned tg, unsigned ttl)
{
    command[0] |= num << 12 | scale << 20;
    command[1] = (command[1] & ~0xfffull) | tg << 10 | ttl << 8;
    return command;
}

Command cfgi_range(uint32_t sid, unsigned range) { return {0x04 | uint64_t(sid) << 32, range}; }
Command sync(unsigned cs) { return {0x46 | uint64_t(cs) << 12, 0}; }
Command pri_resp(unsigned response) { return {0x41 | 1ull << 32, response << 12 | 3}; }

enum : uint32_t { cerror_ill = 1, cerror_atc_inv_sync = 3 };

}  // namespace

TEST_CASE("smmuv3: a stale STE stays until a command names its stream")
{
    const auto [command, drops] = GENERATE(table<Command, bool>({
        {SmmuDriver::cfgi_ste(1), true}, {SmmuDriver::cfgi_ste(2), false}, {cfgi_range(0, 0), true},
        {cfgi_range(2, 0), false}, {cfgi_range(2, 1), true}, {SmmuDriver::cfgi_all(), true},
        {SmmuDriver::cfgi_cd(1, 0), false}, {SmmuDriver::cfgi_cd_all(1), false}, {SmmuDriver::tlbi_nsnh_all(), false},
    }));
    Smmu smmu;
    smmu.attach();
    REQUIRE(smmu.at(iova));
    smmu.driver.streams().set(1, SteBuilder().words());
    smmu.driver.issue(command);
    CAPTURE(command[0], command[1]);
    CHECK(smmu.at(iova).has_value() == !drops);
}

TEST_CASE("smmuv3: a stale context descriptor stays until a command names its stream and substream")
{
    const auto [command, drops] = GENERATE(table<Command, bool>({
        {SmmuDriver::cfgi_cd(1, 3), true}, {SmmuDriver::cfgi_cd(1, 4), false}, {SmmuDriver::cfgi_cd(2, 3), false},
        {SmmuDriver::cfgi_cd_all(1), true}, {SmmuDriver::cfgi_cd_all(2), false}, {SmmuDriver::cfgi_ste(1), true},
        {SmmuDriver::cfgi_ste(2), false}, {cfgi_range(0, 1), true}, {SmmuDriver::cfgi_all(), true},
        {SmmuDriver::tlbi_nh_asid(1), false},
    }));
    Smmu smmu;
    ContextTable contexts(smmu.host.memory(), smmu.frames, ContextTable::Format::two_level_4k, 10);
    contexts.set(3, smmu.context().words());
    smmu.first.map(iova, Smmu::data, Smmu::page);
    smmu.driver.set_stream(1, SteBuilder().stage1(contexts).words());
    const Transaction txn = Smmu::with_substream(Smmu::transaction(iova), 3);
    REQUIRE(smmu.at(txn));
    contexts.set(3, smmu.context().set(cd_field::V, 0).words());
    smmu.driver.issue(command);
    CAPTURE(command[0], command[1]);
    CHECK(smmu.at(txn).has_value() == !drops);
}

TEST_CASE("smmuv3: a stage 1 translation stays until a command names it")
{
    const auto [command, drops] = GENERATE(table<Command, bool>({
        {tlbi(0x10, 0, 0), true}, {tlbi(0x10, 0, 9), false}, {tlbi(0x11, 1, 0), true}, {tlbi(0x11, 2, 0), false},
        {tlbi(0x11, 1, 9), false}, {tlbi(0x12, 1, 0, iova), true}, {tlbi(0x12, 2, 0, iova), false},
        {tlbi(0x12, 1, 0, iova + 0x1000), false}, {tlbi(0x13, 2, 0, iova), true}, {tlbi(0x13, 2, 9, iova), false},
        {tlbi(0x20, 0, 0), false}, {tlbi(0x28, 0, 0), true}, {tlbi(0x28, 0, 9), false},
        {tlbi(0x2a, 0, 0, iova), false}, {tlbi(0x30, 0, 0), true}, {SmmuDriver::cfgi_all(), false},
        // Ranges of 4K pages: 2^4 of them from iova - 0xf000 or from iova + 0x1000, two or one from iova - 0x1000; the
        // level that it has, or not.
        {with_range(tlbi(0x12, 1, 0, iova - 0xf000), 0, 4, 1, 0), true},
        {with_range(tlbi(0x12, 1, 0, iova + 0x1000), 0, 4, 1, 0), false},
        {with_range(tlbi(0x12, 1, 0, iova - 0x1000), 1, 0, 1, 0), true},
        {with_range(tlbi(0x12, 1, 0, iova - 0x1000), 0, 0, 1, 3), false},
        {with_range(tlbi(0x12, 1, 0, iova), 0, 0, 1, 3), true},
        {with_range(tlbi(0x12, 1, 0, iova), 0, 0, 1, 2), false},
    }));
    Smmu smmu;
    smmu.attach();
    REQUIRE(smmu.at(iova));
    smmu.first.unmap(iova, Smmu::page);
    REQUIRE(smmu.at(iova));
    smmu.driver.issue(command);
    CAPTURE(command[0], command[1]);
    CHECK(smmu.at(iova).has_value() == !drops);
    CHECK(smmu.driver.command_error() == 0);
}

TEST_CASE("smmuv3: a stage 2 translation stays until a command names it")
{
    const auto [command, drops] = GENERATE(table<Command, bool>({
        {tlbi(0x2a, 0, Smmu::vmid, iova), true}, {tlbi(0x2a, 0, 9, iova), false},
        {tlbi(0x2a, 0, Smmu::vmid, iova + 0x1000), false}, {tlbi(0x28, 0, Smmu::vmid), true},
        {tlbi(0x28, 0, 9), false}, {tlbi(0x10, 0, Smmu::vmid), false}, {tlbi(0x30, 0, 0), true},
    }));
    Smmu smmu;
    smmu.second.map(iova, Smmu::data, Smmu::page);
    smmu.driver.set_stream(1, smmu.stage2().words());
    REQUIRE(smmu.at(iova));
    smmu.second.unmap(iova, Smmu::page);
    smmu.driver.issue(command);
    CAPTURE(command[0], command[1]);
    CHECK(smmu.at(iova).has_value() == !drops);
}

TEST_CASE("smmuv3: EL2's commands follow CR2.E2H, and EL2_ALL drops both kinds of EL2")
{
    Smmu smmu;
    const auto e2h = [&](bool on) {
        smmu.driver.write(SmmuDriver::cr0, SmmuDriver::cr0_cmdqen | SmmuDriver::cr0_evtqen);
        smmu.driver.write(SmmuDriver::cr2, on ? 3 : 2);
        smmu.driver.write(SmmuDriver::cr0, SmmuDriver::cr0_cmdqen | SmmuDriver::cr0_evtqen | SmmuDriver::cr0_smmuen);
        smmu.driver.issue(SmmuDriver::cfgi_all());
    };
    const auto drops = [&](const Command &command, bool before, bool after) {
        for (const bool on : {false, true}) {
            e2h(on);
            smmu.first.map(iova, Smmu::data, Smmu::page, {.global = false});
            REQUIRE(smmu.at(iova));
        }
        smmu.first.unmap(iova, Smmu::page);
        e2h(before);
        smmu.driver.issue(command);
        e2h(after);
        const bool gone = !smmu.at(iova);
        smmu.driver.issue(tlbi(0x20, 0, 0));
        return gone;
    };
    smmu.first.map(iova, Smmu::data, Smmu::page);
    smmu.put_context(smmu.context());
    smmu.driver.set_stream(1, smmu.stage1().set(ste_field::STRW, 2).words());

    CHECK(drops(tlbi(0x20, 0, 0), false, true));   // EL2_ALL: both (4.4.2.7)
    CHECK(drops(tlbi(0x20, 0, 0), true, false));
    CHECK_FALSE(drops(tlbi(0x30, 0, 0), true, true));  // NSNH_ALL: not EL2
    CHECK(drops(tlbi(0x22, 9, 0, iova), false, false));  // EL2_VA without E2H has no ASID
    CHECK_FALSE(drops(tlbi(0x22, 9, 0, iova), true, true));
    CHECK(drops(tlbi(0x22, 1, 0, iova), true, true));
    CHECK(drops(tlbi(0x23, 9, 0, iova), true, true));  // EL2_VAA: any ASID
    CHECK(drops(tlbi(0x23, 9, 0, iova), false, false));
    CHECK(drops(tlbi(0x21, 1, 0), true, true));  // EL2_ASID
    CHECK_FALSE(drops(tlbi(0x21, 9, 0), true, true));
    CHECK(smmu.driver.command_error() == 0);
}

TEST_CASE("smmuv3: a command that is ILLEGAL stops the queue until it is replaced and GERRORN acknowledges")
{
    const auto [options, command] = GENERATE(table<std::string, Command>({
        // Opcodes that are reserved, of other Security states, or of what IDR0 to IDR3 leave out.
        {"", {0x00, 0}}, {"", {0x07, 0}}, {"", {0x08, 0}}, {"", {0x14, 0}}, {"", {0x18, 0}}, {"", {0x1a, 0}},
        {"", {0x24, 0}}, {"", {0x29, 0}}, {"", {0x31, 0}}, {"", {0x42, 0}}, {"", {0x47, 0}}, {"", {0x50, 0}},
        {"", {0x51, 0}}, {"", {0x52, 0}}, {"", {0x53, 0}}, {"", {0x58, 0}}, {"", {0x5a, 0}}, {"", {0x60, 0}},
        {"", {0x70, 0}}, {"", {0x73, 0}}, {"", {0x80, 0}}, {"", {0xff, 0}},
        // SSec
        {"", {0x03 | 1 << 10, 0}}, {"", {0x44 | 1 << 10, 0}},
        {"stages=2", SmmuDriver::cfgi_cd(1, 0)}, {"stages=2", SmmuDriver::cfgi_cd_all(1)},
        {"stages=2", tlbi(0x10, 0, 0)}, {"stages=2", tlbi(0x11, 0, 0)}, {"stages=2", tlbi(0x12, 0, 0)},
        {"stages=2", tlbi(0x13, 0, 0)}, {"stages=1", tlbi(0x28, 0, 0)}, {"stages=1", tlbi(0x2a, 0, 0)},
        {"hyp=off", tlbi(0x20, 0, 0)}, {"hyp=off", tlbi(0x21, 0, 0)}, {"hyp=off", tlbi(0x22, 0, 0)},
        {"hyp=off", tlbi(0x23, 0, 0)},
        // A range that names a granule and nothing of it; level 1 has no 16K blocks.
        {"", with_range(tlbi(0x12, 0, 0), 0, 0, 1, 0)}, {"", with_range(tlbi(0x12, 0, 0), 0, 0, 2, 1)},
        {"", with_range(tlbi(0x13, 0, 0), 0, 0, 1, 0)}, {"", with_range(tlbi(0x22, 0, 0), 0, 0, 2, 0)},
        {"", with_range(tlbi(0x23, 0, 0), 0, 0, 3, 0)}, {"", with_range(tlbi(0x2a, 0, 0), 0, 0, 3, 0)},
        {"ats=off", SmmuDriver::atc_inv(1, 0, 0)}, {"pri=off", pri_resp(0)}, {"", pri_resp(3)},
        {"stall=off", SmmuDriver::resume(1, 0, true)}, {"stall=off", SmmuDriver::stall_term(1)}, {"", sync(3)},
    }));
    Smmu smmu(options);
    CAPTURE(options, command[0], command[1]);
    const uint32_t at = smmu.driver.read(SmmuDriver::cmdq_cons);
    smmu.driver.command(command);
    CHECK(smmu.errors() == 1);
    CHECK(smmu.driver.command_error() == cerror_ill);
    CHECK((smmu.driver.read(SmmuDriver::cmdq_cons) & 0xfffff) == at);
    // CMD_SYNC in its place, as arm_smmu_cmdq_skip_err() does.
    smmu.host.memory().store<uint64_t>(smmu.driver.commands().base + 16ull * at, sync(0)[0]);
    smmu.host.memory().store<uint64_t>(smmu.driver.commands().base + 16ull * at + 8, 0);
    smmu.acknowledge();
    CHECK(smmu.errors() == 0);
    CHECK((smmu.driver.read(SmmuDriver::cmdq_cons) & 0xfffff) == at + 1);
}

TEST_CASE("smmuv3: prefetches are hints, and commands that are legal raise no error")
{
    Smmu smmu;
    for (const Command &command : {Command{0x01 | 1ull << 32, 0}, Command{0x02 | 1ull << 32, iova}, tlbi(0x21, 1, 0),
                                   with_range(tlbi(0x12, 0, 0), 1, 0, 3, 0), SmmuDriver::resume(1, 7, false),
                                   SmmuDriver::stall_term(9), sync(0), sync(2)})
        smmu.driver.issue(command);
    CHECK(smmu.errors() == 0);
    CHECK(smmu.events() == 0);
    CHECK(smmu.driver.sync());
}

TEST_CASE("smmuv3: an invalidation reaches who keeps translations of streams that were translated")
{
    Smmu smmu;
    smmu.attach();
    smmu.driver.set_stream(2, smmu.stage1().words());
    REQUIRE(smmu.at(iova));
    smmu.host.unmaps.clear();
    smmu.driver.issue(with_range(tlbi(0x12, 1, 0, iova), 1, 0, 1, 0));
    smmu.driver.issue(SmmuDriver::tlbi_nh_asid(1));
    REQUIRE(smmu.host.unmaps.size() == 2);
    CHECK(smmu.host.unmaps[0].stream == 1);
    CHECK(smmu.host.unmaps[0].address == iova);
    CHECK(smmu.host.unmaps[0].size == 0x2000);
    CHECK(smmu.host.unmaps[1].stream == 1);
    CHECK(smmu.host.unmaps[1].size == 0);
}

TEST_CASE("smmuv3: a CMD_SYNC waits for the answer to an ATC_INV")
{
    Smmu smmu;
    const Command inv = {0x40 | 1 << 11 | 7 << 12 | 5ull << 32, iova | 0x1000 | 1};  // substream 7, two pages
    smmu.driver.command(inv);
    REQUIRE(smmu.host.messages.size() == 1);
    SocMessage msg = smmu.host.messages[0];
    CHECK(msg.type == SOC_MSG_ATS_INVALIDATE);
    CHECK(msg.stream == 5);
    CHECK(msg.flags == SOC_TXN_HAS_SUBSTREAM);
    CHECK(msg.substream == 7);
    CHECK(msg.address == iova);
    CHECK(msg.size == 0x2000);

    smmu.driver.command(sync(1));
    const uint32_t waits_at = smmu.driver.commands().index - 1;
    const unsigned changes = smmu.host.line_changes;
    CHECK(smmu.driver.read(SmmuDriver::cmdq_cons) == waits_at);
    smmu.host.run_deferred(*smmu.iommu);
    CHECK(smmu.driver.read(SmmuDriver::cmdq_cons) == waits_at);
    CHECK(smmu.host.line_changes == changes);
    msg.type = SOC_MSG_ATS_INVALIDATE_DONE;
    smmu.iommu->message(msg);
    smmu.driver.settle();
    CHECK(smmu.driver.read(SmmuDriver::cmdq_cons) == smmu.driver.commands().index);
    CHECK(smmu.host.line_changes == changes + 2);
}

TEST_CASE("smmuv3: an ATC_INV that nobody answers makes its CMD_SYNC fail, and none after it")
{
    Smmu smmu;
    smmu.driver.issue(SmmuDriver::atc_inv(5, 0, 52));
    CHECK(smmu.driver.command_error() == cerror_atc_inv_sync);
    CHECK(smmu.errors() == 1);
    CHECK(smmu.driver.read(SmmuDriver::cmdq_cons) != smmu.driver.commands().index);
    smmu.acknowledge();
    CHECK((smmu.driver.read(SmmuDriver::cmdq_cons) & 0xfffff) == smmu.driver.commands().index);
    // A master that is not there answers with an Unsupported Request, which is an answer.
    smmu.host.deaf = true;
    smmu.driver.issue(SmmuDriver::atc_inv(5, 0, 0));
    CHECK(smmu.errors() == 0);
}

TEST_CASE("smmuv3: ATC_INV and PRI_RESP are ignored while SMMUEN is 0")
{
    Smmu smmu;
    smmu.driver.issue(pri_resp(2));
    REQUIRE(smmu.host.messages.size() == 1);
    smmu.driver.write(SmmuDriver::cr0, SmmuDriver::cr0_cmdqen);
    smmu.driver.issue(pri_resp(2));
    smmu.driver.issue(SmmuDriver::atc_inv(5, 0, 0));
    CHECK(smmu.host.messages.size() == 1);
    CHECK(smmu.driver.sync());
}

TEST_CASE("smmuv3: a CMD_SYNC tells by wire, by message, or not at all")
{
    Smmu smmu;
    const unsigned changes = smmu.host.line_changes;
    smmu.driver.issue(sync(0));
    smmu.driver.issue(sync(2));  // SIG_SEV, without IDR0.SEV
    CHECK(smmu.host.line_changes == changes);
    smmu.driver.issue(sync(1));
    CHECK(smmu.host.line_changes == changes + 2);
    CHECK(smmu.host.msis.empty());
    Command with_msi = sync(1);
    with_msi[0] |= 0x1234ull << 32;
    with_msi[1] = Smmu::data;
    smmu.driver.issue(with_msi);
    CHECK(smmu.host.line_changes == changes + 2);
    REQUIRE(smmu.host.msis.size() == 1);
    CHECK(smmu.host.msis[0].address == Smmu::data);
    CHECK(smmu.host.msis[0].data == 0x1234);

    smmu.host.dead_msis = true;
    smmu.driver.command(with_msi);
    CHECK(smmu.errors() == 1u << 4);  // MSI_CMDQ_ABT_ERR
    CHECK(smmu.driver.sync());        // the queue goes on
}

TEST_CASE("smmuv3: CFGI_STE_RANGE names twice 2^Range streams, from a multiple of that")
{
    // Of stream 13.
    const auto [command, drops] = GENERATE(table<Command, bool>({
        {cfgi_range(12, 0), true}, {cfgi_range(14, 0), false}, {cfgi_range(15, 1), true}, {cfgi_range(8, 1), false},
        {cfgi_range(8, 2), true}, {cfgi_range(0, 2), false}, {cfgi_range(0, 3), true}, {cfgi_range(16, 3), false},
    }));
    Smmu smmu;
    smmu.first.map(iova, Smmu::data, Smmu::page);
    smmu.put_context(smmu.context());
    smmu.driver.set_stream(13, smmu.stage1().words());
    const Transaction txn = Smmu::transaction(iova, Access::read, 13);
    REQUIRE(smmu.at(txn));
    smmu.driver.streams().set(13, SteBuilder().words());
    smmu.driver.issue(command);
    CAPTURE(command[0], command[1]);
    CHECK(smmu.at(txn).has_value() == !drops);
}

TEST_CASE("smmuv3: an ATC_INV with Global is for every substream")
{
    Smmu smmu;
    smmu.driver.command({0x40 | 1 << 9 | 1 << 11 | 7 << 12 | 5ull << 32, iova});
    REQUIRE(smmu.host.messages.size() == 1);
    CHECK(smmu.host.messages[0].stream == 5);
    CHECK(smmu.host.messages[0].flags == 0);
}

TEST_CASE("smmuv3: without MSIs a CMD_SYNC with an address tells by wire")
{
    Smmu smmu("msi=off");
    const unsigned changes = smmu.host.line_changes;
    smmu.driver.issue({sync(1)[0] | 0x1234ull << 32, Smmu::data});
    CHECK(smmu.host.line_changes == changes + 2);
    CHECK(smmu.host.msis.empty());
}

TEST_CASE("smmuv3: a TLBI's fields of absent features are ignored: ranges, and the high bits of tags")
{
    const auto [options, command] = GENERATE(table<std::string, Command>({
        {"ril=off", with_range(tlbi(0x12, 1, 7, iova), 0, 0, 1, 0)},
        {"ril=off", with_range(tlbi(0x12, 1, 7, iova), 0, 0, 1, 2)},
        {"asid-bits=8", tlbi(0x11, 0x101, 7)},
        {"asid-bits=8", tlbi(0x12, 0x101, 7, iova)},
        {"vmid-bits=8", tlbi(0x11, 1, 0x107)},
        {"vmid-bits=8", tlbi(0x28, 0, 0x107)},
    }));
    Smmu smmu(options);
    smmu.first.map(iova, Smmu::data, Smmu::page, {.global = false});
    smmu.put_context(smmu.context());
    smmu.driver.set_stream(1, smmu.stage1().set(ste_field::S2VMID, 7).words());
    REQUIRE(smmu.at(iova));
    smmu.first.unmap(iova, Smmu::page);
    smmu.driver.issue(command);
    CAPTURE(options, command[0], command[1]);
    CHECK_FALSE(smmu.at(iova));
    CHECK(smmu.errors() == 0);
}
