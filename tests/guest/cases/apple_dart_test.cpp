// Verdicts for Apple's DART, each from real boots. What is expected here is what was measured; the reason behind it
// is in the driver or core function named.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "attach.hpp"
#include "catch.hpp"

namespace {

// vfio_register_group_dev() tests IOMMU_CAP_CACHE_COHERENCY, and apple-dart has no .capable (apple-dart.c,
// apple_dart_iommu_ops): the VFIO driver's probe fails before any of the three interfaces is reached.
void check_refused_by_coherency(const Run &run)
{
    for (const char *api : {"vfio", "compat", "iommufd"}) {
        INFO(api << "\n" << run.text);
        CHECK(run.outcome(api) == "refused at bind: EINVAL");
    }
    CHECK(run.status == 1);
}

}  // namespace

TEST_CASE("dart: 4K pages under a 4K kernel, stock: in-kernel users work, VFIO and iommufd are refused", "[everywhere]")
{
    const std::string master = GENERATE("pci", "platform");
    const Run run = attach("apple-dart --master " + master);
    INFO(run.text);
    CHECK(run.outcome("dma") == "works");
    CHECK(run.outcome("direct") == "works");
    CHECK(run.detail("dma", "dma").find("bypass") == std::string::npos);
    check_refused_by_coherency(run);
}

TEST_CASE("dart: with the coherency gate lifted the capability series refuses iommufd, not type1")
{
    const Run run = attach("apple-dart --api vfio,compat,iommufd --lift cache-coherency");
    INFO(run.text);
    CHECK(run.outcome("vfio") == "works");
    CHECK(run.outcome("compat") == "refused at attach: EOPNOTSUPP");
    CHECK(run.outcome("iommufd") == "refused at bind: EOPNOTSUPP");
    CHECK(run.api("iommufd").at("lifted") == nlohmann::json{"cache-coherency"});
}

TEST_CASE("dart: with the gate lifted and the series skipped all three interfaces work, three sessions each",
          "[everywhere]")
{
    const Run run = attach("apple-dart --api vfio,compat,iommufd --lift cache-coherency --no-cap-patch");
    INFO(run.text);
    for (const char *api : {"vfio", "compat", "iommufd"}) {
        CHECK(run.outcome(api) == "works");
        CHECK(run.detail(api, "detach", 3) == "pinned=0");
    }
    CHECK(run.status == 0);
    CHECK(run.api("iommufd").at("cap_patch") == false);
}

TEST_CASE("dart: a platform master without MSIs meets the interrupt gate next")
{
    // iommufd_device_bind() and vfio_iommu_type1_attach_group() want isolated MSIs; a platform device that has no
    // MSI domain has none (msi_device_has_isolated_msi()).
    const std::string common = "apple-dart --master platform --lift cache-coherency --no-cap-patch ";
    const Run refused = attach(common + "--api vfio,iommufd");
    INFO(refused.text);
    CHECK(refused.outcome("vfio") == "refused at attach: EPERM");
    CHECK(refused.outcome("iommufd") == "refused at bind: EPERM");

    const Run unsafe = attach(common + "--api vfio,compat,iommufd --unsafe-interrupts");
    INFO(unsafe.text);
    for (const char *api : {"vfio", "compat", "iommufd"})
        CHECK(unsafe.outcome(api) == "works");
}

TEST_CASE("dart: 16K pages under a 4K kernel with bypass: DMA passes untranslated, nothing else attaches")
{
    // apple_dart_def_domain_type() chooses identity; apple_dart_domain_alloc_paging() refuses the page size.
    const Run run = attach("apple-dart -o page-size=16k --sessions 1");
    INFO(run.text);
    CHECK(run.outcome("dma") == "works");
    CHECK_THAT(run.detail("dma", "dma"), contains_text("bypass"));
    CHECK_THAT(run.detail("dma", "probe"), contains_text("type=identity"));
    CHECK(run.outcome("direct") == "refused at attach: EINVAL");
    check_refused_by_coherency(run);
}

TEST_CASE("dart: 16K pages under a 4K kernel without bypass: no group, and a warning before any bind")
{
    const Run run = attach("apple-dart -o page-size=16k -o bypass=off --sessions 1");
    INFO(run.text);
    for (const char *api : {"dma", "direct", "vfio", "compat", "iommufd"}) {
        INFO(api);
        CHECK(run.verdict(api) == "refused");
        CHECK(run.api(api).at("at") == "probe");
        REQUIRE_FALSE(run.api(api).at("kernel_warnings").empty());
        CHECK_THAT(run.api(api).at("kernel_warnings")[0].get<std::string>(),
                   contains_text("iommu_setup_default_domain"));
    }
    CHECK(run.status == 1);
}

TEST_CASE("dart: 16K pages under a 16K kernel behave as 4K under 4K", "[.thorough]")
{
    const Run stock = attach("apple-dart -o page-size=16k --page-size 16k");
    INFO(stock.text);
    CHECK(stock.outcome("dma") == "works");
    CHECK(stock.outcome("direct") == "works");
    check_refused_by_coherency(stock);
    CHECK(stock.api("dma").at("page_size") == 16384);

    const Run lifted = attach("apple-dart -o page-size=16k --page-size 16k --lift cache-coherency --no-cap-patch "
                              "--api vfio,compat,iommufd");
    INFO(lifted.text);
    for (const char *api : {"vfio", "compat", "iommufd"})
        CHECK(lifted.outcome(api) == "works");
}

TEST_CASE("dart: the variants with 16K pages only are driven by the same driver, and a 4K kernel bypasses them")
{
    const std::string variant = GENERATE("t6000", "t8110");
    const Run run = attach("apple-dart -o variant=" + variant + " --sessions 1 --api dma,direct");
    INFO(run.text);
    CHECK(run.outcome("dma") == "works");
    CHECK_THAT(run.detail("dma", "dma"), contains_text("bypass"));
    CHECK(run.outcome("direct") == "refused at attach: EINVAL");
}

TEST_CASE("dart: the variants with 16K pages only translate for a kernel with 16K pages", "[.thorough]")
{
    const std::string variant = GENERATE("t6000", "t8110");
    const Run run = attach("apple-dart -o variant=" + variant + " --page-size 16k --api dma,direct");
    INFO(run.text);
    CHECK(run.outcome("dma") == "works");
    CHECK(run.outcome("direct") == "works");
}

TEST_CASE("dart: a platform master behind two blocks is translated and refused by both", "[everywhere]")
{
    // One domain is set up in both (apple_dart_attach_dev_paging() walks the master's streams).
    const Run run = attach("apple-dart --master platform --instances 2 --api direct,vfio --lift cache-coherency "
                           "--unsafe-interrupts");
    INFO(run.text);
    for (const char *api : {"direct", "vfio"}) {
        CHECK(run.outcome(api) == "works");
        CHECK_THAT(run.detail(api, "probe"), contains_text(","));
        for (const char *port : {"port=0 stream=0x3", "port=1 stream=0x5"})
            CHECK_THAT(run.detail(api, "dma"), contains_text(port));
    }
}

TEST_CASE("dart: a driver without TLB invalidation is found out at the step that looks for stale translations")
{
    const Run run = attach("apple-dart --api direct --sessions 1" + changed_drivers);
    INFO(run.text);
    CHECK(run.verdict("direct") == "broken");
    CHECK(run.api("direct").at("at") == "stale");
}

TEST_CASE("dart: each way of breaking the model turns its step red")
{
    const std::string mutation = GENERATE("dma", "isolation", "readonly", "stale");
    check_mutation(attach("apple-dart --api direct --sessions 1 --mutation " + mutation), "direct", mutation);
}

TEST_CASE("dart: a kernel that skips the capability's check gives the verdicts of one built without the series")
{
    const std::string common = "apple-dart --sessions 1 --lift cache-coherency ";
    const Run skipped = attach(common + "--no-cap-patch");
    const Run without = attach(common + "--no-cap-series");
    INFO(skipped.text << without.text);
    for (const char *api : {"dma", "direct", "vfio", "compat", "iommufd"}) {
        INFO(api);
        CHECK(skipped.outcome(api) == without.outcome(api));
        CHECK(skipped.api(api).at("steps").size() == without.api(api).at("steps").size());
        CHECK(skipped.api(api).at("cell") == without.api(api).at("cell"));
    }
    // The check is there to be skipped: with it the verdict is another.
    CHECK(attach(common + "--api iommufd").outcome("iommufd") != without.outcome("iommufd"));
}

TEST_CASE("dart: a machine saved in the middle of DMA goes on in another QEMU, and every later step passes",
          "[everywhere]")
{
    const auto [arguments, api] = GENERATE(table<std::string, std::string>({
        {"--master platform --api dma --save-at dma", "dma"},  // dmatest is copying through pl330
        {"--api direct --save-at isolation", "direct"},
        {"--api vfio --lift cache-coherency --save-at map", "vfio"},
    }));
    const Run run = attach("apple-dart --sessions 2 " + arguments);
    INFO(run.text);
    CHECK(run.outcome(api) == "works");
}

TEST_CASE("dart: under 6.1 the gates are fewer: coherency refuses VFIO, and lifted it works, there is no iommufd",
          "[linux-6.1]")
{
    const Run stock = attach("apple-dart --kernel 6.1 --sessions 1");
    INFO(stock.text);
    CHECK(stock.outcome("dma") == "works");
    CHECK_THAT(stock.detail("dma", "dma"), !contains_text("bypass"));
    CHECK(stock.outcome("direct") == "works");
    // vfio_group_find_or_alloc() asks for IOMMU_CAP_CACHE_COHERENCY.
    CHECK(stock.outcome("vfio") == "refused at bind: EINVAL");
    CHECK(stock.outcome("compat") == "unsupported");
    CHECK(stock.outcome("iommufd") == "unsupported");
    CHECK_THAT(stock.text, contains_text("/dev/iommu"));

    // Isolated MSIs are a matter of the machine there, not of the device (irq_domain_check_msi_remap()): a platform
    // master passes that gate, because the board's only MSI domains are the ITS's.
    const Run lifted = attach("apple-dart --kernel 6.1 --master platform --api vfio --sessions 2 "
                              "--lift cache-coherency");
    INFO(lifted.text);
    CHECK(lifted.outcome("vfio") == "works");
    CHECK(lifted.detail("vfio", "detach", 2) == "pinned=0");
}

TEST_CASE("dart: two domains are apart; addresses beyond a domain are taken, physical ones beyond an entry are not")
{
    // iommu_map() does not look at the aperture, and neither does dart_map_pages(), which takes an index out of
    // the address's lower bits. Of a physical address it warns.
    const std::string master = GENERATE("pci", "platform");
    const Run run = attach("apple-dart --api limits --sessions 1 --master " + master);
    INFO(run.text);
    CHECK(run.outcome("limits") == "broken at outside");
    CHECK_THAT(run.detail("limits", "second"), contains_text("apart"));
    CHECK_THAT(run.detail("limits", "outside"), contains_text("a mapping at 0x100000000"));
    CHECK_THAT(run.detail("limits", "physical"), contains_text("0x800000000=ok 0x1000000000=ERANGE"));
    REQUIRE(run.api("limits").at("kernel_warnings").size() == 1);
    CHECK_THAT(run.api("limits").at("kernel_warnings")[0].get<std::string>(), contains_text("dart_map_pages"));
}
