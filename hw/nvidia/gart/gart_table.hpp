// The table of the GART and the window through which software reaches it: ENTRY_ADDR says which entry, ENTRY_DATA
// is it. The table is in the block; translations read it on any thread while software writes.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "soc-iommu/register_bank.hpp"

namespace soc::gart {

class GartTable final : public Stateful {
public:
    // `count`: a power of two. `unmapped`: called when a valid entry became another one.
    GartTable(unsigned count, RegisterBank &, std::function<void(unsigned index)> unmapped);

    // Any thread. The entry of an address in the aperture: the aperture is aligned, so its low bits are enough.
    uint32_t entry(uint64_t address) const { return entries_[index(address)].load(std::memory_order_acquire); }

    void reset() override;
    void save(StateWriter &) const override;
    void load(StateReader &) override;

private:
    unsigned index(uint64_t address) const;
    void write(uint32_t value);

    std::vector<std::atomic<uint32_t>> entries_;
    Register &address_;
    std::function<void(unsigned index)> unmapped_;
};

}  // namespace soc::gart
