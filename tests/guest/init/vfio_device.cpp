// SPDX-License-Identifier: GPL-2.0-or-later
#include "vfio_device.hpp"

#include "failure.hpp"
#include "files.hpp"
#include "modules.hpp"
#include "text.hpp"

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace guest
{
namespace
{

vfio_region_info region_info(const Fd &fd, uint32_t index)
{
    vfio_region_info info = {};
    info.argsz = sizeof(info);
    info.index = index;
    if (ioctl(fd.get(), VFIO_DEVICE_GET_REGION_INFO, &info) < 0) {
        fail_errno(format("VFIO_DEVICE_GET_REGION_INFO %u", index));
    }
    return info;
}

void enable_pci(const Fd &fd)
{
    const vfio_region_info config = region_info(fd, VFIO_PCI_CONFIG_REGION_INDEX);
    const auto position = static_cast<off_t>(config.offset + PCI_COMMAND);
    uint16_t command = 0;
    if (pread(fd.get(), &command, sizeof(command), position) != sizeof(command)) {
        fail_errno("pread of the PCI command register");
    }
    command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
    if (pwrite(fd.get(), &command, sizeof(command), position) != sizeof(command)) {
        fail_errno("pwrite of the PCI command register");
    }
}

} // namespace

std::string vfio_driver_of(const Device &device)
{
    return "vfio-" + device.bus();
}

void bind_vfio_driver(const Device &device)
{
    const std::string driver = vfio_driver_of(device);
    if (const int error = device.bind(driver)) {
        throw Failure{error, "bind " + device.name() + " to " + driver};
    }
}

bool character_device_registered(const std::string &name)
{
    for (std::string_view line : split(read_file("/proc/devices").value_or(""), '\n')) {
        const auto words = split(line, ' ');
        if (words.size() == 2 && words[1] == name) {
            return true;
        }
    }
    return false;
}

std::unique_ptr<SocDma> open_soc_dma(const Fd &device_fd, const Device &device)
{
    uint32_t index = 0;
    if (device.bus() == "pci") {
        enable_pci(device_fd);
        index = VFIO_PCI_BAR0_REGION_INDEX;
    }
    const vfio_region_info info = region_info(device_fd, index);
    if (info.flags & VFIO_REGION_INFO_FLAG_MMAP) {
        return std::make_unique<SocDma>(mapped_window(Mapping::of_file(
            device_fd, info.offset, static_cast<size_t>(info.size), "the device's registers")));
    }
    return std::make_unique<SocDma>(file_window(device_fd, info.offset));
}

} // namespace guest
