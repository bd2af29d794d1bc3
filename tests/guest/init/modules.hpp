// SPDX-License-Identifier: GPL-2.0-or-later
// Kernel modules: /lib/modules/NAME.ko of the initramfs.
#pragma once

#include <string>

namespace guest
{

bool module_present(const std::string &name); // in the initramfs
bool module_loaded(const std::string &name);  // or built in, where it has parameters

// Nothing to do where it is loaded. Throws Failure, also where there is no such file.
void load_module(const std::string &name, const std::string &parameters = {});
void load_module_if_present(const std::string &name);
// virtio-pci with what it stands on; nothing is bound by that.
void load_virtio_pci();
// The errno, 0 for success.
int unload_module(const std::string &name);

} // namespace guest
