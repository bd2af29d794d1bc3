"""The suite `matrix`: the default set against what people expect of it, a result a cell; and that it can fail.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import arguments
import matrix_command
from cells import Glob
from paths import ROOT
from phases import Phases, tail

from testing.cases import FAILED, PASSED, SKIPPED, Result

LIMIT = 3600
# Boots of each kind that there is: everything works, gates that refuse early and late, an oops, a broken step.
SAMPLE = ["apple-dart/default/6.12/4k/platform/*/*/direct|vfio|compat|iommufd", "mtk-m4u-v1/default/6.1",
          "mtk-m4u-v1/default/6.12"]
BROKEN = "apple-dart/default/6.12/4k/pci/cap/stock/direct"
PAGE = ROOT / "docs" / "claims.md"


class Suite:
    def __init__(self, phases: Phases, add, jobs: int):
        self.phases, self.add, self.jobs = phases, add, str(jobs)
        self.folder = phases.log_dir / "matrix"
        self.whole = True

    def result(self, name: str, fine: bool, message: str = "", seconds: float = 0.0):
        self.add(Result("matrix", name, PASSED if fine else FAILED, seconds, "" if fine else message))

    def call(self, name: str, *words) -> tuple[int, Path]:
        """A run of the command; its output is in a log."""
        log = self.folder / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with self.phases.phase(f"matrix: {name}", LIMIT), open(log, "wb") as out:
            done = subprocess.run([sys.executable, str(ROOT / "scripts" / "soc_iommu"), *words], stdout=out, stderr=out,
                                  stdin=subprocess.DEVNULL, timeout=LIMIT)
        return done.returncode, log

    def run(self):
        found = self.default_set()
        if found is None:
            return
        self.alone(found)
        self.broken_model()
        self.other_expectation(self.folder / "cells.json")
        self.claims(self.folder / "cells.json", self.whole)

    def default_set(self) -> dict[str, dict] | None:
        made = self.folder / "cells.json"
        status, log = self.call("default set", "matrix", "--expect", "--jobs", self.jobs, "--json", str(made),
                                "--output", str(self.folder / "logs"), "--html", str(self.folder / "matrix.html"))
        if not made.exists():
            self.result("(the default set)", False, tail(log))
            return None
        found = {entry["cell"]: entry for entry in json.loads(made.read_text())}
        for name, entry in found.items():
            text = f"    {matrix_command.short(entry)}; {entry['reason']}; expected: {entry['expected']}"
            self.result(name, not entry["differs"], text, entry["seconds"])
        for line in re.findall(r"^not here: (.*)$", log.read_text("utf-8", "replace"), re.M):
            self.add(Result("matrix", line, SKIPPED, message=f"    {line}"))
            self.whole = False
        self.result("the exit status is that of the cells", status == any(e["differs"] for e in found.values()),
                    f"    status {status}\n{tail(log)}")
        return found

    def alone(self, found: dict[str, dict]):
        """One verdict does not change another's: cells in a boot of their own say the same."""
        made = self.folder / "alone.json"
        only = [word for glob in SAMPLE for word in ("--only", glob) if any_of(found, glob)]
        _, log = self.call("sample, a boot each", "matrix", "--separate", "--jobs", self.jobs, *only, "--json",
                           str(made), "--output", str(self.folder / "alone"))
        other = json.loads(made.read_text()) if made.exists() else []
        differing = [f"    {entry['cell']}: {matrix_command.short(entry)} alone, "
                     f"{matrix_command.short(found[entry['cell']])} in company"
                     for entry in other if matrix_command.short(entry) != matrix_command.short(found[entry["cell"]])]
        self.result("cells say the same alone and in company", bool(other) and not differing,
                    "\n".join(differing) or tail(log))

    def broken_model(self):
        status, log = self.call("broken model", "matrix", "--only", BROKEN, "--mutation", "stale", "--expect",
                                "--output", str(self.folder / "broken"))
        named = f"differs: {BROKEN}: broken stale" in log.read_text("utf-8", "replace")
        self.result("a model broken on purpose turns the run red, with the cell named", status == 1 and named, tail(log))

    def other_expectation(self, made: Path):
        folder = self.folder / "expectations"
        shutil.copytree(arguments.EXPECTATIONS, folder, dirs_exist_ok=True)
        path = folder / "6.12"
        text = path.read_text()
        changed = re.sub(r"(virtio-iommu/\S+ +)works", r"\1broken stale", text)
        path.write_text(changed)
        status, log = self.call("changed expectation", "merge", str(made), "--expect", str(folder))
        named = "differs: virtio-iommu/default/6.12/" in log.read_text("utf-8", "replace")
        self.result("a changed expectation turns the run red, with the cell named",
                    changed != text and status == 1 and named, tail(log))

    def claims(self, made: Path, whole: bool):
        if not whole:
            self.add(Result("matrix", "docs/claims.md is what the run measured", SKIPPED,
                            message="    not every cell could be measured here"))
            return
        status, log = self.call("claims", "claims", str(made), "--check", str(PAGE))
        self.result("docs/claims.md is what the run measured", status == 0, tail(log, 60))


def any_of(found: dict[str, dict], glob: str) -> bool:
    return any(Glob(glob).matches(name) for name in found)
