// soc-dma and its translation cache.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "ats_bench.hpp"
#include "catch.hpp"

using namespace qtest;

TEST_CASE("a function keeps translations until the IOMMU invalidates them", "[ats]")
{
    AtsBench b;
    b.enable_all();
    b.machine.fill(ram + 0x500000, pattern(64, 40));
    b.dma.attributes(SOC_DMA_ATTR_ATS);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    b.iommu.map(0x3000, ram + 0x500000);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    CHECK(b.dma.buffer(64) == pattern(64));
    b.invalidate(0x4000, page);
    CHECK(b.iommu.get(TEST_MSG_RECEIVED) == SOC_MSG_ATS_INVALIDATE_DONE);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    CHECK(b.dma.buffer(64) == pattern(64));
    CHECK(b.dma.get(SOC_DMA_ATC_HITS) == 2);
    CHECK(b.dma.get(SOC_DMA_ATC_MISSES) == 1);
    b.iommu.set(TEST_MSG_TAG, 21);
    b.invalidate(0x2000, 2 * page);
    CHECK(b.iommu.get(TEST_MSG_FROM_TAG) == 21);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    CHECK(b.dma.buffer(64) == pattern(64, 40));
    CHECK(b.dma.get(SOC_DMA_ATC_INVALIDATIONS) == 2);
    CHECK(b.iommu.get(TEST_MSG_COUNT) == 2);

    b.dma.set(SOC_DMA_ATC_CTRL, SOC_DMA_ATC_CTRL_SWALLOW);
    b.iommu.unmap(0x3000);
    b.invalidate(0, 0);
    CHECK(b.iommu.get(TEST_MSG_COUNT) == 2);  // no answer
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    b.dma.set(SOC_DMA_ATC_CTRL, 0);
    b.invalidate(0, 0);
    CHECK(b.iommu.get(TEST_MSG_COUNT) == 3);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == failed);
    CHECK(b.dma.fault() == SOC_FAULT_TRANSLATION);
    CHECK(b.machine.get("iommu", "faults") == 0);  // an answer without rights is no fault of the IOMMU's
}

TEST_CASE("a function that may not master the bus asks nothing of the IOMMU", "[ats]")
{
    AtsBench b;
    b.enable_all();
    b.function.config16(4, 2);  // memory space only
    for (uint32_t attributes : {0u, SOC_DMA_ATTR_DIRECT, SOC_DMA_ATTR_ATS}) {
        b.dma.attributes(attributes);
        CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 4) == failed);
        CHECK(b.dma.fault() == SOC_FAULT_BUS);
    }
    CHECK(b.machine.get("iommu", "translations") == 0);
}

TEST_CASE("an IOMMU that refuses ATS ends the transfer with its fault", "[ats]")
{
    AtsBench b;
    b.enable_all();
    b.iommu.enable(TEST_CTRL_NO_ATS);
    b.dma.attributes(SOC_DMA_ATTR_ATS);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == failed);
    CHECK(b.dma.fault() == SOC_FAULT_CONFIGURATION);
    CHECK(b.dma.get(SOC_DMA_FAULT_FLAGS) == SOC_TXN_ATS_REQUEST);
    CHECK(b.machine.get("iommu", "faults") == 1);
}

TEST_CASE("enabling ATS anew finds the cache empty", "[ats]")
{
    AtsBench b;
    b.enable_all();
    b.dma.attributes(SOC_DMA_ATTR_ATS);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    CHECK(b.dma.get(SOC_DMA_ATC_ENTRIES) == 1);
    b.function.enable_ats(false);
    b.function.enable_ats();
    b.settle();
    CHECK(b.dma.get(SOC_DMA_ATC_ENTRIES) == 0);
}

TEST_CASE("transfers of two ports share a cache and not its entries", "[ats]")
{
    TwoIommus two("iommus=a:3+b:4,ats=on");
    two.map_apart();
    two.dma.attributes(SOC_DMA_ATTR_ATS);
    for (uint32_t port : {0u, 1u, 0u}) {
        two.dma.port(port);
        CHECK(two.dma.transfer(Direction::to_buffer, 0x1000, 32) == done);
        CHECK(two.dma.buffer(32) == pattern(32, port ? 20 : 10));
    }
    CHECK(two.dma.get(SOC_DMA_ATC_MISSES) == 2);
    two.b.set(TEST_MSG_STREAM, 4);
    two.b.set(TEST_MSG_SIZE, 0);
    two.b.set(TEST_MSG_SEND, 1);
    two.b.settle();
    CHECK(two.b.get(TEST_MSG_FROM) == 4);
    CHECK(two.dma.get(SOC_DMA_ATC_ENTRIES) == 1);
    CHECK(two.dma.transfer(Direction::to_buffer, 0x1000, 32) == done);
    CHECK(two.dma.get(SOC_DMA_ATC_MISSES) == 2);
}
