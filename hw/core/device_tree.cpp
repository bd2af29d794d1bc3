// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/device_tree.hpp"

#include <cstdio>

namespace soc {

DeviceTreeNode &DeviceTreeNode::cells(const std::string &name, const std::vector<uint32_t> &values)
{
    std::vector<uint8_t> value;
    for (uint32_t cell : values)
        for (int shift = 24; shift >= 0; shift -= 8)
            value.push_back(uint8_t(cell >> shift));
    return bytes(name, std::move(value));
}

DeviceTreeNode &DeviceTreeNode::strings(const std::string &name, const std::vector<std::string> &values)
{
    std::vector<uint8_t> value;
    for (const std::string &text : values) {
        value.insert(value.end(), text.begin(), text.end());
        value.push_back(0);
    }
    return bytes(name, std::move(value));
}

DeviceTreeNode &DeviceTreeNode::flag(const std::string &name)
{
    return bytes(name, {});
}

DeviceTreeNode &DeviceTreeNode::bytes(const std::string &name, std::vector<uint8_t> value)
{
    properties_.push_back({name, std::move(value)});
    return *this;
}

DeviceTreeNode &DeviceTreeNode::reg(const std::vector<std::pair<uint64_t, uint64_t>> &regions)
{
    std::vector<uint32_t> values;
    for (const auto &[address, size] : regions)
        for (uint64_t part : {address, size}) {
            values.push_back(uint32_t(part >> 32));
            values.push_back(uint32_t(part));
        }
    return cells("reg", values);
}

void add_fixed_clock(DeviceTree &tree, const std::string &name, uint32_t phandle, uint32_t hertz)
{
    tree.node("/" + name)
        .strings("compatible", {"fixed-clock"})
        .cells("#clock-cells", {0})
        .cells("clock-frequency", {hertz})
        .cells("phandle", {phandle});
}

std::string unit_name(const std::string &name, uint64_t address)
{
    char text[18];
    std::snprintf(text, sizeof text, "@%llx", static_cast<unsigned long long>(address));
    return name + text;
}

}  // namespace soc
