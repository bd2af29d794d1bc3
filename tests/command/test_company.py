"""Test cases that one process runs. SPDX-License-Identifier: GPL-2.0-or-later"""

import dataclasses
import subprocess
import time
import unittest
from dataclasses import dataclass

from support import Case

from testing import company
from testing.cases import FAILED, PASSED, SKIPPED, TestCase


@dataclass(frozen=True)
class Script(company.Unittest):
    """A shell script that stands in for the process; $R is where it writes what became of its cases."""

    def argv(self, cases, results):
        return ["sh", "-c", f"R={results}; {self.module}"]


def case(name, alone="false", limit=20.0, **further):
    return TestCase("suite", name, ["sh", "-c", alone], limit, **further)


class Groups(unittest.TestCase):
    def test_of_one_program_as_many_as_fit_in_their_order(self):
        one, other = company.Catch2("one"), company.Catch2("other")
        cases = [case(str(number), company=one) for number in range(company.MOST + 3)]
        cases += [case("x", company=other), case("y", company=other, env={"A": "1"}), case("z"), case("alone")]
        groups = company.groups(cases)
        self.assertEqual([len(group) for group in groups], [company.MOST, 3, 1, 1, 1, 1])
        self.assertEqual([case.name for group in groups for case in group], [case.name for case in cases])

    def test_what_cannot_run_is_in_no_process(self):
        both = [case(name, company=company.Catch2("one"), cannot="no kernel") for name in "ab"]
        self.assertEqual(company.groups(both), [[both[0]], [both[1]]])


class Together(Case):
    def run_group(self, script, *cases, may_skip=True):
        cases = [dataclasses.replace(case, company=Script(script)) for case in cases]
        return company.run_group(cases, self.dir, may_skip)

    def outcomes(self, *args, **kwargs):
        return [result.outcome for result in self.run_group(*args, **kwargs)]

    def test_what_passes_runs_once(self):
        results = self.run_group("echo passed 1.5 a >>$R; echo passed 2 b >>$R", case("a"), case("b"))
        self.assertEqual([(r.outcome, r.seconds) for r in results], [(PASSED, 1.5), (PASSED, 2.0)])

    def test_what_does_not_runs_alone_for_its_outcome(self):
        script = "echo passed 1 a >>$R; echo other 1 b >>$R; echo other 1 c >>$R; exit 1"
        results = self.run_group(script, case("a"), case("b", "echo the reason; exit 1"), case("c", "exit 77"))
        self.assertEqual([result.outcome for result in results], [PASSED, FAILED, SKIPPED])
        self.assertIn("the reason", results[1].message)
        self.assertEqual(self.outcomes(script, case("a"), case("b"), case("c", "exit 77"), may_skip=False),
                         [PASSED, FAILED, FAILED])

    def test_what_fails_in_company_only_has_failed(self):
        results = self.run_group("echo passed 1 a >>$R; echo other 1 b >>$R; echo what it said; exit 1",
                                 case("a"), case("b", "true"))
        self.assertEqual([result.outcome for result in results], [PASSED, FAILED])
        self.assertIn("fails in company", results[1].message)
        self.assertIn("what it said", results[1].message)

    def test_a_process_that_dies_fails_the_case_it_was_in_and_no_other(self):
        for end in ("kill -SEGV $$", "exit 0"):
            self.assertEqual(self.outcomes(f"echo passed 1 a >>$R; {end}",
                                           case("a"), case("b", "true"), case("c", "true"), case("d")),
                             [PASSED, FAILED, PASSED, FAILED])

    def test_a_case_that_does_not_end_ends_the_process(self):
        start = time.monotonic()
        self.assertEqual(self.outcomes("echo passed 1 a >>$R; sleep 60", case("a", limit=0.3),
                                       case("b", "true", limit=0.3), case("c", "true", limit=0.3)),
                         [PASSED, FAILED, PASSED])
        self.assertLess(time.monotonic() - start, 30)

    def test_a_status_that_no_case_explains_is_looked_for_in_each(self):
        script = "echo passed 1 a >>$R; echo passed 1 b >>$R; exit 1"
        self.assertEqual(self.outcomes(script, case("a"), case("b", "true")), [FAILED, PASSED])
        results = self.run_group(script, case("a", "true"), case("b", "true"))
        self.assertEqual([result.outcome for result in results], [PASSED, FAILED])
        self.assertIn("ended badly", results[1].message)


class Reports(Case):
    def test_catch2_of_either_version_and_cut_short(self):
        text = ('<?xml version="1.0"?><Catch><Group name="x"><TestCase name="a &lt;b&gt;, c"><Section name="s">'
                '<OverallResults successes="1" failures="0" durationInSeconds="9"/></Section>'
                '<OverallResult success="true" durationInSeconds="0.25"/></TestCase>'
                '<TestCase name="b"><OverallResult success="false" durationInSeconds="1"/></TestCase>'
                '<TestCase name="c"><OverallResult success="true" skips="1" durationInSeconds="1"/></TestCase>'
                '<TestCase name="d"><Expression success="fa')
        self.assertEqual(company.Catch2("x").finished(text),
                         {"a <b>, c": (True, 0.25), "b": (False, 1.0), "c": (False, 1.0)})
        self.assertEqual(company.Catch2("x").finished(""), {})

    def test_pythons(self):
        (self.dir / "test_some.py").write_text("""import unittest


class Some(unittest.TestCase):
    def test_good(self):
        with self.subTest(1):
            pass

    def test_bad(self):
        with self.subTest(1):
            self.fail()

    @unittest.skip("no")
    def test_skipped(self):
        pass

    def test_last(self):
        import os
        os._exit(0)
""")
        names = [f"test_some.Some.test_{name}" for name in ("good", "bad", "skipped", "last")]
        some, results = company.Unittest("test_some"), self.dir / "results"
        subprocess.run(some.argv([case(name) for name in names], results), cwd=self.dir, stderr=subprocess.DEVNULL)
        found = some.finished(results.read_text())
        self.assertEqual({name: passed for name, (passed, _) in found.items()},
                         dict(zip(names, (True, False, False))))
        self.assertEqual(some.finished("passed 1 a\npassed 1 b"), {"a": (True, 1.0)})


if __name__ == "__main__":
    unittest.main()
