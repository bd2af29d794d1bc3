// Transactions that wait for software: Arm IHI 0070, 3.12.2, 4.7.1, 4.7.2 and 5.5.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/smmuv3_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

constexpr uint64_t iova = Smmu::iova;

struct Stalling : Smmu {
    explicit Stalling(const std::string &options = "", unsigned log2size = 7) : Smmu(options, log2size)
    {
        put_context(context().set(cd_field::S, 1));
        driver.set_stream(stream, stage1().words());
        driver.set_stream(2, stage1().words());
    }

    // Of a master that can wait.
    static Transaction patient(uint64_t address, uint32_t sid = stream, Access access = Access::read)
    {
        Transaction txn = transaction(address, access, sid);
        txn.may_hold = true;
        return txn;
    }
    std::optional<uint64_t> held(uint64_t address, uint32_t sid = stream)
    {
        const TranslateResult result = ask(patient(address, sid));
        const auto *found = std::get_if<Held>(&result);
        return found ? std::optional(found->hold) : std::nullopt;
    }
    std::vector<uint8_t> state() const
    {
        StateWriter out;
        iommu->save(out);
        return out.data();
    }
};

}  // namespace

TEST_CASE("smmuv3: a stalled transaction is recorded with its STAG, and a retry ends its wait")
{
    Stalling smmu;
    const auto hold = smmu.held(iova + 0x123);
    REQUIRE(hold);
    const auto event = smmu.event();
    REQUIRE(event);
    CHECK(event->id == smmu_event::translation);
    CHECK(event->stall);
    CHECK(event->stream == 1);
    CHECK(event->address == iova + 0x123);
    CHECK(smmu.counter("faults") == 0);

    smmu.first.map(iova, Smmu::data, Smmu::page);
    CHECK(smmu.host.ends.empty());
    smmu.driver.issue(SmmuDriver::resume(1, event->stag, true));
    REQUIRE(smmu.host.ends.size() == 1);
    CHECK(smmu.host.ends[0].hold == *hold);
    CHECK_FALSE(smmu.host.ends[0].terminated);
    CHECK(smmu.at(Stalling::patient(iova + 0x123)) == Smmu::data + 0x123);
    // The STAG is used up.
    smmu.driver.issue(SmmuDriver::resume(1, event->stag, true));
    CHECK(smmu.host.ends.size() == 1);
    CHECK(smmu.driver.command_error() == 0);
}

TEST_CASE("smmuv3: CMD_RESUME ends the one transaction that stream and STAG name, by abort without Ac")
{
    Stalling smmu;
    REQUIRE(smmu.held(iova));
    const uint64_t hold = *smmu.held(iova + 0x1000);
    const auto first = smmu.event(), second = smmu.event();
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->stag != second->stag);
    smmu.driver.issue(SmmuDriver::resume(2, second->stag, false));
    CHECK(smmu.host.ends.empty());
    smmu.driver.issue(SmmuDriver::resume(1, second->stag, false));
    REQUIRE(smmu.host.ends.size() == 1);
    CHECK(smmu.host.ends[0].hold == hold);
    CHECK(smmu.host.ends[0].terminated);
}

TEST_CASE("smmuv3: CMD_STALL_TERM ends all stalled transactions of its stream")
{
    Stalling smmu;
    const uint64_t a = *smmu.held(iova), b = *smmu.held(iova + 0x1000);
    REQUIRE(smmu.held(iova, 2));
    smmu.driver.issue(SmmuDriver::stall_term(1));
    REQUIRE(smmu.host.ends.size() == 2);
    CHECK((smmu.host.ends[0].hold == a && smmu.host.ends[1].hold == b));
    CHECK((smmu.host.ends[0].terminated && smmu.host.ends[1].terminated));
}

TEST_CASE("smmuv3: SMMUEN going 0 ends every stalled transaction")
{
    Stalling smmu;
    REQUIRE(smmu.held(iova));
    REQUIRE(smmu.held(iova, 2));
    smmu.driver.write(SmmuDriver::cr0, SmmuDriver::cr0_cmdqen | SmmuDriver::cr0_evtqen);
    REQUIRE(smmu.host.ends.size() == 2);
    CHECK((smmu.host.ends[0].terminated && smmu.host.ends[1].terminated));
}

TEST_CASE("smmuv3: only faults of a translation stall")
{
    Stalling smmu;
    // Each of the four kinds: not mapped, not for writing, without access flag, beyond the output size.
    smmu.first.map(iova + 0x1000, Smmu::data, Smmu::page, {.perm = Perm::r});
    smmu.first.map(iova + 0x2000, Smmu::data, Smmu::page, {.accessed = false});
    smmu.put_context(smmu.context().set(cd_field::S, 1).output_bits(36));
    smmu.driver.issue(SmmuDriver::cfgi_all());
    smmu.first.map(iova + 0x3000, 1ull << 40, Smmu::page);
    const auto stalls = [&](uint64_t address, Access access) {
        smmu.driver.take_all_events();
        smmu.ask(Stalling::patient(address, 1, access));
        const auto event = smmu.event();
        return event && event->stall ? event->id : 0;
    };
    CHECK(stalls(iova, Access::read) == smmu_event::translation);
    CHECK(stalls(iova + 0x1000, Access::write) == smmu_event::permission);
    CHECK(stalls(iova + 0x2000, Access::read) == smmu_event::access);
    CHECK(stalls(iova + 0x3000, Access::read) == smmu_event::addr_size);
    // A walk that aborted, and a bad configuration, do not.
    smmu.put_context(smmu.context().set(cd_field::S, 1).table0(Smmu::nowhere, 12, 39));
    smmu.driver.issue(SmmuDriver::cfgi_all());
    smmu.driver.issue(SmmuDriver::tlbi_nh_asid(Smmu::asid));
    CHECK(smmu.kind(Stalling::patient(iova)) == FaultKind::walk_abort);
    CHECK_FALSE(smmu.event()->stall);
    smmu.put_context(smmu.context().set(cd_field::V, 0));
    smmu.driver.issue(SmmuDriver::cfgi_all());
    CHECK(smmu.kind(Stalling::patient(iova)) == FaultKind::configuration);
    CHECK_FALSE(smmu.event()->stall);
}

TEST_CASE("smmuv3: STE.S2S makes faults of stage 2 wait, those of a context descriptor's address too")
{
    Stalling smmu;
    for (const bool stall : {true, false}) {
        smmu.driver.set_stream(1, smmu.stage2().set(ste_field::S2S, stall).words());
        smmu.driver.take_all_events();
        CHECK(smmu.held(iova).has_value() == stall);
        auto event = smmu.event();
        REQUIRE(event);
        CHECK((event->stage2 && event->stall == stall && event->cls == 2));

        // Nested: stage 2 has nothing, so that not even the context descriptor is found.
        smmu.driver.set_stream(1, smmu.nested().set(ste_field::S2S, stall).words());
        CHECK(smmu.held(iova).has_value() == stall);
        event = smmu.event();
        REQUIRE(event);
        CHECK(event->id == smmu_event::translation);
        CHECK((event->stage2 && event->stall == stall && event->cls == 0));
        CHECK(event->ipa == (smmu.descriptor & ~0xfffull));
    }
    // What the retry needs is there then.
    smmu.identity_for_tables();
    smmu.second.map(Smmu::data, Smmu::data, Smmu::page);
    smmu.first.map(iova, Smmu::data, Smmu::page);
    CHECK(smmu.at(Stalling::patient(iova)) == Smmu::data);
}

TEST_CASE("smmuv3: a master that cannot wait is terminated, recorded and logged")
{
    Stalling smmu;
    CHECK(smmu.kind(Smmu::transaction(iova)) == FaultKind::translation);
    const auto event = smmu.event();
    REQUIRE(event);
    CHECK_FALSE(event->stall);
    CHECK(smmu.host.logged("cannot wait") == 1);
    // A debugger neither waits nor leaves a record.
    Transaction debug = Stalling::patient(iova);
    debug.debug = true;
    CHECK(smmu.kind(debug) == FaultKind::translation);
    CHECK_FALSE(smmu.event());
}

TEST_CASE("smmuv3: a stall's record waits for room in the Event queue and comes when there is some")
{
    Stalling smmu("", 1);  // two records
    REQUIRE(smmu.held(iova));
    REQUIRE(smmu.held(iova + 0x1000));
    REQUIRE(smmu.held(iova + 0x2000));
    CHECK((smmu.driver.read(SmmuDriver::evtq_prod) >> 31) == 0);  // no overflow
    CHECK(smmu.event()->address == iova);
    CHECK(smmu.event()->address == iova + 0x1000);
    const auto third = smmu.event();
    REQUIRE(third);
    CHECK(third->address == iova + 0x2000);
    smmu.driver.issue(SmmuDriver::resume(1, third->stag, false));
    CHECK(smmu.host.ends.size() == 1);
}

TEST_CASE("smmuv3: a stall without a record is tried again at a CMD_SYNC, and forgotten with CMD_STALL_TERM")
{
    Stalling smmu("", 1);
    REQUIRE(smmu.held(iova));
    REQUIRE(smmu.held(iova + 0x1000));
    const uint64_t waits = *smmu.held(iova + 0x2000);
    smmu.first.map(iova + 0x2000, Smmu::data, Smmu::page);
    smmu.driver.issue(SmmuDriver::tlbi_nh_asid(1));
    REQUIRE(smmu.host.ends.size() == 1);
    CHECK(smmu.host.ends[0].hold == waits);
    CHECK_FALSE(smmu.host.ends[0].terminated);
    CHECK(smmu.events() == 2);  // the stale record does not come

    REQUIRE(smmu.held(iova, 2));
    REQUIRE(smmu.held(iova, 2));
    REQUIRE(smmu.held(iova + 0x5000));
    smmu.driver.command(SmmuDriver::stall_term(1));
    CHECK(smmu.events() == 2);
}

TEST_CASE("smmuv3: no more transactions stall than STALL_MAX says")
{
    Stalling smmu;
    const unsigned most = smmu.driver.read(SmmuDriver::idr5) >> 16;
    REQUIRE(most > 0);
    for (unsigned i = 0; i < most; ++i)
        REQUIRE(smmu.held(iova + i * 0x1000));
    CHECK(smmu.kind(Stalling::patient(iova)) == FaultKind::translation);
    CHECK(smmu.events() == most + 1);
    smmu.driver.issue(SmmuDriver::stall_term(1));
    CHECK(smmu.host.ends.size() == most);
    CHECK(smmu.held(iova));
}

TEST_CASE("smmuv3: stalled transactions, and records that wait, are there after a load")
{
    Stalling before("", 1);
    REQUIRE(before.held(iova));
    REQUIRE(before.held(iova + 0x1000));
    const uint64_t third = *before.held(iova + 0x2000);
    // The same machine once more: its memory is made the same way.
    Stalling after("", 1);
    after.held(iova);
    after.held(iova + 0x1000);
    const auto data = before.state();
    StateReader in(data);
    after.iommu->load(in);
    REQUIRE(in.complete());
    CHECK(after.event()->address == iova);
    CHECK(after.event()->address == iova + 0x1000);
    const auto event = after.event();
    REQUIRE(event);
    CHECK(event->address == iova + 0x2000);
    after.driver.issue(SmmuDriver::resume(1, event->stag, true));
    REQUIRE(after.host.ends.size() == 1);
    CHECK(after.host.ends[0].hold == third);
    CHECK(after.held(iova + 0x3000) > third);
}
