// The registers through which software sees and changes the TLB. A command ends before its write does.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include "soc-iommu/counters.hpp"
#include "soc-iommu/register_bank.hpp"
#include "tlb.hpp"

namespace soc::omap {

class TlbRegisters {
public:
    // What may no longer hold, where anybody else keeps it.
    using Changed = std::function<void(uint32_t first, uint64_t size)>;

    TlbRegisters(RegisterBank &, GuestLog &, Counters &, Tlb &, Changed);

private:
    void load();
    void flush_all();
    void flush_entry();
    void changed(const TlbEntry &entry) { changed_(entry.page(), uint64_t(entry.mask()) + 1); }

    GuestLog &log_;
    Counters &counters_;
    Tlb &tlb_;
    Changed changed_;
    Register &cam_, &ram_;
};

}  // namespace soc::omap
