// State saved to a file by one QEMU and loaded by another.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

#include <chrono>
#include <thread>

using namespace qtest;

namespace {

void wait_until(Machine &machine, const std::string &status)
{
    for (int i = 0; i < 3000; ++i) {
        const Json now = machine.qmp("query-migrate");
        if (now.contains("status") && now["status"] == status)
            return;
        if (now.contains("status") && now["status"] == "failed")
            throw std::runtime_error("migration failed");
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("migration does not end");
}

std::string save(Machine &machine)
{
    const std::string file = (machine.folder() / "state").string();
    machine.qmp("migrate", {{"uri", "exec:cat > " + file}});
    wait_until(machine, "completed");
    return file;
}

Arguments incoming(Arguments devices, const std::string &file)
{
    devices.insert(devices.end(), {"-incoming", "exec:cat " + file});
    return devices;
}

}  // namespace

TEST_CASE("registers, counters and memory survive a save and a load, for several instances", "[snapshot]")
{
    const Arguments devices = {"-device", "apple-dart,id=a", "-device", "apple-dart,id=b,pci-map=none", "-device",
                               "soc-dma,id=dma,iommus=a:3+b:4", "-device", "soc-dma-pci,id=pci,addr=5"};
    Machine source(devices);
    const uint64_t a = source.address("a"), b = source.address("b");
    for (unsigned sid = 0; sid < 16; ++sid) {
        source.write32(a + 0x200 + 16 * sid, 0x80000000 | (0x1000 + sid));
        source.write32(b + 0x200 + 16 * sid, 0x80000000 | (0x2000 + sid));
    }
    Dma dma(source, "dma"), pci(source, PciFunction(source, 5).bar());
    dma.port(1);
    dma.fill_buffer(pattern(256, 5));
    pci.fill_buffer(pattern(256, 6));
    CHECK(dma.transfer(Direction::to_memory, ram, 4) == (SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_ERROR));
    REQUIRE(source.get("b", "faults") == 1);

    Machine target(incoming(devices, save(source)));
    wait_until(target, "completed");
    for (unsigned sid = 0; sid < 16; ++sid) {
        CHECK(target.read32(a + 0x200 + 16 * sid) == (0x80000000 | (0x1000 + sid)));
        CHECK(target.read32(b + 0x200 + 16 * sid) == (0x80000000 | (0x2000 + sid)));
    }
    Dma dma_there(target, "dma"), pci_there(target, 0x10000000 + 5 * 0x100000);
    CHECK(dma_there.get(SOC_DMA_PORT) == 1);
    CHECK(dma_there.get(SOC_DMA_STATUS) == (SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_ERROR));
    CHECK(dma_there.buffer(256) == pattern(256, 5));
    CHECK(pci_there.buffer(256) == pattern(256, 6));
    CHECK(target.get("a", "faults") == 0);
    CHECK(target.get("b", "faults") == 1);
    CHECK(target.get("b", "last-fault-stream") == 4);
    CHECK(target.interrupt_pending("b"));
    CHECK_FALSE(target.interrupt_pending("a"));
    CHECK(target.quit() == 0);
}

TEST_CASE("a transaction that was held when the state was saved can be ended after the load", "[snapshot]")
{
    const Arguments devices = {"-device", "soc-test-iommu,id=iommu,pci-map=none", "-device",
                               "soc-dma,id=dma,iommus=iommu:2"};
    Machine source(devices);
    TestIommu iommu(source, "iommu");
    iommu.enable(TEST_CTRL_HOLD);
    source.fill(ram + 0x400000, pattern(32));
    Dma dma(source, "dma");
    dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL);
    REQUIRE(dma.transfer(Direction::to_buffer, 0x3000, 32) == (SOC_DMA_STATUS_BUSY | SOC_DMA_STATUS_HELD));

    Machine target(incoming(devices, save(source)));
    wait_until(target, "completed");
    TestIommu iommu_there(target, "iommu");
    Dma dma_there(target, "dma");
    CHECK(iommu_there.get(TEST_HELD_COUNT) == 1);
    iommu_there.map(0x3000, ram + 0x400000);
    iommu_there.set(TEST_HELD_END, 1);
    for (int i = 0; i < 100 && dma_there.get(SOC_DMA_STATUS) & SOC_DMA_STATUS_HELD; ++i)
        ;
    CHECK(dma_there.settle() == SOC_DMA_STATUS_DONE);
    CHECK(dma_there.buffer(32) == pattern(32));
}

TEST_CASE("capabilities, translation cache and a wait for a page survive a save and a load", "[snapshot]")
{
    const Arguments devices = {"-device", "soc-test-iommu,id=iommu", "-device",
                               "soc-dma-pci,id=dma,addr=2,ats=on,pri=on,pasid-bits=20"};
    Machine source(devices);
    PciFunction function(source, 2);
    // The capabilities are in this order: ATS, PASID, PRI.
    function.config16(0x106, 0x8000);
    function.config16(0x10e, 3);
    function.config16(0x114, 1);
    REQUIRE(function.config32(0x114) == 1);  // and no longer stopped
    TestIommu iommu(source, "iommu");
    iommu.enable();
    iommu.map(0x3000, ram + 0x400000);
    source.fill(ram + 0x400000, pattern(32));
    Dma dma(source, function.bar());
    dma.attributes(SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI);
    REQUIRE(dma.transfer(Direction::to_buffer, 0x3000, 32) == SOC_DMA_STATUS_DONE);
    REQUIRE(dma.transfer(Direction::to_buffer, 0x7000, 32) == (SOC_DMA_STATUS_BUSY | SOC_DMA_STATUS_HELD));

    Machine target(incoming(devices, save(source)));
    wait_until(target, "completed");
    TestIommu iommu_there(target, "iommu");
    PciFunction function_there(target, 2);
    Dma dma_there(target, function_there.bar());
    CHECK(function_there.config32(0x114) == 1);
    CHECK(dma_there.get(SOC_DMA_FEATURES) == (SOC_DMA_FEATURES_ATS | SOC_DMA_FEATURES_PRI | SOC_DMA_FEATURES_PASID |
                                              SOC_DMA_FEATURES_PASID_EXECUTE));
    CHECK(dma_there.get(SOC_DMA_ATC_ENTRIES) == 1);
    CHECK(dma_there.get(SOC_DMA_STATUS) == (SOC_DMA_STATUS_BUSY | SOC_DMA_STATUS_HELD));
    CHECK(iommu_there.get(TEST_PRQ_COUNT) == 1);
    iommu_there.map(0x7000, ram + 0x400000);
    iommu_there.set(TEST_MSG_STREAM, 2);
    iommu_there.set(TEST_MSG_RESPOND, SOC_DMA_PRI_RESPONSE_SUCCESS);
    for (int i = 0; i < 100 && dma_there.get(SOC_DMA_STATUS) & SOC_DMA_STATUS_HELD; ++i)
        ;
    CHECK(dma_there.settle() == SOC_DMA_STATUS_DONE);
    CHECK(dma_there.buffer(32) == pattern(32));
    CHECK(target.quit() == 0);
}

TEST_CASE("state of another variant is refused", "[snapshot]")
{
    Machine source({"-device", "apple-dart,id=a,variant=t8103"});
    const std::string file = save(source);
    const Ending ending = Machine::ends(incoming({"-device", "apple-dart,id=a,variant=t8110"}, file));
    INFO(ending.output);
    CHECK(ending.status == 1);
    CHECK(ending.output.find("saved state is not one of") != std::string::npos);
}

TEST_CASE("a GART goes on with its table, its error registers and its line", "[snapshot]")
{
    const Arguments devices = {"-device", "tegra-gart,id=gart", "-device", "soc-dma,id=dma,iommus=gart:0x2f"};
    Machine source(devices);
    const uint64_t mc = source.address("gart");
    constexpr uint64_t aperture = 0x58000000;
    // The first entry, the last one, and the window left at the one between.
    for (const auto &[index, address] : {std::pair{0u, 0x1000u}, {8191u, 0x2000u}, {5u, 0x3000u}}) {
        source.write32(mc + 0x28, uint32_t(aperture + index * page));
        source.write32(mc + 0x2c, 0x80000000 | uint32_t(ram + address));
    }
    source.write32(mc + 0x24, 1);
    source.write32(mc + 0x04, 0x80);
    source.fill(ram + 0x1000, pattern(16, 1));
    source.fill(ram + 0x2000, pattern(16, 2));
    Dma dma(source, "dma");
    REQUIRE(dma.transfer(Direction::to_memory, aperture + page + 4, 4) == failed);
    REQUIRE(source.interrupt_pending("gart"));

    Machine target(incoming(devices, save(source)));
    wait_until(target, "completed");
    Dma there(target, "dma");
    CHECK(target.read32(mc + 0x2c) == (0x80000000 | uint32_t(ram + 0x3000)));
    CHECK(there.transfer(Direction::to_buffer, aperture, 16) == SOC_DMA_STATUS_DONE);
    CHECK(there.buffer(16) == pattern(16, 1));
    CHECK(there.transfer(Direction::to_buffer, aperture + 8191 * page, 16) == SOC_DMA_STATUS_DONE);
    CHECK(there.buffer(16) == pattern(16, 2));
    CHECK(target.read32(mc + 0x30) == (0x2f << 1 | 1));
    CHECK(target.read32(mc + 0x34) == aperture + page + 4);
    CHECK(target.interrupt_pending("gart"));
    target.write32(mc + 0x00, 0x80);
    CHECK_FALSE(target.interrupt_pending("gart"));
    CHECK(target.quit() == 0);
}

TEST_CASE("Unisoc's IOMMU goes on with its table, and one of another version refuses it", "[snapshot]")
{
    const Arguments devices = {"-device", "sprd-iommu,id=sprd,version=vau", "-device", "soc-dma,id=dma,iommus=sprd:3"};
    Machine source(devices);
    const uint64_t base = source.address("sprd");
    constexpr uint64_t table = ram + 0x1000000, protect = ram + 0x1800000;
    for (const auto &[offset, value] : {std::pair{0x10u, table >> 12}, {0x1cu, 0ul}, {0x20u, 0xfffful},
                                        {0x14u, protect >> 12}, {0x18u, protect >> 12}, {0x04u, 3ul}})
        source.write32(base + offset, uint32_t(value));
    source.write32(table + 5 * 4, uint32_t((ram + 0x400000) >> 12));
    source.fill(ram + 0x400000, pattern(32));
    Dma dma(source, "dma");
    REQUIRE(dma.transfer(Direction::to_memory, 0x7000, 4) == SOC_DMA_STATUS_DONE);
    const std::string file = save(source);

    Machine target(incoming(devices, file));
    wait_until(target, "completed");
    Dma there(target, "dma");
    CHECK(target.get("sprd", "faults") == 1);
    CHECK(there.transfer(Direction::to_buffer, 0x5000, 32) == SOC_DMA_STATUS_DONE);
    CHECK(there.buffer(32) == pattern(32));
    CHECK(target.quit() == 0);

    const Ending other = Machine::ends(incoming({"-device", "sprd-iommu,id=sprd", "-device",
                                                 "soc-dma,id=dma,iommus=sprd:3"}, file));
    INFO(other.output);
    CHECK(other.status == 1);
}

TEST_CASE("a GART's state is refused where the aperture has another size", "[snapshot]")
{
    Machine source({"-device", "tegra-gart,id=gart"});
    const std::string file = save(source);
    const Ending ending = Machine::ends(incoming({"-device", "tegra-gart,id=gart,aperture-size=16M"}, file));
    INFO(ending.output);
    CHECK(ending.status == 1);
    CHECK(ending.output.find("saved state is not one of") != std::string::npos);
}

TEST_CASE("an M4U goes on with its ports, its fault and its line, on either SoC", "[snapshot]")
{
    const std::string master = "soc-dma,id=dma,iommus=m4u:3+m4u:43";
    const Arguments devices = {"-device", "mtk-m4u-v1,id=m4u,variant=mt2701", "-device", master};
    Machine source(devices);
    const uint64_t m4u = source.address("m4u");
    constexpr uint64_t table = ram + 0x1000000;
    source.write32(m4u + 0x000, uint32_t(table));
    source.write32(m4u + 0x220, 0xff);
    source.write32(m4u + 0x1000 + 0x5c0, 0xe << 12);  // port 3
    source.write32(table + 0x5000 / page * 4, uint32_t(ram + 0x1000) | 0xa);
    source.fill(ram + 0x1000, pattern(16, 3));
    Dma dma(source, "dma");
    REQUIRE(dma.transfer(Direction::to_buffer, 0x7010, 4) == failed);
    REQUIRE(source.interrupt_pending("m4u"));

    Machine target(incoming({"-device", "mtk-m4u-v1,id=m4u,variant=mt7623", "-device", master}, save(source)));
    wait_until(target, "completed");
    Dma there(target, "dma");
    CHECK(there.transfer(Direction::to_buffer, 0x5000, 16) == SOC_DMA_STATUS_DONE);
    CHECK(there.buffer(16) == pattern(16, 3));
    there.port(1);
    CHECK(there.transfer(Direction::to_buffer, ram + 0x1000, 16) == SOC_DMA_STATUS_DONE);  // physical as before
    CHECK(target.read32(m4u + 0x224) == 1);
    CHECK(target.read32(m4u + 0x228) == 0x7000);
    CHECK(target.interrupt_pending("m4u"));
    target.write32(m4u + 0x220, 0x10ff);
    CHECK_FALSE(target.interrupt_pending("m4u"));
    CHECK(target.quit() == 0);
}

TEST_CASE("TI's MMU goes on with the entry that software loaded, its lock, its fault and its line", "[snapshot]")
{
    const Arguments devices = {"-device", "omap-iommu,id=mmu", "-device", "soc-dma,id=dma,iommus=mmu:0"};
    Machine source(devices);
    const uint64_t mmu = source.address("mmu");
    constexpr uint32_t iova = 0x10000000;
    // Of the fourth entry: preserved, valid, 4 KiB. The walk is off, so there is nothing but the TLB.
    for (const auto &[offset, value] : {std::pair{0x1cu, 0x17u}, {0x44u, 2u}, {0x50u, 3u << 4}, {0x58u, iova | 0xe},
                                        {0x5cu, uint32_t(ram + 0x1000)}, {0x54u, 1u}, {0x50u, 4u << 10 | 7u << 4}})
        source.write32(mmu + offset, value);
    source.fill(ram + 0x1000, pattern(16, 4));
    Dma dma(source, "dma");
    REQUIRE(dma.transfer(Direction::to_buffer, iova + page, 4) == failed);
    REQUIRE(source.interrupt_pending("mmu"));

    Machine target(incoming(devices, save(source)));
    wait_until(target, "completed");
    Dma there(target, "dma");
    CHECK(target.read32(mmu + 0x50) == (4 << 10 | 7 << 4));
    CHECK(there.transfer(Direction::to_buffer, iova, 16) == SOC_DMA_STATUS_DONE);
    CHECK(there.buffer(16) == pattern(16, 4));
    CHECK(target.read32(mmu + 0x18) == 1);
    CHECK(target.read32(mmu + 0x48) == iova + page);
    CHECK(target.interrupt_pending("mmu"));
    target.write32(mmu + 0x18, 1);
    CHECK_FALSE(target.interrupt_pending("mmu"));
    CHECK(target.quit() == 0);
}

TEST_CASE("the state of TI's MMU is refused where its TLB has another size", "[snapshot]")
{
    Machine source({"-device", "omap-iommu,id=mmu"});
    const std::string file = save(source);
    const Ending ending = Machine::ends(incoming({"-device", "omap-iommu,id=mmu,tlb-entries=8"}, file));
    INFO(ending.output);
    CHECK(ending.status == 1);
    CHECK(ending.output.find("saved state is not one of") != std::string::npos);
}

TEST_CASE("Tegra's SMMU goes on with its address spaces, its fault and its line, on the same SoC", "[snapshot]")
{
    const std::string master = "soc-dma,id=dma,iommus=smmu:0x3b+smmu:0x35";
    const Arguments devices = {"-device", "tegra-smmu,id=smmu,variant=tegra30", "-device", master};
    Machine source(devices);
    const uint64_t smmu = source.address("smmu");
    constexpr uint64_t directory = ram + 0x1000000, table = directory + page;
    source.write32(smmu + 0x10, 1);
    source.write32(smmu + 0x04, 0x540);
    source.write32(smmu + 0x1c, 2);
    source.write32(smmu + 0x20, 0xe0000000 | uint32_t(directory >> 12));
    source.write32(smmu + 0x270, 0x80000002);
    source.write32(smmu + 0x22c, 1 << 27);
    source.write32(directory, 0xf0000000 | uint32_t(table >> 12));
    source.write32(table + 5 * 4, 0xe0000000 | uint32_t((ram + 0x1000) >> 12));
    source.fill(ram + 0x1000, pattern(16, 3));
    Dma dma(source, "dma");
    REQUIRE(dma.transfer(Direction::to_buffer, 0x7010, 4) == failed);
    REQUIRE(source.interrupt_pending("smmu"));

    const std::string file = save(source);
    Machine target(incoming(devices, file));
    wait_until(target, "completed");
    Dma there(target, "dma");
    CHECK(there.transfer(Direction::to_buffer, 0x5000, 16) == SOC_DMA_STATUS_DONE);
    CHECK(there.buffer(16) == pattern(16, 3));
    there.port(1);
    CHECK(there.transfer(Direction::to_buffer, ram + 0x1000, 16) == SOC_DMA_STATUS_DONE);  // physical as before
    CHECK(target.read32(smmu + 0x0c) == 0x7010);
    CHECK(target.interrupt_pending("smmu"));
    target.write32(smmu + 0x00, 0x440);
    CHECK_FALSE(target.interrupt_pending("smmu"));
    CHECK(target.quit() == 0);

    const Ending other = Machine::ends(incoming({"-device", "tegra-smmu,id=smmu,variant=tegra124", "-device", master},
                                                file));
}

TEST_CASE("an MSM IOMMU goes on with its contexts, its fault and its line", "[snapshot]")
{
    const Arguments devices = {"-device", "msm-iommu,id=msm", "-device", "soc-dma,id=dma,iommus=msm:3+msm:4"};
    Machine source(devices);
    const uint64_t msm = source.address("msm"), context = msm + 0x2000;
    constexpr uint64_t table = ram + 0x1000000;
    source.write32(msm + 0xff000 + 4 * 3, 2 << 8);   // master 3 to context 2
    source.write32(context + 0x010, uint32_t(table));
    source.write32(context + 0x004, 0x33002);        // walk on a miss, interrupt
    source.write32(context + 0x000, 5);              // AFE, M
    source.write32(table + 4 * 5, uint32_t(ram) | 0x31c0e);  // a section, for reading and writing
    source.fill(ram + 0x1000, pattern(16, 3));
    Dma dma(source, "dma");
    REQUIRE(dma.transfer(Direction::to_buffer, 0x700010, 4) == failed);
    REQUIRE(source.interrupt_pending("msm"));
    const std::string file = save(source);

    Machine target(incoming(devices, file));
    wait_until(target, "completed");
    Dma there(target, "dma");
    CHECK(there.transfer(Direction::to_buffer, 0x501000, 16) == SOC_DMA_STATUS_DONE);
    CHECK(there.buffer(16) == pattern(16, 3));
    there.port(1);
    CHECK(there.transfer(Direction::to_buffer, ram + 0x1000, 16) == SOC_DMA_STATUS_DONE);  // physical as before
    CHECK(target.read32(context + 0x020) == 2);
    CHECK(target.read32(context + 0x028) == 0x700010);
    CHECK(target.interrupt_pending("msm"));
    target.write32(context + 0x020, 0x4000000f);
    CHECK_FALSE(target.interrupt_pending("msm"));
    CHECK(target.quit() == 0);

    const Ending other =
        Machine::ends(incoming({"-device", "msm-iommu,id=msm,context-banks=2", "-device", devices[3]}, file));
    INFO(other.output);
    CHECK(other.status == 1);
    CHECK(other.output.find("saved state is not one of") != std::string::npos);
}
