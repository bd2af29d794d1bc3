// SPDX-License-Identifier: GPL-2.0-or-later
#include "address_spaces.hpp"

namespace soc::tegra_smmu {

AddressSpaces::AddressSpaces(unsigned count, uint32_t bits, RegisterBank &bank)
    : bits_(bits), roots_(count),
      selected_(bank.add({.name = "SMMU_PTB_ASID", .offset = 0x1c, .writable = count - 1}))
{
    bank.add({.name = "SMMU_PTB_DATA", .offset = 0x20, .writable = bits, .volatile_value = true})
        .on_read([this](unsigned) { return root(selected()); })
        .on_write([this](unsigned, uint32_t written) {
            roots_[selected()].store(written & bits_, std::memory_order_release);
        });
}

void AddressSpaces::reset()
{
    for (auto &root : roots_)
        root.store(0, std::memory_order_release);
}

void AddressSpaces::save(StateWriter &out) const
{
    out.section("address-spaces", 1);
    for (const auto &root : roots_)
        out.u32(root.load(std::memory_order_acquire));
}

void AddressSpaces::load(StateReader &in)
{
    in.section("address-spaces", 1);
    for (auto &root : roots_)
        root.store(in.u32() & bits_, std::memory_order_release);
}

}  // namespace soc::tegra_smmu
