// The device tree that the guest gets: read back from guest memory, where the board has put it.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

#include <fstream>
#include <iterator>
#include <map>

extern "C" {
#include <libfdt.h>
}

using namespace qtest;

namespace {

class Tree {
public:
    explicit Tree(std::vector<uint8_t> blob) : blob_(std::move(blob)) 
    {
        REQUIRE(blob_.size() > sizeof(fdt_header));
        REQUIRE(fdt_check_header(blob_.data()) == 0);
    }

    static Tree of(Machine &machine)
    {
        const auto header = machine.bytes(ram, 8);  // the board's own place for it without a kernel
        const uint32_t size = uint32_t(header[4]) << 24 | header[5] << 16 | header[6] << 8 | header[7];
        REQUIRE(size < 0x200000);
        return Tree(machine.bytes(ram, size));
    }

    std::vector<uint32_t> cells(const std::string &path, const char *name) const
    {
        const int node = fdt_path_offset(blob_.data(), path.c_str());
        INFO(path << " " << name);
        REQUIRE(node >= 0);
        int length = 0;
        const void *value = fdt_getprop(blob_.data(), node, name, &length);
        if (!value)
            return {};
        std::vector<uint32_t> list;
        for (int i = 0; i + 4 <= length; i += 4)
            list.push_back(fdt32_ld(reinterpret_cast<const fdt32_t *>(static_cast<const char *>(value) + i)));
        return list;
    }
    bool has(const std::string &path, const char *name) const
    {
        const int node = fdt_path_offset(blob_.data(), path.c_str());
        INFO(path << " " << name);
        REQUIRE(node >= 0);
        return fdt_getprop(blob_.data(), node, name, nullptr) != nullptr;
    }
    uint32_t phandle(const std::string &path) const { return cells(path, "phandle").at(0); }
    std::string compatible(const char *of) const
    {
        char path[128] = "";
        const int node = fdt_node_offset_by_compatible(blob_.data(), -1, of);
        if (node >= 0)
            fdt_get_path(blob_.data(), node, path, sizeof path);
        return path;
    }
    // How many nodes have each phandle.
    std::map<uint32_t, int> phandles() const
    {
        std::map<uint32_t, int> count;
        for (int node = fdt_next_node(blob_.data(), -1, nullptr); node >= 0;
             node = fdt_next_node(blob_.data(), node, nullptr))
            if (const uint32_t phandle = fdt_get_phandle(blob_.data(), node))
                ++count[phandle];
        return count;
    }

private:
    std::vector<uint8_t> blob_;
};

std::string unit(Machine &machine, const std::string &name, const std::string &id)
{
    std::ostringstream path;
    path << "/" << name << "@" << std::hex << machine.address(id);
    return path.str();
}

}  // namespace

TEST_CASE("IOMMUs, masters and the bridge's iommu-map reach the guest", "[tree]")
{
    Machine machine({"-device", "apple-dart,id=a,pci-map=0x8:1:3+0x100:7:1", "-device",
                     "apple-dart,id=b,pci-map=0x40:2:1", "-device", "soc-dma,id=dma,iommus=a:3+b:4", "-device",
                     "soc-pl330,id=pl330,iommus=b:5", "-device", "soc-dma-pci,addr=1"});
    const Tree tree = Tree::of(machine);
    const std::string a = unit(machine, "iommu", "a"), b = unit(machine, "iommu", "b");
    CHECK(tree.cells(a, "#iommu-cells") == std::vector<uint32_t>{1});
    CHECK(tree.cells(a, "reg") == std::vector<uint32_t>{0, uint32_t(machine.address("a")), 0, 0x4000});
    CHECK(tree.cells(a, "interrupts") == std::vector<uint32_t>{0, machine.get("a", "spi"), 4});
    CHECK(tree.cells(a, "interrupt-parent") == tree.cells("/", "interrupt-parent"));
    const uint32_t handle_a = tree.phandle(a), handle_b = tree.phandle(b);
    CHECK(tree.cells(unit(machine, "soc-dma", "dma"), "iommus") == std::vector<uint32_t>{handle_a, 3, handle_b, 4});
    CHECK(tree.cells(tree.compatible("arm,pl330"), "iommus") == std::vector<uint32_t>{handle_b, 5});
    CHECK(tree.cells(tree.compatible("pci-host-ecam-generic"), "iommu-map") ==
          std::vector<uint32_t>{0x8, handle_a, 1, 3, 0x40, handle_b, 2, 1, 0x100, handle_a, 7, 1});
    for (const auto &[phandle, count] : tree.phandles()) {
        INFO(phandle);
        CHECK(count == 1);
    }
}

TEST_CASE("without a PCI map the bridge gets no iommu-map", "[tree]")
{
    Machine machine({"-device", "apple-dart,id=a,pci-map=none", "-device", "soc-dma,id=dma"});
    const Tree tree = Tree::of(machine);
    CHECK(tree.cells(tree.compatible("pci-host-ecam-generic"), "iommu-map").empty());
    CHECK(tree.cells(unit(machine, "soc-dma", "dma"), "iommus").empty());
}

TEST_CASE("the bridge says whether the IOMMU of the bus serves ATS", "[tree]")
{
    struct Expected {
        const char *device;
        bool ats;
    };
    for (const Expected &expected : {Expected{"soc-test-iommu,id=iommu", true}, Expected{"apple-dart,id=iommu", false},
                                     Expected{"soc-test-iommu,id=iommu,pci-map=none", false}}) {
        INFO(expected.device);
        Machine machine({"-device", expected.device});
        const Tree tree = Tree::of(machine);
        CHECK(tree.has(tree.compatible("pci-host-ecam-generic"), "ats-supported") == expected.ats);
    }
}

TEST_CASE("a platform master says in its node that it can stall, and how wide its substreams are", "[tree]")
{
    Machine machine({"-device", "soc-test-iommu,id=iommu,pci-map=none", "-device",
                     "soc-dma,id=with,iommus=iommu:1,stall=on,pasid-bits=20", "-device",
                     "soc-dma,id=without,iommus=iommu:2+iommu:3"});
    const Tree tree = Tree::of(machine);
    const std::string with = unit(machine, "soc-dma", "with"), without = unit(machine, "soc-dma", "without");
    CHECK(tree.has(with, "dma-can-stall"));
    CHECK(tree.cells(with, "pasid-num-bits") == std::vector<uint32_t>{20});
    CHECK_FALSE(tree.has(without, "dma-can-stall"));
    CHECK_FALSE(tree.has(without, "pasid-num-bits"));
}

TEST_CASE("an SMMUv3 says whether its walks are coherent, whatever the board says at its root", "[tree]")
{
    const bool coherent = GENERATE(true, false);
    Machine machine({"-device", coherent ? "soc-smmuv3,id=smmu" : "soc-smmuv3,id=smmu,coherent=off"});
    const Tree tree = Tree::of(machine);
    const std::string smmu = unit(machine, "iommu", "smmu");
    CHECK(tree.has(smmu, "dma-coherent") == coherent);
    CHECK(tree.has(smmu, "dma-noncoherent") == !coherent);
}

TEST_CASE("a GART has its aperture and its clock in its node, and its masters name no client", "[tree]")
{
    Machine machine({"-device", "tegra-gart,id=gart", "-device", "soc-dma,id=dma,iommus=gart:0x12+gart:0x2b", "-device",
                     "soc-pl330,id=pl330,iommus=gart:0x19"});
    const Tree tree = Tree::of(machine);
    const std::string gart = unit(machine, "memory-controller", "gart");
    CHECK(tree.compatible("nvidia,tegra20-mc-gart") == gart);
    CHECK(tree.cells(gart, "reg") ==
          std::vector<uint32_t>{0, uint32_t(machine.address("gart")), 0, 0x400, 0, 0x58000000, 0, 0x2000000});
    CHECK(tree.cells(gart, "interrupts") == std::vector<uint32_t>{0, machine.get("gart", "spi"), 4});
    CHECK(tree.cells(gart, "#iommu-cells") == std::vector<uint32_t>{0});
    CHECK(tree.cells(gart, "#reset-cells") == std::vector<uint32_t>{1});
    CHECK(tree.cells(gart, "clocks") ==
          std::vector<uint32_t>{tree.phandle(unit(machine, "memory-controller-clock", "gart"))});
    const uint32_t handle = tree.phandle(gart);
    CHECK(tree.cells(unit(machine, "soc-dma", "dma"), "iommus") == std::vector<uint32_t>{handle, handle});
    CHECK(tree.cells(tree.compatible("arm,pl330"), "iommus") == std::vector<uint32_t>{handle});
    CHECK(tree.cells(tree.compatible("pci-host-ecam-generic"), "iommu-map").empty());
    for (const auto &[phandle, count] : tree.phandles()) {
        INFO(phandle);
        CHECK(count == 1);
    }
}

TEST_CASE("an M4U brings smi-common, its larbs and their clock, and masters name its ports", "[tree]")
{
    Machine machine({"-device", "mtk-m4u-v1,id=m4u", "-device", "soc-dma,id=dma,iommus=m4u:3+m4u:4", "-device",
                     "mtk-m4u-v1,id=other,variant=mt7623"},
                    {"-M", "virt,highmem=off"});
    const Tree tree = Tree::of(machine);
    const std::string m4u = unit(machine, "iommu", "m4u");
    const uint32_t base = uint32_t(machine.address("m4u"));
    const auto neighbour = [&](const char *name, uint32_t offset) {
        std::ostringstream path;
        path << "/" << name << "@" << std::hex << base + offset;
        return path.str();
    };
    CHECK(tree.cells(m4u, "reg") == std::vector<uint32_t>{0, base, 0, 0x1000});
    const std::string common = neighbour("smi", 0x1000);
    CHECK(tree.cells(common, "reg") == std::vector<uint32_t>{0, base + 0x1000, 0, 0x1000});
    CHECK(tree.cells(m4u, "clocks") == std::vector<uint32_t>{tree.phandle(unit(machine, "m4u-clock", "m4u"))});
    const auto larbs = tree.cells(m4u, "mediatek,larbs");
    REQUIRE(larbs.size() == 3);
    for (uint32_t larb = 0; larb < 3; ++larb) {
        const std::string path = neighbour("larb", 0x2000 + larb * 0x1000);
        CHECK(tree.phandle(path) == larbs[larb]);
        CHECK(tree.cells(path, "mediatek,smi") == std::vector<uint32_t>{tree.phandle(common)});
    }
    for (const auto &[phandle, count] : tree.phandles()) {
        INFO(phandle);
        CHECK(count == 1);
    }
    const uint32_t handle = tree.phandle(m4u);
    CHECK(tree.cells(unit(machine, "soc-dma", "dma"), "iommus") == std::vector<uint32_t>{handle, 3, handle, 4});
    CHECK(tree.compatible("mediatek,mt7623-m4u") == unit(machine, "iommu", "other"));
}

TEST_CASE("Unisoc's IOMMU has neither interrupt nor clock in its node, and its client names nothing", "[tree]")
{
    Machine machine({"-device", "sprd-iommu,id=sprd", "-device", "soc-dma,id=dma,iommus=sprd:3"});
    const Tree tree = Tree::of(machine);
    const std::string sprd = unit(machine, "iommu", "sprd");
    CHECK(tree.compatible("sprd,iommu-v1") == sprd);
    CHECK(tree.cells(sprd, "reg") == std::vector<uint32_t>{0, uint32_t(machine.address("sprd")), 0, 0x80});
    CHECK(tree.cells(sprd, "#iommu-cells") == std::vector<uint32_t>{0});
    CHECK_FALSE(tree.has(sprd, "interrupts"));
    CHECK_FALSE(tree.has(sprd, "clocks"));
    CHECK(tree.cells(unit(machine, "soc-dma", "dma"), "iommus") == std::vector<uint32_t>{tree.phandle(sprd)});
}

TEST_CASE("an MSM IOMMU has its two interrupts, its clocks and its contexts in its node", "[tree]")
{
    Machine machine({"-device", "msm-iommu,id=msm,context-banks=2", "-device", "soc-dma,id=dma,iommus=msm:3+msm:4"},
                    {"-M", "virt,highmem=off"});
    const Tree tree = Tree::of(machine);
    const std::string node = unit(machine, "iommu", "msm");
    CHECK(tree.compatible("qcom,apq8064-iommu") == node);
    CHECK(tree.cells(node, "reg") == std::vector<uint32_t>{0, uint32_t(machine.address("msm")), 0, 0x100000});
    CHECK(tree.cells(node, "interrupts").size() == 6);
    const uint32_t clock = tree.phandle(unit(machine, "msm-iommu-clock", "msm"));
    CHECK(tree.cells(node, "clocks") == std::vector<uint32_t>{clock, clock});
    CHECK(tree.cells(node, "qcom,ncb") == std::vector<uint32_t>{2});
    const uint32_t handle = tree.phandle(node);
    CHECK(tree.cells(unit(machine, "soc-dma", "dma"), "iommus") == std::vector<uint32_t>{handle, 3, handle, 4});
}

TEST_CASE("the board's own iommu-map stays when ours serves no PCI", "[tree]")
{
    Machine machine({"-device", "apple-dart,id=a,pci-map=none"}, {"-M", "virt,gic-version=3,iommu=smmuv3"});
    const Tree tree = Tree::of(machine);
    const uint32_t smmu = tree.phandle(tree.compatible("arm,smmu-v3"));
    const auto map = tree.cells(tree.compatible("pci-host-ecam-generic"), "iommu-map");
    REQUIRE(map.size() >= 4);
    CHECK(map[1] == smmu);
}

TEST_CASE("a dump of the device tree has our nodes in it", "[tree]")
{
    const auto file = std::filesystem::temp_directory_path() / ("soc-iommu-" + std::to_string(getpid()) + ".dtb");
    const Ending ending = Machine::ends({"-device", "apple-dart,id=a", "-machine", "dumpdtb=" + file.string()});
    CHECK(ending.status == 0);
    std::ifstream stream(file, std::ios::binary);
    const Tree tree({std::istreambuf_iterator<char>(stream), {}});
    CHECK(tree.compatible("apple,t8103-dart") == "/iommu@b000000");
    std::filesystem::remove(file);
}
