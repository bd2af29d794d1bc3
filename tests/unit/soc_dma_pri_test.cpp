// soc-dma with PRI: transfers that wait for pages, and page requests by register.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/soc_dma_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE_METHOD(PriBench, "soc-dma: what has no translation is requested, waited for, and tried again")
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

TEST_CASE_METHOD(PriBench, "soc-dma: the index of a transfer's page request goes round after 511")
{
    for (unsigned i = 0; i < 513; ++i)
        write(SOC_DMA_PRI_DOORBELL, 1);
    CHECK(read_at(0x7000) == held);
    CHECK(host.messages.back().tag == 1);
    CHECK(read(SOC_DMA_PRI_WAITING) == (SOC_DMA_PRI_WAITING_VALID | 1));
    respond(1, SOC_DMA_PRI_RESPONSE_FAILURE);
    CHECK(read(SOC_DMA_STATUS) == failed);
}

TEST_CASE_METHOD(PriBench, "soc-dma: a page that is still missing after its response is requested again")
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

TEST_CASE_METHOD(PriBench, "soc-dma: a refused page ends the transfer as terminated, where it was")
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

TEST_CASE_METHOD(PriBench, "soc-dma: a page request that nobody hears is a translation fault")
{
    host.deaf = true;
    CHECK(write_at(0x7000) == failed);
    CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_TRANSLATION);
    CHECK(read(SOC_DMA_PRI_REQUESTS) == 0);
}

TEST_CASE_METHOD(PriBench, "soc-dma: the end of a stall means nothing to a transfer that waits for a page")
{
    CHECK(read_at(0x7000) == held);
    for (uint32_t tag : {0u, ~0u})
        master().resumed(tag, nullptr);
    run();
    CHECK(read(SOC_DMA_STATUS) == held);
    CHECK(iommu.requests() == 1);
}

TEST_CASE_METHOD(PriBench, "soc-dma: while a transfer waits, invalidations are served and its registers are kept")
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

TEST_CASE_METHOD(PriBench, "soc-dma: cache and wait survive save and load")
{
    iommu.pages[0x6000] = {ram, Perm::rw};
    read_at(0x6000);
    CHECK(read_at(0x7000) == held);
    const std::vector<uint8_t> saved = state();
    restore(saved);
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

TEST_CASE_METHOD(AtsBench, "soc-dma: the page request doorbell sends what its registers say")
{
    substream(9);
    write(SOC_DMA_PRI_ADDR_LO, 0x12345678);
    write(SOC_DMA_PRI_ADDR_HI, 0x9a);
    write(SOC_DMA_PRI_ATTR, SOC_DMA_PRI_ATTR_READ | SOC_DMA_PRI_ATTR_EXECUTE | SOC_DMA_PRI_ATTR_PRIVILEGED |
                                0x1ffu << SOC_DMA_PRI_ATTR_INDEX_SHIFT);
    write(SOC_DMA_PRI_DOORBELL, 1);
    CHECK(read(SOC_DMA_PRI_STATUS) == SOC_DMA_PRI_STATUS_SENT);
    write(SOC_DMA_SUBSTREAM, 0);
    write(SOC_DMA_PRI_ATTR, SOC_DMA_PRI_ATTR_WRITE);
    write(SOC_DMA_PRI_DOORBELL, 1);
    CHECK(host.messages.back().flags == SOC_TXN_WRITE);
    host.messages.pop_back();
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
    CHECK(read(SOC_DMA_PRI_REQUESTS) == 3);
    respond(0x1ff, SOC_DMA_PRI_RESPONSE_FAILURE);
    CHECK(read(SOC_DMA_PRI_RESPONSE) == (0x1ff | 15 << SOC_DMA_PRI_RESPONSE_CODE_SHIFT));
    CHECK(read(SOC_DMA_PRI_RESPONSES) == 1);
}

TEST_CASE_METHOD(AtsBench, "soc-dma: a page request that may not be sent is not")
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

TEST_CASE_METHOD(AtsBench, "soc-dma: a page request that nobody hears says so")
{
    host.deaf = true;
    write(SOC_DMA_PRI_DOORBELL, 1);
    CHECK(read(SOC_DMA_PRI_STATUS) == SOC_DMA_PRI_STATUS_UNHEARD);
    CHECK(read(SOC_DMA_PRI_REQUESTS) == 0);
}
