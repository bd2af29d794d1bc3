// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/device_tree.hpp"

#include "catch.hpp"

using namespace soc;

TEST_CASE("device-tree cells are big-endian")
{
    DeviceTree tree;
    tree.node("/a").cells("x", {1, 0x01020304});
    CHECK(tree.nodes()[0].properties()[0].value == std::vector<uint8_t>{0, 0, 0, 1, 1, 2, 3, 4});
}

TEST_CASE("device-tree strings end in zero, a flag is empty, reg has two cells each")
{
    DeviceTree tree;
    DeviceTreeNode &node = tree.node("/a");
    node.strings("s", {"ab", "c"}).flag("f").reg({{0x1'0000'0002, 0x1000}});

    CHECK(node.properties()[0].value == std::vector<uint8_t>{'a', 'b', 0, 'c', 0});
    CHECK(node.properties()[1].value.empty());
    CHECK(node.properties()[2].value == std::vector<uint8_t>{0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0x10, 0});
}

TEST_CASE("a unit name ends in the address in hexadecimal")
{
    CHECK(unit_name("iommu", 0xb000000) == "iommu@b000000");
}
