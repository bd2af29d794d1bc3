// SPDX-License-Identifier: GPL-2.0-or-later
// What the first process owes the kernel.
#pragma once

namespace guest
{

void mount_filesystems(bool with_all_nodes);
// Runs /bin/busybox as a shell on the console until it ends.
void run_shell();
// Orderly where possible. `stuck`: some process hangs in the kernel, so that an orderly way may hang too.
[[noreturn]] void power_off(bool stuck);

} // namespace guest
