"""The guest's RAM: as asked for, or as the IOMMU's profile has it.

It is an option of the run, not of the model (runoptions.py).

SPDX-License-Identifier: GPL-2.0-or-later
"""

import re

from errors import Usage
from registry import Iommu

OPTION = "memory"
UNITS = {"K": 10, "M": 20, "G": 30}
LEAST = 128 << 20  # a kernel, its archive and a pinned buffer
# The virt boards' RAM begins at 1 GiB. With highmem=off it ends at 4 GiB; else devices begin again at 256 GiB.
MOST = {True: 255 << 30, False: 3 << 30}


def size(text: str) -> int:
    """In bytes. As for QEMU, a plain number is one of MiB."""
    match = re.fullmatch(r"(\d+)([KMG]?)", text.upper())
    if not match:
        raise Usage(f"--memory {text}: valid: a number with K, M or G, as 512M or 6G")
    return int(match.group(1)) << UNITS[match.group(2) or "M"]


def spell(value: int) -> str:
    """One way of writing it, so that equal machines have equal names."""
    unit = max((name for name in UNITS if value % (1 << UNITS[name]) == 0), key=UNITS.get)
    return f"{value >> UNITS[unit]}{unit}"


def of_run(text: str | None, iommu: Iommu) -> str | None:
    """What the run has instead of the profile's, or None. Whether the IOMMU bears it is for its model to say."""
    if text is None:
        return None
    value, high = size(text), "highmem=off" not in iommu.machine.split(",")
    if value % (1 << UNITS["M"]) or not LEAST <= value <= MOST[high]:
        why = "" if high else f": its board ({iommu.machine}) has no memory above 4 GiB"
        raise Usage(f"--memory {text} for {iommu.name}; valid: whole MiB from {spell(LEAST)} to {spell(MOST[high])}"
                    f" (default {iommu.memory}){why}")
    return spell(value) if value != size(iommu.memory) else None
