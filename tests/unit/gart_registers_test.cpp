// Registers of the memory controller but for the errors': the window to the table, hot resets, statistics; the
// options and the device tree.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/gart_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

std::string refusal(const std::string &options)
{
    return soc::test::refusal("tegra-gart", options);
}

}  // namespace

TEST_CASE("gart: ENTRY_DATA is the entry that ENTRY_ADDR names")
{
    Gart gart;
    for (uint64_t iova = Gart::base; iova < Gart::base + Gart::size; iova += 4_KiB)
        gart.driver.map(iova, iova - Gart::base);
    unsigned wrong = 0;
    for (uint64_t iova = Gart::base; iova < Gart::base + Gart::size; iova += 4_KiB)
        wrong += gart.driver.read_pte(iova) != (GartDriver::valid | uint32_t(iova - Gart::base));
    CHECK(wrong == 0);
}

TEST_CASE("gart: ENTRY_ADDR keeps the bits that tell entries apart")
{
    Gart gart;
    gart.driver.write(GartDriver::entry_addr, ~0u);
    CHECK(gart.driver.read(GartDriver::entry_addr) == 0x01ff'f000);
    gart.driver.map(Gart::iova, Gart::data);
    gart.driver.write(GartDriver::entry_addr, uint32_t(Gart::iova - Gart::base));
    CHECK(gart.driver.read(GartDriver::entry_data) == (GartDriver::valid | uint32_t(Gart::data)));
}

TEST_CASE("gart: ENTRY_DATA has no bits below the page's")
{
    Gart gart;
    gart.driver.set_pte(Gart::iova, ~0u);
    CHECK(gart.driver.read_pte(Gart::iova) == 0xffff'f000);
    gart.driver.set_pte(Gart::iova, 0x7fff'ffff);
    CHECK(gart.driver.read_pte(Gart::iova) == 0x7fff'f000);  // kept, though it is not valid
    CHECK(gart.kind(Gart::iova) == FaultKind::translation);
}

TEST_CASE("gart: after reset the GART is off and its entries are invalid")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    gart.iommu->reset();
    CHECK(gart.driver.read(GartDriver::config) == 0);
    CHECK(gart.driver.read_pte(Gart::iova) == 0);
    CHECK(gart.kind(Gart::iova) == FaultKind::bus);
}

TEST_CASE("gart: the driver's suspend reads the table and its resume puts it back")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    std::vector<uint32_t> saved;
    gart.driver.suspend(saved);
    CHECK_FALSE(gart.at(Gart::iova));
    gart.iommu->reset();
    gart.driver.resume(saved);
    CHECK(gart.at(Gart::iova) == Gart::data);
}

TEST_CASE("gart: a unit whose requests are blocked has no DMA, and the others go on")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    const uint32_t blocked = GENERATE(range(0u, 15u));
    gart.driver.write(GartDriver::client_ctrl, 0x7fff & ~(1u << blocked));
    unsigned members = 0;
    for (uint32_t client = 0; client < GartDriver::clients; ++client) {
        const bool member = GartDriver::unit_of(client) == blocked;
        members += member;
        CAPTURE(client);
        CHECK(gart.kind(Gart::iova, Access::read, client) == (member ? FaultKind::disabled : FaultKind::none));
        CHECK(gart.kind(Gart::data, Access::write, client) == (member ? FaultKind::disabled : FaultKind::none));
    }
    CHECK(members > 0);
    CHECK_FALSE(gart.driver.report());
}

TEST_CASE("gart: a hot reset keeps its unit from memory until it is released")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    const unsigned ppcs = 12;
    CHECK(gart.driver.read(GartDriver::client_ctrl) == 0x7fff);
    CHECK(gart.driver.read(GartDriver::client_hotresetn) == 0x7fff);
    CHECK_FALSE(gart.driver.reset_status(ppcs));

    CHECK(gart.driver.assert_reset(ppcs));
    CHECK(gart.driver.reset_status(ppcs));
    CHECK(gart.kind(Gart::iova) == FaultKind::disabled);
    gart.driver.unblock(Gart::reader);  // the reset alone is enough
    CHECK(gart.kind(Gart::iova) == FaultKind::disabled);
    CHECK(gart.at(Gart::iova, Access::read, 0) == Gart::data);

    gart.driver.deassert_reset(ppcs);
    CHECK_FALSE(gart.driver.reset_status(ppcs));
    CHECK(gart.at(Gart::iova) == Gart::data);
}

TEST_CASE("gart: no unit ever has requests outstanding")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    gart.at(Gart::iova);
    for (unsigned unit = 0; unit < 15; ++unit)
        CHECK(gart.driver.read(0x140 + 4 * unit) == 0);
    CHECK(gart.host.logged("unknown register") == 0);
}

TEST_CASE("gart: whoever keeps translations outside hears of a unit that is blocked")
{
    Gart gart;
    gart.host.unmaps.clear();
    gart.driver.block(Gart::reader);
    REQUIRE(gart.host.unmaps.size() == GartDriver::clients);
    CHECK(gart.host.unmaps[Gart::reader].address == 0);
    CHECK(gart.host.unmaps[Gart::reader].size == 1ull << 32);
}

TEST_CASE("gart: a register has the bits of the table and no others")
{
    using D = GartDriver;
    Gart gart;
    const auto [offset, bits] = GENERATE(table<uint32_t, uint32_t>({
        {D::intstatus, 0}, {D::intmask, 0x1c0}, {D::config, 1}, {D::entry_addr, 0x1ff'f000},
        {D::entry_data, 0xffff'f000}, {D::error_req, 0}, {D::error_req + 4, 0}, {D::decerr_status, 0},
        {D::decerr_status + 4, 0}, {D::security_status, 0}, {D::security_status + 4, 0}, {0x90, ~0u}, {0xa0, ~0u},
        {0xa4, 0}, {0xa8, ~0u}, {0xac, ~0u}, {0xb8, 0}, {0xbc, 0}, {D::client_ctrl, 0x7fff},
        {D::client_hotresetn, 0x7fff}, {0x140, 0}, {0x178, 0},
    }));
    CAPTURE(offset);
    gart.driver.write(offset, ~0u);
    CHECK(gart.driver.read(offset) == bits);
    CHECK(gart.host.logged("unknown register") == 0);
}

TEST_CASE("gart: the statistics' registers are stored, and nothing is counted")
{
    Gart gart;
    for (uint32_t offset : {0x90, 0xa0, 0xa8, 0xac}) {
        gart.driver.write(offset, 0x1234'5678 + offset);
        CHECK(gart.driver.read(offset) == 0x1234'5678 + offset);
    }
    gart.at(Gart::data);
    for (uint32_t offset : {0xa4, 0xb8, 0xbc})
        CHECK(gart.driver.read(offset) == 0);
    CHECK(gart.host.logged("unknown register") == 0);
}

TEST_CASE("gart: an aperture that the block cannot have is refused with the reason")
{
    CHECK_THAT(refusal("aperture-base=0x58001000"), contains_text("multiples of 0x2000000"));
    CHECK_THAT(refusal("aperture-base=0x58000000,aperture-size=256M"), contains_text("multiples of 0x10000000"));
    CHECK_THAT(refusal("aperture-base=0x100000000"), contains_text("0x10000..0xffffffff"));
    CHECK_THAT(refusal("aperture-base=0"), contains_text("0x10000..0xffffffff"));
    CHECK_THAT(refusal("aperture-base=low"), contains_text("0x10000..0xffffffff"));
    CHECK_THAT(refusal("aperture-size=33M"), contains_text("64k|128k"));
    CHECK_THAT(refusal("aperture-size=512M"), contains_text("|256M"));
    CHECK_THAT(refusal("aperture-size=0"), contains_text("64k|128k"));
    CHECK(refusal("aperture-base=0xfe000000").empty());
    CHECK(refusal("aperture-base=0x60010000,aperture-size=64k").empty());
}

TEST_CASE("gart: the aperture's addresses are set aside")
{
    Gart gart;
    const Shape &shape = gart.iommu->shape();
    REQUIRE(shape.regions.size() == 2);
    CHECK(shape.regions[0].flags == SOC_REGION_MMIO);
    CHECK(shape.regions[1].flags == SOC_REGION_APERTURE);
    CHECK(shape.regions[1].address == Gart::base);
    CHECK(shape.regions[1].size == Gart::size);
    CHECK(shape.streams == GartDriver::clients);
    CHECK(shape.pci_map.empty());
    // Nothing answers there.
    CHECK(gart.iommu->mmio_read(1, 0, 4) == 0);
    gart.iommu->mmio_write(1, 0x24, 0, 4);
    CHECK(gart.driver.read(GartDriver::config) == 1);
}

TEST_CASE("gart: the device tree is what the binding asks for")
{
    Gart gart("aperture-base=0x80000000,aperture-size=64M");
    CHECK(gart.iommu->iommu_cells(5).empty());
    Placement placement;
    placement.regions = {0xb00'0000, 0x8000'0000};
    placement.irqs = {{0, 112, 4}};
    placement.interrupt_parent = 7;
    placement.self = 9;
    placement.new_phandle = [] { return 11; };
    const DeviceTree tree = gart.iommu->describe(placement);
    REQUIRE(tree.nodes().size() == 2);
    std::map<std::string, std::map<std::string, std::vector<uint8_t>>> nodes;
    for (const DeviceTreeNode &node : tree.nodes())
        for (const DeviceTreeProperty &property : node.properties())
            nodes[node.path()][property.name] = property.value;
    const auto text = [](const std::string &value) {
        std::vector<uint8_t> bytes(value.begin(), value.end());
        bytes.push_back(0);
        return bytes;
    };
    auto &clock = nodes["/memory-controller-clock@b000000"], &node = nodes["/memory-controller@b000000"];
    CHECK(clock["compatible"] == text("fixed-clock"));
    CHECK(clock["phandle"] == std::vector<uint8_t>{0, 0, 0, 11});
    CHECK(node["compatible"] == text("nvidia,tegra20-mc-gart"));
    CHECK(node["reg"] == std::vector<uint8_t>{0, 0, 0, 0, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x04, 0,
                                              0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x04, 0, 0, 0});
    CHECK(node["interrupts"] == std::vector<uint8_t>{0, 0, 0, 0, 0, 0, 0, 112, 0, 0, 0, 4});
    CHECK(node["clocks"] == std::vector<uint8_t>{0, 0, 0, 11});
    CHECK(node["clock-names"] == text("mc"));
    CHECK(node["#iommu-cells"] == std::vector<uint8_t>{0, 0, 0, 0});
    CHECK(node["#reset-cells"] == std::vector<uint8_t>{0, 0, 0, 1});
    CHECK(node["phandle"] == std::vector<uint8_t>{0, 0, 0, 9});
}
