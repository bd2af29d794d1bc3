// soc-dma with ATS: transfers that ask for translations, and the cache that keeps them.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "masters/translation_cache.hpp"
#include "unit/soc_dma_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE_METHOD(AtsBench, "soc-dma: an ATS transfer asks once, keeps the answer, and accesses what was translated")
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

TEST_CASE_METHOD(AtsBench, "soc-dma: a translated access goes where the IOMMU's answer to it says")
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

TEST_CASE_METHOD(AtsBench, "soc-dma: a transfer over many pages asks for each, and a large page answers for all of it")
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

TEST_CASE_METHOD(AtsBench, "soc-dma: an answer without rights is a translation fault and is not kept")
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

TEST_CASE_METHOD(AtsBench, "soc-dma: an entry without the right that is wanted is asked for again")
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

TEST_CASE_METHOD(AtsBench, "soc-dma: a refused ATS request ends the transfer with the IOMMU's fault")
{
    iommu.refuses_requests = true;
    CHECK(read_at(0x7000) == failed);
    CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_CONFIGURATION);
    CHECK((read(SOC_DMA_FAULT_FLAGS) & SOC_TXN_ATS_REQUEST));
    CHECK(iommu.asked.size() == 1);
}

TEST_CASE_METHOD(AtsBench, "soc-dma: entries belong to a substream, a privilege and an instruction fetch")
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

TEST_CASE_METHOD(AtsBench, "soc-dma: an invalidation drops what it names and is answered with its tag")
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
    invalidate(0x18000, 0x1000, std::nullopt, 1);  // of another port
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

TEST_CASE_METHOD(AtsBench, "soc-dma: a substream's invalidation spares the others, one without substream does not")
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

TEST_CASE_METHOD(AtsBench, "soc-dma: a small invalidation drops the large page that it touches")
{
    iommu.pages[0x200000] = {ram, Perm::rw, 0x1fffff};
    read_at(0x200000);
    invalidate(0x3ff000, 0x1000);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 0);
}

TEST_CASE_METHOD(AtsBench, "soc-dma: swallowed invalidations change nothing and get no answer")
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

TEST_CASE_METHOD(AtsBench, "soc-dma: the cache has room for 32, and the 33rd takes another's place")
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
    constexpr uint64_t ram = DmaBench::ram;
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

TEST_CASE_METHOD(AtsBench, "soc-dma: reset empties the cache and puts every register back")
{
    const std::vector<uint8_t> fresh = DmaBench(options()).state();
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

TEST_CASE_METHOD(AtsBench, "soc-dma: a saved cache entry that is no block is refused")
{
    iommu.pages[0x6000] = {ram, Perm::rw};
    read_at(0x6000);
    std::vector<uint8_t> data = state();
    const std::string section = "translation-cache";
    const auto found = std::search(data.begin(), data.end(), section.begin(), section.end());
    REQUIRE(found != data.end());
    // After the version and the next to go: six words of whose entry it is, and two addresses.
    const auto mask = found + int(section.size()) + 4 + 4 + 6 * 4 + 2 * 8;
    REQUIRE(*mask == 0xff);
    *mask = 0xfd;
    StateReader in(data);
    dma->load(in);
    CHECK_FALSE(in.ok());
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 0);
}
