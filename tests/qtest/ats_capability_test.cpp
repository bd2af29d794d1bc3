// What soc-dma may do: its capabilities as a PCI function, its options on the platform, and what software enabled.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "ats_bench.hpp"
#include "catch.hpp"

using namespace qtest;

TEST_CASE("a function has the capabilities of its options, and none by default", "[ats]")
{
    Machine machine({"-device", "soc-dma-pci,addr=1", "-device", "soc-dma-pci,addr=2,ats=on,pri=on,pasid-bits=20",
                     "-device", "soc-dma-pci,addr=3,pasid-bits=8", "-device", "soc-dma-pci,addr=4,ats=on"});
    Function none(machine, 1), all(machine, 2), substreams(machine, 3), only_ats(machine, 4);
    CHECK(none.at.empty());
    CHECK(all.at.size() == 3);
    CHECK(substreams.at == std::map<uint32_t, uint32_t>{{pasid, 0x100}});
    CHECK(only_ats.at == std::map<uint32_t, uint32_t>{{ats, 0x100}});

    CHECK(all.word(ats, 4) == 1 << 5);  // page-aligned requests, 32 invalidations at a time
    CHECK(all.word(ats, 6) == 0);
    CHECK(all.word(pasid, 4) == (20 << 8 | 6));
    CHECK(all.word(pasid, 6) == 0);
    CHECK(substreams.word(pasid, 4) == (8 << 8 | 6));
    CHECK(all.word(pri, 4) == 0);
    CHECK(all.word(pri, 6) == 0x100);  // stopped
    CHECK(all.config32(all.at.at(pri) + 8) == 32);
    // Linux enables PASID only where the path takes prefixes (pci_configure_eetlp_prefix).
    for (Function *function : {&all, &substreams})
        CHECK((function->config32(express_capability + device_capabilities_2) & end_to_end_prefix));
}

TEST_CASE("capabilities that cannot be are refused", "[ats]")
{
    const Ending alone = Machine::ends({"-device", "soc-dma-pci,pri=on"});
    CHECK(alone.status == 1);
    CHECK(alone.output.find("needs ats=on") != std::string::npos);
    const Ending wide = Machine::ends({"-device", "soc-dma-pci,pasid-bits=21"});
    CHECK(wide.status == 1);
    CHECK(wide.output.find("0..20") != std::string::npos);
    const Ending conventional = Machine::ends({"-device", "pcie-pci-bridge,id=bridge,addr=3", "-device",
                                               "soc-dma-pci,bus=bridge,addr=1,ats=on"});
    CHECK(conventional.status == 1);
    CHECK(conventional.output.find("PCI Express bus") != std::string::npos);
    for (const char *options : {"stall=on", "pasid-bits=4"}) {
        const Ending ports = Machine::ends({"-device", "soc-test-iommu,id=iommu,pci-map=none", "-device",
                                            std::string("soc-dma,iommus=iommu:1+iommu:2,") + options});
        INFO(ports.output);
        CHECK(ports.status == 1);
        CHECK(ports.output.find("one port") != std::string::npos);
    }
}

TEST_CASE("what software has not enabled in the capabilities is invalid", "[ats]")
{
    AtsBench b;
    CHECK(b.dma.get(SOC_DMA_FEATURES) == 0);
    b.dma.attributes(SOC_DMA_ATTR_ATS);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == invalid);
    b.function.enable_ats();
    CHECK(b.dma.get(SOC_DMA_FEATURES) == SOC_DMA_FEATURES_ATS);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    CHECK(b.dma.buffer(64) == pattern(64));

    b.dma.attributes(SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == invalid);
    b.function.enable_pri();
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);

    b.dma.attributes(SOC_DMA_ATTR_DIRECT);
    b.iommu.map_substream(1, 0x3000, ram + 0x500000);
    b.dma.substream(1);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == invalid);
    b.function.enable_pasid();
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    b.dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_PRIVILEGED);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == invalid);
    b.function.enable_pasid(4);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    b.dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_INSTRUCTION);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == invalid);
    b.function.enable_pasid(2);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    b.function.enable_ats(false);
    b.function.enable_pri(false);
    CHECK(b.dma.get(SOC_DMA_FEATURES) == (SOC_DMA_FEATURES_PASID | SOC_DMA_FEATURES_PASID_EXECUTE));
}

TEST_CASE("the reset bit of the page request interface reads as zero", "[ats]")
{
    AtsBench b;
    b.function.config16(b.function.at.at(pri) + 4, 2);
    CHECK(b.function.word(pri, 4) == 0);
    b.function.config32(b.function.at.at(pri) + 12, 7);
    CHECK(b.function.config32(b.function.at.at(pri) + 12) == 7);
}

TEST_CASE("a function-level reset switches everything off and ends what waits", "[ats]")
{
    AtsBench b;
    b.enable_all();
    b.dma.attributes(SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 4) == done);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x7000, 4) == held);
    reset_function(b.machine, b.function);
    CHECK(b.function.word(ats, 6) == 0);
    CHECK(b.function.word(pasid, 6) == 0);
    CHECK(b.function.word(pri, 4) == 0);
    CHECK(b.function.word(pri, 6) == 0x100);
    CHECK(b.dma.get(SOC_DMA_STATUS) == 0);
    CHECK(b.dma.get(SOC_DMA_ATC_ENTRIES) == 0);
    CHECK(b.dma.get(SOC_DMA_FEATURES) == 0);
    b.respond(0, SOC_DMA_PRI_RESPONSE_SUCCESS);
    CHECK(b.dma.get(SOC_DMA_STATUS) == 0);
    // And works again.
    b.enable_all();
    b.dma.attributes(SOC_DMA_ATTR_ATS);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 4) == done);
}

TEST_CASE("a platform master has ATS and PRI by its options alone", "[ats]")
{
    Machine machine({"-device", "soc-test-iommu,id=iommu,pci-map=none", "-device",
                     "soc-dma,id=with,iommus=iommu:2,ats=on,pri=on", "-device", "soc-dma,id=without,iommus=iommu:3"});
    Dma with(machine, "with"), without(machine, "without");
    TestIommu iommu(machine, "iommu");
    iommu.enable();
    iommu.map(0x3000, ram + 0x400000);
    constexpr uint32_t all = SOC_DMA_FEATURES_ATS | SOC_DMA_FEATURES_PRI;
    CHECK((with.get(SOC_DMA_FEATURES) & all) == all);
    CHECK((without.get(SOC_DMA_FEATURES) & all) == 0);
    with.attributes(SOC_DMA_ATTR_ATS);
    CHECK(with.transfer(Direction::to_buffer, 0x3000, 4) == done);
    CHECK(with.get(SOC_DMA_ATC_MISSES) == 1);
    without.attributes(SOC_DMA_ATTR_ATS);
    CHECK(without.transfer(Direction::to_buffer, 0x3000, 4) == invalid);
}
