"""What the guest cases boot, built by a process of its own while other suites run.

On a machine without a cache the kernels are more than half of a run, and the other suites leave much of a second core
idle. At low priority the builds take what is left over, and all there is once the others are done.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import subprocess
from pathlib import Path

from paths import ROOT
from phases import Phases, kill_group

LIMIT = 5400  # of what is left when the other suites are done


class Beside:
    def __init__(self, phases: Phases, words: list[str], program: Path = ROOT / "scripts" / "test"):
        self.phases = phases
        self.log = phases.log_dir / "beside.log"
        argv = ["nice", "-n", "10", str(program), "--prepare", "guest", *words,
                "--output", str(phases.log_dir / "beside")]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)

    def last_line(self, _=None) -> str:
        lines = self.log.read_text("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def finish(self):
        """Waits. A failure is not told: whoever needs what was not built builds it, and meets it again."""
        with self.phases.phase("guests, the rest of what was built beside the suites above", limit=LIMIT) as phase:
            phase.wait(self.process, self.last_line)
        for line in self.log.read_text("utf-8", "replace").splitlines():
            if line.startswith("time spent: "):
                self.phases.say(f"  beside, {line}")

    def end(self):
        """Leaves nothing running, whatever became of the suites."""
        if self.process.poll() is None:
            kill_group(self.process)
