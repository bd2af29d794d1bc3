// Tegra's SMMU on a board: its clients, its two caches, its error registers, a reset, a state saved and loaded.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

using namespace qtest;

namespace {

// What tegra-smmu.c writes, for one address space of a SoC with 128 of them.
class Smmu {
public:
    static constexpr uint64_t directory = ram + 0x1000000, table = directory + page;
    static constexpr uint64_t section = 0x40000000;  // of the addresses that the table is for

    Smmu(Machine &machine, const std::string &id) : machine_(machine), base_(machine.address(id)) {}

    void probe()
    {
        set(0x04, 0x540);
        set(0x10, 1);
        machine_.write32(directory + (section >> 22) * 4, 0xf0000000 | uint32_t(table >> 12));
        set(0x1c, 5);
        set(0x20, 0xe0000000 | uint32_t(directory >> 12));
    }
    // PPCS: ppcsahbdmaw.
    void attach()
    {
        set(0x270, 0x80000005);
        set(0x22c, 1u << 27);
    }
    void set_pte(uint64_t iova, uint32_t value) { machine_.write32(table + (iova >> 12 & 0x3ff) * 4, value); }
    void flush_ptc(uint64_t iova)
    {
        set(0x9b8, 0);
        set(0x34, (uint32_t(table + (iova >> 12 & 0x3ff) * 4) & ~31u) | 1);
    }
    void flush_tlb(uint64_t iova) { set(0x30, 0x80000000 | 5u << 24 | uint32_t(iova & 0xffffc000) >> 12 | 3); }
    void map(uint64_t iova, uint64_t address, uint32_t attributes = 0xe0000000)
    {
        set_pte(iova, attributes | uint32_t(address >> 12));
        flush_ptc(iova);
        flush_tlb(iova);
    }
    uint32_t get(uint32_t offset) { return machine_.read32(base_ + offset); }
    void set(uint32_t offset, uint32_t value) { machine_.write32(base_ + offset, value); }

private:
    Machine &machine_;
    uint64_t base_;
};

const Arguments board = {"-device", "tegra-smmu,id=smmu", "-device", "soc-dma,id=dma,iommus=smmu:0x3b+smmu:0x35"};

}  // namespace

TEST_CASE("a client of Tegra's SMMU is physical until its swgroup is attached", "[dma]")
{
    Machine machine(board);
    Dma dma(machine, "dma");
    Smmu smmu(machine, "smmu");
    smmu.probe();
    machine.fill(ram + 0x300000, pattern(64, 9));
    CHECK(dma.get(SOC_DMA_STREAM) == 0x3b);
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x300000, 64) == SOC_DMA_STATUS_DONE);
    CHECK(dma.buffer(64) == pattern(64, 9));
    CHECK(machine.get("smmu", "bypasses") == 1);

    smmu.attach();
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x300000, 64) == failed);
    CHECK(dma.fault() == SOC_FAULT_TRANSLATION);
    dma.port(1);
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x300000, 64) == SOC_DMA_STATUS_DONE);
    CHECK(machine.quit() == 0);
}

TEST_CASE("Tegra's SMMU moves data through its tables, until both of its caches are flushed", "[dma]")
{
    Machine machine(board);
    Dma dma(machine, "dma");
    Smmu smmu(machine, "smmu");
    smmu.probe();
    smmu.attach();
    const uint64_t iova = Smmu::section + 0x3fe000;
    // The last pages of a section, in the wrong order.
    smmu.map(iova, ram + 0x400000);
    smmu.map(iova + page, ram + 0x300000, 0xa0000000);  // to be read only
    machine.fill(ram + 0x300000, pattern(page, 3));
    const auto data = pattern(page);
    dma.fill_buffer(data);
    CHECK(dma.transfer(Direction::to_memory, iova, page) == SOC_DMA_STATUS_DONE);
    CHECK(machine.bytes(ram + 0x400000, page) == data);
    CHECK(dma.transfer(Direction::to_buffer, iova + page, page) == SOC_DMA_STATUS_DONE);
    CHECK(dma.buffer(page) == pattern(page, 3));
    CHECK(dma.transfer(Direction::to_memory, iova + page, 4) == failed);
    CHECK(dma.fault() == SOC_FAULT_PERMISSION);
    CHECK(smmu.get(0x08) == (6u << 28 | 1u << 27 | 1u << 25 | 1u << 16 | 0x3b));
    CHECK(smmu.get(0x0c) == iova + page);
    CHECK(smmu.get(0x00) == 0x440);
    CHECK(machine.interrupt_pending("smmu"));
    smmu.set(0x00, 0x440);
    CHECK_FALSE(machine.interrupt_pending("smmu"));

    smmu.set_pte(iova, 0);
    smmu.flush_tlb(iova);
    CHECK(dma.transfer(Direction::to_buffer, iova, 64) == SOC_DMA_STATUS_DONE);
    smmu.flush_ptc(iova);
    CHECK(dma.transfer(Direction::to_buffer, iova, 64) == SOC_DMA_STATUS_DONE);
    smmu.flush_tlb(iova);
    CHECK(dma.transfer(Direction::to_buffer, iova, 64) == failed);
    CHECK(machine.get("smmu", "last-fault-address") == iova);
    CHECK(machine.get("smmu", "last-fault-stream") == 0x3b);
    CHECK(machine.quit() == 0);
}

TEST_CASE("where no memory is, Tegra's memory controller says so, and its registers are none", "[dma]")
{
    Machine machine(board);
    Dma dma(machine, "dma");
    Smmu smmu(machine, "smmu");
    smmu.probe();
    for (uint64_t address : {uint64_t(0x20000000), machine.address("smmu")}) {
        CHECK(dma.transfer(Direction::to_memory, address, 4) == failed);
        CHECK(dma.fault() == SOC_FAULT_BUS);
        CHECK(smmu.get(0x00) == 0x40);
        CHECK(smmu.get(0x08) == (2u << 28 | 1u << 16 | 0x3b));
        CHECK(smmu.get(0x0c) == address);
        smmu.set(0x00, 0x40);
    }
    CHECK(machine.quit() == 0);
}

TEST_CASE("a reset of the machine leaves Tegra's SMMU as a fresh one", "[dma]")
{
    Machine machine(board, {"-M", "virt,highmem=off"});
    Dma dma(machine, "dma");
    Smmu smmu(machine, "smmu");
    smmu.probe();
    smmu.attach();
    CHECK(dma.transfer(Direction::to_buffer, 0x5000, 4) == failed);
    CHECK(machine.interrupt_pending("smmu"));
    machine.reset();
    CHECK(smmu.get(0x00) == 0);
    CHECK(smmu.get(0x10) == 0);
    CHECK(smmu.get(0x270) == 0);
    CHECK_FALSE(machine.interrupt_pending("smmu"));
    CHECK(machine.get("smmu", "faults") == 0);
    CHECK(dma.transfer(Direction::to_buffer, ram, 4) == SOC_DMA_STATUS_DONE);
    CHECK(machine.quit() == 0);
}
