/*
 * Entry of the plugin. QEMU calls it before the board is built, which is the time to register types.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "guard.h"
#include "qemu/qemu-plugin.h"

#define EXPORT __attribute__((visibility("default")))

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

static bool passed;

/*
 * QEMU compares this with what it can do before it calls qemu_plugin_install, and its message would name numbers
 * of an interface that we do not use. So the guard speaks first, while the plugin is being loaded.
 */
EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static void __attribute__((constructor)) check_first(void)
{
    passed = soc_guard_passes();
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    if (!passed) {
        return -1;
    }
    soc_register_translate_type();
    soc_register_types();
    return 0;
}
