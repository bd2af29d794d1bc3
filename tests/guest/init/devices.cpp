// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices.hpp"

#include "files.hpp"
#include "text.hpp"

#include <algorithm>
#include <cerrno>

namespace guest
{
namespace
{

std::string with_hyphens(std::string_view name)
{
    std::string result(name);
    std::replace(result.begin(), result.end(), '_', '-');
    return result;
}

} // namespace

std::string Device::driver() const
{
    return link_target_name(path() + "/driver");
}

std::optional<std::string> Device::group() const
{
    std::string name = link_target_name(path() + "/iommu_group");
    if (name.empty()) {
        return std::nullopt;
    }
    return name;
}

int Device::bind(const std::string &driver) const
{
    const std::string now = this->driver();
    if (now == driver) {
        return 0;
    }
    if (!now.empty()) {
        unbind();
    }
    if (int error = write_file(path() + "/driver_override", driver)) {
        return error;
    }
    return write_file("/sys/bus/" + bus_ + "/drivers/" + driver + "/bind", name_);
}

void Device::unbind() const
{
    write_file(path() + "/driver/unbind", name_);
    write_file(path() + "/driver_override", "\n");
}

std::optional<Device> find_pci(uint16_t vendor, uint16_t device, unsigned skip)
{
    for (const std::string &name : list_directory("/sys/bus/pci/devices")) {
        const std::string path = "/sys/bus/pci/devices/" + name;
        const auto number = [&](const char *file) {
            return parse_number(trim(read_file(path + file).value_or("")));
        };
        if (number("/vendor") == vendor && number("/device") == device && !skip--) {
            return Device("pci", name);
        }
    }
    return std::nullopt;
}

std::optional<Device> find_compatible(const std::string &bus, std::string_view compatible, unsigned skip)
{
    for (const std::string &name : list_directory("/sys/bus/" + bus + "/devices")) {
        const auto names = read_file("/sys/bus/" + bus + "/devices/" + name + "/of_node/compatible");
        if (!names) {
            continue;
        }
        for (std::string_view each : split(*names, '\0')) {
            if (each == compatible && !skip--) {
                return Device(bus, name);
            }
        }
    }
    return std::nullopt;
}

std::string devices_of_driver(std::string_view driver)
{
    std::string found;
    for (const char *bus : {"platform", "virtio", "amba", "pci"}) {
        const std::string drivers = format("/sys/bus/%s/drivers", bus);
        for (const std::string &name : list_directory(drivers)) {
            if (with_hyphens(name) != with_hyphens(driver)) {
                continue;
            }
            for (const std::string &entry : list_directory(drivers + "/" + name)) {
                // Devices are links into the device tree; `module` is a link too.
                if (entry != "module" && exists(drivers + "/" + name + "/" + entry + "/driver")) {
                    found += (found.empty() ? "" : ",") + entry;
                }
            }
        }
    }
    return found;
}

std::string group_type(const std::string &group)
{
    return std::string(trim(read_file("/sys/kernel/iommu_groups/" + group + "/type").value_or("unknown")));
}

void stop_automatic_binding()
{
    for (const char *bus : {"pci", "platform", "amba"}) {
        write_file(format("/sys/bus/%s/drivers_autoprobe", bus), "0");
    }
}

void rescan_pci()
{
    for (const std::string &name : list_directory("/sys/bus/pci/devices")) {
        const std::string path = "/sys/bus/pci/devices/" + name;
        const std::string kind(read_file(path + "/class").value_or("").substr(0, 4));
        // Bridges stay, and the processor that a host bridge looks like on some boards.
        if (kind != "0x06" && kind != "0x0b") {
            write_file(path + "/remove", "1");
        }
    }
    write_file("/sys/bus/pci/rescan", "1");
}

} // namespace guest
