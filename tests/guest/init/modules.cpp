// SPDX-License-Identifier: GPL-2.0-or-later
#include "modules.hpp"

#include "failure.hpp"
#include "fd.hpp"
#include "files.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace guest
{
namespace
{

std::string path_of(const std::string &name)
{
    return "/lib/modules/" + name + ".ko";
}

} // namespace

bool module_present(const std::string &name)
{
    return exists(path_of(name));
}

bool module_loaded(const std::string &name)
{
    return exists("/sys/module/" + name);
}

void load_module(const std::string &name, const std::string &parameters)
{
    if (module_loaded(name)) {
        return;
    }
    const Fd fd = Fd::open(path_of(name), O_RDONLY);
    if (syscall(SYS_finit_module, fd.get(), parameters.c_str(), 0) < 0 && errno != EEXIST) {
        fail_errno("finit_module " + name + ".ko");
    }
}

void load_module_if_present(const std::string &name)
{
    if (module_present(name)) {
        load_module(name);
    }
}

void load_virtio_pci()
{
    for (const char *name : {"virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci"}) {
        load_module_if_present(name);
    }
}

int unload_module(const std::string &name)
{
    return syscall(SYS_delete_module, name.c_str(), O_NONBLOCK) < 0 ? errno : 0;
}

} // namespace guest
