// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of /init that touch no kernel.
#include "catch.hpp"
#include "disk_pattern.hpp"
#include "fault_kinds.hpp"
#include "fault_log.hpp"
#include "interrupts.hpp"
#include "iova.hpp"
#include "page_set.hpp"
#include "records.hpp"
#include "scenario.hpp"
#include "text.hpp"

#include <array>
#include <cerrno>
#include <limits>

using namespace guest;

namespace
{

constexpr uint64_t page = 4096;
constexpr uint64_t everything = std::numeric_limits<uint64_t>::max();

KernelLine line(const std::string &text, uint64_t microseconds = 1000)
{
    return {1, microseconds, text};
}

} // namespace

TEST_CASE("a number is taken whole or not at all", "[guest]")
{
    CHECK(parse_number("42") == 42u);
    CHECK(parse_number("0x1f") == 0x1fu);
    CHECK_FALSE(parse_number("0x"));
    CHECK_FALSE(parse_number("12a"));
    CHECK_FALSE(parse_number(""));
    CHECK_FALSE(parse_number("99999999999999999999"));
}

TEST_CASE("the scenario is read off the command line among other words", "[guest]")
{
    const Scenario s = Scenario::parse("console=ttyAMA0 soc_iommu.api=iommufd soc_iommu.master=pci "
                                       "soc_iommu.sessions=2 soc_iommu.driver=apple-dart "
                                       "soc_iommu.step_timeout=9 iommu_lab.skip_cap=1\n");
    CHECK(s.error.empty());
    CHECK(s.api == "iommufd");
    CHECK(s.master == "pci");
    CHECK(s.sessions == 2);
    CHECK(s.driver == "apple-dart");
    CHECK(s.step_timeout == 9);
    CHECK_FALSE(s.shell);
}

TEST_CASE("a command line that makes no sense says which word", "[guest]")
{
    CHECK(Scenario::parse("soc_iommu.api=vfoi soc_iommu.master=pci").error.find("api=vfoi") !=
          std::string::npos);
    CHECK_FALSE(
        Scenario::parse("soc_iommu.api=vfio soc_iommu.master=pci soc_iommu.sessions=0").error.empty());
    CHECK_FALSE(Scenario::parse("soc_iommu.api=vfio soc_iommu.master=pci soc_iommu.later=1").error.empty());
    CHECK_FALSE(Scenario::parse("quiet").error.empty());
    CHECK(Scenario::parse("soc_iommu.shell=1").error.empty());
    CHECK(Scenario::parse("soc_iommu.shell=1 soc_iommu.rescan=1").rescan);
    CHECK_FALSE(Scenario::parse("soc_iommu.shell=1").rescan);
}

TEST_CASE("a boot can take several turns, each with its gates", "[guest]")
{
    const auto scenario = Scenario::parse("soc_iommu.turns=dma:,vfio:cu,iommufd:n soc_iommu.master=pci");
    CHECK(scenario.error.empty());
    REQUIRE(scenario.turns.size() == 3);
    CHECK((scenario.turns[0].api == "dma" && scenario.turns[0].gates.empty()));
    CHECK((scenario.turns[1].api == "vfio" && scenario.turns[1].gates == "cu"));
    CHECK((scenario.turns[2].api == "iommufd" && scenario.turns[2].gates == "n"));
    for (const char *bad : {"", "vfio", "vfio:x", "odd:c", "vfio:c,", ",vfio:c", "vfio:c,,dma:"}) {
        CAPTURE(bad);
        CHECK_FALSE(Scenario::parse(std::string("soc_iommu.master=pci soc_iommu.turns=") + bad).error.empty());
    }
}

TEST_CASE("the scenarios beyond the five APIs are known", "[guest]")
{
    for (const std::string api : {"sva", "dirty"}) {
        const Scenario s = Scenario::parse("soc_iommu.api=" + api + " soc_iommu.master=platform");
        CHECK(s.error.empty());
        CHECK(s.api == api);
    }
}

TEST_CASE("a set of pages has the form of a dirty bitmap and says which they are", "[guest]")
{
    PageSet pages(72, {1, 2, 63, 64, 71});
    CHECK(pages.words()[0] == 0x8000000000000006u);
    CHECK(pages.words()[1] == 0x81u);
    CHECK(pages.text() == "1,2,63,64,71");
    CHECK(PageSet(72).text() == "none");
    CHECK_FALSE(pages == PageSet(72, {1, 2, 63, 64}));
    pages.words()[1] = 1;
    CHECK(pages == PageSet(72, {1, 2, 63, 64}));
}

TEST_CASE("the kinds of a fault are numbers of the device, which may be any", "[guest]")
{
    using namespace fault_kind;
    CHECK(among(translation | terminated, 1));
    CHECK(among(translation | terminated, 10));
    CHECK_FALSE(among(translation | terminated, 2));
    CHECK_FALSE(among(translation | terminated, 0));
    CHECK_FALSE(among(~0u, 32));
    CHECK_FALSE(among(~0u, 0xffffffff));
}

TEST_CASE("a driver's interrupts are found by name, with chip and count", "[guest]")
{
    const std::string table = "           CPU0       CPU1\n"
                              " 11:       1513          7     GICv3  27 Level     arch_timer\n"
                              " 20:          2          1   ITS-MSI 1073741824 Edge      arm-smmu-v3-evtq\n"
                              " 21:          0          0   ITS-MSI 1073741825 Edge      arm-smmu-v3-gerror\n"
                              " 30:          4          0     GICv3 144 Level     apple-dart fault handler\n"
                              "IPI0:         9          8       Rescheduling interrupts\n";
    CHECK(interrupts_of(table, "arm_smmu_v3") == "arm-smmu-v3-evtq=ITS-MSI:3,arm-smmu-v3-gerror=ITS-MSI:0");
    CHECK(interrupts_of(table, "apple-dart") == "apple-dart=GICv3:4");
    CHECK(interrupts_of(table, "virtio_iommu").empty());
    CHECK(interrupts_of(table, "").empty());
    CHECK(interrupts_of("", "arm-smmu-v3").empty());
}

TEST_CASE("records have the form that the host reads", "[guest]")
{
    Records records;
    const StepName name = {"vfio", 2, "map"};
    CHECK(records.begin(name) == "# soc-iommu begin vfio 2 map");
    CHECK(records.result(name, {true, 0, ""}) == "ok 1 - vfio 2 map");
    CHECK(records.result(name, {true, 0, "iova=0x1000"}) == "ok 2 - vfio 2 map # iova=0x1000");
    CHECK(records.result(name, {false, EINVAL, "MAP_DMA"}) == "not ok 3 - vfio 2 map # errno=EINVAL MAP_DMA");
    CHECK(records.result(name, {false, 0, "differs"}) == "not ok 4 - vfio 2 map # differs");
    CHECK(records.plan() == "1..4");
}

TEST_CASE("a record is one line of bounded length", "[guest]")
{
    CHECK(one_line("a\nb\tc") == "a b c");
    CHECK(one_line(std::string(5000, 'x')).size() == record_limit);
}

TEST_CASE("the disk's sectors carry their number and no word twice", "[guest]")
{
    std::array<uint64_t, 2 *disk_words> words = {};
    disk_fill(7, words);
    CHECK(words[0] == 7);
    CHECK(words[disk_words] == 8);
    CHECK(words[1] == (7 * 64 + 1) * 0x9e3779b97f4a7c15u);
    CHECK(words[1] != words[disk_words + 1]);
}

TEST_CASE("an IOVA is aligned, has room beside it and avoids what it must", "[guest]")
{
    const IovaSpace space = {{{0, 0xffffffff}}, page};
    const std::vector<Range> ram = {{0x80000000, 0xbfffffff}};
    const auto iova = choose_iova(space, 7 * page, page, ram);
    REQUIRE(iova);
    CHECK(*iova % page == 0);
    const Range around = {*iova - page, *iova + 8 * page - 1};
    CHECK(space.ranges[0].contains(around.first));
    CHECK(space.ranges[0].contains(around.last));
    CHECK_FALSE(around.overlaps(ram[0]));
    CHECK(choose_iova(space, 7 * page, page, {{around.first, around.last}}) != iova);
}

TEST_CASE("an IOVA is found in small, odd and unlimited spaces", "[guest]")
{
    CHECK(choose_iova({{{0x58000000, 0x59ffffff}}, page}, 7 * page, page, {}));
    CHECK(choose_iova({{{0, everything}}, page}, 7 * page, page, {}));
    CHECK(choose_iova({{{0, 0x7ffffff}, {0x8100000, everything}}, page}, 7 * page, page, {}));
    CHECK_FALSE(choose_iova({{{0, 4 * page - 1}}, page}, 7 * page, page, {}));
    CHECK_FALSE(choose_iova({{{0, 0xffffffff}}, page}, 7 * page, page, {{0, everything}}));
}

TEST_CASE("addresses far inside and outside lie where their names say", "[guest]")
{
    const IovaSpace space = {{{0x10000, 0xffffffff}}, page};
    const auto far = far_inside(space, page, {{0xffff0000, 0xffffffff}});
    CHECK_FALSE(far);
    CHECK(far_inside(space, page, {}) == 0xffffe000u);
    CHECK(outside(space, page) == 0x100000000u);
    CHECK(outside({{{0x10000, everything}}, page}, page) == 0xf000u);
    CHECK_FALSE(outside({{{0, everything}}, page}, page));
    CHECK_FALSE(outside({{}, page}, page));
}

TEST_CASE("of the kernel log only the kernel's own records count", "[guest]")
{
    const auto parsed = parse_kernel_line("3,339,5140900,-;apple-dart x: hello\n SUBSYSTEM=platform\n");
    REQUIRE(parsed);
    CHECK(parsed->sequence == 339);
    CHECK(parsed->microseconds == 5140900);
    CHECK(parsed->text == "apple-dart x: hello");
    CHECK_FALSE(parse_kernel_line("12,340,5140901,-;ok 1 - vfio 1 bind\n")); // facility 1: user space
    CHECK_FALSE(parse_kernel_line("no record"));
}

TEST_CASE("a fault that apple-dart prints is understood", "[guest]")
{
    const auto faults = logged_faults(
        "apple-dart", {line("apple-dart b000000.iommu: translation fault: status:0x83000004 stream:3 "
                            "code:0x4 (READ FAULT) at 0x12345000"),
                       line("apple-dart b000000.iommu: DART [pagesize 4000]")});
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].address == 0x12345000);
    CHECK(faults[0].stream == 3u);
}

TEST_CASE("an event that arm-smmu-v3 dumps is understood", "[guest]")
{
    const auto faults =
        logged_faults("arm_smmu_v3", {line("arm-smmu-v3 9050000.smmuv3: event 0x10 received:"),
                                      line("arm-smmu-v3 9050000.smmuv3: \\x090x0000000800000010"),
                                      line("arm-smmu-v3 9050000.smmuv3: \\x090x0000020000000000"),
                                      line("arm-smmu-v3 9050000.smmuv3: \\x090x0000280000001000"),
                                      line("arm-smmu-v3 9050000.smmuv3: \\x090x0000000000000000")});
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].address == 0x280000001000);
    CHECK(faults[0].stream == 8u);
}

TEST_CASE("a fault that virtio-iommu prints is understood", "[guest]")
{
    const auto faults =
        logged_faults("virtio-iommu", {line("virtio_iommu virtio0: page fault from EP 8 at 0xa000 [W]")});
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].address == 0xa000);
    CHECK(faults[0].stream == 8u);
}

TEST_CASE("a fault that mtk_iommu_v1 prints is understood", "[guest]")
{
    const auto faults =
        logged_faults("mtk-iommu-v1",
                      {line("mtk-iommu-v1 b000000.iommu: fault type=0x1 iova=0x8001000 pa=0x0 larb=1 port=3"),
                       line("mtk-iommu-v1 b000000.iommu: bound b003000.larb (ops 0xc0a01234)")});
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].address == 0x8001000);
    CHECK(faults[0].stream == 14u);
}

TEST_CASE("a fault that omap-iommu prints is understood, with a table or without", "[guest]")
{
    const auto faults = logged_faults(
        "omap-iommu",
        {line("omap-iommu b000000.mmu: b000000.mmu: errs:0x00000002 da:0x10003000 pgd:0x(ptrval) *pgd:px00000000"),
         line("omap-iommu b000000.mmu: b000000.mmu: errs:0x00000002 da:0x10004000 pgd:0x(ptrval) *pgd:0x41a9c001 "
              "pte:0x(ptrval) *pte:0x00000000"),
         line("omap-iommu b000000.mmu: b000000.mmu: version 2.0")});
    REQUIRE(faults.size() == 2);
    CHECK(faults[0].address == 0x10003000);
    CHECK(faults[1].address == 0x10004000);
    CHECK_FALSE(faults[0].stream);
}

TEST_CASE("a driver that turns its interrupt off with the first fault is known", "[guest]")
{
    CHECK(reports_once("omap-iommu"));
    CHECK_FALSE(reports_once("mtk-iommu-v1"));
    CHECK_FALSE(driver_reports_faults("omap-iommu", 0x100000000));
}

TEST_CASE("a fault that tegra-mc prints is understood", "[guest]")
{
    const auto faults = logged_faults(
        "tegra-mc",
        {line("tegra-mc b000000.memory-controller: ppcsahbdmaw: write @0x58002000: GART page fault (EMEM "
              "decode error)"),
         line("tegra-mc b000000.memory-controller: ppcsahbdmar: read @0x50000000: EMEM address decode error "
              "(EMEM "
              "decode error)"),
         line(
             "tegra-mc b000000.memory-controller: other @0x1000: Security violation (TrustZone violation)")});
    REQUIRE(faults.size() == 2);
    CHECK(faults[0].address == 0x58002000);
    CHECK_FALSE(faults[0].stream);
    CHECK(faults[1].address == 0x50000000);
}

TEST_CASE("both lines are understood that tegra-mc prints of a page fault of its SMMU", "[guest]")
{
    const std::string mc = "tegra-mc b000000.memory-controller: ";
    const auto faults = logged_faults(
        "tegra-mc",
        {line(mc + "ppcsahbdmaw: write @0xfe056b40: EMEM address decode error (SMMU translation error [--S])"),
         line(mc + "ppcsahbdmaw: write @0xfe056b40: Page fault (SMMU translation error [--S])"),
         line(mc + "tsecswrb: secure write @0x00000000ffffbe00: Page fault (SMMU translation error [R--])"),
         line(mc + "hdar: read @0x1000: VPR violation (Carveout violation)")});
    REQUIRE(faults.size() == 3);
    CHECK(faults[0].address == 0xfe056b40);
    CHECK(faults[1].address == 0xfe056b40);
    CHECK(faults[2].address == 0xffffbe00);
}

TEST_CASE("a violation that fsl_pamu prints is understood", "[guest]")
{
    const auto faults = logged_faults(
        "fsl-of-pamu", {line("fsl-pamu: pamu_av_isr: access violation interrupt"),
                        line("fsl-pamu: pamu_av_isr: AVS1=00c10801"), line("fsl-pamu: pamu_av_isr: AVS2=00000000"),
                        line("fsl-pamu: pamu_av_isr: AVA=0000000f12345678"),
                        line("fsl-pamu: pamu_av_isr: POEA=0000000000000000")});
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].address == 0xf12345678);
    CHECK_FALSE(faults[0].stream);
}

TEST_CASE("a fault that msm_iommu prints is understood, each by its own lines", "[guest]")
{
    const std::vector<KernelLine> first = {line("msm_iommu: Unexpected IOMMU page fault!"),
                                           line("msm_iommu: Fault occurred in context 0."),
                                           line("msm_iommu: FAR    = 0ff00ffc    PAR    = 00000000"),
                                           line("msm_iommu: FSR    = 00010002 [TF SL ]"),
                                           line("msm_iommu: FSYNR0 = 0000001f    FSYNR1 = 00000140")};
    CHECK(logged_faults("msm_iommu", {first.begin(), first.begin() + 4}).empty());
    std::vector<KernelLine> both = first;
    both.push_back(line("msm_iommu: TTBR0  = 42e08002    TTBR1  = 00000000"));
    both.push_back(line("msm_iommu: FAR    = fffff000    PAR    = 00000000"));
    both.push_back(line("msm_iommu: FSR    = 00000008 [APF ]"));
    both.push_back(line("msm_iommu: FSYNR0 = 00000003    FSYNR1 = 00000140"));
    const auto faults = logged_faults("msm_iommu", both);
    REQUIRE(faults.size() == 2);
    CHECK(faults[0].address == 0xff00ffc);
    CHECK(faults[0].stream == 31u);
    CHECK(faults[1].address == 0xfffff000);
    CHECK(faults[1].stream == 3u);
    CHECK_FALSE(driver_reports_faults("msm_iommu", 0x100000000));
}

TEST_CASE("an unknown driver is not expected to print", "[guest]")
{
    CHECK(driver_reports_faults("virtio_iommu"));
    CHECK_FALSE(driver_reports_faults("sprd-iommu"));
    CHECK(driver_reports_faults("mtk-iommu-v1", 0xffffffff));
    CHECK_FALSE(driver_reports_faults("mtk-iommu-v1", 0x100000000));
    CHECK(driver_reports_faults("apple-dart", 0x100000000));
    CHECK(logged_faults("sprd-iommu", {line("translation fault: status:0x1 stream:1 x) at 0x1000")}).empty());
}

TEST_CASE("ten reports within five seconds excuse a missing one, nine do not", "[guest]")
{
    std::vector<LoggedFault> faults(9, {0, std::nullopt, 1'000'000});
    CHECK_FALSE(rate_limited(faults, 2'000'000));
    faults.push_back({0, std::nullopt, 1'500'000});
    CHECK(rate_limited(faults, 2'000'000));
    CHECK_FALSE(rate_limited(faults, 7'000'000));
}
