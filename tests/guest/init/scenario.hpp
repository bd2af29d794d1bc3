// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel command line asks for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace guest
{

// Which gates are open, by letter: c cache coherency lifted, n capability check skipped, u unsafe interrupts allowed.
inline constexpr std::string_view gate_letters = "cnu";

// One API of a boot that serves several, and the gates that are open for it alone.
struct Turn {
    std::string api;
    std::string gates;
};

struct Scenario {
    std::string api;    // dma, direct, vfio, compat, iommufd; sva, dirty
    // "soc_iommu.turns=dma:,vfio:cu": in this order, each as if it were the boot's only one. Empty: `api` alone, with
    // the gates as the command line has them.
    std::vector<Turn> turns;
    std::string master; // pci, platform
    std::string driver; // Linux' driver of the IOMMU; empty: not checked; "none": no IOMMU is expected
    unsigned sessions = 3;
    unsigned step_timeout = 5; // seconds
    unsigned reads = 0;        // for benchmarks: 4 KiB direct reads that `dma` times on virtio-blk
    // PCI functions are taken out and found again first, for kernels that find them before they look for IOMMUs.
    bool rescan = false;
    bool shell = false;
    std::string error; // not empty: what is wrong with the command line

    static Scenario parse(std::string_view command_line);
};

} // namespace guest
