// Registers of the memory controller and its SMMU: bits, reset values, hot resets; the options and the device tree.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <map>
#include <set>

#include "catch.hpp"
#include "unit/tegra_smmu_fixture.hpp"

using namespace soc;
using namespace soc::test;
using Driver = TegraSmmuDriver;

namespace {

std::unique_ptr<Iommu> fresh(FakeHost &host, const std::string &variant)
{
    return make_iommu(host, "tegra-smmu", parse_options("variant=" + variant));
}

}  // namespace

TEST_CASE("tegra-smmu: a register has the bits of the table and no others")
{
    const auto [variant, offset, bits] = GENERATE(table<std::string, uint32_t, uint32_t>({
        {"tegra30", Driver::intstatus, 0}, {"tegra30", Driver::intmask, 0x540}, {"tegra114", Driver::intmask, 0x540},
        {"tegra124", Driver::intmask, 0x13d40}, {"tegra210", Driver::intmask, 0x13d40},
        {"tegra124", Driver::err_status, 0}, {"tegra124", Driver::err_adr, 0}, {"tegra124", Driver::config, 1},
        {"tegra30", Driver::tlb_config, 0x2000'001f}, {"tegra114", Driver::tlb_config, 0x2000'003f},
        {"tegra124", Driver::tlb_config, 0x3000'003f}, {"tegra210", Driver::tlb_config, 0x3000'003f},
        {"tegra30", Driver::ptc_config, 0x2000'003f}, {"tegra124", Driver::ptc_config, 0x2f00'003f},
        {"tegra30", Driver::ptb_asid, 3}, {"tegra124", Driver::ptb_asid, 0x7f},
        {"tegra30", Driver::ptb_data, 0xe00f'ffff}, {"tegra124", Driver::ptb_data, 0xe03f'ffff},
        {"tegra124", Driver::tlb_flush, 0}, {"tegra124", Driver::ptc_flush, 0}, {"tegra124", Driver::ptc_flush_hi, 3},
        {"tegra30", 0x240, 0x8000'0003}, {"tegra124", 0x240, 0x8000'007f}, {"tegra210", 0xae0, 0x8000'007f},
        {"tegra124", Driver::emem_arb_cfg, ~0u}, {"tegra124", Driver::timing_control, ~0u},
        {"tegra124", Driver::timing_control_dbg, ~0u}, {"tegra30", 0x2e0, 0x00ff'00ff},
        {"tegra30", 0x36c, 0x00ff'00ff}, {"tegra210", 0x3f0, 0x00ff'00ff},
        {"tegra30", Driver::hotreset_ctrl, 0x3'ffff}, {"tegra114", Driver::hotreset_ctrl, 0x3'7ffe},
        {"tegra124", 0x970, 7}, {"tegra124", 0x654, 0}, {"tegra124", 0x658, 0}, {"tegra124", 0x67c, 0},
        {"tegra124", 0x680, 0}, {"tegra124", 0x9b0, 0}, {"tegra124", 0x9b4, 0},
    }));
    CAPTURE(variant, offset);
    TegraSmmu smmu(variant);
    smmu.driver.write(offset, ~0u);
    CHECK(smmu.driver.read(offset) == bits);
    smmu.driver.write(offset, 0);
    CHECK(smmu.driver.read(offset) == 0);
    CHECK(smmu.host.logged("unknown register") == 0);
}

TEST_CASE("tegra-smmu: SMMU_TRANSLATION_ENABLE has a bit for each client that can be translated")
{
    const std::string variant = GENERATE(from_range(tegra_smmu_variants));
    CAPTURE(variant);
    TegraSmmu smmu(variant);
    std::map<uint32_t, uint32_t> bits;
    for (const TegraSoc::Client &client : smmu.driver.soc().clients)
        if (client.reg)
            bits[client.reg] |= 1u << client.bit;
    for (const auto &[offset, all] : bits) {
        CAPTURE(offset);
        smmu.driver.write(offset, ~0u);
        CHECK(smmu.driver.read(offset) == all);
    }
}

TEST_CASE("tegra-smmu: what a SoC does not have is unknown there")
{
    const auto [variant, offset] = GENERATE(table<std::string, uint32_t>({
        {"tegra30", 0x400}, {"tegra30", Driver::ptc_flush_hi}, {"tegra114", Driver::ptc_flush_hi}, {"tegra30", 0x970},
        {"tegra30", 0x274}, {"tegra124", 0x278}, {"tegra30", 0x234}, {"tegra124", 0xb98}, {"tegra30", 0x654},
    }));
    CAPTURE(variant, offset);
    TegraSmmu smmu(variant);
    smmu.driver.write(offset, ~0u);
    CHECK(smmu.driver.read(offset) == 0);
    CHECK(smmu.host.logged("unknown register") == 2);
}

TEST_CASE("tegra-smmu: after reset the SMMU is off and its caches are on, and every client goes out physical")
{
    const std::string variant = GENERATE(from_range(tegra_smmu_variants));
    CAPTURE(variant);
    TegraSmmu smmu(variant);
    smmu.iommu->reset();
    CHECK(smmu.driver.read(Driver::config) == 0);
    CHECK(smmu.driver.read(Driver::intmask) == 0);
    CHECK(smmu.driver.read(Driver::tlb_config) == (0x2000'0000 | smmu.driver.soc().tlb_lines));
    CHECK(smmu.driver.read(Driver::ptc_config) == 0x2000'003f);
    CHECK(smmu.driver.read(0x228) == 0);
    CHECK(smmu.driver.read(Driver::ptb_data) == 0);
    CHECK(smmu.at(TegraSmmu::data) == TegraSmmu::data);
}

TEST_CASE("tegra-smmu: PTB_DATA is the directory of the address space that PTB_ASID names")
{
    TegraSmmu smmu(GENERATE(from_range(tegra_smmu_variants)));
    const unsigned count = smmu.driver.soc().num_asids;
    for (uint32_t asid = 0; asid < count; ++asid) {
        smmu.driver.write(Driver::ptb_asid, asid);
        smmu.driver.write(Driver::ptb_data, 0xe000'0000 | asid);
    }
    for (uint32_t asid = 0; asid < count; ++asid) {
        smmu.driver.write(Driver::ptb_asid, asid);
        CHECK(smmu.driver.read(Driver::ptb_data) == (0xe000'0000 | asid));
    }
}

TEST_CASE("tegra-smmu: a swgroup whose requests are blocked has no DMA, is idle, and the others go on")
{
    // CLIENT_HOTRESET_CTRL: HC, HDA, PPCS, and in the second one SDMMC4.
    const auto [variant, ctrl, bit, client] = GENERATE(table<std::string, uint32_t, unsigned, uint32_t>({
        {"tegra124", 0x200, 6, 0x36}, {"tegra124", 0x200, 7, 0x35}, {"tegra124", 0x200, 14, 0x3b},
        {"tegra124", 0x200, 14, 0x1d}, {"tegra124", 0x970, 0, 0x67}, {"tegra30", 0x200, 7, 0x35},
        {"tegra114", 0x200, 7, 0x35}, {"tegra210", 0x200, 7, 0x35},
    }));
    CAPTURE(variant, ctrl, bit);
    TegraSmmu smmu(variant);
    smmu.map(TegraSmmu::iova, TegraSmmu::data);
    CHECK((smmu.driver.read(ctrl + 4) & 1u << bit) == 0);
    smmu.driver.write(ctrl, smmu.driver.read(ctrl) | 1u << bit);
    CHECK((smmu.driver.read(ctrl + 4) & 1u << bit) != 0);
    CHECK(smmu.kind(TegraSmmu::data, Access::write, client) == FaultKind::disabled);
    CHECK(smmu.kind(TegraSmmu::iova, Access::read, client) == FaultKind::disabled);
    CHECK(smmu.at(TegraSmmu::data, Access::read, 0x01) == TegraSmmu::data);  // display0a
    CHECK_FALSE(smmu.driver.report());
    smmu.driver.write(ctrl, smmu.driver.read(ctrl) & ~(1u << bit));
    CHECK(smmu.at(client == TegraSmmu::client || client == TegraSmmu::partner ? TegraSmmu::iova : TegraSmmu::data,
                  Access::read, client) == TegraSmmu::data);
}

TEST_CASE("tegra-smmu: what software may have of the chip and its straps is in APB_MISC")
{
    const auto [variant, id] = GENERATE(table<std::string, uint32_t>(
        {{"tegra30", 0x30}, {"tegra114", 0x35}, {"tegra124", 0x40}, {"tegra210", 0x21}}));
    TegraSmmu smmu(variant);
    const uint32_t hidrev = uint32_t(smmu.iommu->mmio_read(1, 0x804, 4));
    CHECK((hidrev >> 8 & 0xff) == id);
    CHECK((hidrev >> 16 & 0xf) == 1);  // A01
    CHECK(smmu.iommu->mmio_read(1, 0x008, 4) == 0);
    smmu.iommu->mmio_write(1, 0x804, 0, 4);
    CHECK(smmu.iommu->mmio_read(1, 0x804, 4) == hidrev);
}

TEST_CASE("tegra-smmu: the device tree is what the binding asks for")
{
    const auto [variant, size] = GENERATE(table<std::string, uint32_t>(
        {{"tegra30", 0x400}, {"tegra114", 0x1000}, {"tegra124", 0x1000}, {"tegra210", 0x1000}}));
    CAPTURE(variant);
    FakeHost host;
    const auto iommu = fresh(host, variant);
    CHECK(iommu->shape().regions.size() == 2);
    CHECK(iommu->shape().irqs == 1);
    CHECK(iommu->shape().pci_map.empty());
    Placement placement;
    placement.regions = {0xb00'0000, 0xb00'1000};
    placement.irqs = {{0, 112, 4}};
    placement.interrupt_parent = 7;
    placement.self = 9;
    placement.new_phandle = [] { return 11; };
    const DeviceTree tree = iommu->describe(placement);
    std::map<std::string, std::map<std::string, std::vector<uint8_t>>> nodes;
    for (const DeviceTreeNode &node : tree.nodes())
        for (const DeviceTreeProperty &property : node.properties())
            nodes[node.path()][property.name] = property.value;
    REQUIRE(nodes.size() == 3);
    const auto text = [](const std::string &value) {
        std::vector<uint8_t> bytes(value.begin(), value.end());
        bytes.push_back(0);
        return bytes;
    };
    auto &node = nodes["/memory-controller@b000000"], &misc = nodes["/apbmisc@b001800"];
    CHECK(node["compatible"] == text("nvidia," + variant + "-mc"));
    CHECK(node["reg"] == std::vector<uint8_t>{0, 0, 0, 0, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0, 0, uint8_t(size >> 8), 0});
    CHECK(node["interrupts"] == std::vector<uint8_t>{0, 0, 0, 0, 0, 0, 0, 112, 0, 0, 0, 4});
    CHECK(node["clocks"] == std::vector<uint8_t>{0, 0, 0, 11});
    CHECK(node["clock-names"] == text("mc"));
    CHECK(node["#iommu-cells"] == std::vector<uint8_t>{0, 0, 0, 1});
    CHECK(node["#reset-cells"] == std::vector<uint8_t>{0, 0, 0, 1});
    CHECK(node["phandle"] == std::vector<uint8_t>{0, 0, 0, 9});
    CHECK(misc["compatible"] == text("nvidia,tegra20-apbmisc"));
    CHECK(misc["reg"] == std::vector<uint8_t>{0, 0, 0, 0, 0x0b, 0, 0x18, 0, 0, 0, 0, 0, 0, 0, 0, 0x64,
                                              0, 0, 0, 0, 0x0b, 0, 0x10, 0x08, 0, 0, 0, 0, 0, 0, 0, 4});
}

TEST_CASE("tegra-smmu: a variant that does not exist is refused with those that do")
{
    FakeHost host;
    CHECK_THROWS_WITH(fresh(host, "tegra20"), contains_text("tegra30|tegra114|tegra124|tegra210"));
}
