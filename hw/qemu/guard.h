/*
 * The load guard: this plugin knows the inside of one QEMU, and in any other it would corrupt memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SOC_QEMU_GUARD_H
#define SOC_QEMU_GUARD_H

#include <stdbool.h>

/* A QEMU binary that the plugin was built for; made by the script `identify`. */
typedef struct SocTarget {
    const char *version;  /* "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)" */
    const char *build_id; /* hexadecimal */
} SocTarget;

extern const SocTarget soc_targets[]; /* ends with a NULL version */

/* Says whether this process is one of them; prints what to do where it is not. */
bool soc_guard_passes(void);

#endif
