"""Test cases, each a process of its own with a limit of its own.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import contextlib
import os
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import phases

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
UNITTEST_SKIPPED = re.compile(rb"^OK \(skipped=\d+\)\s*\Z", re.MULTILINE)  # status 0, like a success
SKIP_STATUS = (77, 4)  # Meson's, and Catch2 3's; but the status of Catch2 2 is the number of failures


@dataclass
class TestCase:
    suite: str   # as a person reads it: "unit", "unit, sanitized", "guest, Debian 13"
    name: str
    argv: list[str]
    limit: float
    env: dict = field(default_factory=dict)
    cwd: Path | None = None
    cannot: str = ""  # why it cannot run on this machine at all: skipped, and that is allowed
    company: object = None  # testing.company: how it runs in one process with others; None where it does not


@dataclass
class Result:
    suite: str
    name: str
    outcome: str
    seconds: float = 0.0
    message: str = ""


def log_of(case: TestCase, log_dir: Path) -> Path:
    return log_dir / re.sub(r"[^\w.+-]+", "-", case.suite) / (re.sub(r"[^\w.+-]+", "-", case.name)[:120] + ".log")


@contextlib.contextmanager
def started(argv: list[str], case: TestCase, log: Path):
    """A process in the case's surroundings, whose output goes to a log. Nothing that it left running outlives it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as out:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=case.cwd,
                                   env={**os.environ, **case.env}, start_new_session=True)
        try:
            yield process
        finally:
            phases.kill_group(process)


def run(case: TestCase, log_dir: Path, may_skip: bool) -> Result:
    """One case. Its output goes to a log; what failed shows the end of it."""
    if case.cannot:
        return Result(case.suite, case.name, SKIPPED, message=f"    {case.cannot}")
    log = log_of(case, log_dir)
    start = time.monotonic()
    with started(case.argv, case, log) as process:
        try:
            status = process.wait(case.limit)
        except subprocess.TimeoutExpired:
            status = None
    seconds = time.monotonic() - start
    skipped = status == 0 and UNITTEST_SKIPPED.search(log.read_bytes())
    if status == 0 and not skipped:
        if b"No test cases matched" in log.read_bytes() or b"Ran 0 tests" in log.read_bytes():
            return Result(case.suite, case.name, FAILED, seconds, "no such test case was found")
        return Result(case.suite, case.name, PASSED, seconds)
    skipped = skipped or status in SKIP_STATUS and b"FAILED:" not in log.read_bytes()
    if skipped and not may_skip:
        return Result(case.suite, case.name, FAILED, seconds,
                      f"skipped, which CI does not allow\n{phases.tail(log, 5)}")
    if skipped:
        return Result(case.suite, case.name, SKIPPED, seconds, phases.tail(log, 5))
    what = f"exit status {status}" if status is not None else f"not done within {case.limit:.0f} s"
    return Result(case.suite, case.name, FAILED, seconds, f"{what}; the end of {log}:\n{phases.tail(log, 40)}")
