// Registers of the MSM IOMMU that only hold what is written, its options, and its device tree.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/msm_fixture.hpp"

using namespace soc;
using namespace soc::test;
using D = MsmDriver;

namespace {

const std::vector<uint8_t> &property(const DeviceTree &tree, const std::string &path, const std::string &name)
{
    for (const DeviceTreeNode &node : tree.nodes())
        if (node.path() == path)
            for (const DeviceTreeProperty &property : node.properties())
                if (property.name == name)
                    return property.value;
    throw std::runtime_error(path + " has no " + name);
}

std::vector<uint32_t> cells(const DeviceTree &tree, const std::string &path, const std::string &name)
{
    std::vector<uint32_t> list;
    const auto &value = property(tree, path, name);
    for (size_t i = 0; i + 4 <= value.size(); i += 4)
        list.push_back(uint32_t(value[i]) << 24 | value[i + 1] << 16 | value[i + 2] << 8 | value[i + 3]);
    return list;
}

std::string text(const DeviceTree &tree, const std::string &path, const std::string &name)
{
    const auto &value = property(tree, path, name);
    return {value.begin(), value.end()};
}

using Cells = std::vector<uint32_t>;

}  // namespace

TEST_CASE("msm: the driver's probe finds a block by a lookup that no walk answers")
{
    Msm msm;
    CHECK(msm.probed == (1 | D::tlbmf));
    CHECK(msm.driver.read(0, D::sctlr) == 0);
    CHECK(msm.driver.read(0, D::fsr) == 0);
    CHECK(msm.counter("walks") == 0);
}

TEST_CASE("msm: after the driver's attach its registers read back what it wrote")
{
    Msm msm;
    CHECK(msm.driver.read(Msm::ctx, D::sctlr) == 7);
    CHECK(msm.driver.read(Msm::ctx, D::actlr) == 0x3'7072);
    CHECK(msm.driver.read(Msm::ctx, D::ttbr0) == (msm.table.root() | 2));
    CHECK(msm.driver.read(Msm::ctx, D::prrr) == 0x800b'8204);
    CHECK(msm.driver.read(Msm::ctx, D::nmrr) == 0x4000'4000);
    CHECK(msm.driver.read(Msm::ctx, D::bfbcr) == 1);
    CHECK(msm.driver.read(Msm::ctx, D::contextidr) == Msm::ctx);
    CHECK(msm.driver.global(D::m2vcbr(7)) == (3u << 22 | Msm::ctx << 8));
    CHECK(msm.driver.global(D::cr) == 0x40);
}

TEST_CASE("msm: a register of a context has the bits of the table and no others, in each bank")
{
    Msm msm;
    const auto [offset, bits] = GENERATE(table<uint32_t, uint32_t>({
        {D::sctlr, 0x3f}, {D::actlr, 0x00f7'ff7f}, {D::contextidr, ~0u}, {D::ttbr0, 0xffff'fffb},
        {D::ttbr1, 0xffff'c07b}, {D::ttbcr, 0x37}, {D::par, ~0u}, {D::fsr, 0}, {D::fsrrestore, 0}, {D::far, ~0u},
        {D::fsynr0, 0xff00'ffff}, {D::fsynr1, 0x0137'f5ff}, {D::prrr, 0xff0f'ffff}, {D::nmrr, ~0u}, {D::tlblkcr, ~0u},
        {D::v2psr, 0}, {D::tlbflpter, ~0u}, {D::tlbslpter, ~0u}, {D::bfbcr, 0xff7}, {D::ctx_tlbiall, 0},
        {D::tlbiasid, 0}, {D::tlbiva, 0}, {D::tlbivaa, 0}, {D::v2ppr, 0}, {D::v2ppw, 0}, {D::v2pur, 0}, {D::v2puw, 0},
        {D::resume, 0},
    }));
    CAPTURE(offset);
    for (unsigned ctx = 0; ctx < Msm::contexts; ++ctx) {
        const uint32_t neighbour = msm.driver.read((ctx + 1) % Msm::contexts, offset);
        msm.driver.write(ctx, offset, ~0u);
        CHECK(msm.driver.read(ctx, offset) == bits);
        CHECK(msm.driver.read((ctx + 1) % Msm::contexts, offset) == neighbour);
        msm.driver.write(ctx, offset, 0);
    }
}

TEST_CASE("msm: a global register has the bits of the table and no others")
{
    Msm msm;
    const auto [offset, bits] = GENERATE(table<uint32_t, uint32_t>({
        {D::m2vcbr(0), 0x0fff'ff1f}, {D::m2vcbr(31), 0x0fff'ff1f}, {D::cbacr(0), 0xff1f'031f},
        {D::cbacr(2), 0xff1f'031f}, {D::tlbrsw, 0x3ff}, {D::tlbtr0, 0}, {D::tlbtr0 + 4, 0}, {D::tlbtr0 + 8, 0},
        {D::testbuscr, 0xffff'f303}, {D::global_tlbiall, 0}, {D::tlbivmid, 0}, {D::cr, 0x3ff}, {D::ear, ~0u},
        {D::esr, 0}, {D::esrrestore, 0}, {D::esynr0, 0xff1f'ffff}, {D::esynr1, 0xc171'f5ff}, {D::rev, 0x10},
        {D::idr, 0x0102'921f}, {D::rpu_acr, ~0u},
    }));
    CAPTURE(offset);
    msm.driver.set_global(offset, ~0u);
    CHECK(msm.driver.global(offset) == bits);
}

TEST_CASE("msm: there are as many contexts as the option says, and IDR and the node say so too")
{
    const uint32_t contexts = GENERATE(1u, 2u, 4u);
    FakeHost host;
    const auto iommu = make_iommu(host, "msm-iommu", {{"context-banks", std::to_string(contexts)}});
    MsmDriver driver(*iommu, contexts);
    CHECK((driver.global(D::idr) >> 16 & 0xff) == contexts - 1);
    driver.write(contexts - 1, D::ttbr1, 0x4000);
    CHECK(driver.read(contexts - 1, D::ttbr1) == 0x4000);
    driver.write(contexts, D::ttbr1, 0x4000);
    CHECK(driver.read(contexts, D::ttbr1) == 0);
    CHECK(host.logged("unknown register") > 0);

    Placement placement;
    placement.regions = {0xb10'0000};
    placement.irqs = {{0, 112, 4}, {0, 113, 4}};
    placement.interrupt_parent = 7;
    placement.self = 9;
    placement.new_phandle = [next = 100u]() mutable { return next++; };
    const DeviceTree tree = iommu->describe(placement);
    const std::string node = "/iommu@b100000";
    CHECK(cells(tree, node, "qcom,ncb") == Cells{contexts});
    CHECK(text(tree, node, "compatible") == std::string("qcom,apq8064-iommu\0", 19));
    CHECK(cells(tree, node, "reg") == Cells{0, 0xb10'0000, 0, 0x10'0000});
    CHECK(cells(tree, node, "interrupts") == Cells{0, 112, 4, 0, 113, 4});
    CHECK(cells(tree, node, "interrupt-parent") == Cells{7});
    CHECK(cells(tree, node, "clocks") == Cells{100, 100});
    CHECK(cells(tree, "/msm-iommu-clock@b100000", "phandle") == Cells{100});
    CHECK(text(tree, node, "clock-names") == std::string("smmu_pclk\0iommu_clk\0", 20));
    CHECK(cells(tree, node, "#iommu-cells") == Cells{1});
    CHECK(cells(tree, node, "phandle") == Cells{9});
}

TEST_CASE("msm: no context and more than four are refused, with what is valid")
{
    CHECK(refusal("msm-iommu", "context-banks=3").empty());
    for (const char *bad : {"context-banks=0", "context-banks=5", "context-banks=x"})
        CHECK(refusal("msm-iommu", bad).find("1..4") != std::string::npos);
    CHECK(refusal("msm-iommu", "variant=x").find("variant") != std::string::npos);
}

TEST_CASE("msm: it serves platform masters, by their number")
{
    Msm msm;
    CHECK(msm.iommu->shape().pci_map.empty());
    CHECK(msm.iommu->shape().address_bits == 32);
    CHECK(msm.iommu->shape().streams == 32);
    CHECK(msm.iommu->iommu_cells(31) == Cells{31});
    CHECK(msm.iommu->registers(1) == nullptr);
}
