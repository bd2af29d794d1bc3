// The registers for the reset of a unit while the rest runs, from Tegra30 on: a bit blocks the requests of a swgroup,
// and another says that none is outstanding. Linux drivers/memory/tegra/mc.c, tegra_mc_reset_ops_common; Tegra 3 TRM,
// MC_CLIENT_HOTRESET_CTRL and _STATUS.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <vector>

#include "soc-iommu/register_bank.hpp"
#include "soc.hpp"

namespace soc::tegra {

class ClientHotReset {
public:
    // `changed`: called when some swgroup may have been blocked or released.
    ClientHotReset(const SmmuSoc &, RegisterBank &, std::function<void()> changed);

    // Any thread. Whether requests of this swgroup reach memory.
    bool passes(unsigned swgroup) const
    {
        if (swgroup >= places_.size() || !places_[swgroup].control)
            return true;
        return !(places_[swgroup].control->get() & places_[swgroup].mask);
    }

private:
    struct Place {
        const Register *control = nullptr;  // none: the swgroup cannot be reset
        uint32_t mask = 0;
    };
    std::vector<Place> places_;  // by swgroup
};

}  // namespace soc::tegra
