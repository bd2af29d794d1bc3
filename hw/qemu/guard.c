/*
 * The load guard. It runs before anything else of the plugin, and uses nothing of QEMU that it has not looked up:
 * a QEMU built without modules exports no symbols at all. (The shim's references to QEMU are weak, see meson.build,
 * so that the plugin loads there too and can say what is wrong.)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "guard.h"

#include "qemu/osdep.h"
#include "qapi/qapi-types-control.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

typedef ElfW(Ehdr) Ehdr;
typedef ElfW(Phdr) Phdr;
typedef ElfW(Nhdr) Nhdr;

enum { NOTE_BUILD_ID = 3, BUILD_ID_MAX = 64 };

/* The first program that dl_iterate_phdr reports is the executable itself, mapped: no file has to be read. */
static int find_build_id(struct dl_phdr_info *info, size_t size, void *opaque)
{
    char *text = opaque;

    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const Phdr *segment = &info->dlpi_phdr[i];
        const char *at = (const char *)(info->dlpi_addr + segment->p_vaddr);
        const char *end = at + segment->p_memsz;

        if (segment->p_type != PT_NOTE) {
            continue;
        }
        while (at + sizeof(Nhdr) <= end) {
            const Nhdr *note = (const Nhdr *)at;
            const char *name = at + sizeof(*note);
            const uint8_t *data = (const uint8_t *)name + QEMU_ALIGN_UP(note->n_namesz, 4);

            if (note->n_type == NOTE_BUILD_ID && note->n_namesz == 4 && !memcmp(name, "GNU", 4)) {
                for (unsigned j = 0; j < MIN(note->n_descsz, (ElfW(Word))BUILD_ID_MAX); j++) {
                    snprintf(text + 2 * j, 3, "%02x", data[j]);
                }
                return 1;
            }
            at = (const char *)data + QEMU_ALIGN_UP(note->n_descsz, 4);
        }
    }
    return 1; /* what follows are libraries */
}

static char *running_version(void)
{
    VersionInfo *(*query)(Error **) = NULL;
    VersionInfo *info;

    *(void **)&query = dlsym(RTLD_DEFAULT, "qmp_query_version");
    if (!query) {
        return NULL;
    }
    info = query(NULL);
    return g_strdup_printf("%" PRId64 ".%" PRId64 ".%" PRId64 "%s%s%s", info->qemu->major, info->qemu->minor,
                           info->qemu->micro, *info->package ? " (" : "", info->package,
                           *info->package ? ")" : "");
}

static void print_targets(void)
{
    for (const SocTarget *target = soc_targets; target->version; target++) {
        fprintf(stderr, "soc-iommu:   built for  QEMU %s, build-id %s\n", target->version, target->build_id);
    }
}

bool soc_guard_passes(void)
{
    char build_id[2 * BUILD_ID_MAX + 1] = "";
    g_autofree char *version = running_version();
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);

    dl_iterate_phdr(find_build_id, build_id);
    for (const SocTarget *target = soc_targets; target->version; target++) {
        if (!strcmp(target->build_id, build_id) && version) {
            return true;
        }
    }
    if (version) {
        fprintf(stderr, "soc-iommu: this plugin was built for another QEMU and does not run in this one.\n");
    } else {
        fprintf(stderr, "soc-iommu: this program exports no symbols that a plugin could use: it is no system "
                        "emulator, or a QEMU built without modules.\n");
    }
    print_targets();
    fprintf(stderr, "soc-iommu:   running in QEMU %s, build-id %s (%s)\n", version ?: "of a version it does not tell",
            *build_id ? build_id : "none", program ?: "?");
    if (version) {
        fprintf(stderr, "soc-iommu: run scripts/soc-iommu with --qemu set to that program, which builds the plugin "
                        "for it; or build it with Meson's options qemu_binary, qemu_src and qemu_build.\n");
    } else {
        fprintf(stderr, "soc-iommu: use the distribution's qemu-system-aarch64, or configure your own with "
                        "--enable-modules --enable-plugins.\n");
    }
    return false;
}
