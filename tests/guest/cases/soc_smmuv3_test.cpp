// Verdicts for soc-smmuv3, each from real boots. The reason behind a refusal is in the driver or core function named.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <fstream>
#include <sstream>

#include "attach.hpp"
#include "catch.hpp"

namespace {

const char *const five[] = {"dma", "direct", "vfio", "compat", "iommufd"};

void check_all_work(const Run &run)
{
    for (const auto &cell : run.cells) {
        INFO(cell.at("api"));
        CHECK(run.outcome(cell.at("api")) == "works");
    }
    CHECK(run.status == 0);
}

std::string console_of(const Run &run, const std::string &api)
{
    std::ifstream in(run.api(api).at("log").get<std::string>(), std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    REQUIRE_FALSE(text.str().empty());
    return text.str();
}

void check_five(const std::string &master, const std::string &page)
{
    const Run run = attach("soc-smmuv3 --unsafe-interrupts --master " + master + " --page-size " + page);
    INFO(run.text);
    for (const char *api : five) {
        INFO(api);
        CHECK(run.outcome(api) == "works");
        CHECK(run.api(api).at("kernel_warnings").empty());
    }
    CHECK(run.status == 0);
    CHECK_THAT(run.detail("dma", "dma"), !contains_text("bypass"));
    CHECK(run.detail("iommufd", "detach", 3) == "pinned=0");
}

// A SMMU with no other granule.
void check_one_granule(const std::string &page)
{
    const Run run = attach("soc-smmuv3 --api dma,direct,iommufd --sessions 1 --page-size " + page + " -o granules=" +
                           page);
    INFO(run.text);
    check_all_work(run);
}

void check_sva(const std::string &kernel)
{
    const Run run = attach("soc-smmuv3 --api sva --master platform --page-size " + kernel);
    INFO(run.text);
    CHECK(run.outcome("sva") == "works");
    for (int session = 1; session <= 3; ++session) {
        const std::string detail = run.detail("sva", "dma", session);
        CHECK_THAT(detail, contains_text("pins=0"));
        CHECK_THAT(detail, !contains_text("held=0"));
        CHECK_THAT(detail, contains_text("translations="));
    }
    CHECK_THAT(run.detail("sva", "stale"), contains_text("kind=terminated"));
    CHECK(run.api("sva").at("kernel_warnings").empty());
}

void check_dirty_of_mended_driver(const std::string &arguments)
{
    const Run run = attach("soc-smmuv3 --api dirty " + arguments + changed_drivers);
    INFO(run.text);
    CHECK(run.outcome("dirty") == "works");
    CHECK_THAT(run.detail("dirty", "attach"), contains_text("dirty-tracking=yes"));
    for (int session = 1; session <= 3; ++session)
        CHECK_THAT(run.detail("dirty", "dma", session), contains_text("written=1,2,5,63,64,71 then=0,5,64"));
    CHECK(run.detail("dirty", "detach", 3) == "pinned=0");
}

}  // namespace

TEST_CASE("smmuv3: every API works for PCI and platform masters")
{
    check_five(GENERATE("pci", "platform"), "4k");
}

TEST_CASE("smmuv3: under kernels with 16K and 64K pages everything works as under one with 4K", "[.thorough]")
{
    const std::string pages = GENERATE("16k", "64k");
    check_five("pci", pages);
    check_five("platform", pages);
    check_one_granule(pages);
}

TEST_CASE("smmuv3: with 64K pages SVA and dirty tracking are as with 4K", "[.thorough]")
{
    check_sva("64k");
    check_dirty_of_mended_driver("--master pci --page-size 64k");
}

TEST_CASE("smmuv3: with 16K pages SVA works once the driver limits the size of addresses", "[.thorough]")
{
    // As it is, the driver's context descriptor is no good to three of four processes: see the patch.
    check_sva("16k --kernel-patch " SOC_IOMMU_SOURCE_ROOT "/tests/guest/patches/6.12/arm-smmu-v3-sva-limit-ips.patch");
}

TEST_CASE("smmuv3: with the defaults the driver finds every feature that it knows", "[everywhere]")
{
    // arm_smmu_device_hw_probe(). Not there: TT_BE and SEV, which nothing here has; STALL_FORCE; BTM, which the
    // driver has no use for; E2H, which wants a kernel that runs at EL2.
    const Run run = attach("soc-smmuv3 --api direct --sessions 1");
    INFO(run.text);
    CHECK(run.outcome("direct") == "works");
    CHECK_THAT(console_of(run, "direct"), contains_text("ias 52-bit, oas 52-bit (features 0x007adfb7)"));
}

TEST_CASE("smmuv3: without unsafe interrupts a PCI function attaches, a platform device meets the interrupt gate",
          "[everywhere]")
{
    const Run pci = attach("soc-smmuv3 --sessions 1");
    INFO(pci.text);
    check_all_work(pci);

    // As for any platform master without an MSI domain: msi_device_has_isolated_msi().
    const Run platform = attach("soc-smmuv3 --master platform --sessions 1");
    INFO(platform.text);
    CHECK(platform.outcome("dma") == "works");
    CHECK(platform.outcome("direct") == "works");
    CHECK(platform.outcome("vfio") == "refused at attach: EPERM");
    CHECK(platform.outcome("iommufd") == "refused at bind: EPERM");
}

TEST_CASE("smmuv3: an incoherent SMMU serves the kernel, and VFIO refuses its devices")
{
    // arm_smmu_capable(): IOMMU_CAP_CACHE_COHERENCY comes from the dma-coherent property.
    const std::string master = GENERATE("pci", "platform");
    const Run run = attach("soc-smmuv3 -o coherent=off --unsafe-interrupts --sessions 1 --master " + master);
    INFO(run.text);
    CHECK(run.outcome("dma") == "works");
    CHECK(run.outcome("direct") == "works");
    for (const char *api : {"vfio", "compat", "iommufd"}) {
        INFO(api);
        CHECK(run.outcome(api) == "refused at bind: EINVAL");
    }
    CHECK(run.status == 1);
}

TEST_CASE("smmuv3: the capability's check makes no difference to a driver that has opted in")
{
    // Patch 2 of the series; the five APIs with the check in force are the cases above.
    const Run run = attach("soc-smmuv3 --api vfio,compat,iommufd --sessions 1 --no-cap-patch");
    INFO(run.text);
    check_all_work(run);
}

TEST_CASE("smmuv3: the DMA API works strict and lazy")
{
    const std::string master = GENERATE("pci", "platform");
    const auto [word, type] = GENERATE(table<std::string, std::string>({
        {"iommu.strict=1", "type=DMA"},
        {"iommu.strict=0", "type=DMA-FQ"},
    }));
    const Run run = attach("soc-smmuv3 --api dma --master " + master + " --append " + word);
    INFO(run.text);
    CHECK(run.outcome("dma") == "works");
    const std::string probe = run.detail("dma", "probe");
    CHECK(probe.substr(probe.rfind(' ') + 1) == type);
    CHECK_THAT(run.detail("dma", "dma"), !contains_text("bypass"));
}

TEST_CASE("smmuv3: events and CMD_SYNC come as messages, or not, as asked", "[everywhere]")
{
    // With IDR0.MSI and coherent tables the driver waits for the word that CMD_SYNC writes, and for nothing else
    // (arm_smmu_cmdq_poll_until_msi()); were it not written, each command would end in a time-out. Events arrive:
    // `isolation` fails where the driver prints none.
    struct {
        const char *arguments, *interrupt;
    } const cases[] = {
        {"", "arm-smmu-v3-evtq=ITS-"},
        {"--append arm_smmu_v3.disable_msipolling=1", "arm-smmu-v3-evtq=ITS-"},
        {"-o msi=off", "arm-smmu-v3-evtq=GIC"},
        {"-o coherent=off", "arm-smmu-v3-evtq=ITS-"},
    };
    for (const auto &[arguments, interrupt] : cases) {
        const Run run = attach(std::string("soc-smmuv3 --api direct ") + arguments);
        INFO(arguments << "\n" << run.text);
        CHECK(run.outcome("direct") == "works");
        CHECK_THAT(run.detail("direct", "probe"), contains_text(interrupt));
        CHECK_THAT(run.detail("direct", "isolation"), !contains_text("logged=0"));
        CHECK_THAT(console_of(run, "direct"), !contains_text("CMD_SYNC timeout"));
    }
}

namespace {
void check_with_less(const std::string &options)
{
    const Run run = attach("soc-smmuv3 --api direct,iommufd --sessions 2 " + options);
    INFO(run.text);
    check_all_work(run);
}
}  // namespace

TEST_CASE("smmuv3: with any one of its sizes smaller the driver does with less, and everything still works")
{
    check_with_less(GENERATE("-o oas=48", "-o oas=44", "-o oas=40", "-o sid-bits=8", "-o sid-bits=6 -o strtab-levels=1",
                             "-o ssid-bits=0", "-o ssid-bits=4", "-o asid-bits=8", "-o vmid-bits=8", "-o vax=off",
                             "-o granules=4k+64k"));
}

TEST_CASE("smmuv3: without any one of its features the driver does with less, and everything still works")
{
    check_with_less(GENERATE("-o stages=1", "-o stages=2", "-o stall=off", "-o httu=0", "-o httu=1", "-o ats=off",
                             "-o pri=off", "-o ril=off", "-o fwb=off", "-o hyp=off"));
}

TEST_CASE("smmuv3: one granule is enough for a kernel of that page size")
{
    check_one_granule("4k");
}

TEST_CASE("smmuv3: forced stalls end where the master cannot wait")
{
    const Run run = attach("soc-smmuv3 --master platform --unsafe-interrupts --api direct,vfio -o stall=forced");
    INFO(run.text);
    check_all_work(run);
}

TEST_CASE("smmuv3: options that exclude each other are wrong usage, with the reason")
{
    struct {
        const char *arguments, *names;
    } const cases[] = {
        {"-o granules=4k -o oas=52", "64k"},
        {"-o granules=8k", "4k, 16k and 64k"},
        {"-o stages=2 -o ssid-bits=8", "stages=2"},
        {"-o coherent=off -o httu=2", "coherent=off"},
        {"-o ats=off -o pri=on", "ATS"},
        {"-o stages=3", "nested"},
        {"-o colour=red", "ssid-bits"},
        {"--api usb", "sva, dirty"},
    };
    for (const auto &[arguments, names] : cases) {
        const Output output = command(std::string("attach soc-smmuv3 ") + arguments);
        INFO(arguments << "\n" << output.text);
        CHECK(output.status == 2);
        CHECK_THAT(output.text, contains_text(names));
    }
}

TEST_CASE("smmuv3: SVA works: the device writes memory that the process never touched, and nothing is pinned",
          "[everywhere]")
{
    check_sva("4k");
}

TEST_CASE("smmuv3: SVA is refused to a PCI function: the driver serves no page requests")
{
    // arm_smmu_dev_enable_feature(), IOMMU_DEV_FEAT_IOPF: arm_smmu_master_iopf_supported() knows stall only.
    const Run run = attach("soc-smmuv3 --api sva --master pci");
    INFO(run.text);
    CHECK(run.outcome("sva") == "refused at attach: EINVAL");
    CHECK_THAT(run.detail("sva", "attach"), contains_text("IOMMU_DEV_FEAT_IOPF"));
    CHECK(run.status == 1);
}

TEST_CASE("smmuv3: SVA is refused where the SMMU lacks what it takes")
{
    // The first without stall; the others pass that and fail in arm_smmu_sva_supported() or for want of substreams.
    const auto [option, feature] = GENERATE(table<std::string, std::string>({
        {"stall=off", "IOMMU_DEV_FEAT_IOPF"},
        {"ssid-bits=0", "IOMMU_DEV_FEAT_SVA"},
        {"oas=48", "IOMMU_DEV_FEAT_SVA"},
        {"asid-bits=8", "IOMMU_DEV_FEAT_SVA"},
        {"coherent=off", "IOMMU_DEV_FEAT_SVA"},
    }));
    const Run run = attach("soc-smmuv3 --api sva --master platform -o " + option);
    INFO(option << "\n" << run.text);
    CHECK(run.outcome("sva") == "refused at attach: EINVAL");
    CHECK_THAT(run.detail("sva", "attach"), contains_text(feature));
}

TEST_CASE("smmuv3: dirty tracking misses pages that are written again, as the driver does not invalidate them",
          "[everywhere]")
{
    // iopt_read_and_clear_dirty() syncs a gather whose pgsize nobody set (iommu_dirty_bitmap_record()), and
    // arm_smmu_iotlb_sync() returns at once for such a one: the TLB keeps the pages as dirty already.
    const Run run = attach("soc-smmuv3 --api dirty --sessions 1");
    INFO(run.text);
    CHECK(run.outcome("dirty") == "broken at dma");
    CHECK_THAT(run.detail("dirty", "dma"), contains_text("after the second writes"));
}

TEST_CASE("smmuv3: with that driver mended dirty tracking reports the pages that the device wrote, and only those")
{
    check_dirty_of_mended_driver(GENERATE("--master pci", "--master platform --unsafe-interrupts"));
}

TEST_CASE("smmuv3: dirty tracking is refused where hardware does not update the dirty state")
{
    // arm_smmu_dbm_capable(), and for stage 2 arm_smmu_domain_finalise().
    const std::string option = GENERATE("httu=0", "httu=1", "stages=2");
    const Run run = attach("soc-smmuv3 --api dirty -o " + option);
    INFO(option << "\n" << run.text);
    CHECK(run.outcome("dirty") == "refused at attach: EOPNOTSUPP");
}

TEST_CASE("smmuv3: each way of breaking the model turns its step red")
{
    const std::string mutation = GENERATE("dma", "isolation", "readonly", "stale");
    check_mutation(attach("soc-smmuv3 --api direct --sessions 1 --mutation " + mutation), "direct", mutation);
}

TEST_CASE("smmuv3: a machine saved in the middle goes on in another QEMU, and every later step passes", "[everywhere]")
{
    const auto [arguments, api] = GENERATE(table<std::string, std::string>({
        {"--api direct --save-at isolation", "direct"},
        {"--api vfio --save-at map", "vfio"},
        {"--master platform --api dma --save-at dma", "dma"},
        {"--master platform --api sva --save-at dma", "sva"},
        {"--api dirty --save-at dma" + changed_drivers, "dirty"},
    }));
    const Run run = attach("soc-smmuv3 --sessions 2 " + arguments);
    INFO(run.text);
    CHECK(run.outcome(api) == "works");
}

TEST_CASE("smmuv3: under 6.1 everything works that there is: no iommufd, and so no dirty tracking", "[linux-6.1]")
{
    const Run pci = attach("soc-smmuv3 --kernel 6.1 --sessions 1 --api dma,direct,vfio,compat,iommufd,dirty");
    INFO(pci.text);
    for (const char *api : {"dma", "direct", "vfio"})
        CHECK(pci.outcome(api) == "works");
    for (const char *api : {"compat", "iommufd", "dirty"})
        CHECK(pci.outcome(api) == "unsupported");
    // Less than under 6.12 by ATTR_TYPES_OVR, HA and HD, which that driver does not know.
    CHECK_THAT(console_of(pci, "direct"), contains_text("ias 52-bit, oas 52-bit (features 0x000adfb7)"));
    CHECK(pci.status == 0);

    // No interrupt gate either: see the DART under 6.1.
    const Run platform = attach("soc-smmuv3 --kernel 6.1 --sessions 2 --master platform --api vfio,sva");
    INFO(platform.text);
    check_all_work(platform);
    CHECK_THAT(platform.detail("sva", "dma"), contains_text("pins=0"));
}
