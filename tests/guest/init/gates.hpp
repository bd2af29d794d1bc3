// SPDX-License-Identifier: GPL-2.0-or-later
// What keeps a device from userspace, and can be switched while the kernel runs: the lab patch's switches, and the
// host's policy about interrupts.
#pragma once

#include <string_view>

namespace guest
{

// Opens those of `letters` (see gate_letters) and closes the others. Throws Failure where a kernel lacks what is to be
// opened.
void set_gates(std::string_view letters);

} // namespace guest
