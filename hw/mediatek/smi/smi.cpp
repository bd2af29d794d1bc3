// SPDX-License-Identifier: GPL-2.0-or-later
#include "smi.hpp"

namespace soc::smi {

// A larb of generation 1 has no register that a driver touches.
Smi::Smi(GuestLog &log, std::function<void(unsigned port)> changed)
    : common_(window, log), larbs_{RegisterBank(window, log), RegisterBank(window, log), RegisterBank(window, log)},
      secur_con_(common_.add({.name = "SECUR_CON",
                              .offset = secur_con::offset,
                              .count = (port_count + secur_con::ports - 1) / secur_con::ports,
                              .writable = ~0u}))
{
    secur_con_.on_write([changed = std::move(changed)](unsigned word, uint32_t) {
        const unsigned first = word * secur_con::ports;
        for (unsigned port = first; port < first + secur_con::ports && port < port_count; ++port)
            changed(port);
    });
}

bool Smi::translated(unsigned port) const
{
    const uint32_t word = secur_con_.get(port / secur_con::ports);
    return secur_con::Virtual::get(word >> port % secur_con::ports * secur_con::bits);
}

}  // namespace soc::smi
