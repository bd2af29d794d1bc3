// Qualcomm's MSM IOMMU on a board: platform masters by their numbers, tables in the board's memory, both lines.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

using namespace qtest;

namespace {

// What msm_iommu.c and io-pgtable-arm-v7s.c write.
class Msm {
public:
    static constexpr uint64_t first = ram + 0x1000000, second = ram + 0x1010000;
    static constexpr uint64_t section = 1 << 20;

    Msm(Machine &machine, const std::string &id) : machine_(machine), base_(machine.address(id)) {}

    // config_mids() and __program_context().
    void attach(unsigned context, unsigned master)
    {
        global(0xff000 + 4 * master, 3u << 22 | context << 8);
        global(0xff800 + 4 * context, 0);
        set(context, 0x008, context);
        set(context, 0x010, uint32_t(first) | 2);
        set(context, 0x800, 0);
        set(context, 0x004, 3u << 12 | 3u << 16 | 1u << 1 | 1u << 14);
        set(context, 0x04c, 1);
        set(context, 0x000, 7);
    }
    void map_section(uint64_t iova, uint64_t address)
    {
        machine_.write32(first + (iova >> 20) * 4, uint32_t(address) | 0x31c0e);  // nG, S, TEX 1, AP1, AF, C, B
    }
    // `read_only`: AP[2].
    void map_page(uint64_t iova, uint64_t address, bool read_only = false)
    {
        machine_.write32(first + (iova >> 20) * 4, uint32_t(second) | 1);
        machine_.write32(second + (iova >> 12 & 0xff) * 4, uint32_t(address) | 0xc7e | (read_only ? 0x200 : 0));
    }
    void unmap_page(uint64_t iova) { machine_.write32(second + (iova >> 12 & 0xff) * 4, 0); }
    void invalidate(unsigned context, uint64_t iova) { set(context, 0x808, uint32_t(iova) | context); }
    uint32_t get(unsigned context, uint32_t offset) { return machine_.read32(base_ + offset + (context << 12)); }
    void set(unsigned context, uint32_t offset, uint32_t value) { global(offset + (context << 12), value); }
    void global(uint32_t offset, uint32_t value) { machine_.write32(base_ + offset, value); }

private:
    Machine &machine_;
    uint64_t base_;
};

constexpr uint64_t iova = 0x12340000;

const Arguments board = {"-device", "msm-iommu,id=msm", "-device", "soc-dma,id=dma,iommus=msm:3+msm:31"};

}  // namespace

TEST_CASE("a master of the MSM IOMMU bypasses until its context translates", "[dma]")
{
    Machine machine(board);
    Dma dma(machine, "dma");
    Msm msm(machine, "msm");
    machine.fill(ram + 0x300000, pattern(64, 9));
    CHECK(dma.get(SOC_DMA_STREAM) == 3);
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x300000, 64) == SOC_DMA_STATUS_DONE);
    CHECK(dma.buffer(64) == pattern(64, 9));
    CHECK(machine.get("msm", "bypasses") == 1);

    msm.attach(1, 3);
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x300000, 64) == failed);
    CHECK(dma.fault() == SOC_FAULT_TRANSLATION);
    dma.port(1);
    CHECK(dma.get(SOC_DMA_STREAM) == 31);
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x300000, 64) == SOC_DMA_STATUS_DONE);
    CHECK(machine.quit() == 0);
}

TEST_CASE("the MSM IOMMU moves data through pages and sections, and tells of a fault", "[dma]")
{
    Machine machine(board);
    Dma dma(machine, "dma");
    Msm msm(machine, "msm");
    msm.attach(2, 31);
    dma.port(1);
    // Neighbouring pages, in the wrong order, and a section.
    msm.map_page(iova, ram + 0x400000);
    msm.map_page(iova + page, ram + 0x300000);
    msm.map_page(iova + 2 * page, ram + 0x500000, true);
    msm.map_section(0xfff00000, ram + 0x200000);
    const auto data = pattern(2 * page);
    dma.fill_buffer(data);
    CHECK(dma.transfer(Direction::to_memory, iova, 2 * page) == SOC_DMA_STATUS_DONE);
    CHECK(machine.bytes(ram + 0x400000, page) == std::vector<uint8_t>(data.begin(), data.begin() + page));
    CHECK(machine.bytes(ram + 0x300000, page) == std::vector<uint8_t>(data.begin() + page, data.end()));
    machine.fill(ram + 0x200000 + Msm::section - 64, pattern(64, 5));
    CHECK(dma.transfer(Direction::to_buffer, 0xffffffc0, 64) == SOC_DMA_STATUS_DONE);
    CHECK(dma.buffer(64) == pattern(64, 5));
    CHECK(dma.transfer(Direction::to_buffer, 0x100000000, 4) == failed);
    CHECK(dma.fault() == SOC_FAULT_ADDRESS_SIZE);
    CHECK_FALSE(machine.interrupt_pending("msm"));

    CHECK(dma.transfer(Direction::to_memory, iova + 2 * page + 4, 4) == failed);
    CHECK(dma.fault() == SOC_FAULT_PERMISSION);
    CHECK(dma.get(SOC_DMA_FAULT_STREAM) == 31);
    CHECK(msm.get(2, 0x020) == (1u << 3 | 1u << 16));
    CHECK(msm.get(2, 0x028) == iova + 2 * page + 4);
    CHECK(msm.get(2, 0x02c) == 31);
    CHECK(machine.interrupt_pending("msm"));
    msm.set(2, 0x020, 0x4000000f);
    CHECK_FALSE(machine.interrupt_pending("msm"));

    msm.unmap_page(iova);
    CHECK(dma.transfer(Direction::to_buffer, iova, 64) == SOC_DMA_STATUS_DONE);  // still cached
    msm.invalidate(2, iova);
    CHECK(dma.transfer(Direction::to_buffer, iova, 64) == failed);
    CHECK(machine.quit() == 0);
}

TEST_CASE("a transaction that stalls in the MSM IOMMU goes on, or not, as RESUME says", "[dma]")
{
    Machine machine({"-device", "msm-iommu,id=msm", "-device", "soc-dma,id=dma,iommus=msm:3,stall=on"});
    Dma dma(machine, "dma");
    Msm msm(machine, "msm");
    msm.attach(1, 3);
    dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL);
    machine.fill(ram + 0x400000, pattern(64, 3));
    const uint32_t held = SOC_DMA_STATUS_BUSY | SOC_DMA_STATUS_HELD;
    // The end comes by a bottom half; each look lets it run.
    const auto resume = [&](uint32_t how) {
        msm.set(1, 0x820, how);
        for (int looks = 0; looks < 100 && dma.get(SOC_DMA_STATUS) & SOC_DMA_STATUS_HELD; ++looks)
            ;
        return dma.settle();
    };
    CHECK(dma.transfer(Direction::to_buffer, iova, 64) == held);
    CHECK(msm.get(1, 0x020) == (1u << 1 | 1u << 30));
    CHECK(machine.interrupt_pending("msm"));
    msm.map_page(iova, ram + 0x400000);
    msm.invalidate(1, iova);
    CHECK(resume(0) == SOC_DMA_STATUS_DONE);
    CHECK(dma.buffer(64) == pattern(64, 3));
    CHECK(dma.transfer(Direction::to_buffer, iova + page, 64) == held);
    CHECK(resume(1) == failed);
    CHECK(dma.fault() == SOC_FAULT_TERMINATED);
    CHECK(machine.quit() == 0);
}

TEST_CASE("a master that the MSM IOMMU has not, and a PCI bus, are refused with what is valid", "[load]")
{
    const Ending stream = Machine::ends({"-device", "msm-iommu,id=msm", "-device", "soc-dma,iommus=msm:32"});
    INFO(stream.output);
    CHECK(stream.status == 1);
    CHECK(stream.output.find("msm has the streams 0 to 31") != std::string::npos);

    const Ending pci = Machine::ends({"-device", "msm-iommu,id=msm,pci-map=0x8:1:1"});
    INFO(pci.output);
    CHECK(pci.status == 1);
    CHECK(pci.output.find("takes no PCI masters") != std::string::npos);
}

TEST_CASE("a reset of the machine leaves the MSM IOMMU as a fresh one", "[dma]")
{
    Machine machine(board, {"-M", "virt,highmem=off"});
    Dma dma(machine, "dma");
    Msm msm(machine, "msm");
    msm.attach(1, 3);
    CHECK(dma.transfer(Direction::to_buffer, iova, 4) == failed);
    CHECK(machine.interrupt_pending("msm"));
    machine.reset();
    CHECK(msm.get(1, 0x000) == 0);
    CHECK(msm.get(1, 0x020) == 0);
    CHECK_FALSE(machine.interrupt_pending("msm"));
    CHECK(machine.get("msm", "faults") == 0);
    CHECK(dma.transfer(Direction::to_buffer, ram, 4) == SOC_DMA_STATUS_DONE);
    CHECK(machine.quit() == 0);
}
