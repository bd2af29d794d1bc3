// Registers under accesses that no sane driver makes: every width at every offset, aligned or not, any value. None
// may end QEMU, and the log stays small.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

#include <random>

using namespace qtest;

namespace {

struct Target {
    const char *device;
    uint64_t size;
};

constexpr Target targets[] = {
    {"apple-dart,id=it,variant=t8103", 0x4000},
    {"apple-dart,id=it,variant=t6000", 0x4000},
    {"apple-dart,id=it,variant=t8110,page-size=16k", 0x4000},
    {"apple-dart,id=it,variant=usb4", 0x4000},
    {"tegra-gart,id=it", 0x1000},
    {"mtk-m4u-v1,id=it", 5 * 0x1000},
    {"omap-iommu,id=it", 0x100},
    {"sprd-iommu,id=it", 0x1000},
    {"sprd-iommu,id=it,version=vau", 0x1000},
    {"fsl-pamu,id=it", 5 * 0x1000 + 0x1000},
    {"msm-iommu,id=it", 0x100000},
    {"soc-test-iommu,id=it", TEST_IOMMU_WINDOW},
    {"soc-dma,id=it,ats=on,pri=on", SOC_DMA_WINDOW},
};

}  // namespace

TEST_CASE("reads and writes of any width at any offset never end QEMU", "[mmio]")
{
    for (const Target &target : targets) {
        INFO(target.device);
        Machine machine({"-device", target.device});
        const uint64_t base = machine.address("it");
        std::mt19937_64 random(12345);
        for (unsigned size : {1u, 2u, 4u, 8u}) {
            for (uint64_t offset = 0; offset + size <= 0x120; ++offset) {
                machine.write(base + offset, size, random());
                machine.read(base + offset, size);
            }
            for (int i = 0; i < 1500; ++i) {
                const uint64_t offset = random() % (target.size - size + 1);
                machine.write(base + offset, size, random() >> (random() % 64));
                machine.read(base + random() % (target.size - size + 1), size);
            }
        }
        CHECK(machine.output().size() < 100000);
        CHECK(machine.quit() == 0);
    }
}

TEST_CASE("accesses that straddle the end of the registers never end QEMU", "[mmio]")
{
    for (const Target &target : targets) {
        INFO(target.device);
        Machine machine({"-device", target.device});
        const uint64_t end = machine.address("it") + target.size;
        for (unsigned size : {2u, 4u, 8u})
            for (uint64_t before = 1; before < size; ++before) {
                machine.write(end - before, size, ~0ull);
                machine.read(end - before, size);
            }
        CHECK(machine.quit() == 0);
    }
}

TEST_CASE("what a block does not know reads as zero and is logged, at a limited rate", "[mmio]")
{
    Machine machine({"-device", "soc-test-iommu,id=it"});
    const uint64_t base = machine.address("it");
    for (int i = 0; i < 3000; ++i)
        CHECK(machine.read32(base + 0xf00) == 0);
    const std::string output = machine.output();
    CHECK(output.find("it: ") != std::string::npos);
    CHECK(std::count(output.begin(), output.end(), '\n') < 200);
}

TEST_CASE("a master aimed at its own registers is answered by the bus", "[mmio]")
{
    Machine machine({"-device", "soc-dma,id=dma"});
    Dma dma(machine, "dma");
    const uint64_t base = machine.address("dma");
    dma.fill_buffer(std::vector<uint8_t>(64, 0xff));
    dma.transfer(Direction::to_memory, base, 64);
    dma.transfer(Direction::to_buffer, base + SOC_DMA_BUFFER, 64);
    CHECK(machine.output().find("accesses its own registers") != std::string::npos);
    CHECK(dma.get(SOC_DMA_ID) == SOC_DMA_ID_VALUE);
    CHECK(machine.quit() == 0);
}

TEST_CASE("an IOMMU whose interrupt message or table is aimed at its own registers goes on", "[mmio]")
{
    Machine machine({"-device", "soc-test-iommu,id=iommu,pci-map=none", "-device", "soc-dma,id=dma,iommus=iommu:1"});
    TestIommu iommu(machine, "iommu", machine.address("iommu"));
    iommu.set(TEST_MSI_ADDR_LO, uint32_t(iommu.base()));
    iommu.set(TEST_MSI_DATA, TEST_CTRL_ENABLE);
    iommu.set(TEST_MSI_SEND, 1);
    CHECK(iommu.get(TEST_CTRL) == 0);
    CHECK(iommu.get(TEST_MSI_SEND) == 0);
    iommu.enable();
    Dma dma(machine, "dma");
    CHECK(dma.transfer(Direction::to_buffer, 0, 4) == (SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_ERROR));
    CHECK(dma.fault() == SOC_FAULT_WALK_ABORT);
    CHECK(machine.quit() == 0);
}
