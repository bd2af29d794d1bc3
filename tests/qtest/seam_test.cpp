// The parts of the seam that a simple block does not use, by way of soc-test-iommu.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

using namespace qtest;

namespace {

struct Bench {
    explicit Bench(const Arguments &more = {})
        : machine([&] {
              Arguments all = {"-device", "soc-test-iommu,id=iommu,pci-map=none", "-device",
                               "soc-dma,id=dma,iommus=iommu:2"};
              all.insert(all.end(), more.begin(), more.end());
              return all;
          }()),
          iommu(machine, "iommu"), dma(machine, "dma")
    {
    }
    Machine machine;
    TestIommu iommu;
    Dma dma;

    uint32_t compare_exchange(uint64_t address, uint32_t size, uint64_t expected, uint64_t desired)
    {
        iommu.set(TEST_CX_ADDR_LO, uint32_t(address));
        iommu.set(TEST_CX_ADDR_HI, uint32_t(address >> 32));
        iommu.set(TEST_CX_EXPECTED_LO, uint32_t(expected));
        iommu.set(TEST_CX_EXPECTED_HI, uint32_t(expected >> 32));
        iommu.set(TEST_CX_DESIRED_LO, uint32_t(desired));
        iommu.set(TEST_CX_DESIRED_HI, uint32_t(desired >> 32));
        iommu.set(TEST_CX_GO, size);
        return iommu.get(TEST_CX_OK);
    }
    uint64_t found() { return iommu.get(TEST_CX_FOUND_LO) | uint64_t(iommu.get(TEST_CX_FOUND_HI)) << 32; }
    void settle() { iommu.settle(); }
};

}  // namespace

TEST_CASE("compare-exchange changes memory only where it finds what it expects", "[seam]")
{
    Bench b;
    const uint64_t at = ram + 0x4000;
    b.machine.write64(at, 0x1122334455667788);
    CHECK(b.compare_exchange(at, 8, 0x1122334455667788, 0xa5a5a5a5deadbeef));
    CHECK(b.found() == 0x1122334455667788);
    CHECK(b.machine.read64(at) == 0xa5a5a5a5deadbeef);
    CHECK(b.compare_exchange(at, 8, 1, 2));
    CHECK(b.found() == 0xa5a5a5a5deadbeef);
    CHECK(b.machine.read64(at) == 0xa5a5a5a5deadbeef);
    CHECK(b.compare_exchange(at + 4, 4, 0xa5a5a5a5, 7));
    CHECK(b.machine.read64(at) == 0x7deadbeef);
}

TEST_CASE("compare-exchange is for aligned words of RAM", "[seam]")
{
    Bench b;
    CHECK_FALSE(b.compare_exchange(ram + 0x4004, 8, 0, 1));  // unaligned
    CHECK_FALSE(b.compare_exchange(ram + 0x4002, 4, 0, 1));
    CHECK_FALSE(b.compare_exchange(ram + 0x4000, 2, 0, 1));  // no such width
    CHECK_FALSE(b.compare_exchange(0, 4, 0, 1));             // flash
    CHECK_FALSE(b.compare_exchange(0x09000000, 4, 0, 1));    // the UART
    CHECK_FALSE(b.compare_exchange(b.iommu.base(), 4, 0, 1));
    CHECK_FALSE(b.compare_exchange(0xf00000000000, 8, 0, 1));  // nothing
    CHECK(b.machine.quit() == 0);
}

TEST_CASE("a translation marks the entry it used, in memory", "[seam]")
{
    Bench b;
    b.iommu.enable(TEST_CTRL_ACCESSED);
    b.iommu.map(0x3000, ram + 0x400000);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 4) == done);
    CHECK(b.machine.read64(b.iommu.entry_at(0x3000)) & TEST_ENTRY_ACCESSED);
}

TEST_CASE("memory of a model is RAM: registers of other devices are refused", "[seam]")
{
    Bench b;
    b.machine.write32(ram + 0x4000, 0x12345678);
    b.iommu.set(TEST_PEEK_ADDR, ram + 0x4000);
    CHECK(b.iommu.get(TEST_PEEK_OK) == 1);
    CHECK(b.iommu.get(TEST_PEEK_DATA) == 0x12345678);
    for (uint64_t address : {uint64_t(0x09000000), b.iommu.base(), uint64_t(0x0f000000)}) {
        b.iommu.set(TEST_PEEK_ADDR, uint32_t(address));
        CHECK(b.iommu.get(TEST_PEEK_OK) == 0);
    }
}

TEST_CASE("deferred work runs once however often it was asked for, and again when asked again", "[seam]")
{
    Bench b;
    b.settle();
    CHECK(b.iommu.get(TEST_DEFERRED) == 0);
    b.iommu.set(TEST_DEFER, 5);
    b.settle();
    CHECK(b.iommu.get(TEST_DEFERRED) == 1);
    b.iommu.set(TEST_DEFER, 1);
    b.settle();
    CHECK(b.iommu.get(TEST_DEFERRED) == 2);
}

TEST_CASE("a fault raises the model's line in the interrupt controller, and its register lowers it", "[seam]")
{
    Bench b;
    b.iommu.enable(TEST_CTRL_IRQ);
    CHECK_FALSE(b.machine.interrupt_pending("iommu"));
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 4) == failed);
    b.settle();
    CHECK(b.machine.interrupt_pending("iommu"));
    b.iommu.set(TEST_STATUS, 1);
    CHECK_FALSE(b.machine.interrupt_pending("iommu"));
}

TEST_CASE("reset of the machine lowers lines, clears registers and forgets what was held", "[seam]")
{
    Bench b;
    b.iommu.enable(TEST_CTRL_IRQ | TEST_CTRL_HOLD);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 4) == failed);
    b.dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 4) == held);
    REQUIRE(b.machine.interrupt_pending("iommu"));
    b.machine.reset();
    CHECK_FALSE(b.machine.interrupt_pending("iommu"));
    CHECK(b.iommu.get(TEST_CTRL) == 0);
    CHECK(b.iommu.get(TEST_HELD_COUNT) == 0);
    CHECK(b.dma.get(SOC_DMA_STATUS) == 0);
    CHECK(b.machine.get("iommu", "faults") == 0);
}

TEST_CASE("an interrupt message carries the device id to the ITS", "[seam]")
{
    Bench b({"-trace", "gicv3_its_translation_write"});
    const uint64_t translater = 0x08090040;
    b.iommu.set(TEST_MSI_ADDR_LO, uint32_t(translater));
    b.iommu.set(TEST_MSI_DATA, 0x55);
    b.iommu.set(TEST_MSI_DEVICE, 0x1234);
    b.iommu.set(TEST_MSI_SEND, 1);
    CHECK(b.iommu.get(TEST_MSI_TAKEN) == 1);
    INFO(b.machine.output());
    CHECK(b.machine.output().find("data 0x55 size 4 requester_id 0x1234") != std::string::npos);
    // QEMU's bus has 16 bits for it: a wider one is not cut, it is refused.
    b.iommu.set(TEST_MSI_DEVICE, 0x11234);
    b.iommu.set(TEST_MSI_SEND, 1);
    CHECK(b.iommu.get(TEST_MSI_TAKEN) == 0);
}

TEST_CASE("an interrupt message to nowhere is not taken", "[seam]")
{
    Bench b;
    b.iommu.set(TEST_MSI_ADDR_HI, 0xf000);
    b.iommu.set(TEST_MSI_SEND, 1);
    CHECK(b.iommu.get(TEST_MSI_TAKEN) == 0);
}

TEST_CASE("a message of 32 bits that is aimed at memory is written there", "[seam]")
{
    Bench b;
    b.machine.write64(ram + 0x4000, ~0ull);
    b.iommu.set(TEST_MSI_ADDR_LO, ram + 0x4004);
    b.iommu.set(TEST_MSI_DATA, 0x12345678);
    b.iommu.set(TEST_MSI_DEVICE, 0xffff);
    b.iommu.set(TEST_MSI_SEND, 1);
    CHECK(b.iommu.get(TEST_MSI_TAKEN) == 1);
    CHECK(b.machine.read64(ram + 0x4000) == 0x12345678ffffffff);
    b.iommu.set(TEST_MSI_ADDR_LO, ram + 0x3fffffc);  // the last word of RAM
    b.iommu.set(TEST_MSI_SEND, 1);
    CHECK(b.iommu.get(TEST_MSI_TAKEN) == 1);
    b.iommu.set(TEST_MSI_ADDR_LO, ram + 0x4000000);
    b.iommu.set(TEST_MSI_SEND, 1);
    CHECK(b.iommu.get(TEST_MSI_TAKEN) == 0);
}

TEST_CASE("a held transaction goes on when it is retried", "[seam]")
{
    Bench b;
    b.iommu.enable(TEST_CTRL_HOLD);
    b.machine.fill(ram + 0x400000, pattern(3000));
    b.iommu.map(0x3000, ram + 0x400000);
    b.dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x2f00, 1000) == held);
    CHECK(b.iommu.get(TEST_HELD_COUNT) == 1);
    b.iommu.map(0x2000, ram + 0x500000);
    b.iommu.set(TEST_HELD_END, 1);
    b.settle();
    CHECK(b.dma.settle() == done);
    CHECK(b.dma.get(SOC_DMA_TRANSFERRED) == 1000);
    const auto moved = b.dma.buffer(1000);
    CHECK(std::vector<uint8_t>(moved.begin() + 0x100, moved.end()) == pattern(1000 - 0x100));
}

TEST_CASE("a held transaction that is terminated ends with that fault", "[seam]")
{
    Bench b;
    b.iommu.enable(TEST_CTRL_HOLD);
    b.dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL);
    CHECK(b.dma.transfer(Direction::to_memory, 0x3010, 8) == held);
    b.iommu.set(TEST_HELD_END, 2);
    b.settle();
    CHECK(b.dma.settle() == failed);
    CHECK(b.dma.fault() == SOC_FAULT_TERMINATED);
    CHECK(b.dma.get(SOC_DMA_FAULT_ADDR_LO) == 0x3010);
    CHECK(b.dma.get(SOC_DMA_FAULT_STREAM) == 2);
}

TEST_CASE("a master that cannot wait is not held", "[seam]")
{
    Bench b;
    b.iommu.enable(TEST_CTRL_HOLD);
    b.dma.attributes(SOC_DMA_ATTR_DIRECT);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 8) == failed);
    CHECK(b.dma.fault() == SOC_FAULT_TRANSLATION);
    b.dma.attributes(0);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 8) == failed);
    CHECK(b.iommu.get(TEST_HELD_COUNT) == 0);
}

TEST_CASE("two masters held by one model each get their own end", "[seam]")
{
    Bench b({"-device", "soc-dma,id=other,iommus=iommu:3"});
    Dma other(b.machine, "other");
    b.iommu.enable(TEST_CTRL_HOLD);
    for (Dma *dma : {&b.dma, &other}) {
        dma->attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL);
        CHECK(dma->transfer(Direction::to_buffer, 0x3000, 8) == held);
    }
    b.iommu.set(TEST_HELD_END, 2);
    b.settle();
    CHECK(b.dma.settle() == failed);
    CHECK(other.get(SOC_DMA_STATUS) == held);
    b.iommu.map(0x3000, ram + 0x400000);
    b.iommu.set(TEST_HELD_END, 1);
    b.settle();
    CHECK(other.settle() == done);
}

TEST_CASE("substream, privilege and instruction reach the model of a direct transaction", "[seam]")
{
    Bench b;
    b.iommu.enable();
    b.iommu.map(0x3000, ram + 0x400000);
    b.iommu.map_substream(1, 0x3000, ram + 0x500000);
    b.machine.fill(ram + 0x400000, pattern(16, 1));
    b.machine.fill(ram + 0x500000, pattern(16, 50));
    b.dma.attributes(SOC_DMA_ATTR_DIRECT);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 16) == done);
    CHECK(b.dma.buffer(16) == pattern(16, 1));
    b.dma.substream(1);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 16) == done);
    CHECK(b.dma.buffer(16) == pattern(16, 50));
    b.dma.substream(2);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 16) == failed);
    CHECK(b.dma.get(SOC_DMA_FAULT_SUBSTREAM) == 2);
    CHECK(b.dma.get(SOC_DMA_FAULT_FLAGS) == SOC_TXN_HAS_SUBSTREAM);
    CHECK(b.machine.get("iommu", "last-fault-substream") == 2);

    b.dma.set(SOC_DMA_SUBSTREAM, 0);
    b.iommu.map(0x3000, ram + 0x400000, TEST_ENTRY_PRIVILEGED | TEST_ENTRY_NO_EXECUTE);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 16) == failed);
    b.dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_PRIVILEGED);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 16) == done);
    b.dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_PRIVILEGED | SOC_DMA_ATTR_INSTRUCTION);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 16) == failed);
    CHECK(b.dma.get(SOC_DMA_FAULT_FLAGS) == (SOC_TXN_PRIVILEGED | SOC_TXN_INSTRUCTION));
}

TEST_CASE("unmapping reaches the listeners of that stream, through QEMU", "[seam]")
{
    Bench b({"-device", "soc-dma,id=other,iommus=iommu:3"});
    b.iommu.set(TEST_UNMAP_STREAM, 2);
    b.iommu.set(TEST_UNMAP_ADDR, 0x3000);
    b.iommu.set(TEST_UNMAP_SIZE, page);
    CHECK(b.machine.get("dma", "unmaps-heard") == 1);
    CHECK(b.machine.get("other", "unmaps-heard") == 0);
    // QEMU has blocks of a power of two: 0x3000..0x8fff is 0x3000, 0x4000..0x7fff and 0x8000.
    b.iommu.set(TEST_UNMAP_SIZE, 6 * page);
    CHECK(b.machine.get("dma", "unmaps-heard") == 4);
    b.iommu.set(TEST_UNMAP_STREAM, 7);
    b.iommu.set(TEST_UNMAP_SIZE, page);
    CHECK(b.machine.get("dma", "unmaps-heard") == 4);
    CHECK(b.machine.quit() == 0);
}

TEST_CASE("unmapping reaches a PCI function", "[seam]")
{
    Machine machine({"-device", "soc-test-iommu,id=iommu", "-device", "soc-dma-pci,id=dma,addr=4"});
    TestIommu iommu(machine, "iommu");
    iommu.set(TEST_UNMAP_STREAM, 4);
    iommu.set(TEST_UNMAP_SIZE, page);
    CHECK(machine.get("dma", "unmaps-heard") == 1);
    iommu.set(TEST_UNMAP_STREAM, 5);
    iommu.set(TEST_UNMAP_SIZE, page);
    CHECK(machine.get("dma", "unmaps-heard") == 1);
}

TEST_CASE("messages go to the master of a stream, and back", "[seam]")
{
    Bench b;
    b.iommu.set(TEST_MSG_STREAM, 2);
    b.iommu.set(TEST_MSG_TAG, 17);
    b.iommu.set(TEST_MSG_SEND, 1);
    CHECK(b.iommu.get(TEST_MSG_SENT) == 1);
    b.settle();
    CHECK(b.iommu.get(TEST_MSG_RECEIVED) == SOC_MSG_ATS_INVALIDATE_DONE);
    CHECK(b.iommu.get(TEST_MSG_FROM) == 2);
    CHECK(b.iommu.get(TEST_MSG_FROM_TAG) == 17);
    b.iommu.set(TEST_MSG_STREAM, 9);
    b.iommu.set(TEST_MSG_SEND, 1);
    CHECK(b.iommu.get(TEST_MSG_SENT) == 0);
}
