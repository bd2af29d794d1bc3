/*
 * In place of what `identify` writes: a QEMU that does not exist. Of the tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "guard.h"

const SocTarget soc_targets[] = {
    { "1.2.3 (somewhere else)", "0123456789abcdef" },
    { 0, 0 },
};
