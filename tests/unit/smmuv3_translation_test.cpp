// From a transaction to an address or to the event that tells why not: Arm IHI 0070, 3.3, 3.4, 6.3.14 and 7.3.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/smmuv3_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

constexpr uint64_t iova = Smmu::iova;
enum : unsigned { cd = 0, tt = 1, in = 2 };

// A stream with substreams: 3 has a table of its own, 0 the fixture's.
struct Substreams : Smmu {
    Substreams()
        : contexts(host.memory(), frames, ContextTable::Format::two_level_64k, 12),
          other(host.memory(), frames, {.input_bits = 39})
    {
        first.map(iova, data, page);
        other.map(iova, data + 0x5000, page);
        contexts.set(0, context().words());
        contexts.set(3, CdBuilder().table0(other.root(), 12, 39).asid(2).words());
    }
    void attach_with(unsigned s1dss)
    {
        driver.set_stream(stream, SteBuilder().stage1(contexts).set(ste_field::S1DSS, s1dss).words());
    }
    static Transaction of(uint32_t substream) { return with_substream(transaction(iova), substream); }

    ContextTable contexts;
    LpaeTable other;
};

}  // namespace

TEST_CASE("smmuv3: each fault of stage 1 is its event, with address, access and attributes")
{
    Smmu smmu;
    smmu.attach(smmu.context().output_bits(36));
    smmu.first.map(iova + 0x1000, Smmu::data, Smmu::page, {.perm = Perm::r, .priv_execute = false});
    smmu.first.map(iova + 0x2000, Smmu::data, Smmu::page, {.accessed = false});
    smmu.first.map(iova + 0x3000, 1ull << 40, Smmu::page);
    smmu.first.set(iova + 1_GiB, 2, Smmu::nowhere | 3);  // a table where no memory is
    const auto fault = [&](Transaction txn, unsigned id) {
        const auto event = smmu.event_of(txn);
        REQUIRE(event);
        CHECK(event->id == id);
        CHECK(event->stream == 1);
        CHECK_FALSE(event->has_substream);
        CHECK((!event->stage2 && !event->stall));
        CHECK(event->address == txn.address);
        CHECK(event->read == (txn.access == Access::read));
        CHECK(event->privileged == txn.privileged);
        CHECK(event->instruction == (txn.instruction && txn.access == Access::read));
        return event->cls;
    };
    CHECK(fault(Smmu::transaction(iova + 0x8123), smmu_event::translation) == in);
    CHECK(fault(Smmu::transaction(1ull << 45), smmu_event::translation) == in);
    CHECK(fault(Smmu::transaction(~0ull << 40), smmu_event::translation) == in);  // EPD1
    CHECK(fault(Smmu::transaction(iova + 0x1004, Access::write), smmu_event::permission) == in);
    CHECK(fault(Smmu::transaction(iova + 0x2008), smmu_event::access) == in);
    CHECK(fault(Smmu::transaction(iova + 0x3008, Access::write), smmu_event::addr_size) == in);
    CHECK(fault(Smmu::transaction(iova + 1_GiB), smmu_event::walk_eabt) == tt);
    Transaction fetch = Smmu::transaction(iova + 0x1000);
    fetch.privileged = fetch.instruction = true;
    CHECK(fault(fetch, smmu_event::permission) == in);
}

TEST_CASE("smmuv3: a fault of stage 2 alone has the input address as IPA")
{
    Smmu smmu;
    smmu.second.map(iova, Smmu::data, Smmu::page, {.perm = Perm::r});
    smmu.second.map(iova + 0x1000, Smmu::data, Smmu::page, {.accessed = false});
    smmu.driver.set_stream(1, smmu.stage2().words());
    CHECK(smmu.at(iova + 0x123) == Smmu::data + 0x123);
    const auto fault = [&](const Transaction &txn, unsigned id) {
        const auto event = smmu.event_of(txn);
        REQUIRE(event);
        CHECK(event->id == id);
        CHECK((event->stage2 && event->cls == in));
        CHECK(event->address == txn.address);
        CHECK(event->ipa == (txn.address & ~0xfffull));
    };
    fault(Smmu::transaction(iova + 0x8123), smmu_event::translation);
    fault(Smmu::transaction(1ull << 41), smmu_event::translation);
    fault(Smmu::transaction(iova + 0x123, Access::write), smmu_event::permission);
    fault(Smmu::transaction(iova + 0x1123), smmu_event::access);
}

TEST_CASE("smmuv3: nested, an event tells the stage, whose access it was, and the IPA")
{
    Smmu smmu;
    smmu.attach_nested();
    CHECK(smmu.at(iova + 0x123, Access::write) == Smmu::data + 0x123);
    auto event = smmu.event_of(Smmu::transaction(iova + 0x1000));
    REQUIRE(event);
    CHECK((event->id == smmu_event::translation && !event->stage2));

    smmu.first.map(iova + 0x1000, 0x5000'0000, Smmu::page);
    event = smmu.event_of(Smmu::transaction(iova + 0x1123));
    REQUIRE(event);
    CHECK((event->id == smmu_event::translation && event->stage2 && event->cls == in));
    CHECK(event->address == iova + 0x1123);
    CHECK(event->ipa == 0x5000'0000);

    // A level 2 table of stage 1 beyond what stage 2 has.
    smmu.first.set(iova + 1_GiB, 2, 0x6000'0000 | 3);
    event = smmu.event_of(Smmu::transaction(iova + 1_GiB + 0x3000));
    REQUIRE(event);
    CHECK((event->id == smmu_event::translation && event->stage2 && event->cls == tt));
    CHECK(event->ipa == 0x6000'0000);

    // The context descriptor itself.
    smmu.driver.set_stream(1, smmu.with_stage2(SteBuilder().stage1(0x7000'0040)).words());
    event = smmu.event_of(Smmu::transaction(iova));
    REQUIRE(event);
    CHECK((event->id == smmu_event::translation && event->stage2 && event->cls == cd));
    CHECK(event->ipa == 0x7000'0000);
    // Without S2R nothing is recorded, and the transaction ends all the same.
    smmu.driver.set_stream(1,
                           smmu.with_stage2(SteBuilder().stage1(0x7000'0040)).set(ste_field::S2R, 0).words());
    CHECK(smmu.kind(Smmu::transaction(iova)) == FaultKind::translation);
    CHECK_FALSE(smmu.event());
}

TEST_CASE("smmuv3: CD.R and STE.S2R say whether a fault is recorded")
{
    Smmu smmu;
    smmu.attach(smmu.context().set(cd_field::R, 0));
    CHECK(smmu.kind(Smmu::transaction(iova + 0x1000)) == FaultKind::translation);
    CHECK_FALSE(smmu.event());
    smmu.driver.set_stream(1, smmu.stage2().set(ste_field::S2R, 0).words());
    CHECK(smmu.kind(Smmu::transaction(iova)) == FaultKind::translation);
    CHECK_FALSE(smmu.event());
    // An aborted walk is no fault that they decide about (5.5).
    smmu.put_context(smmu.context().table0(Smmu::nowhere, 12, 39).set(cd_field::R, 0));
    smmu.driver.set_stream(1, smmu.stage1().words());
    smmu.driver.issue(SmmuDriver::tlbi_nh_asid(Smmu::asid));
    CHECK(smmu.event_of(Smmu::transaction(iova))->id == smmu_event::walk_eabt);
}

TEST_CASE("smmuv3: errors of the configuration are their events")
{
    Smmu smmu;
    smmu.attach();
    const auto id = [&](uint32_t sid = 1) {
        const auto event = smmu.event_of(Smmu::transaction(iova, Access::read, sid));
        return event ? event->id : 0;
    };
    smmu.driver.set_stream(1, SteBuilder().set(ste_field::V, 0).words());
    CHECK(id() == smmu_event::bad_ste);
    smmu.driver.set_stream(1, SteBuilder().stage1(Smmu::nowhere).words());
    CHECK(id() == smmu_event::cd_fetch);
    smmu.put_context(smmu.context().set(cd_field::AA64, 0));
    smmu.driver.set_stream(1, smmu.stage1().words());
    CHECK(id() == smmu_event::bad_cd);
    smmu.driver.streams().set_level1(0x300, Smmu::nowhere | 9);
    CHECK(id(0x305) == smmu_event::ste_fetch);
    smmu.driver.set_stream(1, SteBuilder().words());
    CHECK(id() == 0);
    CHECK(smmu.kind(Smmu::transaction(iova)) == FaultKind::disabled);
}

TEST_CASE("smmuv3: C_BAD_STREAMID is recorded where CR2.RECINVSID asks for it, and aborts anyway")
{
    Smmu smmu;
    constexpr uint32_t unknown = 0x4242;  // its level 1 descriptor is not valid
    const auto event = smmu.event_of(Smmu::transaction(iova, Access::read, unknown));
    REQUIRE(event);
    CHECK((event->id == smmu_event::bad_streamid && event->stream == unknown));
    CHECK(smmu.event_of(Smmu::transaction(iova, Access::read, 0x10000))->id == smmu_event::bad_streamid);
    smmu.driver.write(SmmuDriver::cr0, 0);
    smmu.driver.write(SmmuDriver::cr2, 0);
    smmu.driver.write(SmmuDriver::cr0, 0xd);
    CHECK(smmu.kind(Smmu::transaction(iova, Access::read, unknown)) == FaultKind::unknown_stream);
    CHECK_FALSE(smmu.event());
}

TEST_CASE("smmuv3: a substream has its own table, and its number is in the event")
{
    Substreams smmu;
    smmu.attach_with(0);
    CHECK(smmu.at(Substreams::of(3)) == Smmu::data + 0x5000);
    CHECK(smmu.at(Substreams::of(0)) == Smmu::data);
    auto event = smmu.event_of(Smmu::with_substream(Smmu::transaction(iova + 0x1000), 3));
    REQUIRE(event);
    CHECK((event->id == smmu_event::translation && event->has_substream && event->substream == 3));
    event = smmu.event_of(Substreams::of(4));  // no such descriptor: all zeroes
    REQUIRE(event);
    CHECK((event->id == smmu_event::bad_cd && event->substream == 4));
    event = smmu.event_of(Substreams::of(1 << 12));
    REQUIRE(event);
    CHECK((event->id == smmu_event::bad_substreamid && event->substream == 1 << 12));
}

TEST_CASE("smmuv3: STE.S1DSS says what a transaction without substream is")
{
    Substreams smmu;
    const Transaction plain = Smmu::transaction(iova);
    smmu.attach_with(0);
    CHECK(smmu.event_of(plain)->id == smmu_event::stream_disabled);
    smmu.attach_with(1);
    CHECK(smmu.at(plain) == iova);  // bypasses stage 1
    CHECK(smmu.at(Substreams::of(3)) == Smmu::data + 0x5000);
    smmu.attach_with(2);
    CHECK(smmu.at(plain) == Smmu::data);
    CHECK(smmu.event_of(Substreams::of(0))->id == smmu_event::stream_disabled);
    CHECK(smmu.at(Substreams::of(3)) == Smmu::data + 0x5000);
    // Where stage 1 is bypassed, stage 2 is not.
    smmu.identity_for_tables();
    smmu.second.map(iova, Smmu::data + 0x9000, Smmu::page);
    smmu.driver.set_stream(1,
                           smmu.with_stage2(SteBuilder().stage1(smmu.contexts)).set(ste_field::S1DSS, 1).words());
    CHECK(smmu.at(plain) == Smmu::data + 0x9000);
}

TEST_CASE("smmuv3: GBPA lets all pass or none before SMMUEN, and bypass ends at the output size")
{
    Smmu smmu("oas=40");
    smmu.driver.write(SmmuDriver::cr0, 0);
    CHECK(smmu.kind(Smmu::transaction(iova)) == FaultKind::disabled);
    smmu.driver.write(SmmuDriver::gbpa, 1u << 31);
    CHECK(smmu.at(iova + 5, Access::write) == iova + 5);
    CHECK(smmu.kind(Smmu::transaction(1ull << 40)) == FaultKind::disabled);
    smmu.driver.write(SmmuDriver::gbpa, 1u << 31 | 1u << 20);
    CHECK_FALSE(smmu.at(iova));
    smmu.driver.write(SmmuDriver::cr0, 0xd);
    CHECK(smmu.events() == 0);
    smmu.driver.set_stream(1, SteBuilder().bypass().words());
    CHECK(smmu.at((1ull << 40) - 1) == (1ull << 40) - 1);
    const auto event = smmu.event_of(Smmu::transaction(1ull << 40));
    REQUIRE(event);
    CHECK((event->id == smmu_event::addr_size && !event->stage2 && event->cls == in));
    // STE.Config without substreams has none.
    CHECK(smmu.event_of(Smmu::with_substream(Smmu::transaction(iova), 3))->id == smmu_event::bad_substreamid);
}

TEST_CASE("smmuv3: STE.PRIVCFG and INSTCFG change what the master said, in translation and event")
{
    Smmu smmu;
    smmu.first.map(iova, Smmu::data, Smmu::page, {.user = false});
    smmu.first.map(iova + 0x1000, Smmu::data, Smmu::page, {.user_execute = false});
    smmu.put_context(smmu.context());
    const auto with = [&](unsigned privcfg, unsigned instcfg) {
        smmu.driver.set_stream(
            1, smmu.stage1().set(ste_field::PRIVCFG, privcfg).set(ste_field::INSTCFG, instcfg).words());
    };
    Transaction privileged = Smmu::transaction(iova), fetch = Smmu::transaction(iova + 0x1000);
    privileged.privileged = true;
    fetch.instruction = true;
    with(0, 0);
    CHECK(smmu.at(privileged));
    CHECK_FALSE(smmu.at(iova));
    CHECK_FALSE(smmu.at(fetch));
    with(1, 1);  // reserved: as the master says
    CHECK(smmu.at(privileged));
    CHECK_FALSE(smmu.at(iova));
    CHECK_FALSE(smmu.at(fetch));
    with(2, 2);  // unprivileged data
    const auto denied = smmu.event_of(privileged);
    REQUIRE(denied);
    CHECK_FALSE(denied->privileged);
    CHECK(smmu.at(fetch));
    with(3, 3);  // privileged instructions
    CHECK(smmu.at(iova));
    const auto event = smmu.event_of(Smmu::transaction(iova + 0x8000));
    CHECK((event->privileged && event->instruction));
    CHECK_FALSE(smmu.event_of(Smmu::transaction(iova + 0x8000, Access::write))->instruction);
}

TEST_CASE("smmuv3: the upper half of the addresses has a table of its own, and TBI ignores the top byte")
{
    Smmu smmu;
    LpaeTable upper(smmu.host.memory(), smmu.frames, {.input_bits = 39});
    constexpr uint64_t high = ~0ull << 39;
    upper.map(iova, Smmu::data + 0x5000, Smmu::page);
    smmu.attach(smmu.context().table1(upper.root(), 12, 39).set(cd_field::TBI1, 1));
    CHECK(smmu.at(iova) == Smmu::data);
    CHECK(smmu.at(high | iova) == Smmu::data + 0x5000);
    CHECK(smmu.at((high | iova) & ~(0xffull << 56)) == Smmu::data + 0x5000);
    CHECK_FALSE(smmu.at(iova | 0xffull << 56));
    CHECK_FALSE(smmu.at(1ull << 40));
    // An invalidation names the address with the byte that the top one stands for.
    upper.unmap(iova, Smmu::page);
    smmu.driver.issue(SmmuDriver::tlbi_nh_va(1, high | iova));
    CHECK_FALSE(smmu.at((high | iova) & ~(0xffull << 56)));
    CHECK(smmu.at(iova));
}

TEST_CASE("smmuv3: with stage 2 alone an address beyond the output size is a fault of stage 1")
{
    Smmu smmu("oas=44");
    smmu.driver.set_stream(1, smmu.stage2().words());
    auto event = smmu.event_of(Smmu::transaction(1ull << 44));
    REQUIRE(event);
    CHECK((event->id == smmu_event::addr_size && !event->stage2 && event->cls == in));
    event = smmu.event_of(Smmu::transaction((1ull << 44) - 1));
    REQUIRE(event);
    CHECK((event->id == smmu_event::translation && event->stage2));
}

TEST_CASE("smmuv3: translations of stage 1 alone are told apart by VMID too")
{
    Smmu smmu;
    LpaeTable other(smmu.host.memory(), smmu.frames, {.input_bits = 39});
    ContextTable contexts(smmu.host.memory(), smmu.frames, ContextTable::Format::linear, 0);
    contexts.set(0, CdBuilder().table0(other.root(), 12, 39).asid(Smmu::asid).words());
    smmu.first.map(iova, Smmu::data, Smmu::page);
    other.map(iova, Smmu::data + 0x5000, Smmu::page);
    smmu.put_context(smmu.context());
    smmu.driver.set_stream(1, smmu.stage1().set(ste_field::S2VMID, 7).words());
    smmu.driver.set_stream(2, SteBuilder().stage1(contexts).set(ste_field::S2VMID, 8).words());
    const Transaction second = Smmu::transaction(iova, Access::read, 2);
    CHECK(smmu.at(iova) == Smmu::data);
    CHECK(smmu.at(second) == Smmu::data + 0x5000);
    smmu.first.unmap(iova, Smmu::page);
    other.unmap(iova, Smmu::page);
    smmu.driver.issue(SmmuDriver::tlbi_nh_asid(Smmu::asid, 9));
    CHECK(smmu.at(iova));
    smmu.driver.issue(SmmuDriver::tlbi_nh_va(Smmu::asid, iova, 8));
    CHECK(smmu.at(iova) == Smmu::data);
    CHECK_FALSE(smmu.at(second));
}

TEST_CASE("smmuv3: a debugger's write to a clean page sees what the tables say, as a device's does")
{
    Smmu smmu;
    smmu.put_context(smmu.context().set(cd_field::HA, 1).set(cd_field::HD, 1));
    smmu.first.map(iova, Smmu::data, Smmu::page, {.perm = Perm::r, .dirty_managed = true});
    smmu.driver.set_stream(1, smmu.stage1().words());
    Transaction write = Smmu::transaction(iova, Access::write);
    write.debug = true;
    CHECK(smmu.at(iova) == Smmu::data);  // cached as clean
    CHECK(smmu.at(write) == Smmu::data);
    smmu.first.unmap(iova, Smmu::page);
    CHECK(smmu.at(iova) == Smmu::data);  // no invalidation yet
    CHECK_FALSE(smmu.at(write));         // to make the page dirty takes a walk
    write.debug = false;
    CHECK_FALSE(smmu.at(write));
}
