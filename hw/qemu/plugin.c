/*
 * Entry of the plugin. QEMU calls it before the board is built, which is the time to register types.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "guard.h"
#include "qemu/error-report.h"
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
    for (int i = 0; i < argc; i++) {
        const char *mutation = g_str_has_prefix(argv[i], "mutation=") ? strchr(argv[i], '=') + 1 : NULL;

        if (!mutation || !soc_mutate(mutation)) {
            error_report("soc-iommu: the plugin takes no argument '%s'; valid: none, or in a build with "
                         "-Dmutations=true mutation=dma|isolation|readonly|stale", argv[i]);
            return -1;
        }
    }
    soc_register_translate_type();
    soc_register_types();
    return 0;
}
