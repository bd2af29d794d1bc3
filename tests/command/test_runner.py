"""The runner of the tests: programs that stand in for test cases. SPDX-License-Identifier: GPL-2.0-or-later"""

import contextlib
import os
import re
import time
import unittest
import xml.etree.ElementTree as xml
from unittest import mock

from support import ROOT, Case

import kernel
from errors import Usage
from phases import Phases
from testing import builds, catch2, main
from testing.beside import Beside
from testing.cases import FAILED, PASSED, SKIPPED, TestCase, run
from testing.score import Score


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

    def test_what_cannot_run_here_is_skipped_with_the_reason_even_in_ci(self):
        case = TestCase("suite", "a case", ["true"], 20, cannot="no such kernel here")
        said = []
        score = Score(said.append)
        score.run([case], self.dir, may_skip=False, jobs=1)
        self.assertEqual(score.summary(), "0 passed, 0 failed, 1 skipped")
        self.assertIn("no such kernel here", said[0])

    def test_a_unittest_that_was_skipped_has_not_passed(self):
        for text in ("Ran 1 test in 0.1s\\n\\nOK (skipped=1)", "Ran 0 tests in 0.0s\\n\\nOK (skipped=1)"):
            self.assertEqual(self.outcome(f"printf '{text}\\n'").outcome, SKIPPED)
            got = self.outcome(f"printf '{text}\\n'", may_skip=False)
            self.assertEqual(got.outcome, FAILED)
            self.assertIn("which CI does not allow", got.message)
        self.assertEqual(self.outcome("printf 'OK (skipped=1)\\nOK\\n'").outcome, PASSED)

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


class Threads(Case):
    def test_what_starts_a_thread_runs_under_tsan(self):
        folder = ROOT / "tests" / "unit"
        text = (folder / "meson.build").read_text().partition("threaded_sources = files(")[2].partition(")")[0]
        threaded = {path.name for path in folder.glob("*_test.cpp") if "std::thread" in path.read_text()}
        self.assertEqual(set(re.findall(r"'(\w+\.cpp)'", text)), threaded)

    def test_a_case_that_starts_one_has_the_tag(self):
        for suite in ("unit", "conformance"):
            for path in (ROOT / "tests" / suite).glob("*_test.cpp"):
                first, *cases = re.split(r"^(?=TEST_CASE)", path.read_text(), flags=re.M)
                for case in cases:
                    # What the file's own helper starts, it starts for every case.
                    if "std::thread" in first + case:
                        self.assertIn(builds.THREADS[0], case.partition("\n")[0], path.name)


class KernelsOfCases(Case):
    """Guest cases and the kernels they boot, where one version cannot be had."""

    def test_the_guests_of_that_version_are_left_out(self):
        with mock.patch.object(kernel, "why_none", lambda version: "no" if version == "6.1" else ""):
            left = main.guests()
        self.assertIn(["apple-dart"], left)
        self.assertIn(["mtk-m4u-v1", "--kernel", "6.12"], left)
        self.assertEqual([words for words in main.GUESTS if words not in left],
                         [words for words in main.GUESTS
                          if {"6.1", "6.1-arm-dma"} & set(words)])
        self.assertIn(["tegra-gart", "--kernel", "6.1"], main.GUESTS)

    def test_its_source_is_not_installed(self):
        self.own_cache()
        for reason, wanted in (("", True), ("no", False)):
            session = main.Session(main.parse(["--output", str(self.dir / "logs"), "guest"]))
            with mock.patch.object(kernel, "why_none", lambda version: reason if version == "6.1" else ""), \
                    mock.patch.object(main.packages, "ensure") as ensure:
                session.install()
            groups = ensure.call_args.args
            self.assertIn("kernel-source-6.12", groups)
            self.assertEqual("kernel-source-6.1" in groups, wanted)

    def test_its_cases_are_skipped_by_their_tag(self):
        program = self.program("guest-cases", """#!/bin/sh
case $1 in
'[linux-6.1]') echo old;;
--list-test-names-only) printf 'old\\nnew\\n';;
esac
""")
        build = builds.TestBuild(mock.Mock(root=self.dir), None, "", [])
        build.tests = lambda suite: [{"env": {}, "workdir": None, "cmd": [str(program)], "timeout": 5, "name": "guest"}]
        for suite, reason, cannot in (("guest", "no 6.1", {"old": "no 6.1", "new": ""}),
                                      ("guest", "", {"old": "", "new": ""}),
                                      ("unit", "no 6.1", {"old": "", "new": ""})):
            with mock.patch.object(kernel, "why_none", lambda version: reason if version == "6.1" else ""):
                self.assertEqual({case.name: case.cannot for case in build.cases(suite)}, cannot)

    def test_further_rounds_take_the_cases_that_are_tagged_for_them(self):
        program = self.program("guest-cases", """#!/bin/sh
case "$*" in
*'[everywhere]'*) echo chosen;;
*'[thorough]'*) echo hidden;;
*) printf 'chosen\\nother\\n';;
esac
""")
        build = builds.TestBuild(mock.Mock(root=self.dir), None, "", [])
        build.tests = lambda suite: [{"env": {}, "workdir": None, "cmd": [str(program)], "timeout": 5, "name": suite}]
        for tags, wanted in ((builds.VISIBLE, ["chosen", "other"]), (builds.EVERYWHERE, ["chosen"]),
                             (builds.THOROUGHLY, ["chosen", "other", "hidden"])):
            self.assertEqual([case.name for case in build.cases("guest", tags)], wanted)

    def test_a_thorough_round_prepares_what_its_further_cases_boot(self):
        self.assertEqual(main.guests(thorough=True), main.guests() + main.THOROUGH_GUESTS)
        for path in (ROOT / "tests" / "guest" / "cases").glob("*_test.cpp"):
            for case in re.split(r"^(?=TEST_CASE)", path.read_text(), flags=re.M)[1:]:
                if re.search(r'--page-size (16|64)k|"(16|64)k( --kernel-patch|"[,)])', case.partition("{")[2]):
                    self.assertIn("[.thorough]", case.partition(")\n")[0])

    def test_under_sanitizers_what_speaks_to_a_qemu_is_the_plain_program(self):
        plain = builds.TestBuild(mock.Mock(root=self.dir), None, "", [])
        build = builds.TestBuild(mock.Mock(root=self.dir), None, "sanitized", ["-Db_sanitize=x"], programs=plain)
        self.assertNotEqual(plain.directory, build.directory)

        def test(suite):
            return [{"env": {}, "workdir": None, "cmd": [f"{build.directory}/tests/{suite}-tests"], "timeout": 5,
                     "name": suite, "depends": ["program", "plugin"]}]
        build.tests = test
        build.introspect = lambda what: [{"id": "program", "filename": [f"{build.directory}/tests/qemu-tests"]},
                                         {"id": "plugin", "filename": [f"{build.directory}/plugin.so"]}]
        self.assertEqual(build.targets(["qemu"]), ["plugin.so"])
        with mock.patch.object(catch2, "names", lambda program, env=None: ["a case"]):
            for suite, owner in (("qemu", plain), ("guest", plain), ("unit", build)):
                self.assertEqual(build.cases(suite)[0].argv[0], f"{owner.directory}/tests/{suite}-tests")

    def test_every_iommu_has_a_case_for_every_round(self):
        for path in (ROOT / "tests" / "guest" / "cases").glob("*_test.cpp"):
            cases = re.findall(r"^TEST_CASE\(.*?\)\n", path.read_text(), flags=re.M | re.S)
            self.assertTrue(cases, path.name)
            shown = [case for case in cases if "[." not in case]  # those that are hidden are in no round
            if shown:
                self.assertTrue(any(builds.EVERYWHERE[0] in case for case in shown), path.name)

    def test_every_case_that_names_the_kernel_has_the_tag(self):
        others = set(kernel.VERSIONS) - {kernel.Choice().version}
        found = 0
        for path in (ROOT / "tests" / "guest" / "cases").glob("*.cpp"):
            for case in re.split(r"^(?=TEST_CASE)", path.read_text(), flags=re.M)[1:]:
                # An IOMMU with a kernel of its own: its config has its name.
                for name, version in re.findall(r'"([\w-]+) (?:[^"]* )?--kernel ([\d.]+)', case):
                    for source in set(kernel.sources(version, name)) & others:
                        found += 1
                        self.assertRegex(case, rf'^TEST_CASE\("[^"]*",\s*"\[linux-{re.escape(source)}\][^"]*"\)')
        self.assertGreater(found, 5)


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

    def test_prepare_runs_nothing(self):
        session = self.session("guest", "--prepare")
        prepared = []
        with mock.patch.object(session, "install", lambda: None), \
                mock.patch.object(session, "prepare_guests", prepared.append), \
                mock.patch.object(session, "run_suites", self.fail):
            session.run()
        self.assertEqual(prepared, [False])
        self.assertEqual(session.finish(), 0)

    def test_prepare_that_fails_has_failed(self):
        def build(sanitized):
            raise main.Failure("no compiler")
        session = self.session("guest", "--prepare")
        with mock.patch.object(session, "install", lambda: None), \
                mock.patch.object(session, "prepare_guests", build):
            session.run()
        self.assertEqual(session.finish(), 1)

    def test_prepare_in_the_other_debian_builds_the_tests_and_asks_for_no_kernel(self):
        session = self.session("qemu", "guest", "--inside", "--prepare")
        with mock.patch.object(session, "install", lambda: None), \
                mock.patch.object(session, "prepare_guests", self.fail), \
                mock.patch.object(session, "plain") as plain:
            session.run()
        plain.return_value.build.assert_called_once_with(["qemu", "guest"])
        self.assertEqual(session.finish(), 0)

    def test_unit_tests_run_under_sanitizers_or_plain(self):
        for further, wanted in (([], [("plain", ["conformance"]), ("sanitized", ["unit", "conformance"])]),
                                (["--plain"], [("plain", ["unit", "conformance"])])):
            session, ran = self.session("unit", "conformance", *further), []
            with mock.patch.object(session, "plain", lambda: "plain"), \
                    mock.patch.object(session, "sanitized", lambda: "sanitized"), \
                    mock.patch.object(session, "thread_suites"), \
                    mock.patch.object(session, "built_suites", lambda suites, build: ran.append((build, suites))):
                session.run_suites(None)
            self.assertEqual(ran, wanted)

    def test_what_is_built_beside_ends_with_the_suites(self):
        for argv, begun in ((["unit", "guest"], True), (["guest"], False), (["unit", "guest", "--inside"], False)):
            for failure in (None, KeyboardInterrupt):
                session = self.session(*argv)
                with mock.patch.object(session, "install", lambda: None), \
                        mock.patch.object(main, "Beside") as beside, \
                        mock.patch.object(session, "run_suites", side_effect=failure) as suites, \
                        contextlib.suppress(KeyboardInterrupt):
                    session.run()
                suites.assert_called_once_with(beside.return_value if begun else None)
                self.assertEqual(beside.return_value.end.called, begun)


class Besides(Case):
    def begin(self, script):
        phases = Phases(self.dir, quiet=True)
        phases.said = []
        phases.say = phases.said.append
        return Beside(phases, ["qemu", "guest"], self.program("test", "#!/bin/sh\n" + script))

    def test_their_accounts_are_told(self):
        beside = self.begin('echo "$*"; echo "time spent: kernel 3 min"')
        beside.finish()
        told = [log.read_text() for _, log in beside.running]
        self.assertTrue(all("--prepare qemu guest" in text for text in told))
        self.assertEqual(["--from-the-end" in text for text in told], [False, True])
        for name in ("beside", "beside-from-the-end"):
            self.assertIn(f"  {name}, time spent: kernel 3 min", beside.phases.said)

    def test_a_failure_is_left_to_whoever_needs_it(self):
        self.begin("exit 1").finish()

    def test_ending_them_ends_what_they_started(self):
        beside = self.begin("sleep 60 & echo $!; wait")
        while not all(log.read_text().endswith("\n") for _, log in beside.running):
            time.sleep(0.01)
        children = [int(log.read_text()) for _, log in beside.running]
        beside.end()
        for child in children:
            with self.assertRaises(ProcessLookupError):
                for _ in range(500):
                    os.kill(child, 0)
                    time.sleep(0.01)
        beside.end()  # of what has ended nothing is left to end

    def test_between_them_they_go_through_the_list_from_both_ends(self):
        self.own_cache()
        asked = {}
        for order in ([], ["--from-the-end"]):
            session = main.Session(main.parse(["--output", str(self.dir / "logs"), "--plain", "--prepare", *order,
                                               "guest"]))
            asked[bool(order)] = seen = []
            with mock.patch.object(main.arguments, "parse", lambda words: seen.append(words[1:]) or mock.Mock()), \
                    mock.patch.object(main.prepare, "plan"), mock.patch.object(main.prepare, "ready"):
                session.prepare_guests(False)
        self.assertEqual(asked[False], main.guests())
        self.assertEqual(asked[True], main.guests()[::-1])


if __name__ == "__main__":
    unittest.main()
