"""Runs the test cases of a suite, and keeps the score.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import re
import xml.etree.ElementTree as xml
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from testing import company
from testing.cases import FAILED, PASSED, SKIPPED, Result, TestCase


class Score:
    def __init__(self, say):
        self.results: list[Result] = []
        self.say = say

    def add(self, result: Result, quiet: bool = False):
        self.results.append(result)
        if result.outcome != PASSED or not quiet:
            self.say(f"  {result.outcome:<7} {result.suite}: {result.name} ({result.seconds:.1f} s)"
                     + (f"\n{result.message}" if result.message else ""))

    def run(self, cases: list[TestCase], log_dir: Path, may_skip: bool, jobs: int):
        if not cases:
            return
        with ThreadPoolExecutor(jobs) as pool:
            try:
                for results in pool.map(lambda some: company.run_group(some, log_dir, may_skip), company.groups(cases)):
                    for result in results:
                        self.add(result, quiet=len(cases) > 60)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def count(self, outcome: str) -> int:
        return sum(result.outcome == outcome for result in self.results)

    def summary(self) -> str:
        return f"{self.count(PASSED)} passed, {self.count(FAILED)} failed, {self.count(SKIPPED)} skipped"

    def write_junit(self, path: Path):
        top = xml.Element("testsuites")
        for suite in dict.fromkeys(result.suite for result in self.results):
            own = [result for result in self.results if result.suite == suite]
            node = xml.SubElement(top, "testsuite", name=suite, tests=str(len(own)),
                                  failures=str(sum(r.outcome == FAILED for r in own)),
                                  skipped=str(sum(r.outcome == SKIPPED for r in own)),
                                  time=f"{sum(r.seconds for r in own):.2f}")
            for result in own:
                case = xml.SubElement(node, "testcase", classname=suite, name=result.name, time=f"{result.seconds:.2f}")
                if result.outcome != PASSED:
                    kind = "failure" if result.outcome == FAILED else "skipped"
                    xml.SubElement(case, kind).text = re.sub(r"[^\t\n -~\u00a0-\ud7ff]", "?", result.message)
        xml.ElementTree(top).write(path, encoding="utf-8", xml_declaration=True)
