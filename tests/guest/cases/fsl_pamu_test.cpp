// Verdicts for Freescale's PAMUs under Linux 6.12 on the ppce500, each from real boots. What is expected here is what
// was measured; the reason behind it is in the driver or core function named.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "attach.hpp"
#include "catch.hpp"

TEST_CASE("pamu: stock, the driver drives the PAMUs, and no PCI function comes behind them")
{
    // pcibios_init() (arch/powerpc/kernel/pci_32.c) finds the functions before iommu_subsys_init()
    // (drivers/iommu/iommu.c) listens for devices: both are subsys_initcalls, and the architecture's comes first.
    const Run run = attach("fsl-pamu --kernel 6.12 --sessions 1");
    INFO(run.text);
    for (const char *api : {"dma", "direct", "compat", "iommufd"}) {
        INFO(api);
        CHECK(run.verdict(api) == "refused");
        CHECK(run.api(api).at("at") == "probe");
    }
    CHECK_THAT(run.detail("direct", "probe"), contains_text("devices=fsl-of-pamu.0"));
    CHECK(run.verdict("vfio") == "unsupported");  // no type1 on PowerPC (drivers/vfio/Kconfig)
}

TEST_CASE("pamu: functions that are found again get a group; DMA passes, and a domain of one's own maps nothing",
          "[everywhere]")
{
    const Run run = attach("fsl-pamu --kernel 6.12 --sessions 2 --rescan");
    INFO(run.text);
    CHECK(run.outcome("dma") == "works");
    CHECK_THAT(run.detail("dma", "dma"), contains_text("translations="));
    // fsl_pamu_ops (drivers/iommu/fsl_pamu_domain.c) has neither .map_pages nor a page size.
    CHECK(run.verdict("direct") == "broken");
    CHECK(run.api("direct").at("at") == "map");
    CHECK_THAT(run.detail("direct", "attach"), contains_text("page_sizes=0x0"));
    CHECK(run.verdict("vfio") == "unsupported");
    // It reports cache coherency, and has not opted in to IOMMU_CAP_IOMMUFD.
    CHECK(run.outcome("compat") == "refused at attach: EOPNOTSUPP");
    CHECK(run.outcome("iommufd") == "refused at bind: EOPNOTSUPP");
}

TEST_CASE("pamu: under 6.1 it is the same, without iommufd", "[linux-6.1]")
{
    const Run stock = attach("fsl-pamu --kernel 6.1 --sessions 1 --api dma,direct");
    INFO(stock.text);
    for (const char *api : {"dma", "direct"}) {
        INFO(api);
        CHECK(stock.verdict(api) == "refused");
        CHECK(stock.api(api).at("at") == "probe");
    }
    const Run found = attach("fsl-pamu --kernel 6.1 --sessions 2 --rescan");
    INFO(found.text);
    CHECK(found.outcome("dma") == "works");
    CHECK(found.verdict("direct") == "broken");
    CHECK(found.api("direct").at("at") == "map");
    for (const char *api : {"vfio", "compat", "iommufd"})
        CHECK(found.verdict(api) == "unsupported");
}

TEST_CASE("pamu: with the capability skipped iommufd attaches a domain that can map nothing")
{
    const Run run = attach("fsl-pamu --kernel 6.12 --sessions 1 --api compat,iommufd --no-cap-patch "
                           "--unsafe-interrupts --rescan");
    INFO(run.text);
    for (const char *api : {"compat", "iommufd"}) {
        INFO(api);
        CHECK(run.verdict(api) == "broken");
        CHECK(run.api(api).at("at") == "map");
    }
}

TEST_CASE("pamu: a model that misplaces what is written is found out, at the first answer that a driver waits for")
{
    // Nothing can be mapped in a domain of one's own: isolation, readonly and stale have no step here. The unit tests
    // have them.
    const Run run = attach("fsl-pamu --kernel 6.12 --api dma --sessions 1 --rescan --mutation dma");
    INFO(run.text);
    CHECK(run.outcome("dma") == "refused at bind: ETIMEDOUT");
}
