// PCIe masters with translations of their own, and page requests: Arm IHI 0070, 3.9.1 and chapter 8.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/smmuv3_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

constexpr uint64_t iova = Smmu::iova;
constexpr uint32_t enables = SmmuDriver::cr0_cmdqen | SmmuDriver::cr0_evtqen | SmmuDriver::cr0_priqen;

struct AtsSmmu : Smmu {
    explicit AtsSmmu(const std::string &options = "", unsigned log2size = 7) : Smmu(options, log2size) {}

    SteBuilder full_ats() const { return stage1().set(ste_field::EATS, 1); }
    void attach_ats(Perm perm = Perm::rw)
    {
        attach(context(), perm);
        driver.set_stream(stream, full_ats().words());
    }
    static Transaction request(uint64_t address, Access access = Access::read)
    {
        Transaction txn = transaction(address, access);
        txn.ats_request = true;
        return txn;
    }
    static Transaction translated(uint64_t address, Access access = Access::read)
    {
        Transaction txn = transaction(address, access);
        txn.ats_translated = true;
        return txn;
    }
    // What a request is granted; nothing: it was no success.
    std::optional<Perm> granted(const Transaction &txn)
    {
        const TranslateResult result = ask(txn);
        const auto *translation = std::get_if<Translation>(&result);
        return translation ? std::optional(translation->perm) : std::nullopt;
    }

    SocMessage page_request(uint64_t address, uint32_t flags, bool last, uint32_t group = 3)
    {
        SocMessage msg{};
        msg.type = SOC_MSG_PAGE_REQUEST;
        msg.stream = stream;
        msg.substream = 9;
        msg.flags = flags;
        msg.address = address;
        msg.tag = group;
        msg.response = last;
        iommu->message(msg);
        return msg;
    }
    uint64_t request_word(unsigned index, unsigned word)
    {
        return *host.memory().load<uint64_t>(driver.page_requests().base + 16ull * index + 8 * word);
    }
};

}  // namespace

TEST_CASE("smmuv3: a translation request is answered with address, size and rights")
{
    AtsSmmu smmu;
    smmu.attach_ats();
    smmu.first.map(iova + 2_MiB, Smmu::data + 2_MiB, 2_MiB, {.perm = Perm::r, .level = 2});
    const TranslateResult result = smmu.ask(AtsSmmu::request(iova + 2_MiB + 0x5123));
    const auto *found = std::get_if<Translation>(&result);
    REQUIRE(found);
    CHECK(found->address == Smmu::data + 2_MiB + 0x5123);
    CHECK(found->mask == 2_MiB - 1);
    CHECK(found->perm == Perm::r);
    CHECK(smmu.granted(AtsSmmu::request(iova, Access::write)) == Perm::rw);
}

TEST_CASE("smmuv3: a translation request that finds no rights succeeds without them, and is no event")
{
    AtsSmmu smmu;
    smmu.attach_ats();
    smmu.first.map(iova + 0x1000, Smmu::data, Smmu::page, {.accessed = false});
    smmu.first.map(iova + 0x2000, Smmu::data, Smmu::page, {.user = false});
    smmu.first.map(iova + 0x3000, Smmu::data, Smmu::page, {.perm = Perm::r});
    for (const uint64_t offset : {0x1000, 0x2000, 0x8000})
        CHECK(smmu.granted(AtsSmmu::request(iova + offset)) == Perm::none);
    CHECK(smmu.granted(AtsSmmu::request(1ull << 60)) == Perm::none);
    // Who asks to write what may be read gets the part that there is (3.9.1.2, F_PERMISSION).
    CHECK(smmu.granted(AtsSmmu::request(iova + 0x3000, Access::write)) == Perm::r);
    CHECK(smmu.events() == 0);
    CHECK(smmu.counter("faults") == 0);
}

TEST_CASE("smmuv3: nested, a translation request gets what both stages grant, and none where stage 2 hides the CD")
{
    AtsSmmu smmu;
    smmu.attach_nested(smmu.nested().set(ste_field::EATS, 1));
    CHECK(smmu.granted(AtsSmmu::request(iova, Access::write)) == Perm::rw);
    smmu.first.map(iova + 0x1000, iova + 0x1000, Smmu::page);
    smmu.second.map(iova + 0x1000, Smmu::data, Smmu::page, {.perm = Perm::r});
    CHECK(smmu.granted(AtsSmmu::request(iova + 0x1000, Access::write)) == Perm::r);
    smmu.second.set(Smmu::ram, 1, 0);
    smmu.driver.issue(SmmuDriver::cfgi_all());
    smmu.driver.issue(SmmuDriver::tlbi_nsnh_all());
    CHECK(smmu.granted(AtsSmmu::request(iova)) == Perm::none);
    CHECK(smmu.events() == 0);
}

TEST_CASE("smmuv3: a translation request is privileged with a PASID only")
{
    AtsSmmu smmu;
    ContextTable contexts(smmu.host.memory(), smmu.frames, ContextTable::Format::linear, 2);
    for (const uint32_t substream : {0, 3})
        contexts.set(substream, smmu.context().words());
    smmu.first.map(iova, Smmu::data, Smmu::page, {.user = false});
    smmu.driver.set_stream(
        1, SteBuilder().stage1(contexts).set(ste_field::S1DSS, 2).set(ste_field::EATS, 1).words());
    Transaction txn = AtsSmmu::request(iova);
    txn.privileged = true;
    CHECK(smmu.granted(txn) == Perm::none);
    CHECK(smmu.granted(Smmu::with_substream(txn, 3)) == Perm::rw);
}

TEST_CASE("smmuv3: the right to write comes with a dirty page only")
{
    AtsSmmu smmu;
    smmu.put_context(smmu.context().set(cd_field::HA, 1).set(cd_field::HD, 1));
    smmu.first.map(iova, Smmu::data, Smmu::page, {.perm = Perm::r, .accessed = false, .dirty_managed = true});
    smmu.driver.set_stream(Smmu::stream, smmu.full_ats().words());
    CHECK(smmu.granted(AtsSmmu::request(iova)) == Perm::r);
    CHECK(smmu.first.accessed(iova));
    CHECK_FALSE(smmu.first.writable(iova));
    CHECK(smmu.granted(AtsSmmu::request(iova, Access::write)) == Perm::rw);
    CHECK(smmu.first.writable(iova));
}

TEST_CASE("smmuv3: a translation request of a stream without ATS is F_BAD_ATS_TREQ")
{
    AtsSmmu smmu;
    smmu.attach();  // EATS 0
    const auto refused = [&] {
        const auto event = smmu.event_of(AtsSmmu::request(iova + 0x123));
        return event && event->id == smmu_event::bad_ats_treq && event->address == iova;
    };
    CHECK(refused());
    CHECK(smmu.kind(AtsSmmu::request(iova)) == FaultKind::disabled);
    smmu.driver.set_stream(1, SteBuilder().bypass().set(ste_field::EATS, 1).words());
    CHECK(refused());
    // Before substream and context descriptor are looked at.
    smmu.driver.set_stream(1, smmu.stage1().words());
    const auto event = smmu.event_of(Smmu::with_substream(AtsSmmu::request(iova), 5));
    REQUIRE(event);
    CHECK(event->id == smmu_event::bad_ats_treq);
    smmu.driver.write(SmmuDriver::cr0, enables);
    CHECK(refused());
    // STE.Config 0 is silent.
    smmu.driver.write(SmmuDriver::cr0, enables | SmmuDriver::cr0_smmuen);
    smmu.driver.set_stream(1, SteBuilder().words());
    CHECK_FALSE(smmu.event_of(AtsSmmu::request(iova)));
    CHECK(smmu.kind(AtsSmmu::request(iova)) == FaultKind::disabled);
}

TEST_CASE("smmuv3: a bad configuration ends a translation request without an event, as ATSRECERR is 0")
{
    AtsSmmu smmu;
    smmu.attach_ats();
    CHECK((smmu.driver.read(SmmuDriver::idr0) >> 23 & 1) == 0);
    smmu.put_context(smmu.context().set(cd_field::V, 0));
    smmu.driver.issue(SmmuDriver::cfgi_all());
    CHECK(smmu.kind(AtsSmmu::request(iova)) == FaultKind::configuration);
    smmu.driver.set_stream(1, SteBuilder().stage1(Smmu::nowhere).set(ste_field::EATS, 1).words());
    CHECK(smmu.kind(AtsSmmu::request(iova)) == FaultKind::walk_abort);
    smmu.driver.set_stream(1, SteBuilder().set(ste_field::V, 0).words());
    CHECK(smmu.kind(AtsSmmu::request(iova)) == FaultKind::configuration);
    smmu.put_context(smmu.context().table0(Smmu::nowhere, 12, 39));
    smmu.driver.set_stream(1, smmu.full_ats().words());
    CHECK(smmu.kind(AtsSmmu::request(iova)) == FaultKind::walk_abort);
    CHECK(smmu.events() == 0);
}

TEST_CASE("smmuv3: a translated transaction passes as it is, where ATSCHK and the stream let it")
{
    AtsSmmu smmu;
    smmu.attach_ats();
    CHECK(smmu.at(AtsSmmu::translated(Smmu::data + 0x123, Access::write)) == Smmu::data + 0x123);
    smmu.driver.set_stream(1, smmu.stage1().words());
    const auto event = smmu.event_of(AtsSmmu::translated(Smmu::data, Access::write));
    REQUIRE(event);
    CHECK(event->id == smmu_event::transl_forbidden);
    CHECK(event->address == Smmu::data);
    CHECK_FALSE(event->read);
    // Errors of the configuration, and addresses that are none, abort in silence (3.9.1.1, 3.9.1.3).
    smmu.driver.set_stream(1, SteBuilder().words());
    CHECK(smmu.kind(AtsSmmu::translated(Smmu::data)) == FaultKind::disabled);
    smmu.driver.set_stream(1, SteBuilder().set(ste_field::V, 0).words());
    CHECK(smmu.kind(AtsSmmu::translated(Smmu::data)) == FaultKind::configuration);
    CHECK_FALSE(smmu.event());

    // Without ATSCHK nothing is looked at but the address.
    smmu.driver.write(SmmuDriver::cr0, enables | SmmuDriver::cr0_smmuen);
    CHECK(smmu.at(AtsSmmu::translated(Smmu::data)) == Smmu::data);
    CHECK(smmu.kind(AtsSmmu::translated(1ull << 60)) == FaultKind::address_size);
    CHECK_FALSE(smmu.event());
    // Without SMMUEN nothing is translated, and nothing may say so.
    smmu.driver.write(SmmuDriver::gbpa, 1u << 31);
    smmu.driver.write(SmmuDriver::cr0, enables);
    CHECK(smmu.event_of(AtsSmmu::translated(Smmu::data))->id == smmu_event::transl_forbidden);
    CHECK(smmu.at(Smmu::data) == Smmu::data);
}

TEST_CASE("smmuv3: a page request is recorded as it came, and a PRI_RESP goes back")
{
    AtsSmmu smmu;
    smmu.page_request(iova, SOC_TXN_HAS_SUBSTREAM | SOC_TXN_READ | SOC_TXN_WRITE | SOC_TXN_PRIVILEGED, false);
    smmu.page_request(iova + 0x1000, SOC_TXN_READ | SOC_TXN_PRIVILEGED | SOC_TXN_INSTRUCTION, true, 0x1ff);
    CHECK(smmu.driver.read(SmmuDriver::priq_prod) == 2);
    // SSV, W, R, Priv; SubstreamID 9, StreamID 1.
    CHECK(smmu.request_word(0, 0) == (1ull << 63 | 1ull << 61 | 1ull << 60 | 1ull << 58 | 9ull << 32 | 1));
    CHECK(smmu.request_word(0, 1) == (iova | 3));
    // Last, R. Without a substream neither Priv nor X.
    CHECK((smmu.request_word(1, 0) & ~(0xfffffull << 32)) == (1ull << 62 | 1ull << 60 | 1));
    CHECK(smmu.request_word(1, 1) == ((iova + 0x1000) | 0x1ff));
    smmu.page_request(iova, SOC_TXN_HAS_SUBSTREAM | SOC_TXN_READ | SOC_TXN_INSTRUCTION, false);
    // SSV, R, X.
    CHECK(smmu.request_word(2, 0) == (1ull << 63 | 1ull << 60 | 1ull << 59 | 9ull << 32 | 1));
    CHECK(smmu.host.messages.empty());

    const auto answer = [&](unsigned code) {
        smmu.driver.issue({0x41 | 1 << 11 | 9 << 12 | 1ull << 32, code << 12 | 3});
        return smmu.host.messages.back();
    };
    CHECK(answer(0).response == 15);  // Response Failure
    CHECK(answer(1).response == 1);   // Invalid Request
    const SocMessage success = answer(2);
    CHECK(success.type == SOC_MSG_PAGE_RESPONSE);
    CHECK(success.response == 0);
    CHECK(success.stream == 1);
    CHECK(success.flags == SOC_TXN_HAS_SUBSTREAM);
    CHECK(success.substream == 9);
    CHECK(success.tag == 3);
}

TEST_CASE("smmuv3: a page request that cannot be recorded is answered at once")
{
    AtsSmmu smmu("", 1);
    for (unsigned i = 0; i < 2; ++i)
        smmu.page_request(iova, SOC_TXN_READ | SOC_TXN_HAS_SUBSTREAM, true);
    smmu.page_request(iova, SOC_TXN_READ | SOC_TXN_HAS_SUBSTREAM, false);
    CHECK(smmu.host.messages.empty());
    // The overflow: success, with the PASID of the request, as IDR3.PPS says.
    smmu.page_request(iova, SOC_TXN_READ | SOC_TXN_HAS_SUBSTREAM, true, 8);
    REQUIRE(smmu.host.messages.size() == 1);
    CHECK(smmu.host.messages[0].response == 0);
    CHECK(smmu.host.messages[0].tag == 8);
    CHECK(smmu.host.messages[0].flags == SOC_TXN_HAS_SUBSTREAM);
    CHECK(smmu.host.messages[0].substream == 9);
    CHECK((smmu.driver.read(SmmuDriver::priq_prod) >> 31) == 1);
    // PRIQEN 0: failure, without PASID.
    smmu.driver.write(SmmuDriver::cr0, SmmuDriver::cr0_cmdqen | SmmuDriver::cr0_smmuen);
    smmu.page_request(iova, SOC_TXN_READ | SOC_TXN_HAS_SUBSTREAM, true);
    REQUIRE(smmu.host.messages.size() == 2);
    CHECK(smmu.host.messages[1].response == 15);
    CHECK(smmu.host.messages[1].flags == 0);
}

TEST_CASE("smmuv3: without substreams a page request has none")
{
    AtsSmmu smmu("ssid-bits=0");
    smmu.page_request(iova, SOC_TXN_HAS_SUBSTREAM | SOC_TXN_READ | SOC_TXN_PRIVILEGED, true);
    CHECK(smmu.driver.read(SmmuDriver::priq_prod) == 1);
    CHECK((smmu.request_word(0, 0) & ~(0xfffffull << 32)) == (1ull << 62 | 1ull << 60 | 1));
}
