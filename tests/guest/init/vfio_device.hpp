// SPDX-License-Identifier: GPL-2.0-or-later
// A VFIO device, once there is a file descriptor for it: the same for groups and for iommufd.
#pragma once

#include "devices.hpp"
#include "fd.hpp"
#include "soc_dma.hpp"

#include <memory>

namespace guest
{

// vfio-pci, vfio-platform, vfio-amba.
std::string vfio_driver_of(const Device &device);

// Binds the VFIO driver; throws Failure with the errno of its probe.
void bind_vfio_driver(const Device &device);

// Character device regions, as in /proc/devices: "vfio" for groups, "vfio-dev" for device nodes.
bool character_device_registered(const std::string &name);

// Switches memory space and bus mastering on where it is a PCI device, and returns the registers.
std::unique_ptr<SocDma> open_soc_dma(const Fd &device_fd, const Device &device);

} // namespace guest
