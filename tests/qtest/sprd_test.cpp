// Unisoc's IOMMU on a board: its client, its default page, a reset, a state saved and loaded.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

using namespace qtest;

namespace {

// What sprd-iommu.c writes, for EX.
class Sprd {
public:
    static constexpr uint64_t table = ram + 0x1000000, protect = ram + 0x1800000;
    static constexpr uint64_t aperture = 0x10000000;

    Sprd(Machine &machine, const std::string &id) : machine_(machine), base_(machine.address(id)) {}

    void attach()
    {
        set(0x00, 0);
        set(0x10, table >> 12);
        set(0x08, 0);
        set(0x0c, 0xffff);
        set(0x14, protect >> 12);
        set(0x00, 3);
    }
    void map(uint64_t iova, uint64_t address) { entry(iova, uint32_t(address >> 12)); }
    void unmap(uint64_t iova) { entry(iova, 0); }
    uint32_t get(uint32_t offset) { return machine_.read32(base_ + offset); }
    void set(uint32_t offset, uint32_t value) { machine_.write32(base_ + offset, value); }

private:
    void entry(uint64_t iova, uint32_t value)
    {
        machine_.write32(table + iova / page * 4, value);
        set(0x04, 0xffffffff);
    }

    Machine &machine_;
    uint64_t base_;
};

const Arguments board = {"-device", "sprd-iommu,id=sprd", "-device", "soc-dma,id=dma,iommus=sprd:3"};

}  // namespace

TEST_CASE("Unisoc's IOMMU passes all until it is enabled, and then what its table says", "[dma]")
{
    Machine machine(board);
    Dma dma(machine, "dma");
    Sprd sprd(machine, "sprd");
    machine.fill(ram + 0x300000, pattern(64, 9));
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x300000, 64) == SOC_DMA_STATUS_DONE);
    CHECK(dma.buffer(64) == pattern(64, 9));
    CHECK(machine.get("sprd", "bypasses") == 1);

    sprd.attach();
    // The last pages of the range, in the wrong order.
    sprd.map(Sprd::aperture - 2 * page, ram + 0x500000);
    sprd.map(Sprd::aperture - page, ram + 0x400000);
    const auto data = pattern(2 * page);
    dma.fill_buffer(data);
    CHECK(dma.transfer(Direction::to_memory, Sprd::aperture - 2 * page, 2 * page) == SOC_DMA_STATUS_DONE);
    CHECK(machine.bytes(ram + 0x500000, page) == std::vector<uint8_t>(data.begin(), data.begin() + page));
    CHECK(machine.bytes(ram + 0x400000, page) == std::vector<uint8_t>(data.begin() + page, data.end()));
    CHECK(machine.get("sprd", "faults") == 0);
    CHECK(dma.transfer(Direction::to_buffer, 0x100000000, 4) == failed);
    CHECK(dma.fault() == SOC_FAULT_ADDRESS_SIZE);
    CHECK(machine.quit() == 0);
}

TEST_CASE("a fault of Unisoc's IOMMU moves data to and from the default page, and nobody is told", "[dma]")
{
    Machine machine(board);
    Dma dma(machine, "dma");
    Sprd sprd(machine, "sprd");
    sprd.attach();
    sprd.map(0x5000, ram + 0x400000);
    dma.fill_buffer(pattern(16));
    sprd.unmap(0x5000);
    for (uint64_t where : {uint64_t(0x5020), Sprd::aperture + 0x20}) {
        machine.fill(Sprd::protect, std::vector<uint8_t>(64));
        CHECK(dma.transfer(Direction::to_memory, where, 16) == SOC_DMA_STATUS_DONE);
        CHECK(machine.bytes(Sprd::protect + 0x20, 16) == pattern(16));
        CHECK(machine.get("sprd", "last-fault-address") == where);
    }
    CHECK(machine.bytes(ram + 0x400020, 16) == std::vector<uint8_t>(16));
    CHECK(machine.get("sprd", "faults") == 2);
    machine.fill(Sprd::protect, pattern(64, 77));
    CHECK(dma.transfer(Direction::to_buffer, 0x6000, 64) == SOC_DMA_STATUS_DONE);
    CHECK(dma.buffer(64) == pattern(64, 77));
    CHECK(machine.quit() == 0);
}

TEST_CASE("Unisoc's IOMMU takes no PCI bus and no seventeenth name of its client", "[load]")
{
    const Ending pci = Machine::ends({"-device", "sprd-iommu,id=sprd,pci-map=0x8:1:1"});
    INFO(pci.output);
    CHECK(pci.status == 1);
    CHECK(pci.output.find("takes no PCI masters") != std::string::npos);

    const Ending stream = Machine::ends({"-device", "sprd-iommu,id=sprd", "-device", "soc-dma,iommus=sprd:16"});
    INFO(stream.output);
    CHECK(stream.status == 1);
    CHECK(stream.output.find("sprd has the streams 0 to 15") != std::string::npos);
}

TEST_CASE("a reset of the machine leaves Unisoc's IOMMU as a fresh one", "[dma]")
{
    Machine machine(board);
    Dma dma(machine, "dma");
    Sprd sprd(machine, "sprd");
    sprd.attach();
    CHECK(dma.transfer(Direction::to_buffer, 0x5000, 4) == SOC_DMA_STATUS_DONE);
    REQUIRE(machine.get("sprd", "faults") == 1);
    machine.reset();
    CHECK(sprd.get(0x00) == 0);
    CHECK(sprd.get(0x10) == 0);
    CHECK(machine.get("sprd", "faults") == 0);
    CHECK(dma.transfer(Direction::to_buffer, ram, 4) == SOC_DMA_STATUS_DONE);
    CHECK(machine.get("sprd", "bypasses") == 1);
    CHECK(machine.quit() == 0);
}
