// soc-dma with a translation cache, page requests and stalls, and what its options say.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <map>

#include "catch.hpp"
#include "masters/translation_cache.hpp"
#include "soc-iommu/soc-dma-regs.h"
#include "support/fake_host.hpp"

using namespace soc;
using namespace soc::test;

namespace {

constexpr uint64_t ram = 0x40000000;
constexpr uint32_t done = SOC_DMA_STATUS_DONE, failed = SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_ERROR;
constexpr uint32_t held = SOC_DMA_STATUS_BUSY | SOC_DMA_STATUS_HELD;
constexpr uint32_t invalid = SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_INVALID;
constexpr uint32_t stream = 5;

// Pages by address, and no rights elsewhere. What was translated arrives `moved` further on: a second stage.
class AtsIommu final : public Iommu {
public:
    struct Page {
        uint64_t address;
        Perm perm;
        uint64_t mask = 0xfff;
    };
    std::map<uint64_t, Page> pages;
    std::vector<Transaction> asked;
    bool refuses_requests = false, refuses_translated = false;
    uint64_t moved = 0;
    std::vector<uint64_t> holds;  // transactions left to hold, by name

    explicit AtsIommu(Host &host) : Iommu(host, "ats") {}
    const Shape &shape() const override { return shape_; }
    void reset() override {}
    void save(StateWriter &) const override {}
    void load(StateReader &) override {}
    DeviceTree describe(const Placement &) const override { return {}; }
    RegisterBank *registers(unsigned) override { return nullptr; }
    unsigned requests() const
    {
        unsigned count = 0;
        for (const Transaction &txn : asked)
            count += txn.ats_request;
        return count;
    }

private:
    TranslateResult lookup(const Transaction &txn) override
    {
        asked.push_back(txn);
        if (txn.ats_translated) {
            if (refuses_translated)
                return Fault{.kind = FaultKind::configuration, .transaction = txn};
            return Translation{txn.address + moved, 0xfff, Perm::rw};
        }
        if (txn.may_hold && !holds.empty()) {
            const uint64_t hold = holds.back();
            holds.pop_back();
            return Held{hold};
        }
        if (txn.ats_request && refuses_requests)
            return Fault{.kind = FaultKind::configuration, .transaction = txn};
        for (const auto &[address, page] : pages)
            if ((txn.address & ~page.mask) == address)
                return Translation{page.address | (txn.address & page.mask), page.mask, page.perm};
        if (txn.ats_request)
            return Translation{txn.address, 0xfff, Perm::none};
        return Fault{.kind = FaultKind::translation, .transaction = txn};
    }
    Shape shape_;
};

struct Fixture {
    FakeHost host;
    AtsIommu iommu{host};
    std::unique_ptr<Device> dma = make_device(host, "soc-dma", {{"ats", "on"}, {"pri", "on"}});

    Fixture()
    {
        host.ram(ram, 1_MiB);
        host.connect(iommu, stream);
        host.features |= SOC_FEATURE_ATS | SOC_FEATURE_PRI;
        write(SOC_DMA_ATTR, SOC_DMA_ATTR_ATS);
    }
    uint32_t read(uint32_t offset) { return uint32_t(dma->mmio_read(0, offset, 4)); }
    void write(uint32_t offset, uint32_t value) { dma->mmio_write(0, offset, value, 4); }
    void run()
    {
        while (host.run_deferred(*dma)) {
        }
    }
    uint32_t transfer(uint32_t doorbell, uint64_t address, uint32_t length = 4)
    {
        write(SOC_DMA_ADDR_LO, uint32_t(address));
        write(SOC_DMA_ADDR_HI, uint32_t(address >> 32));
        write(SOC_DMA_LENGTH, length);
        write(SOC_DMA_DOORBELL, doorbell);
        run();
        return read(SOC_DMA_STATUS);
    }
    uint32_t read_at(uint64_t address, uint32_t length = 4) { return transfer(SOC_DMA_DOORBELL_READ, address, length); }
    uint32_t write_at(uint64_t address, uint32_t length = 4)
    {
        return transfer(SOC_DMA_DOORBELL_WRITE, address, length);
    }
    void substream(uint32_t number) { write(SOC_DMA_SUBSTREAM, SOC_DMA_SUBSTREAM_VALID | number); }

    void invalidate(uint64_t address, uint64_t size, std::optional<uint32_t> of = {}, uint32_t port = 0)
    {
        SocMessage msg{};
        msg.type = SOC_MSG_ATS_INVALIDATE;
        msg.address = address;
        msg.size = size;
        msg.tag = 19;
        msg.port = port;
        if (of) {
            msg.flags = SOC_TXN_HAS_SUBSTREAM;
            msg.substream = *of;
        }
        dma->message(msg);
    }
    void respond(uint32_t index, uint32_t code)
    {
        SocMessage msg{};
        msg.type = SOC_MSG_PAGE_RESPONSE;
        msg.tag = index;
        msg.response = code;
        dma->message(msg);
        run();
    }
    std::vector<uint8_t> state() const
    {
        StateWriter out;
        dma->save(out);
        return out.data();
    }
};

struct WithPri : Fixture {
    WithPri() { write(SOC_DMA_ATTR, SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI); }
};

struct WithStall : Fixture {
    WithStall()
    {
        write(SOC_DMA_ATTR, SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL);
        iommu.pages[0x1000] = {ram, Perm::rw};
    }
    Master &master() { return dynamic_cast<Master &>(*dma); }
    // The end of the transaction that the IOMMU was asked last.
    void resume(const SocFault *terminated = nullptr)
    {
        master().resumed(iommu.asked.back().tag, terminated);
        run();
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "soc-dma: an ATS transfer asks once, keeps the answer, and accesses what was translated")
{
    iommu.pages[0x5000] = {ram + 0x2000, Perm::rw};
    write(SOC_DMA_BUFFER, 0x1234);
    CHECK(write_at(0x5010) == done);
    CHECK(host.memory().load<uint32_t>(ram + 0x2010) == 0x1234);
    REQUIRE(iommu.asked.size() == 2);
    CHECK(iommu.asked[0].ats_request);
    CHECK(iommu.asked[0].address == 0x5000);  // page-aligned, as the capability says
    CHECK(iommu.asked[0].access == Access::write);
    CHECK_FALSE(iommu.asked[0].may_hold);
    CHECK(iommu.asked[1].ats_translated);
    CHECK(iommu.asked[1].address == ram + 0x2010);
    CHECK_FALSE(iommu.asked[1].ats_request);
    CHECK(read(SOC_DMA_ATC_MISSES) == 1);
    CHECK(read(SOC_DMA_ATC_HITS) == 0);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 1);

    CHECK(read_at(0x5ff0, 16) == done);
    CHECK(iommu.requests() == 1);
    CHECK(read(SOC_DMA_ATC_HITS) == 1);
}

TEST_CASE_METHOD(Fixture, "soc-dma: a translated access goes where the IOMMU's answer to it says")
{
    iommu.pages[0x5000] = {ram + 0x2000, Perm::rw};
    iommu.moved = 0x10000;
    write(SOC_DMA_BUFFER, 7);
    CHECK(write_at(0x5000) == done);
    CHECK(host.memory().load<uint32_t>(ram + 0x12000) == 7);
    CHECK(host.memory().load<uint32_t>(ram + 0x2000) == 0);
    iommu.refuses_translated = true;
    CHECK(write_at(0x5000) == failed);
    CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_CONFIGURATION);
    CHECK(read(SOC_DMA_FAULT_ADDR_LO) == ram + 0x2000);
    CHECK((read(SOC_DMA_FAULT_FLAGS) & SOC_TXN_ATS_TRANSLATED));
}

TEST_CASE_METHOD(Fixture, "soc-dma: a transfer over many pages asks for each, and a large page answers for all of it")
{
    for (uint64_t page = 0; page < 4; ++page)
        iommu.pages[0x8000 + page * 0x1000] = {ram + 0x9000 - page * 0x2000, Perm::rw};
    CHECK(write_at(0x8800, 0x3000) == done);
    CHECK(iommu.requests() == 4);
    iommu.pages = {{0x20000, {ram + 0x10000, Perm::rw, 0xffff}}};
    CHECK(write_at(0x20800, 0x3000) == done);
    CHECK(iommu.requests() == 5);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 5);
}

TEST_CASE_METHOD(Fixture, "soc-dma: an answer without rights is a translation fault and is not kept")
{
    CHECK(write_at(0x7010) == failed);
    CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_TRANSLATION);
    CHECK(read(SOC_DMA_FAULT_ADDR_LO) == 0x7010);
    CHECK(read(SOC_DMA_FAULT_STREAM) == stream);
    CHECK((read(SOC_DMA_FAULT_FLAGS) & SOC_TXN_WRITE));
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 0);
    iommu.pages[0x7000] = {ram, Perm::rw};
    CHECK(write_at(0x7010) == done);
}

TEST_CASE_METHOD(Fixture, "soc-dma: an entry without the right that is wanted is asked for again")
{
    iommu.pages[0x7000] = {ram, Perm::r};
    CHECK(read_at(0x7000) == done);
    CHECK(write_at(0x7000) == failed);
    CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_PERMISSION);
    CHECK(iommu.requests() == 2);
    iommu.pages[0x7000].perm = Perm::rw;
    CHECK(write_at(0x7000) == done);
    CHECK(iommu.requests() == 3);
    CHECK(read_at(0x7000) == done);
    CHECK(iommu.requests() == 3);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 1);
}

TEST_CASE_METHOD(Fixture, "soc-dma: a refused ATS request ends the transfer with the IOMMU's fault")
{
    iommu.refuses_requests = true;
    CHECK(read_at(0x7000) == failed);
    CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_CONFIGURATION);
    CHECK((read(SOC_DMA_FAULT_FLAGS) & SOC_TXN_ATS_REQUEST));
    CHECK(iommu.asked.size() == 1);
}

TEST_CASE_METHOD(Fixture, "soc-dma: entries belong to a substream, a privilege and an instruction fetch")
{
    iommu.pages[0x7000] = {ram, Perm::rw};
    read_at(0x7000);
    unsigned expected = 1;
    const auto asks_anew = [&] {
        CHECK(read_at(0x7000) == done);
        CHECK(iommu.requests() == ++expected);
        CHECK(read_at(0x7000) == done);
        CHECK(iommu.requests() == expected);
    };
    substream(0);
    asks_anew();
    CHECK(iommu.asked.back().ats_translated);
    CHECK_FALSE(iommu.asked.back().has_substream);
    substream(1);
    asks_anew();
    write(SOC_DMA_ATTR, SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRIVILEGED);
    asks_anew();
    write(SOC_DMA_ATTR, SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_INSTRUCTION);
    asks_anew();
}

TEST_CASE_METHOD(Fixture, "soc-dma: an invalidation drops what it names and is answered with its tag")
{
    for (uint64_t page = 0x10; page < 0x20; ++page)
        iommu.pages[page << 12] = {ram + 0x1000, Perm::rw};
    for (uint64_t page = 0x10; page < 0x20; ++page)
        read_at(page << 12);
    REQUIRE(read(SOC_DMA_ATC_ENTRIES) == 16);
    invalidate(0x13000, 0x1000);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 15);
    invalidate(0x15234, 0x4000);  // 0x14000 to 0x17fff
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 11);
    invalidate(0x13000, 0x1000, std::nullopt, 1);  // of another port
    invalidate(0x18000, 0x8000, 3);                // of a substream that nothing is cached for
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 11);
    const unsigned before = iommu.requests();
    read_at(0x13000);
    read_at(0x16000);
    CHECK(iommu.requests() == before + 2);
    read_at(0x18000);
    CHECK(iommu.requests() == before + 2);
    invalidate(0, 0);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 0);
    CHECK(read(SOC_DMA_ATC_INVALIDATIONS) == 5);
    REQUIRE(host.messages.size() == 5);
    for (const SocMessage &msg : host.messages) {
        CHECK(msg.type == SOC_MSG_ATS_INVALIDATE_DONE);
        CHECK(msg.tag == 19);
    }
    CHECK(host.message_ports == std::vector<uint32_t>{0, 0, 1, 0, 0});
}

TEST_CASE_METHOD(Fixture, "soc-dma: a substream's invalidation spares the others, one without substream does not")
{
    iommu.pages[0x7000] = {ram, Perm::rw};
    read_at(0x7000);
    for (uint32_t number : {0u, 1u}) {
        substream(number);
        read_at(0x7000);
    }
    invalidate(0, 0, 1);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 2);
    invalidate(0, 0, 0);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 1);
    substream(1);
    read_at(0x7000);
    invalidate(0x7000, 0x1000);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 0);
}

TEST_CASE_METHOD(Fixture, "soc-dma: a small invalidation drops the large page that it touches")
{
    iommu.pages[0x200000] = {ram, Perm::rw, 0x1fffff};
    read_at(0x200000);
    invalidate(0x3ff000, 0x1000);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 0);
}

TEST_CASE_METHOD(Fixture, "soc-dma: swallowed invalidations change nothing and get no answer")
{
    iommu.pages[0x7000] = {ram, Perm::rw};
    read_at(0x7000);
    write(SOC_DMA_ATC_CTRL, SOC_DMA_ATC_CTRL_SWALLOW);
    invalidate(0, 0);
    CHECK(host.messages.empty());
    CHECK(read(SOC_DMA_ATC_INVALIDATIONS) == 1);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 1);
    write(SOC_DMA_ATC_CTRL, SOC_DMA_ATC_CTRL_FLUSH);
    CHECK(read(SOC_DMA_ATC_CTRL) == 0);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 0);
    invalidate(0, 0);
    CHECK(host.messages.size() == 1);
}

TEST_CASE_METHOD(Fixture, "soc-dma: the cache has room for 32, and the 33rd takes another's place")
{
    for (uint64_t page = 0; page < 40; ++page) {
        iommu.pages[page << 12] = {ram, Perm::rw};
        read_at(page << 12);
        CHECK(read(SOC_DMA_ATC_ENTRIES) == std::min<uint64_t>(page + 1, TranslationCache::capacity));
    }
    const unsigned before = iommu.requests();
    read_at(39 << 12);
    CHECK(iommu.requests() == before);
    read_at(0);
    CHECK(iommu.requests() == before + 1);
}

TEST_CASE("soc-dma: a cache takes a block again over the blocks in it, of any size")
{
    TranslationCache cache;
    const TranslationCache::Tag tag{};
    cache.insert(tag, 0x201000, {ram + 0x1000, 0xfff, Perm::rw});
    cache.insert(tag, 0x202000, {ram + 0x2000, 0xfff, Perm::rw});
    cache.insert(tag, 0x203456, {ram + 0x403456, 0x1fffff, Perm::r});
    CHECK(cache.size() == 1);
    CHECK(cache.find(tag, 0x201008)->address == ram + 0x401008);
    CHECK(cache.find(tag, 0x201008)->perm == Perm::r);
    CHECK_FALSE(cache.find(tag, 0x400000));
    cache.insert(tag, 0x202000, {ram, 0xfff, Perm::rw});
    CHECK(cache.size() == 1);
    CHECK_FALSE(cache.find(tag, 0x201008));
    cache.insert({.port = 1}, 0, {0, ~0ull, Perm::rw});
    CHECK(cache.find({.port = 1}, 0xffff'ffff'ffff'f000)->address == 0xffff'ffff'ffff'f000);
}

TEST_CASE_METHOD(Fixture, "soc-dma: what software has not enabled is invalid")
{
    const auto [features, attributes, with_substream] = GENERATE(table<uint32_t, uint32_t, bool>({
        {0, SOC_DMA_ATTR_ATS, false},
        {SOC_FEATURE_ATS, SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI, false},
        {SOC_FEATURE_ATS | SOC_FEATURE_PRI, SOC_DMA_ATTR_PRI, false},  // PRI goes with ATS
        {SOC_FEATURE_ATS, SOC_DMA_ATTR_ATS, true},
        {0, SOC_DMA_ATTR_DIRECT, true},
        {SOC_FEATURE_PASID, SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_PRIVILEGED, true},
        {SOC_FEATURE_PASID, SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_INSTRUCTION, true},
    }));
    CAPTURE(features, attributes, with_substream);
    host.features = features;
    iommu.pages[0] = {ram, Perm::rw};
    write(SOC_DMA_ATTR, attributes);
    if (with_substream)
        substream(1);
    CHECK(read_at(0) == invalid);
    CHECK(iommu.asked.empty());
    CHECK(read(SOC_DMA_FEATURES) == features);
    host.features = ~0u;
    CHECK(read_at(0) == (attributes == SOC_DMA_ATTR_PRI ? invalid : done));
}

TEST_CASE_METHOD(Fixture, "soc-dma: without a substream, privilege and instruction fetches need nobody's leave")
{
    host.features = 0;
    iommu.pages[0] = {ram, Perm::rw};
    write(SOC_DMA_ATTR, SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_PRIVILEGED | SOC_DMA_ATTR_INSTRUCTION);
    CHECK(read_at(0) == done);
    write(SOC_DMA_ATTR, 0);
    substream(3);  // does not count for an ordinary transfer
    CHECK(read_at(0) == done);
}

TEST_CASE_METHOD(Fixture, "soc-dma: a change of what is enabled empties the cache, and ends what lives on it")
{
    iommu.pages[0x7000] = {ram, Perm::rw};
    read_at(0x7000);
    SocMessage changed{};
    changed.type = SOC_MSG_FEATURES;
    dma->message(changed);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 0);

    write(SOC_DMA_LENGTH, 4);
    write(SOC_DMA_DOORBELL, SOC_DMA_DOORBELL_READ);
    host.features = 0;
    run();
    CHECK(read(SOC_DMA_STATUS) == invalid);
}

TEST_CASE_METHOD(Fixture, "soc-dma: reset empties the cache and puts every register back")
{
    const std::vector<uint8_t> fresh = [] {
        FakeHost other;
        StateWriter out;
        make_device(other, "soc-dma", {{"ats", "on"}, {"pri", "on"}})->save(out);
        return out.data();
    }();
    iommu.pages[0x7000] = {ram, Perm::rw};
    read_at(0x7000);
    write(SOC_DMA_PRI_ATTR, ~0u);
    write(SOC_DMA_PRI_DOORBELL, 1);
    respond(511, 15);
    write(SOC_DMA_ATTR, SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI);
    read_at(0x9000);
    CHECK(state() != fresh);
    dma->reset();
    CHECK(state() == fresh);
}

TEST_CASE_METHOD(WithPri, "soc-dma: what has no translation is requested, waited for, and tried again")
{
    substream(0x12345);
    CHECK(write_at(0x7010) == held);
    CHECK(read(SOC_DMA_PRI_WAITING) == SOC_DMA_PRI_WAITING_VALID);
    REQUIRE(host.messages.size() == 1);
    const SocMessage &request = host.messages[0];
    CHECK(request.type == SOC_MSG_PAGE_REQUEST);
    CHECK(request.address == 0x7000);
    CHECK(request.flags == (SOC_TXN_WRITE | SOC_TXN_HAS_SUBSTREAM));
    CHECK(request.substream == 0x12345);
    CHECK(request.tag == 0);
    CHECK(request.response == 1);  // last of its group

    respond(1, SOC_DMA_PRI_RESPONSE_SUCCESS);  // another group's
    CHECK(read(SOC_DMA_STATUS) == held);
    iommu.pages[0x7000] = {ram, Perm::rw};
    respond(0, SOC_DMA_PRI_RESPONSE_SUCCESS);
    CHECK(read(SOC_DMA_STATUS) == done);
    CHECK(read(SOC_DMA_PRI_WAITING) == 0);
    CHECK(read(SOC_DMA_PRI_RESPONSES) == 2);
    CHECK(read(SOC_DMA_PRI_REQUESTS) == 1);
}

TEST_CASE_METHOD(WithPri, "soc-dma: a page that is still missing after its response is requested again")
{
    CHECK(read_at(0x7000) == held);
    respond(0, SOC_DMA_PRI_RESPONSE_SUCCESS);
    CHECK(read(SOC_DMA_STATUS) == held);
    REQUIRE(host.messages.size() == 2);
    CHECK(host.messages[1].tag == 1);
    CHECK(host.messages[1].flags == SOC_TXN_READ);
    iommu.pages[0x7000] = {ram, Perm::r};
    respond(1, SOC_DMA_PRI_RESPONSE_SUCCESS);
    CHECK(read(SOC_DMA_STATUS) == done);
}

TEST_CASE_METHOD(WithPri, "soc-dma: a refused page ends the transfer as terminated, where it was")
{
    const uint32_t code = GENERATE(uint32_t(SOC_DMA_PRI_RESPONSE_INVALID), uint32_t(SOC_DMA_PRI_RESPONSE_FAILURE));
    iommu.pages[0x7000] = {ram, Perm::rw};
    CHECK(write_at(0x7ffc, 8) == held);
    CHECK(host.messages.at(0).address == 0x8000);
    respond(0, code);
    CHECK(read(SOC_DMA_STATUS) == failed);
    CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_TERMINATED);
    CHECK(read(SOC_DMA_FAULT_ADDR_LO) == 0x8000);
    CHECK(read(SOC_DMA_FAULT_STREAM) == stream);
    CHECK(read(SOC_DMA_TRANSFERRED) == 4);
    CHECK(read(SOC_DMA_PRI_RESPONSE) == code << SOC_DMA_PRI_RESPONSE_CODE_SHIFT);
}

TEST_CASE_METHOD(WithPri, "soc-dma: a page request that nobody hears is a translation fault")
{
    host.deaf = true;
    CHECK(write_at(0x7000) == failed);
    CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_TRANSLATION);
    CHECK(read(SOC_DMA_PRI_REQUESTS) == 0);
}

TEST_CASE_METHOD(WithPri, "soc-dma: the end of a stall means nothing to a transfer that waits for a page")
{
    CHECK(read_at(0x7000) == held);
    for (uint32_t tag : {0u, ~0u})
        dynamic_cast<Master &>(*dma).resumed(tag, nullptr);
    run();
    CHECK(read(SOC_DMA_STATUS) == held);
    CHECK(iommu.requests() == 1);
}

TEST_CASE_METHOD(WithPri, "soc-dma: while a transfer waits, invalidations are served and its registers are kept")
{
    iommu.pages[0x6000] = {ram, Perm::rw};
    read_at(0x6000);
    CHECK(read_at(0x7000) == held);
    write(SOC_DMA_LENGTH, 77);
    CHECK(read(SOC_DMA_LENGTH) == 4);
    invalidate(0, 0);
    CHECK(host.messages.back().type == SOC_MSG_ATS_INVALIDATE_DONE);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 0);
    write(SOC_DMA_ATC_CTRL, SOC_DMA_ATC_CTRL_SWALLOW);
    CHECK(read(SOC_DMA_ATC_CTRL) == SOC_DMA_ATC_CTRL_SWALLOW);
}

TEST_CASE_METHOD(WithPri, "soc-dma: cache and wait survive save and load")
{
    iommu.pages[0x6000] = {ram, Perm::rw};
    read_at(0x6000);
    CHECK(read_at(0x7000) == held);
    const std::vector<uint8_t> saved = state();
    dma->reset();
    StateReader in(saved);
    dma->load(in);
    REQUIRE(in.complete());
    run();
    CHECK(state() == saved);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 1);
    CHECK(read(SOC_DMA_STATUS) == held);
    iommu.pages[0x7000] = {ram, Perm::rw};
    respond(0, SOC_DMA_PRI_RESPONSE_SUCCESS);
    CHECK(read(SOC_DMA_STATUS) == done);
    const unsigned before = iommu.requests();
    read_at(0x6000);
    CHECK(iommu.requests() == before);
}

TEST_CASE_METHOD(Fixture, "soc-dma: the page request doorbell sends what its registers say")
{
    substream(9);
    write(SOC_DMA_PRI_ADDR_LO, 0x12345678);
    write(SOC_DMA_PRI_ADDR_HI, 0x9a);
    write(SOC_DMA_PRI_ATTR, SOC_DMA_PRI_ATTR_READ | SOC_DMA_PRI_ATTR_EXECUTE | SOC_DMA_PRI_ATTR_PRIVILEGED |
                                0x1ffu << SOC_DMA_PRI_ATTR_INDEX_SHIFT);
    write(SOC_DMA_PRI_DOORBELL, 1);
    CHECK(read(SOC_DMA_PRI_STATUS) == SOC_DMA_PRI_STATUS_SENT);
    write(SOC_DMA_SUBSTREAM, 0);
    write(SOC_DMA_PRI_ATTR, SOC_DMA_PRI_ATTR_LAST);  // a stop marker
    write(SOC_DMA_PRI_DOORBELL, 1);
    REQUIRE(host.messages.size() == 2);
    CHECK(host.messages[0].address == 0x9a12345000);
    CHECK(host.messages[0].flags ==
          (SOC_TXN_READ | SOC_TXN_INSTRUCTION | SOC_TXN_PRIVILEGED | SOC_TXN_HAS_SUBSTREAM));
    CHECK(host.messages[0].substream == 9);
    CHECK(host.messages[0].tag == 0x1ff);
    CHECK(host.messages[0].response == 0);
    CHECK(host.messages[1].flags == 0);
    CHECK(host.messages[1].response == 1);
    CHECK(read(SOC_DMA_PRI_REQUESTS) == 2);
    respond(0x1ff, SOC_DMA_PRI_RESPONSE_FAILURE);
    CHECK(read(SOC_DMA_PRI_RESPONSE) == (0x1ff | 15 << SOC_DMA_PRI_RESPONSE_CODE_SHIFT));
    CHECK(read(SOC_DMA_PRI_RESPONSES) == 1);
}

TEST_CASE_METHOD(Fixture, "soc-dma: a page request that may not be sent is not")
{
    write(SOC_DMA_PRI_ATTR, SOC_DMA_PRI_ATTR_READ);
    SECTION("PRI is off") { host.features &= ~uint32_t(SOC_FEATURE_PRI); }
    SECTION("PASID is off")
    {
        host.features &= ~uint32_t(SOC_FEATURE_PASID);
        substream(1);
    }
    SECTION("privilege is off for PASIDs")
    {
        host.features &= ~uint32_t(SOC_FEATURE_PASID_PRIVILEGED);
        substream(1);
        write(SOC_DMA_PRI_ATTR, SOC_DMA_PRI_ATTR_READ | SOC_DMA_PRI_ATTR_PRIVILEGED);
    }
    SECTION("no such port") { write(SOC_DMA_PORT, 1); }
    write(SOC_DMA_PRI_DOORBELL, 1);
    CHECK(read(SOC_DMA_PRI_STATUS) == SOC_DMA_PRI_STATUS_INVALID);
    CHECK(host.messages.empty());
}

TEST_CASE_METHOD(Fixture, "soc-dma: a page request that nobody hears says so")
{
    host.deaf = true;
    write(SOC_DMA_PRI_DOORBELL, 1);
    CHECK(read(SOC_DMA_PRI_STATUS) == SOC_DMA_PRI_STATUS_UNHEARD);
    CHECK(read(SOC_DMA_PRI_REQUESTS) == 0);
}

TEST_CASE_METHOD(WithStall, "soc-dma: a held transfer that goes on may be held again, under another tag")
{
    iommu.holds = {1, 2};
    CHECK(read_at(0x1000) == held);
    CHECK(read(SOC_DMA_HOLDS) == 1);
    const uint32_t first = iommu.asked.back().tag;
    resume();
    CHECK(read(SOC_DMA_STATUS) == held);
    CHECK(read(SOC_DMA_HOLDS) == 2);
    CHECK(iommu.asked.back().tag != first);
    master().resumed(first, nullptr);  // the first one's end does not end the second
    run();
    CHECK(read(SOC_DMA_STATUS) == held);
    resume();
    CHECK(read(SOC_DMA_STATUS) == done);
    CHECK(iommu.asked.size() == 3);
}

TEST_CASE_METHOD(WithStall, "soc-dma: a transfer held at its second page keeps what the first moved")
{
    host.memory().store<uint32_t>(ram + 0xffc, 0xfeed);
    iommu.pages[0x2000] = {ram + 0x5000, Perm::rw};
    write(SOC_DMA_BUFFER_OFFSET, 0);
    write(SOC_DMA_ADDR_LO, 0x1ffc);
    write(SOC_DMA_LENGTH, 8);
    write(SOC_DMA_DOORBELL, SOC_DMA_DOORBELL_READ);
    host.run_deferred(*dma);
    iommu.holds = {3};
    run();
    CHECK(read(SOC_DMA_STATUS) == held);
    CHECK(read(SOC_DMA_TRANSFERRED) == 4);
    SocFault fault{};
    fault.kind = SOC_FAULT_TERMINATED;
    fault.address = 0x2000;
    resume(&fault);
    CHECK(read(SOC_DMA_STATUS) == failed);
    CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_TERMINATED);
    CHECK(read(SOC_DMA_TRANSFERRED) == 4);
    CHECK(read(SOC_DMA_BUFFER) == 0xfeed);
}

TEST_CASE_METHOD(WithStall, "soc-dma: reset forgets that it was held, and an end that comes late means nothing")
{
    iommu.holds = {1};
    CHECK(read_at(0x1000) == held);
    dma->reset();
    CHECK(read(SOC_DMA_STATUS) == 0);
    resume();
    CHECK(read(SOC_DMA_STATUS) == 0);
    CHECK(iommu.asked.size() == 1);
}

TEST_CASE_METHOD(WithStall, "soc-dma: a held transfer survives save and load, and hears of its end by its tag")
{
    iommu.holds = {2, 1};
    CHECK(read_at(0x1000) == held);
    resume();
    const std::vector<uint8_t> saved = state();
    dma->reset();
    StateReader in(saved);
    dma->load(in);
    REQUIRE(in.complete());
    run();
    CHECK(read(SOC_DMA_STATUS) == held);
    resume();
    CHECK(read(SOC_DMA_STATUS) == done);
}

TEST_CASE("soc-dma: options say what it can, and contradictions are refused")
{
    FakeHost host;
    CHECK(make_device(host, "soc-dma")->shape().features ==
          (SOC_FEATURE_PASID | SOC_FEATURE_PASID_EXECUTE | SOC_FEATURE_PASID_PRIVILEGED));
    CHECK(make_device(host, "soc-dma")->shape().substream_bits == 0);
    const auto all = make_device(host, "soc-dma", {{"ats", "on"}, {"pri", "on"}, {"pasid-bits", "20"}});
    CHECK((all->shape().features & (SOC_FEATURE_ATS | SOC_FEATURE_PRI)) == (SOC_FEATURE_ATS | SOC_FEATURE_PRI));
    CHECK(all->shape().substream_bits == 20);
    CHECK_THROWS_AS(make_device(host, "soc-dma", {{"pri", "on"}}), OptionError);
    CHECK_THROWS_AS(make_device(host, "soc-dma", {{"pasid-bits", "21"}}), OptionError);
    CHECK_THROWS_AS(make_device(host, "soc-dma", {{"stall", "yes"}}), OptionError);
}

TEST_CASE("soc-dma: the device tree says what Linux reads about stall and substreams")
{
    FakeHost host;
    AtsIommu iommu(host);
    host.connect(iommu, 1);
    Placement placement;
    placement.regions = {0xb000000};
    const auto names = [&](const OptionList &options) {
        std::map<std::string, std::vector<uint8_t>> found;
        const DeviceTree tree = make_device(host, "soc-dma", options)->describe(placement);
        for (const DeviceTreeProperty &property : tree.nodes().front().properties())
            found[property.name] = property.value;
        return found;
    };
    CHECK_FALSE(names({}).contains("dma-can-stall"));
    CHECK_FALSE(names({}).contains("pasid-num-bits"));
    const auto all = names({{"stall", "on"}, {"pasid-bits", "16"}});
    CHECK(all.contains("dma-can-stall"));
    CHECK(all.at("pasid-num-bits") == std::vector<uint8_t>{0, 0, 0, 16});
    host.port_count = 2;
    CHECK_THROWS_AS(names({{"stall", "on"}}), OptionError);
    CHECK_THROWS_AS(names({{"pasid-bits", "1"}}), OptionError);
    CHECK_NOTHROW(names({}));
}
