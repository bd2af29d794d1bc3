"""The runner of the tests: programs that stand in for test cases. SPDX-License-Identifier: GPL-2.0-or-later"""

import time
import unittest
import xml.etree.ElementTree as xml

from support import Case

from errors import Usage
from testing import catch2, main
from testing.cases import FAILED, PASSED, SKIPPED, Score, TestCase, run


class Run(Case):
    def case(self, script, limit=20.0):
        return TestCase("suite", "a case, with: odd/characters", ["sh", "-c", script], limit)

    def outcome(self, script, limit=20.0, may_skip=True):
        return run(self.case(script, limit), self.dir, may_skip)

    def test_passed(self):
        self.assertEqual(self.outcome("true").outcome, PASSED)

    def test_failed_with_the_end_of_its_output(self):
        got = self.outcome("echo the reason; exit 3")
        self.assertEqual(got.outcome, FAILED)
        self.assertIn("the reason", got.message)

    def test_killed_by_a_signal(self):
        self.assertEqual(self.outcome("kill -SEGV $$").outcome, FAILED)

    def test_not_done_in_time(self):
        start = time.monotonic()
        got = self.outcome("sleep 60 & sleep 60", limit=0.3)
        self.assertEqual(got.outcome, FAILED)
        self.assertIn("not done within", got.message)
        self.assertLess(time.monotonic() - start, 20)

    def test_skipped_where_that_is_allowed(self):
        for status in (4, 77):
            self.assertEqual(self.outcome(f"echo no root; exit {status}").outcome, SKIPPED)
            got = self.outcome(f"echo no root; exit {status}", may_skip=False)
            self.assertEqual(got.outcome, FAILED)
            self.assertIn("no root", got.message)

    def test_four_failures_are_no_skip(self):
        self.assertEqual(self.outcome("echo 'x.cpp:1: FAILED:'; exit 4").outcome, FAILED)

    def test_a_case_that_ran_nothing_has_not_passed(self):
        self.assertEqual(self.outcome("echo No test cases matched '\"x\"'").outcome, FAILED)

    def test_the_score(self):
        said = []
        score = Score(said.append)
        score.run([self.case(s) for s in ("true", "false", "exit 77")], self.dir, True, 2)
        self.assertEqual(score.summary(), "1 passed, 1 failed, 1 skipped")
        score.write_junit(self.dir / "junit.xml")
        suite = xml.parse(self.dir / "junit.xml").getroot().find("testsuite")
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("skipped")), ("3", "1", "1"))


class Listing(Case):
    def test_version_2(self):
        program = self.program("tests", '#!/bin/sh\n[ "$1" = --list-test-names-only ] && '
                               "printf 'one\\ntwo, and more\\n' && exit 2\n")
        self.assertEqual(catch2.names([str(program)]), ["one", "two, and more"])

    def test_version_3(self):
        program = self.program("tests", """#!/bin/sh
case $1 in
--list-test-names-only) echo 'Unrecognised token: --list-test-names-only'; exit 255;;
--list-tests) echo '<?xml version="1.0"?><MatchingTests>'
              echo '<TestCase><Name>one &amp; only</Name></TestCase></MatchingTests>';;
esac
""")
        self.assertEqual(catch2.names([str(program)]), ["one & only"])

    def test_a_name_is_no_pattern(self):
        self.assertEqual(catch2.selector('a, b [c] "d" *\\'), 'a\\, b \\[c] \\"d\\" \\*\\\\')


class Sessions(Case):
    def session(self, *argv):
        self.own_cache()
        made = main.Session(main.parse(["--output", str(self.dir / "logs"), *argv]))
        made.phases.quiet = True
        return made

    def test_unknown_suites_are_wrong_usage(self):
        with self.assertRaises(Usage) as caught:
            main.parse(["units"])
        self.assertIn("unit, conformance, qemu, guest", str(caught.exception))

    def test_a_suite_without_cases_fails(self):
        session = self.session("unit")
        session.run_cases("unit", "unit", [])
        self.assertEqual(session.finish(), 1)

    def test_nothing_at_all_fails(self):
        self.assertEqual(self.session("unit").finish(), 1)

    def test_a_name_that_nothing_has_fails(self):
        session = self.session("unit", "--only", "nothing")
        session.run_cases("unit", "unit", [TestCase("unit", "something", ["true"], 1)])
        self.assertEqual(session.finish(), 1)

    def test_all_passed(self):
        session = self.session("unit")
        session.run_cases("unit", "unit", [TestCase("unit", "something", ["true"], 10)])
        self.assertEqual(session.finish(), 0)

    def test_a_build_that_fails_is_a_failure_and_the_rest_still_runs(self):
        session = self.session("unit")

        def build():
            raise main.Failure("no compiler")
        session.attempt("tests", build)
        session.run_cases("unit", "unit", [TestCase("unit", "something", ["true"], 10)])
        self.assertEqual(session.score.summary(), "1 passed, 1 failed, 0 skipped")
        self.assertEqual(session.finish(), 1)


if __name__ == "__main__":
    unittest.main()
