// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel_master.hpp"

#include "failure.hpp"
#include "fd.hpp"
#include "files.hpp"
#include "memory.hpp"
#include "soc-iommu/soc-dma-regs.h"
#include "text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace guest
{
namespace
{

std::unique_ptr<SocDma> pci_onlooker(const Device &device)
{
    if (const int error = write_file(device.path() + "/enable", "1")) {
        throw Failure{error, "enabling " + device.name()};
    }
    const Fd fd = Fd::open(device.path() + "/resource0", O_RDWR | O_SYNC);
    return std::make_unique<SocDma>(mapped_window(Mapping::of_file(fd, 0, SOC_DMA_WINDOW, "resource0")));
}

std::unique_ptr<SocDma> platform_onlooker(const Device &device)
{
    // Devices of the tree are named by their address: "b010000.soc-dma".
    const auto address = parse_number("0x" + device.name().substr(0, device.name().find('.')));
    if (!address) {
        fail("no address in the name " + device.name());
    }
    const std::string node = "/dev/mem";
    if (mknod(node.c_str(), S_IFCHR | 0600, makedev(1, 1)) < 0 && errno != EEXIST) {
        fail_errno("mknod " + node);
    }
    const Fd fd = Fd::open(node, O_RDWR | O_SYNC);
    const auto start = static_cast<size_t>(*address % kernel_page_size());
    return std::make_unique<SocDma>(
        mapped_window(Mapping::of_file(fd, *address - start, SOC_DMA_WINDOW + start, node), start));
}

} // namespace

std::unique_ptr<SocDma> onlooker()
{
    if (const auto device = find_pci(SOC_DMA_PCI_VENDOR, SOC_DMA_PCI_DEVICE)) {
        return pci_onlooker(*device);
    }
    if (const auto device = find_compatible("platform", SOC_DMA_COMPATIBLE)) {
        return platform_onlooker(*device);
    }
    return nullptr;
}

void kernel_master_session(KernelMaster &master, Reporter &reporter)
{
    const int64_t pinned = pinned_pages();
    reporter.step("bind", [&](Notes &notes) { master.bind(notes); });
    reporter.step("dma", [&](Notes &notes) {
        const auto look = onlooker();
        const Counters before = look ? look->counters() : Counters{};
        master.dma(notes);
        const Counters after = look ? look->counters() : Counters{};
        note_translations(notes, before, after);
    });
    reporter.step("unmap", [&](Notes &notes) {
        master.unbind(notes);
        const int64_t left = pinned_pages() - pinned;
        notes.add("pinned=%lld", static_cast<long long>(left));
        if (left != 0) {
            fail("pinned pages were left behind");
        }
    });
}

} // namespace guest
