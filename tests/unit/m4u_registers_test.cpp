// Registers of the M4U that only hold what is written, its options, and its device tree.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/m4u_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

std::string refusal(const std::string &options)
{
    return soc::test::refusal("mtk-m4u-v1", options);
}

class Nodes {
public:
    explicit Nodes(const std::string &variant)
    {
        FakeHost host;
        const auto iommu = make_iommu(host, "mtk-m4u-v1", {{"variant", variant}});
        Placement placement;
        placement.regions = {0xb00'0000, 0xb00'1000, 0xb00'2000, 0xb00'3000, 0xb00'4000};
        placement.irqs = {{0, 112, 4}};
        placement.interrupt_parent = 7;
        placement.self = 9;
        placement.new_phandle = [next = 100u]() mutable { return next++; };
        tree_ = iommu->describe(placement);
    }
    std::vector<uint8_t> bytes(const std::string &path, const std::string &name) const
    {
        for (const DeviceTreeNode &node : tree_.nodes())
            if (node.path() == path)
                for (const DeviceTreeProperty &property : node.properties())
                    if (property.name == name)
                        return property.value;
        FAIL(path << " has no " << name);
        return {};
    }
    std::vector<uint32_t> cells(const std::string &path, const std::string &name) const
    {
        std::vector<uint32_t> list;
        const std::vector<uint8_t> value = bytes(path, name);
        for (size_t i = 0; i + 4 <= value.size(); i += 4)
            list.push_back(uint32_t(value[i]) << 24 | value[i + 1] << 16 | value[i + 2] << 8 | value[i + 3]);
        return list;
    }
    std::vector<std::string> strings(const std::string &path, const std::string &name) const
    {
        std::vector<std::string> list(1);
        for (uint8_t byte : bytes(path, name)) {
            if (byte)
                list.back() += char(byte);
            else
                list.emplace_back();
        }
        list.pop_back();
        return list;
    }
    size_t count() const { return tree_.nodes().size(); }

private:
    DeviceTree tree_;
};

using Cells = std::vector<uint32_t>;
using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("m4u: after the driver's probe its registers read back what it wrote")
{
    M4u m4u(M4u::redirected);
    CHECK(m4u.driver.read(M4uDriver::ctrl) == 0x140);
    CHECK(m4u.driver.read(M4uDriver::int_control) == 0xff);
    CHECK(m4u.driver.read(M4uDriver::ivrp_paddr) == M4u::protect);
    CHECK(m4u.driver.read(M4uDriver::dcm) == 2);
    CHECK(m4u.driver.read(M4uDriver::pt_base_addr) == M4u::pages);
    m4u.driver.write(M4uDriver::standard_axi_mode, 0x1234'5678);
    CHECK(m4u.driver.read(M4uDriver::standard_axi_mode) == 0x1234'5678);
}

TEST_CASE("m4u: a register has the bits of the table and no others")
{
    using D = M4uDriver;
    M4u m4u;
    const auto [offset, bits] = GENERATE(table<uint32_t, uint32_t>({
        {D::pt_base_addr, 0xffff'f000}, {D::ctrl, ~0u}, {D::ivrp_paddr, 0xffff'ff80}, {D::int_control, 0xff},
        {D::fault_st, 0}, {D::fault_va, 0}, {D::invld_pa, 0}, {D::int_id, 0}, {D::invalidate, 0},
        {D::invld_start, 0xffff'f000}, {D::invld_end, 0xffff'f000}, {D::inv_sel, 3}, {D::standard_axi_mode, ~0u},
        {D::dcm, ~0u}, {D::cpe_done, 0},
    }));
    CAPTURE(offset);
    m4u.driver.write(offset, ~0u);
    CHECK(m4u.driver.read(offset) == bits);
}

TEST_CASE("m4u: only the variants that there are")
{
    CHECK(refusal("variant=mt2701").empty());
    CHECK(refusal("variant=mt7623").empty());
    CHECK(refusal("variant=mt8173").find("mt2701|mt7623") != std::string::npos);
    CHECK(refusal("streams=3").find("streams") != std::string::npos);
}

TEST_CASE("m4u: it serves platform masters, by the number of their port")
{
    M4u m4u;
    CHECK(m4u.iommu->shape().pci_map.empty());
    CHECK(m4u.iommu->shape().address_bits == 32);
    CHECK(m4u.iommu->iommu_cells(43) == Cells{43});
}

TEST_CASE("m4u: its regions are the M4U, smi-common and three larbs")
{
    M4u m4u;
    REQUIRE(m4u.iommu->shape().regions.size() == 5);
    for (const Region &region : m4u.iommu->shape().regions)
        CHECK(region.size == 0x1000);
    CHECK(m4u.iommu->registers(5) == nullptr);
    CHECK(m4u.iommu->registers(~0u) == nullptr);
}

TEST_CASE("m4u: the nodes are those of the SoC's own device tree")
{
    const Nodes nodes("mt2701");
    CHECK(nodes.count() == 6);
    const std::string m4u = "/iommu@b000000", common = "/smi@b001000";
    const uint32_t clock = nodes.cells("/m4u-clock@b000000", "phandle").at(0);
    CHECK(nodes.strings("/m4u-clock@b000000", "compatible") == Strings{"fixed-clock"});
    CHECK(nodes.strings(m4u, "compatible") == Strings{"mediatek,mt2701-m4u"});
    CHECK(nodes.cells(m4u, "reg") == Cells{0, 0xb00'0000, 0, 0x1000});
    CHECK(nodes.cells(m4u, "interrupts") == Cells{0, 112, 4});
    CHECK(nodes.cells(m4u, "interrupt-parent") == Cells{7});
    CHECK(nodes.cells(m4u, "clocks") == Cells{clock});
    CHECK(nodes.strings(m4u, "clock-names") == Strings{"bclk"});
    CHECK(nodes.cells(m4u, "#iommu-cells") == Cells{1});
    CHECK(nodes.cells(m4u, "phandle") == Cells{9});
    CHECK(nodes.strings(common, "compatible") == Strings{"mediatek,mt2701-smi-common"});
    CHECK(nodes.cells(common, "reg") == Cells{0, 0xb00'1000, 0, 0x1000});
    CHECK(nodes.cells(common, "clocks") == Cells{clock, clock, clock});
    CHECK(nodes.strings(common, "clock-names") == Strings{"apb", "smi", "async"});
    Cells larbs;
    for (uint32_t larb = 0; larb < 3; ++larb) {
        const std::string path = "/larb@b00" + std::to_string(2 + larb) + "000";
        CHECK(nodes.strings(path, "compatible") == Strings{"mediatek,mt2701-smi-larb"});
        CHECK(nodes.cells(path, "reg") == Cells{0, 0xb00'2000 + larb * 0x1000, 0, 0x1000});
        CHECK(nodes.cells(path, "mediatek,larb-id") == Cells{larb});
        CHECK(nodes.cells(path, "mediatek,smi") == nodes.cells(common, "phandle"));
        CHECK(nodes.cells(path, "clocks") == Cells{clock, clock});
        CHECK(nodes.strings(path, "clock-names") == Strings{"apb", "smi"});
        larbs.push_back(nodes.cells(path, "phandle").at(0));
    }
    CHECK(nodes.cells(m4u, "mediatek,larbs") == larbs);
}

TEST_CASE("m4u: mt7623's nodes name it, and fall back to mt2701")
{
    const Nodes nodes("mt7623");
    CHECK(nodes.strings("/iommu@b000000", "compatible") == Strings{"mediatek,mt7623-m4u", "mediatek,mt2701-m4u"});
    CHECK(nodes.strings("/smi@b001000", "compatible") ==
          Strings{"mediatek,mt7623-smi-common", "mediatek,mt2701-smi-common"});
    CHECK(nodes.strings("/larb@b004000", "compatible") ==
          Strings{"mediatek,mt7623-smi-larb", "mediatek,mt2701-smi-larb"});
}
