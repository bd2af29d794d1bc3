// Registers of the DART but for the faults': parameters, lock, enable bits, commands; and the options behind them.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/dart_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

std::string refusal(const std::string &options)
{
    return soc::test::refusal("apple-dart", options);
}

bool contains(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("dart: PARAMS1 tells the page size, PARAMS2 whether there is bypass")
{
    Dart small("variant=t8103,page-size=4k");
    CHECK(small.driver.page_size() == 4_KiB);
    CHECK(small.driver.supports_bypass());
    CHECK(small.driver.read(0x00) == 12u << 24);  // the other fields are 0
    CHECK(small.driver.read(0x04) == 1);

    Dart large("variant=t8103,page-size=16k,bypass=off");
    CHECK(large.driver.page_size() == 16_KiB);
    CHECK_FALSE(large.driver.supports_bypass());
    CHECK(large.driver.read(0x00) == 14u << 24);
    CHECK(large.driver.read(0x04) == 0);
    CHECK(Dart("variant=usb4").driver.read(0x04) == 0);
}

TEST_CASE("dart: the page size that nobody chose is the variant's smallest")
{
    CHECK(Dart("variant=t8103").page() == 4_KiB);
    CHECK(Dart("variant=usb4").page() == 4_KiB);
    CHECK(Dart("variant=t6000").page() == 16_KiB);
    CHECK(Dart("variant=t8110").page() == 16_KiB);
}

TEST_CASE("dart: t8110 tells its widths and its number of streams")
{
    Dart dart("variant=t8110,streams=200");
    const uint32_t params3 = dart.driver.read(0x08);
    CHECK((params3 >> 24 & 0x3f) == 42);
    CHECK((params3 >> 16 & 0x3f) == 36);
    CHECK((params3 & 0xffff) == 0x100);           // version 1.0
    CHECK(dart.driver.read(0x0c) == 200);         // NUM_CLIENTS, above, is 0
    CHECK(dart.iommu->shape().streams == 200);
    CHECK(Dart("variant=t8110,streams=256").driver.read(0x0c) == 256);
    CHECK(Dart("variant=t8110").driver.read(0x0c) == 16);
}

TEST_CASE("dart: options that the variant cannot have are refused with the reason")
{
    CHECK(contains(refusal("variant=t8110,page-size=4k"), "valid: 16k"));
    CHECK(contains(refusal("variant=t6000,page-size=4k"), "valid: 16k"));
    CHECK(contains(refusal("variant=usb4,bypass=on"), "valid: off"));
    CHECK(contains(refusal("variant=t8103,streams=17"), "valid: 1 to 16"));
    CHECK(contains(refusal("variant=t8110,streams=0"), "valid: 1 to 256"));
    CHECK(contains(refusal("variant=t8110,streams=some"), "some"));
    CHECK(contains(refusal("variant=m1"), "t8103|t6000|t8110|usb4"));
    CHECK(refusal("variant=t8110,streams=256").empty());
}

TEST_CASE("dart: the driver refuses a locked block, and TCR and TTBR take no writes")
{
    const auto variant = GENERATE(as<std::string>{}, "t8103", "t6000", "t8110", "usb4");
    Dart dart("variant=" + variant + ",lock=on");
    CHECK_FALSE(dart.probed);

    dart.driver.write(dart.driver.tcr(1), dart.driver.hw().tcr_enabled);
    dart.driver.set_ttbr(1, 0, Dart::ram);
    CHECK(dart.driver.read(dart.driver.tcr(1)) == 0);
    CHECK(dart.driver.read(dart.driver.ttbr(1, 0)) == 0);
    CHECK(dart.host.logged("locked TCR") == 1);
    CHECK(dart.host.logged("locked TTBR") == 1);

    // Until reset, and again after it.
    if (dart.driver.hw().t8110)
        dart.driver.write(0x204, ~0u);
    dart.driver.write(dart.driver.hw().lock, 0);
    CHECK(dart.driver.read(dart.driver.hw().lock) == dart.driver.hw().lock_bit);
    dart.iommu->reset();
    CHECK(dart.driver.read(dart.driver.hw().lock) == dart.driver.hw().lock_bit);
}

TEST_CASE("dart: CONFIG.LOCK stays set until reset")
{
    Dart dart("variant=t8103");
    dart.driver.write(0x60, ~(1u << 15));
    CHECK(dart.driver.read(0x60) == 0);  // no other bit exists
    dart.driver.write(0x60, 1u << 15);
    dart.driver.write(0x60, 0);
    CHECK(dart.driver.read(0x60) == 1u << 15);
    dart.driver.write(dart.driver.tcr(1), 0x80);
    CHECK(dart.driver.read(dart.driver.tcr(1)) == 0);
    dart.driver.set_ttbr(1, 0, Dart::ram);
    CHECK(dart.driver.read(dart.driver.ttbr(1, 0)) == 0);

    dart.iommu->reset();
    CHECK(dart.driver.read(0x60) == 0);
}

TEST_CASE("dart: t8110's UNPROTECT undoes PROTECT until PROTECT_LOCK holds it")
{
    Dart dart("variant=t8110");
    dart.driver.write(0x200, 1);
    CHECK(dart.driver.read(0x200) == 1);
    dart.driver.write(dart.driver.tcr(1), 1);
    CHECK(dart.driver.read(dart.driver.tcr(1)) == 0);
    dart.driver.set_ttbr(1, 0, Dart::ram);
    CHECK(dart.driver.read(dart.driver.ttbr(1, 0)) == 0);

    dart.driver.write(0x204, 1);
    CHECK(dart.driver.read(0x200) == 0);
    dart.driver.write(dart.driver.tcr(1), 1);
    CHECK(dart.driver.read(dart.driver.tcr(1)) == 1);

    dart.driver.write(0x208, 1);
    dart.driver.write(0x200, 1);
    dart.driver.write(0x204, 1);
    CHECK(dart.driver.read(0x200) == 1);
}

TEST_CASE("dart: t8110's PROTECT registers work bit by bit, and on bits 4 to 0")
{
    Dart dart("variant=t8110");
    dart.driver.write(0x200, ~1u);
    dart.driver.write(0x200, 0);
    CHECK(dart.driver.read(0x200) == 0x1e);
    dart.driver.write(dart.driver.tcr(1), 1);
    CHECK(dart.driver.read(dart.driver.tcr(1)) == 1);  // bit 0 alone locks TCR

    dart.driver.write(0x208, 2);
    dart.driver.write(0x208, 0);
    CHECK(dart.driver.read(0x208) == 2);
    dart.driver.write(0x204, 6);
    CHECK(dart.driver.read(0x200) == 0x1a);

    dart.iommu->reset();
    CHECK(dart.driver.read(0x200) == 0);
    CHECK(dart.driver.read(0x208) == 0);
}

TEST_CASE("dart: a register has the bits of the table and no others")
{
    const auto [variant, tcr, select, enable] = GENERATE(table<std::string, uint32_t, uint32_t, uint32_t>({
        {"t8103", 0x1180, 0xffff, 0xffff},
        {"t6000", 0x1180, 0xffff, 0xffff},
        {"t8110", 0xf87, 0, 0},
        {"usb4", 0x1180, ~0u, ~0u},
    }));
    Dart dart("variant=" + variant);
    dart.driver.write(dart.driver.tcr(3), ~0u);
    CHECK(dart.driver.read(dart.driver.tcr(3)) == tcr);
    dart.driver.write(dart.driver.ttbr(3, 0), ~0u);
    CHECK(dart.driver.read(dart.driver.ttbr(3, 0)) == (dart.driver.hw().t8110 ? 0x3fff'fffd : ~0u));
    if (dart.driver.hw().t8110)
        return;
    dart.driver.write(0x34, ~0u);
    CHECK(dart.driver.read(0x34) == select);
    dart.driver.write(0xfc, ~0u);
    CHECK(dart.driver.read(0xfc) == enable);
    for (uint32_t word = 0; word < 4; ++word) {
        dart.driver.write(0x80 + 4 * word, ~word);
        CHECK(dart.driver.read(0x80 + 4 * word) == ~word);
    }
}

TEST_CASE("dart: a stream whose enable bit is clear has no DMA")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    dart.map_and_attach();
    REQUIRE(dart.at(Dart::iova) == Dart::data);

    if (dart.driver.hw().t8110) {
        dart.driver.write(0xc20, 1u << 1);
        CHECK(dart.driver.read(0xc00) == 0xffff'fffd);
    } else {
        dart.driver.write(0xfc, ~(1u << 1));
    }
    CHECK(dart.kind(Dart::iova) == FaultKind::disabled);

    dart.driver.write(dart.driver.hw().enable_streams, 1u << 1);
    CHECK(dart.at(Dart::iova) == Dart::data);
}

TEST_CASE("dart: t8110's ENABLE_STREAMS only sets bits")
{
    Dart dart("variant=t8110,streams=256");
    dart.iommu->reset();
    dart.driver.write(0xc1c, 0x8000'0000);
    dart.driver.write(0xc1c, 1);
    CHECK(dart.driver.read(0xc1c) == 0x8000'0001);
    CHECK(dart.driver.read(0xc3c) == 0);
    dart.driver.write(0xc3c, 1);
    CHECK(dart.driver.read(0xc1c) == 0x8000'0000);
}

TEST_CASE("dart: after reset no stream has DMA")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    dart.map_and_attach();
    dart.iommu->reset();
    CHECK(dart.kind(Dart::iova) == FaultKind::disabled);
    CHECK(dart.kind(Dart::data) == FaultKind::disabled);
}

TEST_CASE("dart: BUSY is never seen")
{
    Dart t8103("variant=t8103");
    t8103.driver.write(0x34, ~0u);
    t8103.driver.write(0x20, ~0u);
    CHECK((t8103.driver.read(0x20) & 1u << 2) == 0);

    Dart t8110("variant=t8110");
    t8110.driver.write(0x80, ~0u);
    CHECK((t8110.driver.read(0x80) & 1u << 31) == 0);
}

TEST_CASE("dart: a command that the block does not have is logged and drops nothing")
{
    Dart t8103("variant=t8103,page-size=4k");
    t8103.driver.write(0x34, ~0u);
    const uint64_t before_t8103 = t8103.counter("invalidations");
    t8103.driver.write(0x20, 1u << 3);
    CHECK(t8103.host.logged("STREAM_COMMAND 0x8") == 1);
    CHECK(t8103.counter("invalidations") == before_t8103);

    Dart t8110("variant=t8110");
    const uint64_t before_t8110 = t8110.counter("invalidations");
    for (uint32_t operation = 2; operation < 8; ++operation)
        t8110.driver.write(0x80, operation << 8);
    CHECK(t8110.host.logged("TLB_CMD 0x200") == 1);
    CHECK(t8110.host.logged("TLB_CMD") == 6);
    CHECK(t8110.counter("invalidations") == before_t8110);
}

TEST_CASE("dart: streams map to the slots of a PCI bus")
{
    Dart sixteen("variant=t8103");
    CHECK(sixteen.iommu->shape().pci_map.size() == 16);
    CHECK(sixteen.iommu->shape().pci_map[5].rid == 5 * 8);
    CHECK(sixteen.iommu->shape().pci_map[5].stream == 5);
    CHECK(Dart("variant=usb4").iommu->shape().pci_map.size() == 32);
}

TEST_CASE("dart: the device tree is what the binding asks for")
{
    const auto [variant, compatible] = GENERATE(table<std::string, std::string>({
        {"t8103", "apple,t8103-dart"},
        {"t6000", "apple,t6000-dart"},
        {"t8110", "apple,t8110-dart"},
        {"usb4", "apple,t8103-usb4-dart"},
    }));
    Dart dart("variant=" + variant);
    Placement placement;
    placement.regions = {0xb00'0000};
    placement.irqs = {{0, 112, 4}};
    placement.interrupt_parent = 7;
    placement.self = 9;
    const DeviceTree tree = dart.iommu->describe(placement);
    REQUIRE(tree.nodes().size() == 1);
    const DeviceTreeNode &node = tree.nodes().front();
    CHECK(node.path() == "/iommu@b000000");
    std::map<std::string, std::vector<uint8_t>> properties;
    for (const DeviceTreeProperty &property : node.properties())
        properties[property.name] = property.value;
    std::vector<uint8_t> bytes(compatible.begin(), compatible.end());
    bytes.push_back(0);
    CHECK(properties["compatible"] == bytes);
    CHECK(properties["reg"] == std::vector<uint8_t>{0, 0, 0, 0, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0});
    CHECK(properties["#iommu-cells"] == std::vector<uint8_t>{0, 0, 0, 1});
    CHECK(properties["interrupts"] == std::vector<uint8_t>{0, 0, 0, 0, 0, 0, 0, 112, 0, 0, 0, 4});
    CHECK(properties["interrupt-parent"] == std::vector<uint8_t>{0, 0, 0, 7});
    CHECK(properties["phandle"] == std::vector<uint8_t>{0, 0, 0, 9});
}
