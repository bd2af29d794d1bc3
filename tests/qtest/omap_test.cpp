// TI's MMU on a board: platform masters behind it, and its TLB as software reads it.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

using namespace qtest;

namespace {

// What omap-iommu.c writes.
class Omap {
public:
    static constexpr uint64_t table = ram + 0x1000000, level_2 = table + 0x4000;

    Omap(Machine &machine, const std::string &id) : machine_(machine), base_(machine.address(id)) {}

    void attach()
    {
        set(0x4c, table);
        set(0x88, 1);
        set(0x1c, 0x1e);
        set(0x44, 6);
        set(0x50, 0);
        set(0x60, 1);
    }
    // A small page of the one MiB that has a table.
    void map(uint64_t iova, uint64_t address) { entry(iova, uint32_t(address) | 2); }
    void unmap(uint64_t iova) { entry(iova, 0); }
    void flush(uint64_t iova)
    {
        set(0x58, uint32_t(iova));
        set(0x64, 1);
    }
    uint32_t get(uint32_t offset) { return machine_.read32(base_ + offset); }
    void set(uint32_t offset, uint32_t value) { machine_.write32(base_ + offset, value); }

private:
    void entry(uint64_t iova, uint32_t value)
    {
        machine_.write32(table + (iova >> 20) * 4, uint32_t(level_2) | 1);
        machine_.write32(level_2 + (iova >> 12 & 255) * 4, value);
    }

    Machine &machine_;
    uint64_t base_;
};

constexpr uint64_t iova = 0x10000000;
const Arguments board = {"-device", "omap-iommu,id=mmu", "-device", "soc-dma,id=dma,iommus=mmu:0"};

}  // namespace

TEST_CASE("TI's MMU passes its subsystem until it is enabled, and then what its tables say", "[dma]")
{
    Machine machine(board);
    Dma dma(machine, "dma");
    Omap mmu(machine, "mmu");
    machine.fill(ram + 0x300000, pattern(64, 9));
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x300000, 64) == SOC_DMA_STATUS_DONE);
    CHECK(dma.buffer(64) == pattern(64, 9));
    CHECK(machine.get("mmu", "bypasses") == 1);

    mmu.attach();
    // Two pages in the wrong order, and the last of 4 GiB.
    mmu.map(iova, ram + 0x400000);
    mmu.map(iova + page, ram + 0x300000);
    const auto data = pattern(2 * page);
    dma.fill_buffer(data);
    CHECK(dma.transfer(Direction::to_memory, iova, 2 * page) == SOC_DMA_STATUS_DONE);
    CHECK(machine.bytes(ram + 0x400000, page) == std::vector<uint8_t>(data.begin(), data.begin() + page));
    CHECK(machine.bytes(ram + 0x300000, page) == std::vector<uint8_t>(data.begin() + page, data.end()));
    mmu.map(0xfffff000, ram + 0x500000);
    machine.fill(ram + 0x500ff0, pattern(16, 3));
    CHECK(dma.transfer(Direction::to_buffer, 0xfffffff0, 16) == SOC_DMA_STATUS_DONE);
    CHECK(dma.buffer(16) == pattern(16, 3));
    CHECK(dma.transfer(Direction::to_buffer, 0x100000000, 4) == failed);
    CHECK(dma.fault() == SOC_FAULT_ADDRESS_SIZE);
    CHECK(machine.quit() == 0);
}

TEST_CASE("software reads in TI's TLB what translates, and what it flushes there faults and interrupts", "[dma]")
{
    Machine machine(board);
    Dma dma(machine, "dma");
    Omap mmu(machine, "mmu");
    mmu.attach();
    mmu.map(iova, ram + 0x300000);
    CHECK(dma.transfer(Direction::to_buffer, iova, 64) == SOC_DMA_STATUS_DONE);
    mmu.set(0x50, 0);  // the victim is the first entry
    CHECK(mmu.get(0x68) == (iova | 6));
    CHECK(mmu.get(0x6c) == ram + 0x300000);

    mmu.unmap(iova);
    CHECK(dma.transfer(Direction::to_buffer, iova, 64) == SOC_DMA_STATUS_DONE);
    CHECK_FALSE(machine.interrupt_pending("mmu"));
    mmu.flush(iova);
    CHECK((mmu.get(0x68) & 4) == 0);
    CHECK(dma.transfer(Direction::to_buffer, iova + 0x40, 64) == failed);
    CHECK(dma.fault() == SOC_FAULT_TRANSLATION);
    CHECK(mmu.get(0x18) == 2);
    CHECK(mmu.get(0x48) == iova + 0x40);
    CHECK(machine.interrupt_pending("mmu"));
    mmu.set(0x18, 2);
    CHECK_FALSE(machine.interrupt_pending("mmu"));
    CHECK(machine.quit() == 0);
}

TEST_CASE("a reset of the machine leaves TI's MMU as a fresh one", "[dma]")
{
    Machine machine(board, {"-M", "virt,highmem=off"});
    Dma dma(machine, "dma");
    Omap mmu(machine, "mmu");
    mmu.attach();
    CHECK(dma.transfer(Direction::to_buffer, 0x5000, 4) == failed);
    CHECK(machine.interrupt_pending("mmu"));
    machine.reset();
    CHECK(mmu.get(0x44) == 0);
    CHECK(mmu.get(0x18) == 0);
    CHECK_FALSE(machine.interrupt_pending("mmu"));
    CHECK(machine.get("mmu", "faults") == 0);
    CHECK(dma.transfer(Direction::to_buffer, ram, 4) == SOC_DMA_STATUS_DONE);
    CHECK(machine.quit() == 0);
}

TEST_CASE("a master that TI's MMU has not, and a PCI bus, are refused with what is valid", "[load]")
{
    const Ending port = Machine::ends({"-device", "omap-iommu,id=mmu", "-device", "soc-dma,iommus=mmu:16"});
    INFO(port.output);
    CHECK(port.status == 1);
    CHECK(port.output.find("mmu has the streams 0 to 15") != std::string::npos);

    const Ending pci = Machine::ends({"-device", "omap-iommu,id=mmu,pci-map=0x8:1:1"});
    INFO(pci.output);
    CHECK(pci.status == 1);
    CHECK(pci.output.find("takes no PCI masters") != std::string::npos);
}
