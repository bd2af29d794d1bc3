// PCI: the dispatcher, pci-map, soc-dma as a function.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

using namespace qtest;

namespace {

Ending refused(const std::string &map_a, const std::string &map_b)
{
    return Machine::ends({"-device", "soc-test-iommu,id=a,pci-map=" + map_a, "-device",
                          "soc-test-iommu,id=b,pci-map=" + map_b});
}

bool contains(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

// Both directions through one page.
void check_moves(Machine &machine, Dma &dma, uint64_t bus, uint64_t memory)
{
    const auto data = pattern(page / 2, 3);
    machine.fill(memory, data);
    CHECK(dma.transfer(Direction::to_buffer, bus, page / 2) == SOC_DMA_STATUS_DONE);
    CHECK(dma.buffer(page / 2) == data);
    const auto other = pattern(100, 9);
    dma.fill_buffer(other);
    CHECK(dma.transfer(Direction::to_memory, bus + 0x900, 100) == SOC_DMA_STATUS_DONE);
    CHECK(machine.bytes(memory + 0x900, 100) == other);
}

}  // namespace

TEST_CASE("spans that overlap are refused with the requester id and both names", "[pci]")
{
    const Ending twice = refused("0x10:1:9", "0x18:3:1");
    CHECK(twice.status == 1);
    INFO(twice.output);
    CHECK(contains(twice.output, "requester id 0x18 (00:03.0)"));
    CHECK(contains(twice.output, "by a"));
    CHECK(contains(twice.output, "by b"));
    const Ending automatic = refused("auto", "auto");
    CHECK(automatic.status == 1);
    CHECK(contains(automatic.output, "requester id 0x0"));
}

TEST_CASE("a pci-map that makes no sense is refused with what does", "[pci]")
{
    for (const char *map : {"8", "8:1", "8:1:", "x:1:1", "8:1:1+", "8:1:1;", "-8:1:1:1"}) {
        INFO(map);
        const Ending ending = Machine::ends({"-device", std::string("soc-test-iommu,id=a,pci-map=") + map});
        CHECK(ending.status == 1);
    }
    CHECK(contains(Machine::ends({"-device", "soc-test-iommu,pci-map=8:1"}).output, "RID:STREAM:LEN"));
    CHECK(contains(Machine::ends({"-device", "soc-test-iommu,pci-map=8:15:2"}).output, "streams 0 to 15"));
    CHECK(contains(Machine::ends({"-device", "soc-test-iommu,pci-map=0xffff:0:2"}).output, "0 to 0xffff"));
    CHECK(contains(Machine::ends({"-device", "soc-test-iommu,pci-map=8:1:0"}).output, "empty"));
}

TEST_CASE("a function with no IOMMU moves data", "[pci]")
{
    Machine machine({"-device", "soc-dma-pci,id=dma,addr=1"});
    PciFunction function(machine, 1);
    CHECK(function.config32(0) == (SOC_DMA_PCI_DEVICE << 16 | SOC_DMA_PCI_VENDOR));
    Dma dma(machine, function.bar());
    CHECK(dma.get(SOC_DMA_ID) == SOC_DMA_ID_VALUE);
    CHECK(dma.get(SOC_DMA_STREAM) == 0xffffffff);
    CHECK(dma.get(SOC_DMA_OBSERVED) == 0);
    check_moves(machine, dma, ram + 0x4000, ram + 0x4000);
}

TEST_CASE("a function moves data through the model of its slot", "[pci]")
{
    Machine machine({"-device", "soc-dma-pci,id=dma,addr=3", "-device", "soc-test-iommu,id=iommu"});
    PciFunction function(machine, 3);
    Dma dma(machine, function.bar());
    TestIommu iommu(machine, "iommu");
    iommu.enable();
    iommu.map(0x5000, ram + 0x20000);
    CHECK(dma.get(SOC_DMA_STREAM) == 3);
    check_moves(machine, dma, 0x5000, ram + 0x20000);
    CHECK(machine.get("iommu", "translations") > 0);
    CHECK(dma.transfer(Direction::to_buffer, 0x6000, 4) == (SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_ERROR));
    CHECK(dma.fault() == SOC_FAULT_TRANSLATION);
    CHECK(machine.get("iommu", "last-fault-kind") == "translation");
    CHECK(machine.get("iommu", "last-fault-stream") == 3);
    CHECK(machine.get("iommu", "last-fault-address") == 0x6000);
    CHECK(machine.get("iommu", "faults") == 1);
}

TEST_CASE("two instances share the bus, and a function that neither maps passes", "[pci]")
{
    Machine machine({"-device", "soc-test-iommu,id=a,pci-map=0x8:5:1", "-device",
                     "soc-test-iommu,id=b,pci-map=0x10:6:1+0x18:9:2", "-device", "soc-dma-pci,addr=1", "-device",
                     "soc-dma-pci,addr=2", "-device", "soc-dma-pci,addr=3.0", "-device", "soc-dma-pci,addr=5"});
    TestIommu a(machine, "a", ram + 0x100000), b(machine, "b", ram + 0x200000);
    a.enable();
    b.enable();
    a.map(0x1000, ram + 0x30000);
    b.map(0x1000, ram + 0x40000);
    Dma first(machine, PciFunction(machine, 1).bar()), second(machine, PciFunction(machine, 2).bar());
    Dma third(machine, PciFunction(machine, 3).bar()), free(machine, PciFunction(machine, 5).bar());
    CHECK(first.get(SOC_DMA_STREAM) == 5);
    CHECK(second.get(SOC_DMA_STREAM) == 6);
    CHECK(third.get(SOC_DMA_STREAM) == 9);
    check_moves(machine, first, 0x1000, ram + 0x30000);
    check_moves(machine, second, 0x1000, ram + 0x40000);
    check_moves(machine, third, 0x1000, ram + 0x40000);
    check_moves(machine, free, ram + 0x50000, ram + 0x50000);
    CHECK(machine.get("a", "translations") == 2);
    CHECK(machine.get("b", "translations") == 4);
}

TEST_CASE("a function behind a root port is served by the bus number of the moment", "[pci]")
{
    Machine machine({"-device", "soc-test-iommu,id=iommu,pci-map=0x200:7:1", "-device",
                     "pcie-root-port,id=rp,addr=4,chassis=1", "-device", "soc-dma-pci,bus=rp,addr=0"});
    TestIommu iommu(machine, "iommu");
    iommu.enable();
    iommu.map(0x1000, ram + 0x30000);
    PciFunction port(machine, 4);
    const auto route = [&](uint32_t bus) {
        port.config32(0x18, bus << 16 | bus << 8);
        machine.write32(0x4010000000 + (uint64_t(bus) << 20) + 0x10, 0x10800000);
        machine.write(0x4010000000 + (uint64_t(bus) << 20) + 4, 2, 6);
    };
    port.config32(0x20, 0x10801080);  // the window of the port: 1 MiB from 0x10800000
    route(2);
    Dma dma(machine, 0x10800000);
    REQUIRE(dma.get(SOC_DMA_ID) == SOC_DMA_ID_VALUE);
    CHECK(dma.get(SOC_DMA_STREAM) == 7);
    check_moves(machine, dma, 0x1000, ram + 0x30000);
    route(3);
    CHECK(dma.get(SOC_DMA_STREAM) == 0xffffffff);
    check_moves(machine, dma, ram + 0x60000, ram + 0x60000);
}

TEST_CASE("QEMU's own IOMMUs are left alone when none of ours serves PCI", "[pci]")
{
    Machine machine({"-device", "soc-test-iommu,pci-map=none", "-device", "soc-dma-pci,addr=1"},
                    {"-M", "virt,gic-version=3,iommu=smmuv3"});
    Dma dma(machine, PciFunction(machine, 1).bar());
    CHECK(dma.get(SOC_DMA_OBSERVED) == 0);
    check_moves(machine, dma, ram + 0x4000, ram + 0x4000);  // switched off, it lets everything pass
    machine.write32(0x09050020, 1);  // CR0.SMMUEN of QEMU's SMMUv3, which has no stream table yet
    CHECK(dma.transfer(Direction::to_buffer, ram, 4) == (SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_ERROR));
    CHECK(dma.fault() == SOC_FAULT_BUS);
}

TEST_CASE("two IOMMUs for one bus are refused", "[pci]")
{
    const Ending board = Machine::ends({"-device", "soc-test-iommu,id=iommu"}, plugin_path(),
                                       {"-M", "virt,gic-version=3,iommu=smmuv3"});
    CHECK(board.status == 1);
    CHECK(contains(board.output, "another IOMMU serves the PCI bus"));
    for (const Arguments &order : {Arguments{"-device", "soc-test-iommu,id=iommu", "-device", "virtio-iommu-pci"},
                                   Arguments{"-device", "virtio-iommu-pci", "-device", "soc-test-iommu,id=iommu"}}) {
        const Ending both = Machine::ends(order);
        INFO(both.output);
        CHECK(both.status == 1);
        CHECK(contains(both.output, "pci-map=none"));
    }
}

TEST_CASE("a function-level reset ends what the master was doing", "[pci]")
{
    Machine machine({"-device", "soc-dma-pci,addr=1"});
    PciFunction function(machine, 1);
    Dma dma(machine, function.bar());
    dma.set(SOC_DMA_LENGTH, 77);
    REQUIRE((function.config32(0x80) & 0xff) == 0x10);           // the Express capability
    REQUIRE(function.config32(0x84) & 1u << 28);                 // it can
    function.config16(0x88, uint16_t(function.config32(0x88) | 1u << 15));
    PciFunction again(machine, 1);
    CHECK(dma.get(SOC_DMA_LENGTH) == 0);
}
