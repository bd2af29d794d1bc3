// SPDX-License-Identifier: GPL-2.0-or-later
#include "client_hot_reset.hpp"

#include <map>

namespace soc::tegra {

ClientHotReset::ClientHotReset(const SmmuSoc &soc, RegisterBank &bank, std::function<void()> changed)
{
    std::map<uint32_t, uint32_t> bits;
    for (const ResetBit &reset : soc.resets)
        bits[reset.control] |= 1u << reset.bit;
    std::map<uint32_t, const Register *> controls;
    for (const auto &[offset, all] : bits) {
        Register &control = bank.add({.name = "CLIENT_HOTRESET_CTRL", .offset = offset, .writable = all});
        control.on_write([changed](unsigned, uint32_t) { changed(); });
        controls[offset] = &control;
        // A request is over when it is made here, so nothing is outstanding of what is blocked.
        bank.add({.name = "CLIENT_HOTRESET_STATUS", .offset = offset + 4, .volatile_value = true})
            .on_read([&control](unsigned) { return control.get(); });
    }
    for (const ResetBit &reset : soc.resets) {
        if (reset.swgroup == nobody)
            continue;
        if (places_.size() <= reset.swgroup)
            places_.resize(reset.swgroup + 1);
        places_[reset.swgroup] = {controls[reset.control], 1u << reset.bit};
    }
}

}  // namespace soc::tegra
