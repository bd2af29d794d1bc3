// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel command line asks for.
#pragma once

#include <string>
#include <string_view>

namespace guest
{

struct Scenario {
    std::string api;    // dma, direct, vfio, compat, iommufd; sva, dirty
    std::string master; // pci, platform
    std::string driver; // Linux' driver of the IOMMU; empty: not checked; "none": no IOMMU is expected
    unsigned sessions = 3;
    unsigned step_timeout = 5; // seconds
    unsigned reads = 0;        // for benchmarks: 4 KiB direct reads that `dma` times on virtio-blk
    bool shell = false;
    std::string error; // not empty: what is wrong with the command line

    static Scenario parse(std::string_view command_line);
};

} // namespace guest
