// SPDX-License-Identifier: GPL-2.0-or-later
// Which interrupts a driver has, and of which kind they are.
#pragma once

#include <string>
#include <string_view>

namespace guest
{

// From the text of /proc/interrupts: "arm-smmu-v3-evtq=ITS-MSI:3,…", name, chip and how many came. Empty: the
// driver has none by its name. Hyphens and underscores are the same.
std::string interrupts_of(std::string_view table, std::string_view driver);

} // namespace guest
