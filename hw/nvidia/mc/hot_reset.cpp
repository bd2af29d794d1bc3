// SPDX-License-Identifier: GPL-2.0-or-later
#include "hot_reset.hpp"

namespace soc::tegra {

HotReset::HotReset(const McSoc &soc, RegisterBank &bank, std::function<void()> changed) : soc_(soc)
{
    const uint32_t all = (1u << soc.units) - 1;
    const auto hook = [changed = std::move(changed)](unsigned, uint32_t) { changed(); };
    // A set bit lets the unit work, in both.
    control_ = &bank.add({.name = "CLIENT_CTRL", .offset = 0x100, .reset = all, .writable = all});
    control_->on_write(hook);
    reset_n_ = &bank.add({.name = "CLIENT_HOTRESETN", .offset = 0x104, .reset = all, .writable = all});
    reset_n_->on_write(hook);
    // How many requests of each unit are outstanding. A request is over when it is made here, so never any.
    bank.add({.name = "ORRC", .offset = 0x140, .count = soc.units});
}

}  // namespace soc::tegra
