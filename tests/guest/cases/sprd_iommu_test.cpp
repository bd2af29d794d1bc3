// Verdicts for Unisoc's IOMMU under Linux 6.12 and 6.1, each from real boots. What is expected here is what was
// measured; the reason behind it is in the driver or core function named.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "attach.hpp"
#include "catch.hpp"

TEST_CASE("sprd: a domain of one's own stands up to all but permissions, and VFIO is refused",
          "[everywhere]")
{
    const Run run = attach("sprd-iommu --kernel 6.12 --sessions 1");
    INFO(run.text);
    CHECK(run.outcome("dma") == "works");
    CHECK_THAT(run.detail("dma", "dma"), contains_text("failures=0 translations="));
    // An entry has no permissions: sprd_iommu_map() ignores prot.
    CHECK(run.outcome("direct") == "broken at readonly");
    CHECK_THAT(run.detail("direct", "attach"), contains_text("aperture=0x0-0xfffffff page_sizes=0x1000"));
    // The block sends what faults to its default page, and tells nobody.
    CHECK_THAT(run.detail("direct", "isolation"), contains_text("faults=6 reported=0 redirected=6 log=not-expected"));
    CHECK_THAT(run.detail("direct", "unmap"), contains_text("bytes=16384"));
    CHECK_THAT(run.detail("direct", "stale"), contains_text("faults=2 reported=0 redirected=2"));
    CHECK(run.detail("direct", "detach") == "pinned=0");
    CHECK(run.api("direct").at("kernel_warnings").empty());
    // No .capable in sprd_iommu_ops.
    for (const char *api : {"vfio", "compat", "iommufd"})
        CHECK(run.outcome(api) == "refused at bind: EINVAL");
}

TEST_CASE("sprd: with every gate open VFIO and iommufd attach, and all but permissions stands up")
{
    const Run run = attach("sprd-iommu --kernel 6.12 --api vfio,iommufd --sessions 5 --lift cache-coherency "
                           "--no-cap-patch --unsafe-interrupts");
    INFO(run.text);
    for (const char *api : {"vfio", "iommufd"}) {
        CHECK(run.outcome(api) == "broken at readonly");
        CHECK_THAT(run.detail(api, "unmap"), contains_text("bytes=16384"));
        CHECK_THAT(run.detail(api, "stale"), contains_text("redirected=2"));
        CHECK(run.detail(api, "detach") == "pinned=0");
    }
}

TEST_CASE("sprd: what lies above 4 GiB is mapped as what lies 4 GiB below")
{
    // sprd_iommu_map(): "u32 pabase = (u32)paddr".
    const Run run = attach("sprd-iommu --kernel 6.12 --api direct,vfio --sessions 1 --memory 6G --lift cache-coherency "
                           "--unsafe-interrupts");
    INFO(run.text);
    for (const char *api : {"direct", "vfio"}) {
        CHECK(run.outcome(api) == "broken at dma");
        CHECK_THAT(run.detail(api, "map"), contains_text("physical=0x1"));
        CHECK_THAT(run.detail(api, "dma"), contains_text("the device read other data than mapped memory holds"));
    }
}

TEST_CASE("sprd: all 256 MiB can be mapped, reached and unmapped, and a physical address is cut to 32 bits")
{
    const Run run = attach("sprd-iommu --kernel 6.12 --api aperture,limits --sessions 1");
    INFO(run.text);
    CHECK(run.outcome("aperture") == "works");
    CHECK_THAT(run.detail("aperture", "unmap"), contains_text("bytes=268435456"));
    CHECK(run.outcome("limits") == "broken at physical");
    // The second master has an IOMMU of its own.
    CHECK_THAT(run.detail("limits", "second"), contains_text("apart"));
    CHECK(run.detail("limits", "outside") == "0x10000000=EINVAL");
    CHECK_THAT(run.detail("limits", "physical"), contains_text("0x100000000 was taken, and goes to 0x0"));
}

TEST_CASE("sprd: under 6.1 unmap says that it unmapped nothing, and pages stay pinned and reachable", "[linux-6.1]")
{
    // sprd_iommu_unmap() returns 0, so that iommu_unmap() ends after the first piece and vfio_unmap_unpin() gives up;
    // and sprd_iommu_attach_device() refuses the default domain, whose device never left it.
    const Run direct = attach("sprd-iommu --kernel 6.1 --api dma,direct --sessions 1");
    INFO(direct.text);
    CHECK(direct.outcome("dma") == "broken at dma");
    REQUIRE_FALSE(direct.api("dma").at("kernel_warnings").empty());
    CHECK_THAT(direct.api("dma").at("kernel_warnings")[0].get<std::string>(), contains_text("__iommu_dma_unmap"));
    CHECK(direct.outcome("direct") == "broken at readonly");
    CHECK_THAT(direct.detail("direct", "unmap"), contains_text("unmap returned 0"));
    CHECK_FALSE(direct.api("direct").at("kernel_warnings").empty());

    const Run vfio = attach("sprd-iommu --kernel 6.1 --api vfio --sessions 1 --lift cache-coherency");
    INFO(vfio.text);
    CHECK(vfio.outcome("vfio") == "broken at readonly");
    CHECK_THAT(vfio.detail("vfio", "stale"), contains_text("the device got data"));
    CHECK_THAT(vfio.detail("vfio", "detach"), contains_text("pinned pages were left behind"));
    REQUIRE_FALSE(vfio.api("vfio").at("kernel_warnings").empty());
    CHECK_THAT(vfio.api("vfio").at("kernel_warnings")[0].get<std::string>(), contains_text("vfio_unmap_unpin"));
}

TEST_CASE("sprd: each mutation turns its step red, beside the one that an entry without permissions does")
{
    const std::string mutation = GENERATE("dma", "isolation", "stale");
    check_mutation(attach("sprd-iommu --kernel 6.12 --api direct --sessions 1 --mutation " + mutation), "direct",
                   mutation, "readonly");
}

TEST_CASE("sprd: a machine saved in the middle of DMA goes on in another QEMU, and every later step is as before",
          "[everywhere]")
{
    const Run run = attach("sprd-iommu --kernel 6.12 --sessions 1 --save-at dma --api dma,direct");
    INFO(run.text);
    CHECK(run.outcome("dma") == "works");
    CHECK(run.outcome("direct") == "broken at readonly");
    CHECK_THAT(run.detail("direct", "stale"), contains_text("redirected=2"));
}
