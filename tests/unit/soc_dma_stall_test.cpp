// soc-dma behind an IOMMU that holds transactions.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/soc_dma_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

struct StallBench : AtsBench {
    StallBench() : AtsBench(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL) { iommu.pages[0x1000] = {ram, Perm::rw}; }

    // The end of the transaction that the IOMMU was asked last.
    void resume(const SocFault *terminated = nullptr)
    {
        master().resumed(iommu.asked.back().tag, terminated);
        run();
    }
};

}  // namespace

TEST_CASE_METHOD(StallBench, "soc-dma: a held transfer that goes on may be held again, under another tag")
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

TEST_CASE_METHOD(StallBench, "soc-dma: a transfer held at its second page keeps what the first moved")
{
    host.memory().store<uint32_t>(ram + 0xffc, 0xfeed);
    iommu.pages[0x2000] = {ram + 0x5000, Perm::rw};
    program(0x1ffc, 8);
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

TEST_CASE_METHOD(StallBench, "soc-dma: reset forgets that it was held, and an end that comes late means nothing")
{
    iommu.holds = {1};
    CHECK(read_at(0x1000) == held);
    dma->reset();
    CHECK(read(SOC_DMA_STATUS) == 0);
    resume();
    CHECK(read(SOC_DMA_STATUS) == 0);
    CHECK(iommu.asked.size() == 1);
}

TEST_CASE_METHOD(StallBench, "soc-dma: a held transfer survives save and load, and hears of its end by its tag")
{
    iommu.holds = {2, 1};
    CHECK(read_at(0x1000) == held);
    resume();
    restore(state());
    CHECK(read(SOC_DMA_STATUS) == held);
    resume();
    CHECK(read(SOC_DMA_STATUS) == done);
}
