"""What people expect of each cell, and why. Data: tests/guest/expectations/, a file a kernel version.

    # a comment
    reason: apple_dart_iommu_ops has no .capable (drivers/iommu/apple-dart.c), so that vfio_register_group_dev()
      refuses the device (drivers/vfio/vfio_main.c)
        apple-dart/*/6.12/4k/*/*/stock/vfio|compat|iommufd    refused bind EINVAL

A reason holds for the lines below it, until the next. It names a file and a function of the kernel.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import re
from dataclasses import dataclass
from pathlib import Path

import protocol
from cells import Cell, Glob
from errors import Failure, Usage
from verdict import BROKEN, REFUSED, UNSUPPORTED, WORKS

SOURCE_FILE = re.compile(r"\b[\w/-]+\.[ch]\b")
FUNCTION = re.compile(r"\b\w+\(\)")
STEPS = sorted({step for steps in protocol.STEPS.values() for step in steps})
VERDICTS = [WORKS, REFUSED, BROKEN, UNSUPPORTED]


@dataclass
class Expectation:
    where: str  # file:line
    glob: Glob
    verdict: str
    at: str | None
    errno: str | None
    reason: str

    def holds(self, entry: dict) -> bool:
        return (entry["verdict"], entry["at"], entry["errno"]) == (self.verdict, self.at, self.errno)

    def as_json(self) -> dict:
        return {"verdict": self.verdict, "at": self.at, "errno": self.errno, "reason": self.reason}

    def text(self) -> str:
        return " ".join(filter(None, [self.verdict, self.at, self.errno]))


def parse(path: Path) -> list[Expectation]:
    """Malformed files are refused with file and line."""
    found, reason, complete = [], "", False
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{path}: {error}") from error
    for number, line in enumerate(lines, 1):
        where, text = f"{path.name}:{number}", line.split("#")[0].strip()
        if not text:
            continue
        if text.startswith("reason:"):
            reason, complete = text.removeprefix("reason:").strip(), False
        elif reason and not complete and not ("/" in text.split()[0] and len(text.split()) > 1
                                              and text.split()[1] in VERDICTS):
            reason += " " + text
        else:
            complete = True
            found.append(parse_line(where, text.split(), reason))
    return found


def parse_line(where: str, words: list[str], reason: str) -> Expectation:
    form = f"valid: CELL {'|'.join(VERDICTS)} [STEP [ERRNO]]"
    if len(words) < 2 or len(words) > 4 or words[1] not in VERDICTS:
        raise Failure(f"{where}: '{' '.join(words)}'; {form}")
    name, verdict, at, errno = [*words, None, None][:4]
    if (verdict in (WORKS, UNSUPPORTED)) != (at is None):
        raise Failure(f"{where}: {verdict} {'needs a' if at is None else 'has no'} step; {form}")
    if at and at not in STEPS:
        raise Failure(f"{where}: unknown step '{at}'; valid: {', '.join(STEPS)}")
    if errno and not re.fullmatch(r"E[A-Z0-9]+", errno):
        raise Failure(f"{where}: '{errno}' is no errno; valid: a name as EINVAL")
    if not reason:
        raise Failure(f"{where}: {name} has no reason above it; valid: 'reason: …' with the kernel's file and function")
    if not SOURCE_FILE.search(reason) or not FUNCTION.search(reason):
        raise Failure(f"{where}: the reason '{reason}' names no file (….c) or no function (…()) of the kernel")
    try:
        return Expectation(where, Glob(name), verdict, at, errno, reason)
    except Usage as error:
        raise Failure(f"{where}: {error}") from error


def load(folder: Path) -> list[Expectation]:
    files = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    if not files:
        raise Usage(f"--expect {folder}: no expectations there; valid: a directory with a file for each kernel version")
    found = []
    for path in files:
        own = parse(path)
        for item in own:
            kernel = item.glob.parts[2] if len(item.glob.parts) > 2 else ["*"]
            if any(name.split("-")[0] != path.name for name in kernel):
                raise Failure(f"{item.where}: {item.glob.text} is of another kernel than {path.name}")
        found += own
    return found


def find(expectations: list[Expectation], name: str) -> Expectation | None:
    """The one that speaks of a cell. Two that do contradict each other, whatever they say."""
    matching = [item for item in expectations if item.glob.matches(name)]
    if len(matching) > 1:
        raise Failure(f"{matching[0].where} and {matching[1].where} both speak of {name}")
    return matching[0] if matching else None


def check_complete(expectations: list[Expectation], cells: list[Cell], default: list[Cell]):
    """Each cell of the default set has one, and none speaks of a cell that there is not."""
    missing = [cell.name for cell in default if not find(expectations, cell.name)]
    if missing:
        raise Failure(f"no expectation of {missing[0]}" + (f" and {len(missing) - 1} more" if missing[1:] else ""))
    idle = [item for item in expectations if not any(item.glob.matches(cell.name) for cell in cells)]
    if idle:
        raise Failure(f"{idle[0].where}: there is no cell {idle[0].glob.text}")


def compare(entries: list[dict], expectations: list[Expectation]) -> list[str]:
    """Marks each entry; returns a line for each that differs. Better than expected differs, too."""
    lines = []
    for entry in entries:
        item = find(expectations, entry["cell"])
        entry["expected"] = item.as_json() if item else None
        entry["differs"] = not item or not item.holds(entry)
        if entry["differs"]:
            measured = " ".join(filter(None, [entry["verdict"], entry["at"], entry["errno"]]))
            lines.append(f"{entry['cell']}: {measured}; "
                         + (f"expected: {item.text()} ({item.where})" if item else "no expectation"))
    return lines
