// Tegra20's registers for the reset of a unit while the rest runs: its requests are blocked, waited for, dropped.
// Linux 6.1 drivers/memory/tegra/tegra20.c, tegra20_mc_reset_ops; Tegra 2 TRM, CLIENT_CTRL and CLIENT_HOTRESETN.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include "soc-iommu/register_bank.hpp"
#include "soc.hpp"

namespace soc::tegra {

class HotReset {
public:
    // `changed`: called when some unit may have been blocked or released.
    HotReset(const McSoc &, RegisterBank &, std::function<void()> changed);

    // Any thread. Whether requests of this client reach memory.
    bool passes(unsigned client) const
    {
        return control_->get() & reset_n_->get() & 1u << soc_.clients[client].unit;
    }

private:
    const McSoc &soc_;
    Register *control_, *reset_n_;
};

}  // namespace soc::tegra
