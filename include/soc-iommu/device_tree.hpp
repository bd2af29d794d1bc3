// Device-tree nodes as data. A model fills a DeviceTree; the shim only puts it in place.
//
//     tree.node("/iommu@b000000")
//         .strings("compatible", {"apple,t8103-dart"})
//         .reg({{base, 0x4000}})
//         .cells("#iommu-cells", {1});
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace soc {

struct DeviceTreeProperty {
    std::string name;
    std::vector<uint8_t> value;  // big-endian, as in the blob
};

class DeviceTreeNode {
public:
    explicit DeviceTreeNode(std::string path) : path_(std::move(path)) {}

    DeviceTreeNode &cells(const std::string &name, const std::vector<uint32_t> &values);
    DeviceTreeNode &strings(const std::string &name, const std::vector<std::string> &values);
    DeviceTreeNode &flag(const std::string &name);
    DeviceTreeNode &bytes(const std::string &name, std::vector<uint8_t> value);
    // Address and size pairs with two cells each, as the boards' root has them.
    DeviceTreeNode &reg(const std::vector<std::pair<uint64_t, uint64_t>> &regions);

    const std::string &path() const { return path_; }
    const std::vector<DeviceTreeProperty> &properties() const { return properties_; }

private:
    std::string path_;
    std::vector<DeviceTreeProperty> properties_;
};

class DeviceTree {
public:
    // A new node; its parent must exist already, on the board or here.
    DeviceTreeNode &node(const std::string &path) { return nodes_.emplace_back(path); }
    const std::deque<DeviceTreeNode> &nodes() const { return nodes_; }

private:
    std::deque<DeviceTreeNode> nodes_;
};

// A clock that always runs, for a driver that asks for one. `phandle`: a new one, by which others name it.
void add_fixed_clock(DeviceTree &, const std::string &name, uint32_t phandle, uint32_t hertz);

// "name@1f000"
std::string unit_name(const std::string &name, uint64_t address);

}  // namespace soc
