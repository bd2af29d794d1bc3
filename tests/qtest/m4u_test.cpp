// MediaTek's M4U with its SMI on a board: several regions, platform masters at their ports, the protect buffer.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

using namespace qtest;

namespace {

// What mtk_iommu_v1.c and mtk-smi.c write.
class M4u {
public:
    static constexpr uint64_t table = ram + 0x1000000, protect = ram + 0x1800000;

    M4u(Machine &machine, const std::string &id) : machine_(machine), base_(machine.address(id)) {}

    void probe(uint32_t control)
    {
        set(0x210, control);
        set(0x220, 0xff);
        set(0x214, protect);
        set(0x000, table);
    }
    // smi-common is the second region, and regions are placed one after the other.
    void enable(unsigned port)
    {
        const uint64_t secur_con = base_ + 0x1000 + 0x5c0 + port / 8 * 4;
        machine_.write32(secur_con, machine_.read32(secur_con) | 0xeu << port % 8 * 4);
    }
    void map(uint64_t iova, uint64_t address) { entry(iova, uint32_t(address) | 0xa); }
    void unmap(uint64_t iova) { entry(iova, 0); }
    uint32_t get(uint32_t offset) { return machine_.read32(base_ + offset); }
    void set(uint32_t offset, uint32_t value) { machine_.write32(base_ + offset, value); }

private:
    void entry(uint64_t iova, uint32_t value)
    {
        machine_.write32(table + iova / page * 4, value);
        set(0x5d8, 3);
        set(0x5c4, uint32_t(iova));
        set(0x5c8, uint32_t(iova));
        set(0x5c0, 1);
        CHECK(get(0x60c) == 1);
        set(0x60c, 0);
    }

    Machine &machine_;
    uint64_t base_;
};

constexpr uint32_t aborting = 0x100, redirecting = 0x140;

const Arguments board = {"-device", "mtk-m4u-v1,id=m4u", "-device", "soc-dma,id=dma,iommus=m4u:3+m4u:43"};

}  // namespace

TEST_CASE("a port of the M4U is physical until smi-common says otherwise", "[dma]")
{
    Machine machine(board);
    Dma dma(machine, "dma");
    M4u m4u(machine, "m4u");
    m4u.probe(aborting);
    machine.fill(ram + 0x300000, pattern(64, 9));
    CHECK(dma.get(SOC_DMA_STREAM) == 3);
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x300000, 64) == SOC_DMA_STATUS_DONE);
    CHECK(dma.buffer(64) == pattern(64, 9));
    CHECK(machine.get("m4u", "bypasses") == 1);

    m4u.enable(3);
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x300000, 64) == failed);
    CHECK(dma.fault() == SOC_FAULT_TRANSLATION);
    dma.port(1);
    CHECK(dma.get(SOC_DMA_STREAM) == 43);
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x300000, 64) == SOC_DMA_STATUS_DONE);
    CHECK(machine.quit() == 0);
}

TEST_CASE("the M4U moves data through its flat table, for all its ports", "[dma]")
{
    Machine machine(board);
    Dma dma(machine, "dma");
    M4u m4u(machine, "m4u");
    m4u.probe(aborting);
    m4u.enable(3);
    m4u.enable(43);
    // The last pages of 4 GiB, in the wrong order.
    m4u.map(0xffffe000, ram + 0x400000);
    m4u.map(0xfffff000, ram + 0x300000);
    const auto data = pattern(2 * page);
    dma.fill_buffer(data);
    CHECK(dma.transfer(Direction::to_memory, 0xffffe000, 2 * page) == SOC_DMA_STATUS_DONE);
    CHECK(machine.bytes(ram + 0x400000, page) == std::vector<uint8_t>(data.begin(), data.begin() + page));
    CHECK(machine.bytes(ram + 0x300000, page) == std::vector<uint8_t>(data.begin() + page, data.end()));
    dma.port(1);
    CHECK(dma.transfer(Direction::to_buffer, 0xfffff000, 64) == SOC_DMA_STATUS_DONE);
    CHECK(dma.transfer(Direction::to_buffer, 0x100000000, 4) == failed);
    CHECK(dma.fault() == SOC_FAULT_ADDRESS_SIZE);

    m4u.unmap(0xfffff000);
    CHECK(dma.transfer(Direction::to_buffer, 0xfffff040, 64) == failed);
    CHECK(dma.get(SOC_DMA_FAULT_ADDR_LO) == 0xfffff040);
    CHECK(dma.get(SOC_DMA_FAULT_STREAM) == 43);
    CHECK(m4u.get(0x224) == 1);
    CHECK(m4u.get(0x228) == 0xfffff000);
    CHECK(m4u.get(0x388) == ((6 - 2) << 13 | 22 << 8));  // larb 2, port 22
    CHECK(machine.interrupt_pending("m4u"));
    m4u.set(0x220, 0x10ff);
    CHECK_FALSE(machine.interrupt_pending("m4u"));
    CHECK(machine.quit() == 0);
}

TEST_CASE("a fault that the M4U redirects moves data to and from the protect buffer", "[dma]")
{
    Machine machine(board);
    Dma dma(machine, "dma");
    M4u m4u(machine, "m4u");
    m4u.probe(redirecting);
    m4u.enable(3);
    dma.fill_buffer(pattern(16));
    CHECK(dma.transfer(Direction::to_memory, 0x5020, 16) == SOC_DMA_STATUS_DONE);
    CHECK(machine.bytes(M4u::protect + 0x20, 16) == pattern(16));
    CHECK(machine.get("m4u", "faults") == 1);
    CHECK(machine.get("m4u", "last-fault-address") == 0x5020);
    CHECK(machine.interrupt_pending("m4u"));

    machine.fill(M4u::protect, pattern(128, 77));
    dma.fill_buffer(std::vector<uint8_t>(256));
    CHECK(dma.transfer(Direction::to_buffer, 0x6000, 256) == SOC_DMA_STATUS_DONE);
    auto twice = pattern(128, 77);
    twice.insert(twice.end(), twice.begin(), twice.begin() + 128);
    CHECK(dma.buffer(256) == twice);
    CHECK(machine.get("m4u", "faults") == 3);
    CHECK(m4u.get(0x228) == 0x5000);  // the first
    CHECK(machine.quit() == 0);
}

TEST_CASE("a port that the M4U has not, and a PCI bus, are refused with what is valid", "[load]")
{
    const Ending port = Machine::ends({"-device", "mtk-m4u-v1,id=m4u", "-device", "soc-dma,iommus=m4u:44"});
    INFO(port.output);
    CHECK(port.status == 1);
    CHECK(port.output.find("m4u has the streams 0 to 43") != std::string::npos);

    const Ending pci = Machine::ends({"-device", "mtk-m4u-v1,id=m4u,pci-map=0x8:1:1"});
    INFO(pci.output);
    CHECK(pci.status == 1);
    CHECK(pci.output.find("takes no PCI masters") != std::string::npos);
}

TEST_CASE("a reset of the machine leaves the M4U as a fresh one", "[dma]")
{
    Machine machine(board, {"-M", "virt,highmem=off"});
    Dma dma(machine, "dma");
    M4u m4u(machine, "m4u");
    m4u.probe(aborting);
    m4u.enable(3);
    CHECK(dma.transfer(Direction::to_buffer, 0x5000, 4) == failed);
    CHECK(machine.interrupt_pending("m4u"));
    machine.reset();
    CHECK(m4u.get(0x000) == 0);
    CHECK(m4u.get(0x224) == 0);
    CHECK_FALSE(machine.interrupt_pending("m4u"));
    CHECK(machine.get("m4u", "faults") == 0);
    CHECK(dma.transfer(Direction::to_buffer, ram, 4) == SOC_DMA_STATUS_DONE);
    CHECK(machine.quit() == 0);
}
