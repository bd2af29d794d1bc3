"""Cells of the attach matrix, read back: from the JSON of a run, and from their names.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import kernel
import runoptions
import protocol
from cache import Cache
from errors import Usage, one_of
from verdict import BROKEN, ERROR, REFUSED, UNSUPPORTED, WORKS

VERDICTS = [WORKS, REFUSED, BROKEN, UNSUPPORTED, ERROR]
PARTS = "IOMMU/options/kernel/page size/master/cap or nocap/gates/API"
# Of a cell that was seen twice, what may differ; a run that says something else is another run.
SAME = ("verdict", "at", "errno")


@dataclass(frozen=True)
class Name:
    iommu: str
    options: str
    kernel: str
    page: str
    master: str
    cap: bool
    lifted: tuple[str, ...]
    unsafe: bool
    api: str

    @property
    def series(self) -> str:
        return kernel.parse_version(self.kernel)[0]

    def argv(self) -> list[str]:
        """What `attach` is given to measure this cell."""
        options = [] if self.options == "default" else self.options.split(",")
        words = [self.iommu, *runoptions.words(options), "--kernel", self.kernel,
                 "--page-size", self.page, "--master", self.master, "--api", self.api]
        words += [] if self.cap else ["--no-cap-patch"]
        words += [word for gate in self.lifted for word in ("--lift", gate)]
        return words + (["--unsafe-interrupts"] if self.unsafe else [])


def parse(text: str) -> Name:
    parts = text.split("/")
    if len(parts) != 8 or not all(parts):
        raise Usage(f"'{text}' is no cell's name; valid: {PARTS}")
    iommu, options, version, page, master, cap, gates, api = parts
    one_of(f"capability series in '{text}'", cap, ["cap", "nocap"])
    one_of(f"API in '{text}'", api, protocol.STEPS)
    first, *others = gates.split("+")
    unsafe = bool(others) and others[-1] == "unsafe"
    lifted = ([] if first == "stock" else [first]) + (others[:-1] if unsafe else others)
    return Name(iommu, options, version, page, master, cap == "cap", tuple(lifted), unsafe, api)


def last(cache: Cache) -> Path:
    """Where `matrix` leaves the JSON of its newest run."""
    return cache.root / "matrix" / "last.json"


def read(path: Path) -> list[dict]:
    """The cells of one file."""
    try:
        found = json.loads(path.read_text())
    except OSError as error:
        raise Usage(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Usage(f"{path}: not JSON: {error}") from error
    if not isinstance(found, list):
        raise Usage(f"{path}: valid: a list of cells, as --json of 'attach' and 'matrix' writes it")
    for number, cell in enumerate(found, 1):
        if not isinstance(cell, dict) or not isinstance(cell.get("cell"), str):
            raise Usage(f"{path}: item {number} has no 'cell'")
        try:
            name = parse(cell["cell"])
        except Usage as error:
            raise Usage(f"{path}: {error}") from error
        for key, value in (("iommu", name.iommu), ("api", name.api), ("at", None), ("errno", None), ("steps", []),
                           ("kernel_warnings", []), ("seconds", 0.0)):
            cell.setdefault(key, value)
        one_of(f"verdict of {cell['cell']} in {path}", cell.get("verdict"), VERDICTS)
        if not isinstance(cell.get("steps", []), list) or not isinstance(cell.get("kernel_warnings", []), list):
            raise Usage(f"{path}: {cell['cell']}: 'steps' and 'kernel_warnings' are lists")
    return found


def load(paths: list[Path]) -> dict[str, dict]:
    """The cells of several files by name. What two runs say of a cell has to agree."""
    found: dict[str, dict] = {}
    for path in paths:
        for cell in read(path):
            known = found.setdefault(cell["cell"], cell)
            if any(known.get(key) != cell.get(key) for key in SAME):
                raise Usage(f"{path}: {cell['cell']} is {outcome(cell)}, but {outcome(known)} before")
    return found


def outcome(cell: dict) -> str:
    """"refused at bind, EINVAL"."""
    text = cell["verdict"] + (f" at {cell['at']}" if cell.get("at") else "")
    return text + (f", {cell['errno']}" if cell.get("errno") else "")


def detail(cell: dict, step: str) -> str:
    """What the first record of a step said."""
    return next((found.get("detail") or "" for found in cell.get("steps", []) if found["step"] == step), "")


def fact(cell: dict, step: str, key: str) -> str:
    """The value of KEY=VALUE in it, "" if there is none."""
    match = re.search(rf"(?:^|\s){re.escape(key)}=(\S+)", detail(cell, step))
    return match.group(1) if match else ""
