// Verdicts for Tegra20's GART under Linux 6.1, and under 6.12 with 6.1's driver carried forward, each from real boots.
// What is expected here is what was measured; the reason behind it is in the driver or core function named.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "attach.hpp"
#include "catch.hpp"

TEST_CASE("gart: stock, DMA passes beside the aperture, and what is outside is not isolated", "[linux-6.1][everywhere]")
{
    const Run run = attach("tegra-gart --kernel 6.1 --sessions 1");
    INFO(run.text);
    // Without ARM_DMA_USE_IOMMU the DMA API knows no IOMMU: pl330 uses physical addresses, outside the aperture.
    CHECK(run.outcome("dma") == "works");
    CHECK_THAT(run.detail("dma", "dma"), contains_text("failures=0 bypass"));

    // The block has no permissions, and leaves alone what is outside its aperture. The rest stands up.
    CHECK(run.verdict("direct") == "broken");
    CHECK(run.api("direct").at("at") == "isolation");
    CHECK_THAT(run.detail("direct", "attach"), contains_text("aperture=0x58000000-0x59ffffff page_sizes=0x1000"));
    CHECK_THAT(run.detail("direct", "isolation"), contains_text("canary memory is wrong"));
    CHECK_THAT(run.detail("direct", "readonly"), contains_text("read-only memory is wrong"));
    // tegra20_mc_handle_irq() printed both, with their addresses.
    CHECK_THAT(run.detail("direct", "stale"), contains_text("faults=2 reported=2 logged=2"));
    CHECK(run.detail("direct", "detach") == "pinned=0");

    // No .capable in gart_iommu_ops; and 6.1 has no iommufd.
    CHECK(run.outcome("vfio") == "refused at bind: EINVAL");
    CHECK(run.verdict("compat") == "unsupported");
    CHECK(run.verdict("iommufd") == "unsupported");
    CHECK(run.status == 1);
}

TEST_CASE("gart: with the coherency gate lifted VFIO cannot attach, for its claim already took the one domain",
          "[linux-6.1]")
{
    // __iommu_group_alloc_blocking_domain() attaches an empty unmanaged domain in place of a blocking one, and
    // gart_iommu_attach_dev() takes no second domain while one is active.
    const Run run = attach("tegra-gart --kernel 6.1 --api vfio --sessions 1 --lift cache-coherency "
                           "--unsafe-interrupts");
    INFO(run.text);
    CHECK(run.outcome("vfio") == "refused at attach: EBUSY");
}

TEST_CASE("gart: every address of the aperture can be mapped, reached and unmapped", "[linux-6.1]")
{
    const Run run = attach("tegra-gart --kernel 6.1 --api aperture --sessions 2");
    INFO(run.text);
    CHECK(run.outcome("aperture") == "works");
    CHECK_THAT(run.detail("aperture", "unmap"), contains_text("bytes=33554432"));
}

TEST_CASE("gart: a second domain and addresses outside are refused, a physical address that fits no entry is not",
          "[linux-6.1]")
{
    // gart_iommu_attach_dev() and gart_iova_range_invalid() refuse; gart_iommu_map() ORs the address with VALID, which
    // is bit 31 of it too.
    const Run run = attach("tegra-gart --kernel 6.1 --api limits --sessions 1");
    INFO(run.text);
    CHECK(run.outcome("limits") == "broken at physical");
    CHECK_THAT(run.detail("limits", "second"), contains_text("refused=EBUSY"));
    CHECK(run.detail("limits", "outside") == "0x57fff000=EINVAL 0x5a000000=EINVAL");
    CHECK_THAT(run.detail("limits", "physical"), contains_text("0x80000000 was taken, and goes to 0x0"));
    CHECK(run.api("limits").at("kernel_warnings").empty());
}

TEST_CASE("gart: with ARM_DMA_USE_IOMMU the DMA API has no memory to give, and VFIO cannot attach either",
          "[linux-6.1]")
{
    // arm_setup_iommu_dma_ops() makes a mapping from address 0 on, and gart_iova_range_invalid() refuses what is
    // outside the aperture: dma_alloc_attrs() fails in pl330's dmac_alloc_resources(). Drivers that leave the DMA API
    // get the same as without it. VFIO finds the group in that API's domain (iommu_group_claim_dma_owner()).
    const Run run = attach("tegra-gart --kernel 6.1-arm-dma --api dma,direct,vfio --sessions 1 --lift cache-coherency "
                           "--unsafe-interrupts");
    INFO(run.text);
    CHECK(run.outcome("dma") == "refused at bind: ENOMEM");
    CHECK(run.outcome("direct") == "broken at isolation");
    CHECK_THAT(run.detail("direct", "stale"), contains_text("faults=2 reported=2 logged=2"));
    CHECK(run.outcome("vfio") == "refused at attach: EBUSY");
}

TEST_CASE("gart: a machine saved in the middle of DMA goes on in another QEMU, and every later step passes",
          "[linux-6.1][everywhere]")
{
    // With every entry of the table in use: the table is the block's own.
    const std::string api = GENERATE("dma", "aperture");
    const Run run = attach("tegra-gart --kernel 6.1 --sessions 2 --save-at dma --api " + api);
    INFO(run.text);
    CHECK(run.outcome(api) == "works");
}

// 6.12 has no driver for the block: it is 6.1's, adapted by guest-kernel-config/patches/6.12/forward/tegra-gart.
TEST_CASE("gart: carried forward to 6.12, the driver does there what it did in 6.1", "[linux-6.1][.thorough]")
{
    const Run run = attach("tegra-gart --kernel 6.12 --sessions 1 --api dma,direct,vfio,compat,iommufd,aperture");
    INFO(run.text);
    CHECK(run.outcome("dma") == "works");
    CHECK_THAT(run.detail("dma", "dma"), contains_text("failures=0 bypass"));

    // Step by step the verdict of 6.1.
    CHECK(run.verdict("direct") == "broken");
    CHECK(run.api("direct").at("at") == "isolation");
    CHECK_THAT(run.detail("direct", "attach"), contains_text("aperture=0x58000000-0x59ffffff page_sizes=0x1000"));
    CHECK_THAT(run.detail("direct", "isolation"), contains_text("canary memory is wrong"));
    CHECK_THAT(run.detail("direct", "readonly"), contains_text("read-only memory is wrong"));
    CHECK_THAT(run.detail("direct", "stale"), contains_text("faults=2 reported=2 logged=2"));
    CHECK(run.detail("direct", "detach") == "pinned=0");
    CHECK(run.outcome("aperture") == "works");
    CHECK_THAT(run.detail("aperture", "unmap"), contains_text("bytes=33554432"));

    // No .capable in gart_iommu_ops: vfio_register_group_dev() refuses the device for all three.
    for (const char *api : {"vfio", "compat", "iommufd"})
        CHECK(run.outcome(api) == "refused at bind: EINVAL");
}

TEST_CASE("gart: with every gate open iommufd cannot attach either, for the claim of 6.12 takes the one domain, too",
          "[linux-6.1][.thorough]")
{
    // iommufd_device_bind() asks for IOMMU_CAP_IOMMUFD, which the driver has not.
    const Run lifted = attach("tegra-gart --kernel 6.12 --api vfio,compat,iommufd --sessions 1 --lift cache-coherency "
                              "--unsafe-interrupts");
    INFO(lifted.text);
    CHECK(lifted.outcome("vfio") == "refused at attach: EBUSY");
    CHECK(lifted.outcome("compat") == "refused at attach: EOPNOTSUPP");
    CHECK(lifted.outcome("iommufd") == "refused at bind: EOPNOTSUPP");

    // __iommu_group_alloc_blocking_domain() gets no blocking domain of the driver and takes an empty unmanaged one, as
    // in 6.1; gart_iommu_attach_dev() refuses iommufd's own while that is active.
    const Run open = attach("tegra-gart --kernel 6.12 --api vfio,compat,iommufd --sessions 1 --lift cache-coherency "
                            "--unsafe-interrupts --no-cap-patch");
    INFO(open.text);
    for (const char *api : {"vfio", "compat", "iommufd"})
        CHECK(open.outcome(api) == "refused at attach: EBUSY");
}
