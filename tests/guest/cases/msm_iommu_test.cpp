// Verdicts for Qualcomm's MSM IOMMU under Linux 6.1 and 6.12, each from real boots. What is expected here is what was
// measured; the reason behind it is in the driver or core function named.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "attach.hpp"
#include "catch.hpp"

TEST_CASE("msm: stock, DMA is left alone, a domain of one's own stands up to every step, and VFIO is refused",
          "[everywhere]")
{
    const Run run = attach("msm-iommu --kernel 6.12 --sessions 2");
    INFO(run.text);
    // The default domain is msm_iommu_identity_domain.
    CHECK(run.outcome("dma") == "works");
    CHECK_THAT(run.detail("dma", "dma"), contains_text("failures=0 bypass"));

    CHECK(run.outcome("direct") == "works");
    // print_ctx_regs() has the address, and the master in FSYNR0.
    CHECK_THAT(run.detail("direct", "isolation"), contains_text("faults=6 reported=6 logged=5"));
    CHECK_THAT(run.detail("direct", "readonly"), contains_text("kind=permission"));
    CHECK(run.detail("direct", "detach") == "pinned=0");

    // No .capable in msm_iommu_ops.
    for (const char *api : {"vfio", "compat", "iommufd"})
        CHECK(run.outcome(api) == "refused at bind: EINVAL");
}

TEST_CASE("msm: with every gate open all steps pass until the detach, which flushes a domain that was freed in use")
{
    // msm_iommu_attach_dev() refuses a master whose context is not number 0, and nothing clears that number: back to
    // the domain that claimed the group no way leads.
    const Run run = attach("msm-iommu --kernel 6.12 --api vfio,iommufd --sessions 2 --lift cache-coherency "
                           "--no-cap-patch --unsafe-interrupts");
    INFO(run.text);
    for (const char *api : {"vfio", "iommufd"}) {
        INFO(api);
        CHECK(run.outcome(api).starts_with("broken at detach"));
        CHECK_THAT(run.detail(api, "stale"), contains_text("faults=2"));
        REQUIRE(run.api(api).at("kernel_warnings").size() >= 2);
        CHECK_THAT(run.api(api).at("kernel_warnings")[0].get<std::string>(), contains_text("iommu_detach_group"));
        CHECK_THAT(run.api(api).at("kernel_warnings")[1].get<std::string>(), contains_text("__flush_iotlb"));
    }
}

TEST_CASE("msm: under 6.1 the second session cannot claim the group, as the first one never left it", "[linux-6.1]")
{
    const Run run = attach("msm-iommu --kernel 6.1 --api direct,vfio --sessions 2 --lift cache-coherency "
                           "--unsafe-interrupts");
    INFO(run.text);
    CHECK(run.outcome("direct") == "works");
    CHECK(run.outcome("vfio") == "broken at detach");
    CHECK_THAT(run.detail("vfio", "attach", 2), contains_text("VFIO_GROUP_SET_CONTAINER"));
    CHECK_THAT(run.api("vfio").at("kernel_warnings")[0].get<std::string>(), contains_text("iommu_detach_group"));
}

TEST_CASE("msm: each mutation turns its step red, and only that")
{
    const std::string mutation = GENERATE("dma", "isolation", "readonly", "stale");
    check_mutation(attach("msm-iommu --api direct --sessions 1 --mutation " + mutation), "direct", mutation);
}

TEST_CASE("msm: a machine saved in the middle of DMA goes on in another QEMU, and every later step passes",
          "[everywhere]")
{
    const std::string api = GENERATE("dma", "direct");
    const Run run = attach("msm-iommu --sessions 2 --save-at dma --api " + api);
    INFO(run.text);
    CHECK(run.outcome(api) == "works");
}
