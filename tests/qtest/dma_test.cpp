// soc-dma on the platform: with no IOMMU, behind one, behind two.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

using namespace qtest;

namespace {

const Arguments one_iommu = {"-device", "soc-test-iommu,id=iommu,pci-map=none", "-device",
                             "soc-dma,id=dma,iommus=iommu:2"};

}  // namespace

TEST_CASE("a platform master with no IOMMU moves data", "[dma]")
{
    Machine machine({"-device", "soc-dma,id=dma"});
    Dma dma(machine, "dma");
    CHECK(dma.get(SOC_DMA_PORTS) == 1);
    CHECK(dma.get(SOC_DMA_STREAM) == 0xffffffff);
    const auto data = pattern(SOC_DMA_BUFFER_SIZE);
    machine.fill(ram + 0x200100, data);
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x200100, SOC_DMA_BUFFER_SIZE) == done);
    CHECK(dma.get(SOC_DMA_TRANSFERRED) == SOC_DMA_BUFFER_SIZE);
    CHECK(dma.buffer(SOC_DMA_BUFFER_SIZE) == data);
    CHECK(dma.transfer(Direction::to_memory, ram + 0x300000, 5000) == done);
    CHECK(machine.bytes(ram + 0x300000, 5000) == std::vector<uint8_t>(data.begin(), data.begin() + 5000));
    CHECK(dma.transfer(Direction::to_buffer, 0x1'0000'0000'0000, 4) == failed);
    CHECK(dma.fault() == SOC_FAULT_BUS);
    CHECK(machine.quit() == 0);
}

TEST_CASE("a platform master moves data through the pages that are mapped, and no others", "[dma]")
{
    Machine machine(one_iommu);
    Dma dma(machine, "dma");
    TestIommu iommu(machine, "iommu");
    iommu.enable();
    CHECK(dma.get(SOC_DMA_STREAM) == 2);
    CHECK(dma.get(SOC_DMA_OBSERVED) == 1);
    // Neighbours on the bus, far apart in memory, in the wrong order.
    iommu.map(0x3000, ram + 0x400000);
    iommu.map(0x4000, ram + 0x300000);
    const auto data = pattern(2 * page);
    dma.fill_buffer(data);
    CHECK(dma.transfer(Direction::to_memory, 0x3000, 2 * page) == done);
    CHECK(machine.bytes(ram + 0x400000, page) == std::vector<uint8_t>(data.begin(), data.begin() + page));
    CHECK(machine.bytes(ram + 0x300000, page) == std::vector<uint8_t>(data.begin() + page, data.end()));

    CHECK(dma.transfer(Direction::to_memory, 0x4800, page) == failed);
    CHECK(dma.get(SOC_DMA_TRANSFERRED) == 0x800);
    CHECK(dma.fault() == SOC_FAULT_TRANSLATION);
    CHECK(dma.get(SOC_DMA_FAULT_ADDR_LO) == 0x5000);
    CHECK(dma.get(SOC_DMA_FAULT_STREAM) == 2);
    CHECK(dma.get(SOC_DMA_FAULT_FLAGS) == SOC_TXN_WRITE);
    CHECK(dma.get(SOC_DMA_TRANSLATIONS_LO) == machine.get("iommu", "translations").get<uint32_t>());
    CHECK(dma.get(SOC_DMA_FAULTS_LO) == 1);
}

TEST_CASE("what is mapped read-only can be read and not written", "[dma]")
{
    Machine machine(one_iommu);
    Dma dma(machine, "dma");
    TestIommu iommu(machine, "iommu");
    iommu.enable();
    iommu.map(0x3000, ram + 0x400000, 0);
    machine.fill(ram + 0x400000, pattern(64));
    dma.fill_buffer(pattern(64, 77));
    CHECK(dma.transfer(Direction::to_memory, 0x3000, 64) == failed);
    CHECK(dma.fault() == SOC_FAULT_PERMISSION);
    CHECK(machine.bytes(ram + 0x400000, 64) == pattern(64));
    CHECK(dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    CHECK(dma.buffer(64) == pattern(64));
}

TEST_CASE("a master behind two IOMMUs uses the one of its port", "[dma]")
{
    TwoIommus two("iommus=a:3+b:4+a:5");
    two.map_apart();
    CHECK(two.dma.get(SOC_DMA_PORTS) == 3);

    struct Expected {
        uint32_t stream;
        uint8_t seed;
    };
    uint32_t port = 0;
    for (const Expected expected : {Expected{3, 10}, Expected{4, 20}, Expected{5, 10}}) {
        INFO("port " << port);
        two.dma.port(port++);
        CHECK(two.dma.get(SOC_DMA_STREAM) == expected.stream);
        CHECK(two.dma.transfer(Direction::to_buffer, 0x1000, 32) == done);
        CHECK(two.dma.buffer(32) == pattern(32, expected.seed));
    }
    two.dma.port(3);
    CHECK(two.dma.transfer(Direction::to_buffer, 0x1000, 32) == invalid);
    two.dma.port(1);
    CHECK(two.dma.transfer(Direction::to_buffer, 0x2000, 32) == failed);
    CHECK(two.machine.get("a", "faults") == 0);
    CHECK(two.machine.get("b", "faults") == 1);
    CHECK(two.machine.get("b", "last-fault-stream") == 4);
}

TEST_CASE("privilege reaches the model along QEMU's own path", "[dma]")
{
    Machine machine(one_iommu);
    Dma dma(machine, "dma");
    TestIommu iommu(machine, "iommu");
    iommu.enable();
    iommu.map(0x3000, ram + 0x400000, TEST_ENTRY_WRITE | TEST_ENTRY_PRIVILEGED);
    CHECK(dma.transfer(Direction::to_buffer, 0x3000, 4) == failed);
    CHECK(dma.fault() == SOC_FAULT_PERMISSION);
    dma.attributes(SOC_DMA_ATTR_PRIVILEGED);
    CHECK(dma.transfer(Direction::to_buffer, 0x3000, 4) == done);
}

TEST_CASE("a DART stands between a platform master and memory", "[dma]")
{
    Machine machine({"-device", "apple-dart,id=dart,page-size=4k", "-device", "soc-dma,id=dma,iommus=dart:3"});
    Dma dma(machine, "dma");
    CHECK(dma.transfer(Direction::to_buffer, ram, 4) == failed);  // TCR is 0: no DMA
    CHECK(dma.fault() == SOC_FAULT_DISABLED);
    CHECK(machine.interrupt_pending("dart"));
    const uint64_t dart = machine.address("dart");
    // TTBR 0 -> one level-1 table -> one level-2 table -> a page, as io-pgtable-dart.c builds them.
    machine.write64(ram + 0x100000, (ram + 0x101000) | 1);
    machine.write64(ram + 0x101000 + 8 * 5, (ram + 0x300000) | 0xfffull << 40 | 3);
    machine.write32(dart + 0x200 + 16 * 3, uint32_t((ram + 0x100000) >> 12) | 1u << 31);
    machine.write32(dart + 0x100 + 4 * 3, 1 << 7);
    machine.write32(dart + 0xfc, 0xffffffff);  // STREAMS_ENABLE
    machine.write32(dart + 0x34, 1 << 3);   // STREAM_SELECT
    machine.write32(dart + 0x20, 1 << 20);  // STREAM_COMMAND: invalidate
    machine.fill(ram + 0x300000, pattern(16));
    CHECK(dma.transfer(Direction::to_buffer, 0x5000, 16) == done);
    CHECK(dma.fault() == SOC_FAULT_NONE);
    CHECK(dma.buffer(16) == pattern(16));
    CHECK(machine.quit() == 0);
}

TEST_CASE("a GART stands between a platform master and memory", "[dma]")
{
    Machine machine({"-device", "tegra-gart,id=gart", "-device", "soc-dma,id=dma,iommus=gart:0x2f"});
    Dma dma(machine, "dma");
    constexpr uint64_t aperture = 0x58000000;
    const uint64_t mc = machine.address("gart");
    const auto map = [&](uint64_t iova, uint64_t address) {  // as tegra-gart.c writes an entry
        machine.write32(mc + 0x28, uint32_t(iova));
        machine.write32(mc + 0x2c, uint32_t(address) | 1u << 31);
    };
    const auto clear = [&] {
        machine.write32(mc, machine.read32(mc));
        CHECK_FALSE(machine.interrupt_pending("gart"));
    };
    machine.write32(mc + 0x04, 0x1c0);
    CHECK(dma.transfer(Direction::to_buffer, aperture, 4) == failed);  // off: the aperture is no memory
    CHECK(dma.fault() == SOC_FAULT_BUS);
    CHECK(machine.interrupt_pending("gart"));
    CHECK(machine.read32(mc) == 1u << 6);
    CHECK(machine.read32(mc + 0x58) == 0x2f);
    CHECK(machine.read32(mc + 0x5c) == aperture);
    clear();

    // Neighbours on the bus, far apart in memory, in the wrong order.
    machine.write32(mc + 0x24, 1);
    map(aperture + 0x3000, ram + 0x400000);
    map(aperture + 0x4000, ram + 0x300000);
    const auto data = pattern(2 * page);
    dma.fill_buffer(data);
    CHECK(dma.transfer(Direction::to_memory, aperture + 0x3000, 2 * page) == SOC_DMA_STATUS_DONE);
    CHECK(machine.bytes(ram + 0x400000, page) == std::vector<uint8_t>(data.begin(), data.begin() + page));
    CHECK(machine.bytes(ram + 0x300000, page) == std::vector<uint8_t>(data.begin() + page, data.end()));

    CHECK(dma.transfer(Direction::to_memory, aperture + 0x4800, page) == failed);
    CHECK(dma.fault() == SOC_FAULT_TRANSLATION);
    CHECK(dma.get(SOC_DMA_TRANSFERRED) == 0x800);
    CHECK(machine.interrupt_pending("gart"));
    CHECK(machine.read32(mc) == 1u << 7);
    CHECK(machine.read32(mc + 0x30) == (0x2f << 1 | 1));
    CHECK(machine.read32(mc + 0x34) == aperture + 0x5000);
    clear();

    // Beside the aperture there is memory, or nothing.
    CHECK(dma.transfer(Direction::to_memory, ram + 0x500000, 64) == SOC_DMA_STATUS_DONE);
    CHECK(machine.bytes(ram + 0x500000, 64) == std::vector<uint8_t>(data.begin(), data.begin() + 64));
    CHECK(dma.transfer(Direction::to_buffer, aperture - 0x1000, 4) == failed);
    CHECK(dma.transfer(Direction::to_buffer, mc, 4) == failed);  // registers are no memory either
    CHECK(machine.read32(mc) == 1u << 6);
    CHECK(machine.read32(mc + 0x5c) == aperture - 0x1000);
    CHECK(machine.get("gart", "last-fault-stream") == 0x2f);
    CHECK(machine.quit() == 0);
}
