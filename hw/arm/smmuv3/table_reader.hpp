// Memory as the descriptors of one walk see it: behind stage 2 where stage 1's tables lie in intermediate addresses.
// Remembers why an access failed.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "walk.hpp"

namespace soc::smmuv3 {

class TableReader final : public GuestMemory {
public:
    // `nested` absent: addresses are physical. `stage`: whose descriptors these are.
    TableReader(GuestMemory &, const Walker::Stage2 *nested, unsigned stage, bool may_update);

    bool read(uint64_t address, void *data, uint32_t size) override;
    bool write(uint64_t, const void *, uint32_t) override { return false; }
    std::optional<uint64_t> compare_exchange(uint64_t address, uint32_t size, uint64_t expected,
                                             uint64_t desired) override;

    // Why the last access failed: stage 2's fault, or an external abort.
    const WalkFault &fault() const { return fault_; }
    // The external abort of the descriptor accessed last.
    WalkFault abort() const;

private:
    bool locate(uint64_t address, Access);

    GuestMemory &memory_;
    const Walker::Stage2 *nested_;
    unsigned stage_;
    bool may_update_;
    uint64_t physical_ = 0;
    WalkFault fault_;
};

}  // namespace soc::smmuv3
