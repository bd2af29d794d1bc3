"""The cells of the attach matrix: their names, which there are, and which of them the default set holds.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import dataclasses
import fnmatch
import itertools
from dataclasses import dataclass
from pathlib import Path

import kernel as kernel_module
import runoptions
import protocol
from arguments import LIFTS, MASTERS, MOST_SESSIONS
from errors import Failure, Usage
from paths import ROOT
from registry import Iommu

DEFAULT_SET = ROOT / "tests" / "guest" / "matrix.set"
# The kernels that have iommufd, and so something that the capability series bears on.
WITH_IOMMUFD = ["6.12"]


@dataclass(frozen=True)
class Machine:
    """What of a cell cannot be changed while a guest runs: cells that agree in it can share a boot."""

    iommu: str
    options: tuple[tuple[str, str], ...]  # that differ from the default; those of the run last
    kernel: str
    page: str
    master: str


@dataclass(frozen=True)
class Cell:
    machine: Machine
    cap: bool
    lifted: tuple[str, ...]
    unsafe: bool
    api: str

    @property
    def name(self) -> str:
        machine = self.machine
        gates = "+".join(self.lifted) or "stock"
        return "/".join([machine.iommu, ",".join(f"{k}={v}" for k, v in machine.options) or "default", machine.kernel,
                         machine.page, machine.master, "cap" if self.cap else "nocap",
                         gates + ("+unsafe" if self.unsafe else ""), self.api])

    @property
    def gates(self) -> str:
        """As /init takes them: tests/guest/init/scenario.hpp."""
        return ("c" if "cache-coherency" in self.lifted else "") + ("" if self.cap else "n") + ("u" * self.unsafe)


PARTS = len(dataclasses.fields(Machine)) + 3


class Glob:
    """IOMMU/options/kernel/page/master/cap/gates/API, each with *, ? and []; A|B in a part is either."""

    def __init__(self, text: str):
        self.text = text
        parts = text.split("/")
        if len(parts) > PARTS or not all(parts):
            raise Usage(f"'{text}' names no cell; valid: IOMMU/options/kernel/page/master/cap or nocap/gates/API, each "
                        "part with *, ? and A|B, the last ones left out for all")
        self.parts = [part.split("|") for part in parts]

    def matches(self, name: str) -> bool:
        return all(any(fnmatch.fnmatchcase(have, want) for want in wanted)
                   for have, wanted in zip(name.split("/"), self.parts))


@dataclass
class Line:
    """What the default set says of one IOMMU."""

    iommu: str
    options: list[dict[str, str]]
    globs: list[Glob]
    sessions: int | None = None  # some drivers change their answer with their number


def read_default_set(path: Path = DEFAULT_SET) -> dict[str, Line]:
    """IOMMU options=SET;SET… [sessions=N] GLOB…: one line each; a GLOB begins behind the IOMMU's name."""
    lines = {}
    for number, text in enumerate(path.read_text().splitlines(), 1):
        words = text.split("#")[0].split()
        if not words:
            continue
        where, sessions = f"{path.name}:{number}", None
        if len(words) > 2 and words[2].startswith("sessions="):
            sessions = read_sessions(where, words.pop(2).removeprefix("sessions="))
        if len(words) < 3 or not words[1].startswith("options="):
            raise Failure(f"{where}: '{text}'; valid: IOMMU options=default;KEY=VALUE,KEY=VALUE;… [sessions=N] GLOB…")
        if words[0] in lines:
            raise Failure(f"{where}: a second line for {words[0]}")
        options = [dict(pair.split("=", 1) for pair in one.split(",")) if one != "default" else {}
                   for one in words[1].removeprefix("options=").split(";")]
        try:
            lines[words[0]] = Line(words[0], options, [Glob(f"{words[0]}/{glob}") for glob in words[2:]], sessions)
        except Usage as error:
            raise Failure(f"{where}: {error}") from error
    return lines


def read_sessions(where: str, text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MOST_SESSIONS:
        raise Failure(f"{where}: sessions={text}; valid: 1 to {MOST_SESSIONS}")
    return int(text)


def all_of(iommu: Iommu, line: Line) -> list[Cell]:
    """Everything crossed, where the combination exists."""
    defaults = iommu.effective({})
    cells = []
    for given in line.options:
        iommu.check_options([f"{name}={value}" for name, value in given.items() if name not in runoptions.NAMES])
        options = tuple((name, given[name]) for name in defaults if given.get(name, defaults[name]) != defaults[name])
        profile = iommu.guest_for(given)
        options += runoptions.of_set(given, profile)
        for kernel, page, master in itertools.product(profile.kernels, kernel_module.page_sizes(profile.arch), MASTERS):
            if master not in iommu.masters:
                continue
            machine = Machine(iommu.name, options, kernel, page, master)
            version = kernel_module.parse_version(kernel)[0]
            caps = [True, False] if version in WITH_IOMMUFD else [True]
            lifts = [(), *((lift,) for lift in LIFTS)]
            cells += [Cell(machine, cap, lifted, unsafe, api)
                      for cap, lifted, unsafe in itertools.product(caps, lifts, [False, True])
                      for api in [*protocol.APIS, *profile.apis]]
    return cells


def every(iommus: dict[str, Iommu], lines: dict[str, Line]) -> list[Cell]:
    """All cells there are, in the order of the set's lines."""
    unknown = [name for name in lines if name not in iommus]
    if unknown:
        raise Failure(f"{DEFAULT_SET.name}: no such IOMMU: {', '.join(unknown)}")
    return [cell for name, line in lines.items() for cell in all_of(iommus[name], line)]


def select(cells: list[Cell], lines: dict[str, Line], only: list[str], whole: bool) -> list[Cell]:
    """The default set, or all; of that what one of `only` matches. A glob that matches nothing is wrong usage."""
    chosen = cells if whole else [cell for cell in cells
                                  if any(glob.matches(cell.name) for glob in lines[cell.machine.iommu].globs)]
    if not only:
        return chosen
    kept = set()
    for text in only:
        glob = Glob(text)
        found = {cell for cell in chosen if glob.matches(cell.name)}
        if not found:
            where = "" if whole or not any(glob.matches(cell.name) for cell in cells) else " (it would with --all)"
            first = sorted({cell.machine.iommu for cell in cells})
            raise Usage(f"--only {text} matches no cell{where}; IOMMUs: {', '.join(first)}; a cell's name: "
                        f"{chosen[0].name if chosen else cells[0].name}")
        kept |= found
    return [cell for cell in chosen if cell in kept]


# Seconds on a core of the machine that the project is developed on: of a boot, and of one cell in it.
BOOT_COST = {"arm64": 1.0, "arm": 1.3, "powerpc": 1.0}
CELL_COST = 0.35

# APIs that need one more device in the machine.
OWN_BOOT = ["limits"]


def boots_of(cells: list[Cell], guest) -> list[list[Cell]]:
    """Cells that can share a boot, together. `guest`: the IOMMU of a machine."""
    groups: dict[tuple, list[Cell]] = {}
    for cell in cells:
        # pl330 and soc-dma are two masters.
        alone = cell.api in OWN_BOOT or (cell.api == "dma" and guest(cell.machine).one_master())
        groups.setdefault((cell.machine, cell.api if alone else None), []).append(cell)
    return list(groups.values())


def guest_of(machine: Machine, iommus: dict[str, Iommu]) -> Iommu:
    """The IOMMU with the guest that this machine's options need."""
    return iommus[machine.iommu].guest_for(dict(machine.options))


def shard(cells: list[Cell], iommus: dict[str, Iommu], index: int, count: int) -> list[Cell]:
    """Part `index` of `count`, all of about the same cost: whole boots, the dearest first to the emptiest part."""
    def guest(machine):
        return guest_of(machine, iommus)

    def cost(group):
        return BOOT_COST[guest(group[0].machine).arch] + CELL_COST * len(group)
    load, kept = [0.0] * count, []
    for group in sorted(boots_of(cells, guest), key=lambda group: (-cost(group), group[0].name)):
        part = load.index(min(load))
        load[part] += cost(group)
        if part == index - 1:
            kept += group
    order = {cell: number for number, cell in enumerate(cells)}
    return sorted(kept, key=order.get)
