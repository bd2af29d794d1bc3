// SPDX-License-Identifier: GPL-2.0-or-later
// Devices in sysfs: which there are, and which driver has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace guest
{

class Device
{
public:
    Device(std::string bus, std::string name) : bus_(std::move(bus)), name_(std::move(name)) {}

    const std::string &bus() const { return bus_; }
    const std::string &name() const { return name_; }
    std::string path() const { return "/sys/bus/" + bus_ + "/devices/" + name_; }

    std::string driver() const;               // empty: none
    std::optional<std::string> group() const; // number of its IOMMU group

    // Binds with driver_override, so that no other driver can, and returns the errno of the driver's probe.
    int bind(const std::string &driver) const;
    // Leaves the device without a driver and without an override.
    void unbind() const;

private:
    std::string bus_;
    std::string name_;
};

// The first in the order of their names, or one after it. `bus` is platform or amba.
std::optional<Device> find_pci(uint16_t vendor, uint16_t device, unsigned skip = 0);
std::optional<Device> find_compatible(const std::string &bus, std::string_view compatible, unsigned skip = 0);

// Are devices bound to a driver of this name, on any of the buses that IOMMUs live on? Hyphens and
// underscores are the same, as in module names.
std::string devices_of_driver(std::string_view driver);

// The domain type of a group: DMA, DMA-FQ, identity, …
std::string group_type(const std::string &group);

// Stops the kernel from binding drivers by itself on the buses of DMA masters.
void stop_automatic_binding();

// As if every PCI function that is no bridge had been unplugged and plugged in again.
void rescan_pci();

} // namespace guest
