// The page directories, one an address space, and the window through which software sets them: PTB_ASID says which
// one, PTB_DATA is it. Translations read them on any thread while software writes.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <vector>

#include "soc-iommu/register_bank.hpp"

namespace soc::tegra_smmu {

class AddressSpaces final : public Stateful {
public:
    // `count`: a power of two. `bits`: that PTB_DATA has.
    AddressSpaces(unsigned count, uint32_t bits, RegisterBank &);

    // Any thread. PTB_DATA of that address space.
    uint32_t root(unsigned asid) const { return roots_[asid].load(std::memory_order_acquire); }

    void reset() override;
    void save(StateWriter &) const override;
    void load(StateReader &) override;

private:
    // Whatever a saved state says.
    unsigned selected() const { return selected_.get() & unsigned(roots_.size() - 1); }

    const uint32_t bits_;
    std::vector<std::atomic<uint32_t>> roots_;
    Register &selected_;
};

}  // namespace soc::tegra_smmu
