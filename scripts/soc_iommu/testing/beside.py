"""What the guest cases boot, built by two processes beside the other suites.

On a machine without a cache the kernels are more than half of a run, and the other suites leave a part of a second core
idle. At low priority the builds take what is left over, and all there is once the others are done. Two of them, as a
kernel is linked and configured on one core: one goes through the list from its beginning, one from its end, and the
cache's locks keep them from making anything twice. The second makes the other Debian's root before, and builds the tests
in it.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import subprocess
from pathlib import Path

from paths import ROOT
from phases import Phases, kill_group

LIMIT = 5400  # of what is left when the other suites are done


class Beside:
    def __init__(self, phases: Phases, words: list[str], program: Path = ROOT / "scripts" / "test"):
        """`words`: the suites of the round, and how it is to be run."""
        self.phases = phases
        self.running = [self.start(name, [str(program), "--prepare", *words, *order])
                        for name, order in (("beside", []), ("beside-from-the-end", ["--from-the-end"]))]

    def start(self, name: str, argv: list[str]):
        path = self.phases.log_dir / f"{name}.log"
        with open(path, "wb") as log:
            process = subprocess.Popen(["nice", "-n", "10", *argv, "--output", str(self.phases.log_dir / name)],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        return process, path

    def finish(self):
        """Waits. A failure is not told: whoever needs what was not built builds it, and meets it again."""
        with self.phases.phase("guests, the rest of what was built beside the suites above", limit=LIMIT) as phase:
            for process, log in self.running:
                phase.wait(process, lambda _, log=log: last_line(log))
        for _, log in self.running:
            for line in log.read_text("utf-8", "replace").splitlines():
                if line.startswith("time spent: "):
                    self.phases.say(f"  {log.stem}, {line}")

    def end(self):
        """Leaves nothing running, whatever became of the suites."""
        for process, _ in self.running:
            if process.poll() is None:
                kill_group(process)


def last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
