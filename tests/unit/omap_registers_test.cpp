// Registers of TI's MMU that only hold what is written, its variants, and its device tree.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/omap_fixture.hpp"

using namespace soc;
using namespace soc::test;

using D = OmapDriver;

namespace {

std::string refusal(const std::string &options)
{
    return soc::test::refusal("omap-iommu", options);
}

// The value of a node's property, as text: strings as they are, cells in hexadecimal. "-": there is none.
std::string property(const std::string &options, const std::string &path, const std::string &name)
{
    FakeHost host;
    const auto iommu = make_iommu(host, "omap-iommu", parse_options(options));
    Placement placement;
    placement.regions = {0xb00'0000, 0xb00'1000};
    placement.irqs = {{0, 112, 4}};
    placement.interrupt_parent = 7;
    placement.self = 9;
    placement.new_phandle = [] { return 100u; };
    for (const DeviceTree tree = iommu->describe(placement); const DeviceTreeNode &node : tree.nodes())
        for (const DeviceTreeProperty &found : node.properties()) {
            if (node.path() != path || found.name != name)
                continue;
            if (name == "compatible")
                return std::string(found.value.begin(), found.value.end() - 1);
            std::string text;
            for (size_t i = 0; i + 4 <= found.value.size(); i += 4) {
                uint32_t cell = 0;
                for (size_t byte = i; byte < i + 4; ++byte)
                    cell = cell << 8 | found.value[byte];
                text += (i ? " " : "") + std::to_string(cell);
            }
            return text;
        }
    return "-";
}

}  // namespace

TEST_CASE("omap: each variant has its revision")
{
    const auto [options, revision] = GENERATE(table<std::string, uint32_t>({
        {"variant=omap2", 0x11}, {"variant=omap4", 0x20}, {"variant=dra7", 0x21}, {"variant=dra7-dsp", 0x30},
    }));
    CAPTURE(options);
    Omap omap(options);
    CHECK(omap.driver.read(D::revision) == revision);
}

TEST_CASE("omap: after the driver's attach its registers read back what it wrote")
{
    Omap omap;
    CHECK(omap.driver.read(D::ttb) == Omap::tables);
    CHECK(omap.driver.read(D::gp_reg) == 1);
    CHECK(omap.driver.read(D::irqenable) == 0x1e);
    CHECK(omap.driver.read(D::cntl) == (D::mmu_en | D::twl_en));
    omap.driver.detach();
    CHECK(omap.driver.read(D::cntl) == 0);
}

TEST_CASE("omap: a register has the bits of the table and no others")
{
    Omap omap;
    omap.iommu->reset();
    const auto [offset, bits] = GENERATE(table<uint32_t, uint32_t>({
        {D::revision, 0x20}, {D::sysstatus, 1}, {D::irqstatus, 0}, {D::irqenable, 0x1f}, {D::walking_st, 0},
        {D::cntl, 0xe}, {D::fault_ad, 0}, {D::ttb, 0xffff'ff80}, {D::lock, 0x7df0}, {D::ld_tlb, 0},
        {D::cam, 0xffff'f00f}, {D::ram, 0xffff'f3c0}, {D::gflush, 0}, {D::flush_entry, 0}, {D::read_cam, 0},
        {D::read_ram, 0}, {D::emu_fault_ad, 0}, {D::fault_pc, 0}, {D::fault_status, 0}, {D::gp_reg, 1},
    }));
    CAPTURE(offset);
    omap.driver.write(offset, ~0u);
    CHECK(omap.driver.read(offset) == bits);
}

TEST_CASE("omap: SYSCONFIG keeps its modes, and its reset is the whole MMU's")
{
    Omap omap;
    omap.map(Omap::iova, Omap::data);
    REQUIRE(omap.at(Omap::iova));
    omap.at(0);
    omap.host.run_deferred(*omap.iommu);
    omap.driver.write(D::sysconfig, ~0u & ~2u);
    CHECK(omap.driver.read(D::sysconfig) == 0x319);
    CHECK(omap.driver.report().causes == D::translation_fault);
    omap.driver.write(D::sysconfig, 2 | 1u << 3);
    CHECK(omap.driver.read(D::sysconfig) == 1u << 3);
    CHECK(omap.driver.read(D::sysstatus) == 1);
    CHECK(omap.driver.read(D::cntl) == 0);
    CHECK(omap.driver.read(D::ttb) == 0);
    CHECK(omap.driver.report().causes == 0);
    CHECK_FALSE(omap.host.line(0));
    CHECK(omap.driver.valid_entries().empty());
    CHECK(omap.at(Omap::iova) == Omap::iova);
}

TEST_CASE("omap: the older MMU lacks the later one's registers, and the DSP's the bus error")
{
    Omap old("variant=omap2"), dsp("variant=dra7-dsp");
    for (uint32_t offset : {D::fault_pc, D::fault_status, D::gp_reg}) {
        const unsigned before = old.host.logged("unknown register");
        CHECK(old.driver.read(offset) == 0);
        CHECK(old.host.logged("unknown register") == before + 1);
    }
    CHECK(dsp.driver.read(D::fault_status) == 0);
    CHECK(dsp.host.logged("unknown register") == 0);
    dsp.driver.read(D::gp_reg);
    CHECK(dsp.host.logged("unknown register") == 1);
}

TEST_CASE("omap: one region, and a second one with the DSP's switch")
{
    Omap plain, dsp("variant=dra7-dsp");
    CHECK(plain.iommu->shape().regions.size() == 1);
    CHECK(dsp.iommu->shape().regions.size() == 2);
    CHECK(plain.iommu->registers(1) == nullptr);
    CHECK(dsp.iommu->registers(2) == nullptr);
    CHECK(plain.iommu->registers(~0u) == nullptr);
}

TEST_CASE("omap: only what there is may be chosen")
{
    CHECK(refusal("variant=omap5").find("omap2|omap4|dra7|dra7-dsp") != std::string::npos);
    CHECK(refusal("tlb-entries=16").find("8|32") != std::string::npos);
    CHECK(refusal("variant=omap2,bus-err-back=on").find("has no such bit") != std::string::npos);
    CHECK(refusal("variant=dra7-dsp,bus-err-back=on").find("has no such bit") != std::string::npos);
    CHECK(refusal("variant=omap2,bus-err-back=off,tlb-entries=8").empty());
    CHECK(refusal("variant=dra7,bus-err-back=off").empty());
}

TEST_CASE("omap: the node is that of the SoC's own device tree")
{
    const std::string mmu = "/mmu@b000000";
    CHECK(property("", mmu, "compatible") == "ti,omap4-iommu");
    CHECK(property("", mmu, "reg") == "0 184549376 0 256");
    CHECK(property("", mmu, "interrupt-parent") == "7");
    CHECK(property("", mmu, "interrupts") == "0 112 4");
    CHECK(property("", mmu, "#iommu-cells") == "0");
    CHECK(property("", mmu, "phandle") == "9");
    CHECK(property("", mmu, "ti,#tlb-entries") == "-");
    CHECK(property("tlb-entries=8", mmu, "ti,#tlb-entries") == "8");
    CHECK(property("", mmu, "ti,iommu-bus-err-back") == "");
    CHECK(property("bus-err-back=off", mmu, "ti,iommu-bus-err-back") == "-");
    CHECK(property("variant=omap2", mmu, "ti,iommu-bus-err-back") == "-");
    CHECK(property("variant=omap2", mmu, "compatible") == "ti,omap2-iommu");
    CHECK(property("variant=dra7", mmu, "compatible") == "ti,dra7-iommu");
}

TEST_CASE("omap: the DSP's node leads to the switch of its subsystem")
{
    const std::string dsp = "variant=dra7-dsp", mmu = "/mmu@b000000", system = "/dsp_system@b001000";
    CHECK(property(dsp, mmu, "compatible") == "ti,dra7-dsp-iommu");
    CHECK(property(dsp, mmu, "ti,syscon-mmuconfig") == "100 0");
    CHECK(property(dsp, system, "compatible") == "syscon");
    CHECK(property(dsp, system, "phandle") == "100");
    CHECK(property(dsp, system, "reg") == "0 184553472 0 256");
    CHECK(property("", system, "compatible") == "-");
}
