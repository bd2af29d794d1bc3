// Verdicts for Tegra's SMMU under Linux 6.1 and 6.12, each from real boots. What is expected here is what was measured;
// the reason behind it is in the driver or core function named.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "attach.hpp"
#include "catch.hpp"

namespace {

const char *const open_gates = " --lift cache-coherency --no-cap-patch --unsafe-interrupts";

}  // namespace

TEST_CASE("tegra-smmu: stock, DMA is left alone, a domain of one's own stands up to every step, and VFIO is refused",
          "[everywhere]")
{
    const Run run = attach("tegra-smmu --sessions 2");
    INFO(run.text);
    // tegra_smmu_def_domain_type() asks for an identity domain.
    CHECK(run.outcome("dma") == "works");
    CHECK_THAT(run.detail("dma", "dma"), contains_text("failures=0 bypass"));

    CHECK(run.outcome("direct") == "works");
    CHECK_THAT(run.detail("direct", "attach"), contains_text("aperture=0x0-0xffffffff page_sizes=0x1000"));
    // tegra30_mc_handle_irq() printed them with their addresses.
    CHECK_THAT(run.detail("direct", "readonly"), contains_text("kind=permission"));
    CHECK(run.detail("direct", "detach") == "pinned=0");

    // No .capable in tegra_smmu_ops.
    for (const char *api : {"vfio", "compat", "iommufd"})
        CHECK(run.outcome(api) == "refused at bind: EINVAL");
}

TEST_CASE("tegra-smmu: with every gate open all steps pass until the detach, where a domain is freed that is in use")
{
    // The claim's blocking domain is an empty paging one (__iommu_group_alloc_blocking_domain()). Where that replaces the
    // user's, tegra_smmu_attach_dev() leaves the user's counted, and tegra_smmu_domain_free() warns.
    const Run run = attach(std::string("tegra-smmu --api vfio,compat,iommufd --sessions 2") + open_gates);
    INFO(run.text);
    for (const char *api : {"vfio", "compat", "iommufd"}) {
        INFO(api);
        CHECK(run.outcome(api) == "broken at detach");
        REQUIRE_FALSE(run.api(api).at("kernel_warnings").empty());
        CHECK_THAT(run.api(api).at("kernel_warnings")[0].get<std::string>(), contains_text("tegra_smmu_domain_free"));
        CHECK(run.detail(api, "stale").find("faults=") != std::string::npos);
    }
}

TEST_CASE("tegra-smmu: a block of four address spaces has none left for the fourth session")
{
    // Each session leaves the user's domain with its ASID (tegra_smmu_attach_dev(), tegra_smmu_as_unprepare()), and the
    // blocking domain has one.
    const std::string variant = GENERATE("tegra30", "tegra114");
    const Run run = attach("tegra-smmu -o variant=" + variant + " --api vfio --sessions 5" + open_gates);
    INFO(run.text);
    CHECK(run.verdict("vfio") == "broken");
    CHECK(run.detail("vfio", "detach", 3) != "");
    CHECK(run.detail("vfio", "map", 4) == "");
}

TEST_CASE("tegra-smmu: under 6.1 the verdicts are 6.12's, but that it has no iommufd", "[linux-6.1]")
{
    const Run run = attach("tegra-smmu --kernel 6.1 --sessions 2");
    INFO(run.text);
    CHECK(run.outcome("dma") == "works");
    CHECK(run.outcome("direct") == "works");
    CHECK(run.outcome("vfio") == "refused at bind: EINVAL");
    CHECK(run.verdict("compat") == "unsupported");

    const Run open = attach("tegra-smmu --kernel 6.1 --api vfio --sessions 2 --lift cache-coherency "
                            "--unsafe-interrupts");
    INFO(open.text);
    CHECK(open.outcome("vfio") == "broken at detach");
}

TEST_CASE("tegra-smmu: every address of the 4 GiB can be mapped, reached and unmapped")
{
    // A million entries, as the driver has pages of 4 KiB only.
    const Run run = attach("tegra-smmu --api aperture --sessions 1");
    INFO(run.text);
    CHECK(run.outcome("aperture") == "works");
    CHECK_THAT(run.detail("aperture", "unmap"), contains_text("bytes=4294967296"));
}

TEST_CASE("tegra-smmu: each mutation turns its step red, and only that")
{
    const std::string mutation = GENERATE("dma", "isolation", "readonly", "stale");
    check_mutation(attach("tegra-smmu --api direct --sessions 1 --mutation " + mutation), "direct", mutation);
}

TEST_CASE("tegra-smmu: a machine saved in the middle of DMA goes on in another QEMU, and every later step passes",
          "[everywhere]")
{
    const std::string api = GENERATE("dma", "direct");
    const Run run = attach("tegra-smmu --sessions 2 --save-at dma --api " + api);
    INFO(run.text);
    CHECK(run.outcome(api) == "works");
}
