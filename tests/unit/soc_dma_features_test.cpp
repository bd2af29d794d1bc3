// What soc-dma may do: by its options, and by what software has enabled.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/soc_dma_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE_METHOD(AtsBench, "soc-dma: what software has not enabled is invalid")
{
    const auto [features, attributes, with_substream] = GENERATE(table<uint32_t, uint32_t, bool>({
        {0, SOC_DMA_ATTR_ATS, false},
        {SOC_FEATURE_ATS, SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI, false},
        {SOC_FEATURE_ATS | SOC_FEATURE_PRI, SOC_DMA_ATTR_PRI, false},  // PRI goes with ATS
        {SOC_FEATURE_ATS, SOC_DMA_ATTR_ATS, true},
        {0, SOC_DMA_ATTR_DIRECT, true},
        {SOC_FEATURE_PASID, SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_PRIVILEGED, true},
        {SOC_FEATURE_PASID, SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_INSTRUCTION, true},
    }));
    CAPTURE(features, attributes, with_substream);
    host.features = features;
    iommu.pages[0] = {ram, Perm::rw};
    write(SOC_DMA_ATTR, attributes);
    if (with_substream)
        substream(1);
    CHECK(read_at(0) == invalid);
    CHECK(iommu.asked.empty());
    CHECK(read(SOC_DMA_FEATURES) == features);
    host.features = ~0u;
    CHECK(read_at(0) == (attributes == SOC_DMA_ATTR_PRI ? invalid : done));
}

TEST_CASE_METHOD(AtsBench, "soc-dma: without a substream, privilege and instruction fetches need nobody's leave")
{
    host.features = 0;
    iommu.pages[0] = {ram, Perm::rw};
    write(SOC_DMA_ATTR, SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_PRIVILEGED | SOC_DMA_ATTR_INSTRUCTION);
    CHECK(read_at(0) == done);
    write(SOC_DMA_ATTR, 0);
    substream(3);  // does not count for an ordinary transfer
    CHECK(read_at(0) == done);
}

TEST_CASE_METHOD(AtsBench, "soc-dma: a change of what is enabled empties the cache, and ends what lives on it")
{
    iommu.pages[0x7000] = {ram, Perm::rw};
    read_at(0x7000);
    SocMessage changed{};
    changed.type = SOC_MSG_FEATURES;
    dma->message(changed);
    CHECK(read(SOC_DMA_ATC_ENTRIES) == 0);

    write(SOC_DMA_LENGTH, 4);
    write(SOC_DMA_DOORBELL, SOC_DMA_DOORBELL_READ);
    host.features = 0;
    run();
    CHECK(read(SOC_DMA_STATUS) == invalid);
}

TEST_CASE("soc-dma: options say what it can, and contradictions are refused")
{
    FakeHost host;
    CHECK(make_device(host, "soc-dma")->shape().features ==
          (SOC_FEATURE_PASID | SOC_FEATURE_PASID_EXECUTE | SOC_FEATURE_PASID_PRIVILEGED));
    CHECK(make_device(host, "soc-dma")->shape().substream_bits == 0);
    const auto all = make_device(host, "soc-dma", {{"ats", "on"}, {"pri", "on"}, {"pasid-bits", "20"}});
    CHECK((all->shape().features & (SOC_FEATURE_ATS | SOC_FEATURE_PRI)) == (SOC_FEATURE_ATS | SOC_FEATURE_PRI));
    CHECK(all->shape().substream_bits == 20);
    CHECK_THROWS_AS(make_device(host, "soc-dma", {{"pri", "on"}}), OptionError);
    CHECK_THROWS_AS(make_device(host, "soc-dma", {{"pasid-bits", "21"}}), OptionError);
    CHECK_THROWS_AS(make_device(host, "soc-dma", {{"stall", "yes"}}), OptionError);
}

TEST_CASE("soc-dma: the device tree says what Linux reads about stall and substreams")
{
    FakeHost host;
    AtsIommu iommu(host);
    host.connect(iommu, 1);
    Placement placement;
    placement.regions = {0xb000000};
    const auto names = [&](const OptionList &options) {
        std::map<std::string, std::vector<uint8_t>> found;
        const DeviceTree tree = make_device(host, "soc-dma", options)->describe(placement);
        for (const DeviceTreeProperty &property : tree.nodes().front().properties())
            found[property.name] = property.value;
        return found;
    };
    CHECK_FALSE(names({}).contains("dma-can-stall"));
    CHECK_FALSE(names({}).contains("pasid-num-bits"));
    const auto all = names({{"stall", "on"}, {"pasid-bits", "16"}});
    CHECK(all.contains("dma-can-stall"));
    CHECK(all.at("pasid-num-bits") == std::vector<uint8_t>{0, 0, 0, 16});
    host.port_count = 2;
    CHECK_THROWS_AS(names({{"stall", "on"}}), OptionError);
    CHECK_THROWS_AS(names({{"pasid-bits", "1"}}), OptionError);
    CHECK_NOTHROW(names({}));
}
