"""Options of a run, not of a model: where one is given it stands among the options in a cell's name, and in the set.

    memory=6G   --memory 6G   the guest's RAM
    rescan=on   --rescan      PCI functions are taken out and found again once the IOMMU is there

SPDX-License-Identifier: GPL-2.0-or-later
"""

import memory
from errors import Failure
from registry import Iommu

RESCAN = "rescan"
NAMES = [memory.OPTION, RESCAN]


def of_set(given: dict[str, str], profile: Iommu) -> tuple[tuple[str, str], ...]:
    """Those of a set's options that make another run of it."""
    size = memory.of_run(given.get(memory.OPTION), profile)
    rescan = given.get(RESCAN)
    if rescan not in (None, "on"):
        raise Failure(f"{RESCAN}={rescan}; valid: on")
    return (*(((memory.OPTION, size),) if size else ()), *(((RESCAN, rescan),) if rescan else ()))


def of_setup(setup) -> dict[str, str]:
    """What stands in the name of a cell of that setup."""
    return {**({memory.OPTION: setup.memory} if setup.memory else {}), **({RESCAN: "on"} if setup.rescan else {})}


def words(options: list[str]) -> list[str]:
    """The options in a cell's name, KEY=VALUE each, as the command takes them."""
    found = []
    for option in options:
        name, _, value = option.partition("=")
        if name == memory.OPTION:
            found += ["--memory", value]
        else:
            found += ["--rescan"] if name == RESCAN else ["-o", option]
    return found
