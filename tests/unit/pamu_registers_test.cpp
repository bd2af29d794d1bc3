// Registers of the PAMUs that only hold what is written, their byte order, the options, and the device tree.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/pamu_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

std::string refusal(const std::string &options)
{
    FakeHost host;
    try {
        make_iommu(host, "fsl-pamu", parse_options(options));
    } catch (const OptionError &error) {
        return error.what();
    }
    return "";
}

std::vector<uint8_t> property(const DeviceTree &tree, const std::string &path, const std::string &name)
{
    for (const DeviceTreeNode &node : tree.nodes())
        if (node.path() == path)
            for (const DeviceTreeProperty &property : node.properties())
                if (property.name == name)
                    return property.value;
    FAIL(path << " has no " << name);
    return {};
}

using Bytes = std::vector<uint8_t>;

Bytes cells(std::initializer_list<uint32_t> values)
{
    Bytes bytes;
    for (uint32_t value : values)
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes.push_back(uint8_t(value >> shift));
    return bytes;
}

}  // namespace

TEST_CASE("pamu: after the driver's probe its registers read back what it wrote")
{
    Pamu pamu;
    using D = PamuDriver;
    for (unsigned of = 0; of < 5; ++of) {
        CHECK(pamu.driver.read(D::ppbal, of) == Pamu::tables);
        CHECK(pamu.driver.read(D::pplal, of) == Pamu::tables + 0x14000);
        CHECK(pamu.driver.read(D::olal, of) - pamu.driver.read(D::obal, of) == 0x800);
        CHECK(pamu.driver.read(D::pc, of) == 0x4000'1011);
        CHECK(pamu.driver.read(D::pics, of) == 4);
    }
    CHECK(pamu.driver.in_be32(D::guts, D::pamubypenr) == 0);
}

TEST_CASE("pamu: a register has the bits of the table and no others")
{
    using D = PamuDriver;
    Pamu pamu;
    const auto [offset, bits] = GENERATE(table<uint32_t, uint32_t>({
        {D::ppbah, ~0u}, {D::ppbal, ~0u}, {D::pplah, ~0u}, {D::pplal, ~0u}, {D::spbah, ~0u}, {D::splal, ~0u},
        {D::obah, ~0u}, {D::olal, ~0u}, {D::poes1, 0}, {D::poes2, 0}, {D::poeah, 0}, {D::poeal, 0}, {D::avs1, 0},
        {D::avs2, 0}, {D::avah, 0}, {D::aval, 0}, {D::eectl, ~0u}, {D::eedis, ~0u}, {D::eeinten, ~0u}, {D::eedet, 0},
        {0x70, 0}, {0x74, 0}, {0x78, 0}, {0x7c, 0}, {0x80, 0}, {0x84, 0},
        {D::udad, 0}, {D::pr1, 0}, {D::pr2, 0}, {D::pc1, 0}, {D::pc2, 0x0fff'0000}, {D::pc3, 0x00e0'0000},
        {D::pc4, 0}, {D::pc, 0xc000'1011}, {D::pics, 4},
    }));
    CAPTURE(offset);
    pamu.driver.write(offset, ~0u, 4);
    CHECK(pamu.driver.read(offset, 4) == bits);
}

TEST_CASE("pamu: PAMUBYPENR has a bit for each PAMU, from the highest on, all of them set by reset")
{
    Pamu pamu("pamus=3");
    using D = PamuDriver;
    pamu.driver.out_be32(D::guts, D::pamubypenr, ~0u);
    CHECK(pamu.driver.in_be32(D::guts, D::pamubypenr) == 0xe000'0000);
    pamu.driver.out_be32(D::guts, D::pamubypenr, 0);
    CHECK(pamu.driver.in_be32(D::guts, D::pamubypenr) == 0);
    pamu.iommu->reset();
    CHECK(pamu.driver.in_be32(D::guts, D::pamubypenr) == 0xe000'0000);
}

TEST_CASE("pamu: the first byte of a register is its highest")
{
    Pamu pamu;
    pamu.driver.write(PamuDriver::ppbah, 0x1122'3344);
    pamu.driver.write(PamuDriver::ppbal, 0x5566'7788);
    CHECK(pamu.iommu->mmio_read(0, 0, 1) == 0x11);
    CHECK(pamu.iommu->mmio_read(0, 3, 1) == 0x44);
    CHECK(pamu.iommu->mmio_read(0, 2, 2) == 0x4433);  // the bytes 33 44, as a little-endian number
    CHECK(pamu.iommu->mmio_read(0, 0, 8) == 0x8877'6655'4433'2211);
    CHECK(pamu.iommu->mmio_read(0, 1, 2) == 0);  // unaligned
    pamu.iommu->mmio_write(0, 0, 0x0102'0304'0506'0708, 8);
    CHECK(pamu.driver.read(PamuDriver::ppbah) == 0x0807'0605);
    CHECK(pamu.driver.read(PamuDriver::ppbal) == 0x0403'0201);
}

TEST_CASE("pamu: only the options that there are")
{
    CHECK(refusal("pamus=16,pci-liodn=4095,subwindows=65536,entry-cache=on").empty());
    CHECK(refusal("pamus=17").find("1..16") != std::string::npos);
    CHECK(refusal("subwindows=100").find("power of two") != std::string::npos);
    CHECK(refusal("liodn=3").find("pci-liodn") != std::string::npos);
}

TEST_CASE("pamu: its regions are the PAMUs' and the global utilities'")
{
    Pamu pamu("pamus=3");
    REQUIRE(pamu.iommu->shape().regions.size() == 2);
    CHECK(pamu.iommu->shape().regions[0].size == 0x3000);
    CHECK(pamu.iommu->shape().regions[1].size == 0x1000);
    CHECK(pamu.iommu->registers(2) == nullptr);
    CHECK(pamu.iommu->shape().irqs == 1);
    REQUIRE(pamu.iommu->shape().pci_map.size() == 1);
    CHECK(pamu.iommu->shape().pci_map[0].stream == Pamu::pci(0));
}

TEST_CASE("pamu: the nodes are those of the SoC's own device tree, and the bridge has its LIODN")
{
    FakeHost host;
    const auto iommu = make_iommu(host, "fsl-pamu");
    Placement placement;
    placement.regions = {0xf'e010'0000, 0xf'e010'5000};
    placement.irqs = {{112, 2}};
    placement.interrupt_parent = 7;
    placement.self = 9;
    placement.pci_host = "/pci@fe0008000";
    const DeviceTree tree = iommu->describe(placement);
    const std::string pamu = "/iommu@fe0100000", guts = "/global-utilities@fe0105000";
    const std::string names("fsl,pamu-v1.0\0fsl,pamu\0", 23);
    CHECK(property(tree, pamu, "compatible") == Bytes(names.begin(), names.end()));
    CHECK(property(tree, pamu, "reg") == cells({0xf, 0xe010'0000, 0, 0x5000}));
    CHECK(property(tree, pamu, "interrupts") == cells({112, 2}));
    CHECK(property(tree, pamu, "interrupt-parent") == cells({7}));
    CHECK(property(tree, pamu, "phandle") == cells({9}));
    const std::string device_config("fsl,qoriq-device-config-1.0\0", 28);
    CHECK(property(tree, guts, "compatible") == Bytes(device_config.begin(), device_config.end()));
    CHECK(property(tree, guts, "reg") == cells({0xf, 0xe010'5000, 0, 0x1000}));
    CHECK(property(tree, "/pci@fe0008000", "fsl,liodn") == cells({193}));
    CHECK(property(tree, "/pci@fe0008000", "fsl,iommu-parent") == cells({9}));
    placement.pci_host.clear();
    CHECK(iommu->describe(placement).nodes().size() == 2);
}
