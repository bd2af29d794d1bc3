// The registers that drop translations. A command ends before its write does, so BUSY always reads 0.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include "soc-iommu/guest_log.hpp"
#include "soc-iommu/register_bank.hpp"
#include "variant.hpp"

namespace soc::dart {

class TlbCommands {
public:
    TlbCommands(const Variant &, RegisterBank &, GuestLog &, std::function<void(unsigned stream)> invalidate);

private:
    void add_stream_command(const StreamCommandRegisters &, RegisterBank &);
    void add_tlb_command(const TlbCommandRegisters &, RegisterBank &);

    const Variant &variant_;
    GuestLog &log_;
    std::function<void(unsigned stream)> invalidate_;
};

}  // namespace soc::dart
