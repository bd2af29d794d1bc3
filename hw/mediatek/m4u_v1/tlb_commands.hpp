// The registers that drop translations. A command ends before its write does.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include "soc-iommu/register_bank.hpp"

namespace soc::m4u_v1 {

class TlbCommands {
public:
    // Numbers of input pages, both inside.
    using Invalidate = std::function<void(uint32_t first, uint32_t last)>;

    TlbCommands(RegisterBank &, GuestLog &, Invalidate);

private:
    void command(uint32_t written);
    void invalidate_range(bool selected);

    GuestLog &log_;
    Invalidate invalidate_;
    Register &start_, &end_, &select_, &done_;
};

}  // namespace soc::m4u_v1
