// Registers of both versions, options, and the device tree.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/sprd_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

using Bits = std::pair<uint32_t, uint32_t>;  // of a register's offset

void check_bits(Sprd &sprd, std::initializer_list<Bits> registers)
{
    sprd.iommu->reset();
    for (const auto &[offset, bits] : registers) {
        CAPTURE(offset);
        const uint32_t before = sprd.driver.read(offset);
        sprd.driver.write(offset, ~0u);
        CHECK((sprd.driver.read(offset) ^ before) == bits);
    }
}

std::string refusal(const std::string &options)
{
    FakeHost host;
    try {
        make_iommu(host, "sprd-iommu", parse_options(options));
    } catch (const OptionError &error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("sprd: the driver tells the two versions apart, and after its attach they read back what it wrote")
{
    Sprd ex("ex"), vau("vau");
    CHECK(ex.driver.probe() == &SprdDriver::ex);
    CHECK(vau.driver.probe() == &SprdDriver::vau);
    CHECK(vau.driver.read(0) == 0x100);
    for (Sprd *sprd : {&ex, &vau}) {
        const SprdDriver::Registers &at = sprd->driver.registers();
        CHECK(sprd->driver.read(at.config) == 3);
        CHECK(sprd->driver.read(at.update) == 0);
        CHECK(sprd->driver.read(at.first_vpn) == 0);
        CHECK(sprd->driver.read(at.vpn_range) == 0xffff);
        CHECK(sprd->driver.read(at.first_ppn) == Sprd::pages >> 12);
        CHECK(sprd->driver.read(at.default_read) == Sprd::protect >> 12);
        CHECK(sprd->driver.read(at.default_write) == Sprd::protect >> 12);
    }
}

TEST_CASE("sprd: a register has the bits of the table and no others")
{
    Sprd ex("ex"), vau("vau");
    check_bits(ex, {{0x00, 0x13}, {0x04, 0}, {0x08, 0xfffff}, {0x0c, 0xfffff}, {0x10, ~0u}, {0x14, ~0u}});
    check_bits(vau, {{0x00, 0}, {0x04, 0x13}, {0x08, 0}, {0x0c, ~0u}, {0x10, ~0u}, {0x14, ~0u}, {0x18, ~0u},
                     {0x1c, 0xfffff}, {0x20, 0xfffff}});
    CHECK(ex.driver.probe() == &SprdDriver::ex);  // whatever was written to CFG
}

TEST_CASE("sprd: programmed with EX's offsets, VAU stays off")
{
    // What a client would get that came between iommu_device_register() and the version's reading (sprd_iommu_probe()):
    // CFG's place is VERSION's, FIRST_VPN's is UPDATE's, VPN_RANGE's AUTH_CFG's; FIRST_PPN's is the same.
    Sprd sprd("vau");
    sprd.iommu->reset();
    sprd.driver.use(SprdDriver::ex);
    sprd.driver.attach();
    sprd.driver.map(Sprd::iova, Sprd::data, Sprd::page);
    CHECK(sprd.at(Sprd::iova) == Sprd::iova);
    CHECK(sprd.counter("bypasses") == 1);
    CHECK(sprd.driver.probe() == &SprdDriver::vau);
    CHECK(sprd.driver.read(SprdDriver::vau.first_ppn) == Sprd::pages >> 12);
    CHECK(sprd.driver.read(SprdDriver::vau_auth_cfg) == 0xffff);
    CHECK(sprd.driver.read(SprdDriver::vau.vpn_range) == 0);
    CHECK(sprd.driver.read(SprdDriver::vau.default_write) == 0);
}

TEST_CASE("sprd: only the versions that there are")
{
    CHECK(refusal("version=ex").empty());
    CHECK(refusal("version=vau").empty());
    CHECK(refusal("version=vau2").find("ex|vau") != std::string::npos);
    CHECK(refusal("variant=ex").find("variant") != std::string::npos);
}

TEST_CASE("sprd: it serves platform masters, has one region and no interrupt")
{
    Sprd sprd;
    CHECK(sprd.iommu->shape().pci_map.empty());
    CHECK(sprd.iommu->shape().regions.size() == 1);
    CHECK(sprd.iommu->shape().irqs == 0);
    CHECK(sprd.iommu->shape().address_bits == 32);
    CHECK(sprd.iommu->registers(1) == nullptr);
}

TEST_CASE("sprd: state of one version is refused by the other")
{
    Sprd ex("ex"), vau("vau");
    for (const auto &[from, to] : {std::pair{&ex, &vau}, {&vau, &ex}}) {
        StateWriter out;
        from->iommu->save(out);
        StateReader in(out.data());
        to->iommu->load(in);
        CHECK_FALSE(in.complete());
    }
}

TEST_CASE("sprd: a saved block goes on translating in another machine")
{
    Sprd sprd("vau");
    sprd.map(Sprd::iova, Sprd::data);
    sprd.at(Sprd::iova);
    sprd.at(0);
    StateWriter out;
    sprd.iommu->save(out);
    sprd.iommu->reset();
    StateReader in(out.data());
    sprd.iommu->load(in);
    REQUIRE(in.complete());
    CHECK(sprd.counter("faults") == 1);
    CHECK(sprd.at(Sprd::iova) == Sprd::data);
    CHECK(sprd.counter("walks") == 3);  // nothing cached is saved
}

TEST_CASE("sprd: the node is as the binding has it")
{
    Sprd sprd(GENERATE(std::string("ex"), std::string("vau")));
    Placement placement;
    placement.regions = {0xb00'0000};
    placement.self = 9;
    const DeviceTree tree = sprd.iommu->describe(placement);
    REQUIRE(tree.nodes().size() == 1);
    const DeviceTreeNode &node = tree.nodes().front();
    CHECK(node.path() == "/iommu@b000000");
    using Bytes = std::vector<uint8_t>;
    std::map<std::string, Bytes> found;
    for (const DeviceTreeProperty &property : node.properties())
        found[property.name] = property.value;
    const std::string compatible = "sprd,iommu-v1";
    Bytes name(compatible.begin(), compatible.end());
    name.push_back(0);
    CHECK(found == std::map<std::string, Bytes>{
                       {"compatible", name},
                       {"reg", {0, 0, 0, 0, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80}},
                       {"#iommu-cells", {0, 0, 0, 0}},
                       {"phandle", {0, 0, 0, 9}},
                   });
}
