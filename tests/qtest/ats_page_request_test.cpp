// Page requests of soc-dma, and their responses.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "ats_bench.hpp"
#include "catch.hpp"

using namespace qtest;

TEST_CASE("a page request reaches the IOMMU, and its response the function", "[ats]")
{
    AtsBench b;
    b.dma.set(SOC_DMA_PRI_DOORBELL, 1);
    CHECK(b.dma.get(SOC_DMA_PRI_STATUS) == SOC_DMA_PRI_STATUS_INVALID);
    b.enable_all();
    b.dma.substream(0xabcde);
    b.dma.set(SOC_DMA_PRI_ADDR_LO, 0x12345678);
    b.dma.set(SOC_DMA_PRI_ADDR_HI, 0x9);
    b.dma.set(SOC_DMA_PRI_ATTR, SOC_DMA_PRI_ATTR_READ | SOC_DMA_PRI_ATTR_WRITE | SOC_DMA_PRI_ATTR_PRIVILEGED |
                                    SOC_DMA_PRI_ATTR_LAST | 0x155u << SOC_DMA_PRI_ATTR_INDEX_SHIFT);
    b.dma.set(SOC_DMA_PRI_DOORBELL, 1);
    b.settle();
    CHECK(b.dma.get(SOC_DMA_PRI_STATUS) == SOC_DMA_PRI_STATUS_SENT);
    CHECK(b.iommu.get(TEST_PRQ_COUNT) == 1);
    CHECK(b.iommu.get(TEST_PRQ_STREAM) == 2);
    CHECK(b.iommu.get(TEST_PRQ_SUBSTREAM) == 0xabcde);
    CHECK(b.iommu.get(TEST_PRQ_FLAGS) == (SOC_TXN_READ | SOC_TXN_WRITE | SOC_TXN_PRIVILEGED | SOC_TXN_HAS_SUBSTREAM));
    CHECK(b.iommu.get(TEST_PRQ_ADDR_LO) == 0x12345000);
    CHECK(b.iommu.get(TEST_PRQ_ADDR_HI) == 9);
    CHECK(b.iommu.get(TEST_PRQ_INDEX) == 0x155);
    CHECK(b.iommu.get(TEST_PRQ_LAST) == 1);
    b.respond(0x155, SOC_DMA_PRI_RESPONSE_INVALID);
    CHECK(b.dma.get(SOC_DMA_PRI_RESPONSES) == 1);
    CHECK(b.dma.get(SOC_DMA_PRI_RESPONSE) == (0x155 | 1 << SOC_DMA_PRI_RESPONSE_CODE_SHIFT));
}

TEST_CASE("a transfer waits for the page that it requested", "[ats]")
{
    AtsBench b;
    b.enable_all();
    b.dma.attributes(SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI);
    b.dma.fill_buffer(pattern(64, 9));
    CHECK(b.dma.transfer(Direction::to_memory, 0x6010, 64) == held);
    CHECK(b.iommu.get(TEST_PRQ_ADDR_LO) == 0x6000);
    CHECK(b.iommu.get(TEST_PRQ_FLAGS) == SOC_TXN_WRITE);
    b.iommu.map(0x6000, ram + 0x600000);
    b.respond(b.iommu.get(TEST_PRQ_INDEX), SOC_DMA_PRI_RESPONSE_SUCCESS);
    CHECK(b.dma.settle() == done);
    CHECK(b.machine.bytes(ram + 0x600010, 64) == pattern(64, 9));

    CHECK(b.dma.transfer(Direction::to_memory, 0x7000, 64) == held);
    CHECK(b.iommu.get(TEST_PRQ_INDEX) == 1);
    b.respond(1, SOC_DMA_PRI_RESPONSE_INVALID);
    CHECK(b.dma.settle() == failed);
    CHECK(b.dma.fault() == SOC_FAULT_TERMINATED);
    CHECK(b.dma.get(SOC_DMA_FAULT_ADDR_LO) == 0x7000);
}

TEST_CASE("a response of failure stops the page request interface until it is enabled again", "[ats]")
{
    AtsBench b;
    b.enable_all();
    CHECK(b.function.word(pri, 6) == 0);  // not stopped
    b.dma.attributes(SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x7000, 4) == held);
    b.respond(0, SOC_DMA_PRI_RESPONSE_FAILURE);
    CHECK(b.dma.settle() == failed);
    CHECK(b.dma.fault() == SOC_FAULT_TERMINATED);
    CHECK(b.function.word(pri, 6) == 1);
    CHECK_FALSE((b.dma.get(SOC_DMA_FEATURES) & SOC_DMA_FEATURES_PRI));
    CHECK(b.dma.transfer(Direction::to_buffer, 0x7000, 4) == invalid);
    b.function.enable_pri(false);
    CHECK(b.function.word(pri, 6) == 0x101);
    b.function.enable_pri();
    CHECK(b.function.word(pri, 6) == 0);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x7000, 4) == held);
}
