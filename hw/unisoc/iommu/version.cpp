// SPDX-License-Identifier: GPL-2.0-or-later
#include "version.hpp"

namespace soc::sprd {

namespace {

constexpr Version ex{.number = 0,
                     .config = 0x00,
                     .update = 0x04,
                     .first_vpn = 0x08,
                     .vpn_range = 0x0c,
                     .first_ppn = 0x10,
                     .default_read = 0x14,
                     .default_write = 0x14,
                     .authority = 0};
constexpr Version vau{.number = 1,
                      .config = 0x04,
                      .update = 0x08,
                      .first_vpn = 0x1c,
                      .vpn_range = 0x20,
                      .first_ppn = 0x10,
                      .default_read = 0x14,
                      .default_write = 0x18,
                      .authority = 0x0c};

}  // namespace

const Version &version_named(const std::string &name)
{
    return name == "vau" ? vau : ex;
}

}  // namespace soc::sprd
