// Stalls where more than one thing happens.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "ats_bench.hpp"
#include "catch.hpp"

using namespace qtest;

TEST_CASE("a transfer is held by the IOMMU of its port, and again by that of another", "[ats]")
{
    TwoIommus two("iommus=a:3+b:4");
    two.a.enable(TEST_CTRL_HOLD);
    two.b.enable(TEST_CTRL_HOLD);
    two.dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL);
    for (uint32_t port : {1u, 0u, 1u}) {
        TestIommu &behind = port ? two.b : two.a, &other = port ? two.a : two.b;
        two.dma.port(port);
        CHECK(two.dma.transfer(Direction::to_buffer, 0x1000, 32) == held);
        CHECK(behind.get(TEST_HELD_COUNT) == 1);
        CHECK(other.get(TEST_HELD_COUNT) == 0);
        behind.set(TEST_HELD_END, 1);  // nothing is mapped yet: held again
        behind.settle();
        CHECK(two.dma.get(SOC_DMA_STATUS) == held);
        CHECK(behind.get(TEST_HELD_COUNT) == 1);
        behind.map(0x1000, ram + 0x400000);
        behind.set(TEST_HELD_END, 1);
        behind.settle();
        CHECK(two.dma.settle() == done);
        behind.unmap(0x1000);
    }
    CHECK(two.dma.get(SOC_DMA_HOLDS) == 6);
}

TEST_CASE("a function that was reset while it was held does not take the old end for a new one", "[ats]")
{
    AtsBench b("ats=off");
    b.iommu.enable(TEST_CTRL_HOLD);
    const auto stall = [&](uint64_t address) {
        b.dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL);
        return b.dma.transfer(Direction::to_buffer, address, 4);
    };
    CHECK(stall(0x7000) == held);
    reset_function(b.machine, b.function);
    CHECK(b.dma.get(SOC_DMA_STATUS) == 0);
    CHECK(stall(0x8000) == held);
    CHECK(b.iommu.get(TEST_HELD_COUNT) == 2);
    b.iommu.set(TEST_HELD_END, 2);  // the one from before the reset
    b.settle();
    CHECK(b.dma.get(SOC_DMA_STATUS) == held);
    b.iommu.map(0x8000, ram + 0x400000);
    b.iommu.set(TEST_HELD_END, 1);
    b.settle();
    CHECK(b.dma.settle() == done);
}
