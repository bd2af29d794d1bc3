// Verdicts for MediaTek's M4U of generation 1 under Linux 6.1, each from real boots. What is expected here is what was
// measured; the reason behind it is in the driver or core function named.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "attach.hpp"
#include "catch.hpp"

TEST_CASE("m4u: stock, the DMA API works through the flat table, and a domain of one's own is a trap",
          "[linux-6.1][everywhere]")
{
    const Run run = attach("mtk-m4u-v1 --kernel 6.1 --sessions 1");
    INFO(run.text);
    CHECK(run.outcome("dma") == "works");
    CHECK_THAT(run.detail("dma", "dma"), contains_text("failures=0 translations="));

    // mtk_iommu_v1_attach_device() takes any domain but its own with success and does nothing, so that the domain has
    // neither table nor lock when mtk_iommu_v1_map() uses them.
    CHECK(run.verdict("direct") == "broken");
    CHECK(run.api("direct").at("at") == "map");
    REQUIRE_FALSE(run.api("direct").at("kernel_warnings").empty());
    CHECK_THAT(run.api("direct").at("kernel_warnings")[0].get<std::string>(), contains_text("Unable to handle kernel"));

    // No .capable in mtk_iommu_v1_ops; and 6.1 has no iommufd.
    CHECK(run.outcome("vfio") == "refused at bind: EINVAL");
    CHECK(run.verdict("compat") == "unsupported");
    CHECK(run.verdict("iommufd") == "unsupported");
}

TEST_CASE("m4u: in the driver's own domain all stands up but permissions, which its entries do not have", "[linux-6.1]")
{
    const Run run = attach("mtk-m4u-v1 --kernel 6.1 --api current --sessions 1");
    INFO(run.text);
    CHECK(run.verdict("current") == "broken");
    CHECK(run.api("current").at("at") == "readonly");
    // mtk_iommu_v1_isr() printed them, with address, larb and port; the last is beyond the block's 32 address lines.
    CHECK_THAT(run.detail("current", "isolation"), contains_text("faults=6 reported=1 redirected=5 logged=5"));
    CHECK_THAT(run.detail("current", "stale"), contains_text("redirected=2 logged=2"));
    CHECK(run.detail("current", "detach") == "pinned=0");
}

TEST_CASE("m4u: with the coherency gate lifted VFIO cannot claim the group", "[linux-6.1]")
{
    // arch_setup_dma_ops() attached the domain of ARM's DMA API, which is not the group's default one
    // (iommu_group_claim_dma_owner()).
    const Run run = attach("mtk-m4u-v1 --kernel 6.1 --api vfio --sessions 1 --lift cache-coherency "
                           "--unsafe-interrupts");
    INFO(run.text);
    CHECK(run.outcome("vfio") == "refused at attach: EBUSY");
}

TEST_CASE("m4u: every address of the 4 GiB can be mapped, reached and unmapped", "[linux-6.1]")
{
    const Run run = attach("mtk-m4u-v1 --kernel 6.1 --api aperture --sessions 2");
    INFO(run.text);
    CHECK(run.outcome("aperture") == "works");
    CHECK_THAT(run.detail("aperture", "unmap"), contains_text("bytes=4294967296"));
}

TEST_CASE("m4u: under 6.12 the driver gets no client")
{
    // mtk_iommu_v1_ops has no of_xlate there, and of_iommu_xlate() asks for one.
    const Run run = attach("mtk-m4u-v1 --kernel 6.12 --sessions 1");
    INFO(run.text);
    for (const char *api : {"dma", "direct", "vfio", "compat", "iommufd"}) {
        INFO(api);
        CHECK(run.verdict(api) == "refused");
        CHECK(run.api(api).at("at") == "probe");
    }
}

TEST_CASE("m4u: a second domain is taken and is the first one, and dies when it is freed", "[linux-6.1]")
{
    // mtk_iommu_v1_attach_device() says yes and does nothing; mtk_iommu_v1_domain_free() asks a domain that was never
    // set up for its device. An entry holds every address that this kernel, without LPAE, has a type for.
    const Run run = attach("mtk-m4u-v1 --kernel 6.1 --api limits --sessions 1");
    INFO(run.text);
    CHECK(run.outcome("limits") == "broken at second");
    CHECK_THAT(run.detail("limits", "second"), contains_text("the device got data"));
    CHECK(run.detail("limits", "outside") == "0x100000000=no-address");
    CHECK(run.detail("limits", "physical") == "0x80000000=ok 0x100000000=no-address");
    CHECK_THAT(run.detail("limits", "detach"), contains_text("the process died"));
    REQUIRE_FALSE(run.api("limits").at("kernel_warnings").empty());
    CHECK_THAT(run.api("limits").at("kernel_warnings")[0].get<std::string>(), contains_text("NULL pointer"));
}

TEST_CASE("m4u: a machine saved in the middle of DMA goes on in another QEMU, and every later step passes",
          "[linux-6.1][everywhere]")
{
    const std::string api = GENERATE("dma", "aperture");  // of dma, dmatest is copying through pl330
    const Run run = attach("mtk-m4u-v1 --kernel 6.1 --sessions 2 --save-at dma --api " + api);
    INFO(run.text);
    CHECK(run.outcome(api) == "works");
}
