// Verdicts for TI's MMU under Linux 6.1 and 6.12, each from real boots. What is expected here is what was measured; the
// reason behind it is in the driver or core function named.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "attach.hpp"
#include "catch.hpp"

namespace {

std::string first_warning(const Run &run, const std::string &api)
{
    const auto &warnings = run.api(api).at("kernel_warnings");
    return warnings.empty() ? "" : warnings[0].get<std::string>();
}

}  // namespace

TEST_CASE("omap: the attach sleeps under a lock; all else of the kernel's own API stands up but permissions",
          "[linux-6.1]")
{
    const std::string options = GENERATE("", " -o variant=omap2 -o tlb-entries=8");
    const Run run = attach("omap-iommu --kernel 6.1 --sessions 1" + options);
    INFO(run.text);
    // Without ARM_DMA_USE_IOMMU the DMA API of 32-bit ARM knows no IOMMU, and an MMU that is off passes.
    CHECK(run.outcome("dma") == "works");
    CHECK_THAT(run.detail("dma", "dma"), contains_text("failures=0 bypass"));

    // omap_iommu_attach_dev() holds a spinlock when omap_iommu_attach() resumes the MMU.
    CHECK(run.verdict("direct") == "broken");
    CHECK(run.api("direct").at("at") == "attach");
    CHECK_THAT(first_warning(run, "direct"), contains_text("sleeping function called from invalid context"));
    // iommu_fault_handler() printed the first fault's address and turned the interrupt off; omap_iommu_map() ignores
    // prot.
    for (const auto &step : run.api("direct").at("steps")) {
        INFO(step.dump());
        CHECK((step.at("result") == "ok") == (step.at("step") != "readonly"));
    }
    CHECK_THAT(run.detail("direct", "isolation"), contains_text("faults=6 reported=6 logged=1 rate-limited=0 muted=4"));
    CHECK_THAT(run.detail("direct", "stale"), contains_text("faults=2 reported=2"));

    // No .capable in omap_iommu_ops; and 6.1 has no iommufd.
    CHECK(run.outcome("vfio") == "refused at bind: EINVAL");
    CHECK(run.verdict("compat") == "unsupported");
    CHECK(run.verdict("iommufd") == "unsupported");
}

TEST_CASE("omap: with the coherency gate lifted VFIO's device stays in the empty domain that claimed the group",
          "[linux-6.1]")
{
    // __iommu_group_alloc_blocking_domain() has an empty domain attached when VFIO's comes: omap_iommu_attach() takes
    // its table, but the MMU is resumed already, and only omap_iommu_runtime_resume() writes TTB.
    const Run run = attach("omap-iommu --kernel 6.1 --api vfio --sessions 1 --lift cache-coherency "
                           "--unsafe-interrupts");
    INFO(run.text);
    CHECK(run.verdict("vfio") == "broken");
    CHECK_THAT(run.detail("vfio", "dma"), contains_text("could not read 12292 bytes of mapped memory"));
}

TEST_CASE("omap: the page at the end of 4 GiB is never flushed", "[linux-6.1]")
{
    // flush_iotlb_page() adds its start and its size in 32 bits. The model's side is the unit test "the last page of
    // 4 GiB is flushed as any other".
    const Run run = attach("omap-iommu --kernel 6.1 --api aperture --sessions 1");
    INFO(run.text);
    CHECK_THAT(run.detail("aperture", "unmap"), contains_text("bytes=4294967296"));
    CHECK_THAT(run.detail("aperture", "stale"), contains_text("0xfffffffc: the device got data"));
}

TEST_CASE("omap: of two MMUs with a client each neither is probed", "[linux-6.1]")
{
    // omap_iommu_probe_device() says EINVAL where the client's MMU comes later, and iommu_device_register() of the
    // other one fails with it.
    const Run run = attach("omap-iommu --kernel 6.1 --api limits --sessions 1");
    INFO(run.text);
    CHECK(run.outcome("limits") == "refused at probe: EAGAIN");
}

TEST_CASE("omap: a DSP's MMU that is not at the two addresses the driver knows gets no client", "[linux-6.1]")
{
    // omap_iommu_can_register(). The board has RAM at those.
    const Run run = attach("omap-iommu --kernel 6.1 --api direct --sessions 1 -o variant=dra7-dsp");
    INFO(run.text);
    CHECK(run.outcome("direct") == "refused at probe: EAGAIN");
}

TEST_CASE("omap: under 6.12 the driver gets no client")
{
    // omap_iommu_ops has no of_xlate, and of_iommu_xlate() asks for one.
    const Run run = attach("omap-iommu --kernel 6.12 --sessions 1");
    INFO(run.text);
    for (const char *api : {"dma", "direct", "vfio", "compat", "iommufd"}) {
        INFO(api);
        CHECK(run.verdict(api) == "refused");
        CHECK(run.api(api).at("at") == "probe");
    }
}

TEST_CASE("omap: a machine saved in the middle of DMA goes on in another QEMU, and every later step is as before",
          "[linux-6.1][everywhere]")
{
    const Run run = attach("omap-iommu --kernel 6.1 --sessions 1 --save-at dma --api direct");
    INFO(run.text);
    for (const auto &step : run.api("direct").at("steps")) {
        INFO(step.dump());
        CHECK((step.at("result") == "ok") == (step.at("step") != "readonly"));
    }
}

TEST_CASE("omap: each mutation turns its step red, beside the one that an entry without permissions does", "[linux-6.1]")
{
    const std::string mutation = GENERATE("dma", "isolation", "stale");
    check_mutation(attach("omap-iommu --kernel 6.1 --api direct --sessions 1 --mutation " + mutation), "direct",
                   mutation, "readonly");
}
