"""Test cases in company: one process runs many of them, as to start it costs more than most of them take.

Whatever does not pass in company runs once more alone (cases.run), which has its log, its limit and its outcome. What
then passes has failed all the same: the difference is a defect.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import contextlib
import dataclasses
import itertools
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path

import phases

from testing import catch2
from testing.cases import FAILED, PASSED, Result, TestCase, log_of, run, started

MOST = 40    # cases to a process
POLL = 0.25  # seconds between two looks at what a process has written


@dataclass(frozen=True)
class Catch2:
    """The cases of one program."""

    program: str

    def argv(self, cases: list[TestCase], results: Path) -> list[str]:
        return [self.program, ",".join(catch2.selector(case.name) for case in cases), "--reporter", "xml", "--durations",
                "yes", "--out", str(results)]

    def finished(self, text: str) -> dict[str, tuple[bool, float]]:
        """By name: whether it passed, and its seconds. The text may end anywhere."""
        parser, found = xml.XMLPullParser(["end"]), {}
        parser.feed(text)
        try:
            for _, node in parser.read_events():
                if node.tag == "TestCase" and (result := node.find("OverallResult")) is not None:
                    passed = result.get("success") == "true" and result.get("skips", "0") == "0"
                    found[node.get("name")] = passed, float(result.get("durationInSeconds", 0))
        except xml.ParseError:
            pass  # what had been read before counts
        return found


@dataclass(frozen=True)
class Unittest:
    """The cases of one of Python's modules."""

    module: str

    def argv(self, cases: list[TestCase], results: Path) -> list[str]:
        return [sys.executable, str(Path(__file__).with_name("unittests.py")), str(results),
                *(case.name for case in cases)]

    def finished(self, text: str) -> dict[str, tuple[bool, float]]:
        lines = [line.split(" ") for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return {name.rstrip("\n"): (outcome == PASSED, float(seconds)) for outcome, seconds, name in lines}


def groups(cases: list[TestCase]) -> list[list[TestCase]]:
    """In their order; each to be run in one process."""
    out = []
    for key, same in itertools.groupby(cases, lambda case: (case.company, case.env, case.cwd, case.cannot)):
        same = list(same)
        size = MOST if key[0] and not key[3] else 1
        out += [same[first:first + size] for first in range(0, len(same), size)]
    return out


def run_group(cases: list[TestCase], log_dir: Path, may_skip: bool) -> list[Result]:
    if len(cases) == 1:
        return [run(cases[0], log_dir, may_skip)]
    done, ended_well, log = together(cases, log_dir)
    missing = [case for case in cases if case.name not in done]
    results = []
    for case in cases:
        passed, seconds = done.get(case.name, (False, 0.0))
        # A status that no case explains (a leak, say) is looked for in each of them.
        if passed and (ended_well or missing):
            results.append(Result(case.suite, case.name, PASSED, seconds))
            continue
        result = run(case, log_dir, may_skip)
        # Behind the one in which a process ended the others did not get their turn.
        if result.outcome == PASSED and not passed and (case.name in done or case is missing[0]):
            result = dataclasses.replace(result, outcome=FAILED, message=f"fails in company, and passes alone; the end "
                                                                         f"of {log}:\n{phases.tail(log, 40)}")
        results.append(result)
    if not ended_well and all(result.outcome == PASSED for result in results):
        results[-1] = dataclasses.replace(results[-1], outcome=FAILED,
                                          message=f"the process ended badly, and each of its cases passes alone; the "
                                                  f"end of {log}:\n{phases.tail(log, 40)}")
    return results


def wait(process: subprocess.Popen, count, limit: float) -> int | None:
    """The status of the process; None where `count` stays the same for `limit` seconds."""
    before, since = 0, time.monotonic()
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(POLL)
        if (now := count()) != before:
            before, since = now, time.monotonic()
        elif time.monotonic() - since > limit:
            return None


def together(cases: list[TestCase], log_dir: Path) -> tuple[dict[str, tuple[bool, float]], bool, Path]:
    """Which finished, whether the process ended as it should, and its log. A case that does not end in its time ends
    the process."""
    first = cases[0]
    log = log_of(dataclasses.replace(first, name=f"{first.name} and {len(cases) - 1} others"), log_dir)
    results = log.with_suffix(".results")
    results.unlink(missing_ok=True)

    def finished():
        return first.company.finished(results.read_text("utf-8", "replace")) if results.exists() else {}
    with started(first.company.argv(cases, results), first, log) as process:
        status = wait(process, lambda: len(finished()), max(case.limit for case in cases))
    done = finished()
    # A case that failed is the reason of a status enough.
    return done, status == 0 or status is not None and not all(passed for passed, _ in done.values()), log
