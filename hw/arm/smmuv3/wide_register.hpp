// A 64-bit register: two words of the bank, each writable by itself (Arm IHI 0070, 6.2).
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "soc-iommu/register_bank.hpp"

namespace soc::smmuv3 {

struct WideSpec {
    const char *low_name, *high_name;
    uint32_t offset;
    uint64_t writable;
};

class WideRegister {
public:
    WideRegister() = default;
    // `writable` 0: RES0; writes do nothing, in silence.
    WideRegister(RegisterBank &bank, const WideSpec &spec, const Register::WriteGuard &guard) : mask_(spec.writable)
    {
        low_ = &add(bank, spec.low_name, spec.offset, uint32_t(mask_), guard);
        high_ = &add(bank, spec.high_name, spec.offset + 4, uint32_t(mask_ >> 32), guard);
    }

    // Any thread. Both words are stable where the register is guarded and the guard is up.
    uint64_t get() const { return (low_->get() | uint64_t(high_->get()) << 32) & mask_; }

private:
    static Register &add(RegisterBank &bank, const char *name, uint32_t offset, uint32_t writable,
                         const Register::WriteGuard &guard)
    {
        Register &reg = bank.add({.name = name, .offset = offset, .writable = writable});
        reg.on_write([](unsigned, uint32_t) {});
        if (writable)
            reg.writable_while(guard);
        return reg;
    }

    uint64_t mask_ = 0;
    Register *low_ = nullptr, *high_ = nullptr;
};

}  // namespace soc::smmuv3
