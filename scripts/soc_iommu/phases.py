"""Phases: what the command is doing, for how long, within which limit, and the log when it fails.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from errors import Failure

TAIL_LINES = 25
PROGRESS_SECONDS = 15  # how often a phase says how far it is where there is no terminal


def tail(path: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, made safe to print."""
    try:
        with open(path, "rb") as log:
            log.seek(max(0, os.path.getsize(path) - 64 * 1024))
            text = log.read().decode("utf-8", "replace")
    except OSError as error:
        return f"({path}: {error.strerror})"
    kept = [re.sub(r"[^\t -~\u00a0-\uffff]", "", line) for line in text.splitlines()][-lines:]
    return "\n".join("    " + line for line in kept) or "    (empty)"


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


class Phase:
    def __init__(self, owner: "Phases", name: str, limit: float):
        self.owner, self.name, self.limit = owner, name, limit
        self.start = time.monotonic()
        self.log = owner.log_dir / (re.sub(r"[^\w.+-]+", "-", name) + ".log")

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.start

    def note(self, text: str):
        self.owner.say(f"  {text}")

    def run(self, argv, cwd=None, env=None, progress=None, check=True, stdin=None) -> int:
        """Runs a command with its output in the phase's log, within what is left of the limit.

        `progress` is called with the log's path now and then and returns a short text.
        """
        argv = [str(a) for a in argv]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            log.write(f"$ {shlex.join(argv)}\n".encode())
            log.flush()
            try:
                process = subprocess.Popen(argv, cwd=cwd, env=env, stdin=stdin or subprocess.DEVNULL,
                                           stdout=log, stderr=log, start_new_session=True)
            except OSError as error:
                raise Failure(f"{self.name}: cannot run {argv[0]}: {error.strerror}") from error
        try:
            status = self.wait(process, progress)
        except BaseException:
            kill_group(process)
            raise
        if check and status != 0:
            raise Failure(f"{self.name}: {argv[0]} ended with status {status}; the end of {self.log}:\n"
                          f"{tail(self.log)}")
        return status

    def wait(self, process, progress=None) -> int:
        """Until a process ends, which may have been started before the phase was."""
        said = time.monotonic()
        while True:
            try:
                return process.wait(timeout=0.5 if self.owner.tty or self.elapsed > 5 else 0.05)
            except subprocess.TimeoutExpired:
                pass
            if self.elapsed > self.limit:
                raise Failure(f"{self.name}: not done within its limit of {duration(self.limit)}; "
                              f"the end of {self.log}:\n{tail(self.log)}")
            now = time.monotonic()
            if now - said >= (0.5 if self.owner.tty else PROGRESS_SECONDS):
                said = now
                self.owner.progress(self, progress(self.log) if progress else "")


def kill_group(process):
    """Ends a process and whatever it started; a second interrupt must not leave compilers behind."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Phases:
    """Announces phases on stderr. `spent` is the account of what took how long."""

    def __init__(self, log_dir: Path, stream=None, quiet=False):
        self.log_dir, self.stream, self.quiet = log_dir, stream or sys.stderr, quiet
        self.tty = self.stream.isatty()
        self.spent: list[tuple[str, float]] = []
        self._open_line = False

    def say(self, text: str):
        if self.quiet:
            return
        if self._open_line:
            self.stream.write("\r\033[K")
            self._open_line = False
        self.stream.write(text + "\n")
        self.stream.flush()

    def progress(self, phase: Phase, text: str):
        self.line(f"  {phase.name}: {text + ', ' if text else ''}{duration(phase.elapsed)}")

    def line(self, line: str):
        """One that the next replaces, where there is a terminal."""
        if self.quiet:
            return
        if self.tty:
            self.stream.write("\r\033[K" + line)
            self.stream.flush()
            self._open_line = True
        else:
            self.say(line)

    @contextlib.contextmanager
    def phase(self, name: str, limit: float = 600):
        """One named piece of work. Only work that is really done gets a phase: a warm run has none."""
        self.say(f"== {name} (limit {duration(limit)})")
        phase = Phase(self, name, limit)
        try:
            yield phase
        except BaseException:
            self.spent.append((name, phase.elapsed))
            self.say(f"== {name}: failed after {duration(phase.elapsed)}")
            raise
        self.spent.append((name, phase.elapsed))
        self.say(f"== {name}: done in {duration(phase.elapsed)}")

    def account(self):
        """What was spent where, when anything was."""
        if self.spent:
            self.say("time spent: " + "; ".join(f"{name} {duration(took)}" for name, took in self.spent))
