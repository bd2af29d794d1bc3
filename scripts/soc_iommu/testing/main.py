"""scripts/test: which suites there are, in which builds they run, and the score.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import argparse
import contextlib
import dataclasses
import fnmatch
import json
import os
import signal
import sys
import unittest
from pathlib import Path

import arguments
import cli
import guest
import kernel as kernel_module
import packages
import phases
import plugin
import prepare
import qemu as qemu_module
from arch import ARCHES
from cache import Cache
from errors import Failure, Usage
from paths import ROOT
from phases import Phases

from testing import builds, matrixsuite, otherdebian
from testing.beside import Beside
from testing.builds import TestBuild
from testing.cases import FAILED, SKIPPED, Result, TestCase, log_of
from testing.company import Unittest
from testing.score import Score

SUITES = ["command", "unit", "conformance", "qemu", "guest", "matrix", "fuzz", "bench"]
DEFAULT = [suite for suite in SUITES if suite != "bench"]
# Those with a round under sanitizers, and those with one in the other Debian, whose QEMU is another.
SANITIZED = ["unit", "conformance", "qemu", "guest"]
ELSEWHERE = ["qemu", "guest"]
FUZZ_SECONDS = 15
SELFTEST_LIMIT = 1800
MAY_NOT_BE_SKIPPED = ["command", "qemu", "guest"]
PATCHES = ROOT / "tests" / "guest" / "patches" / "6.12"
# As changed_drivers in tests/guest/cases/attach.hpp has them.
CHANGED_DRIVERS = [word for name in ("apple-dart-no-tlb-invalidate.patch", "arm-smmu-v3-invalidate-after-dirty.patch")
                   for word in ("--kernel-patch", str(PATCHES / name))]
# What the guest cases boot, built before any of them runs: a kernel's build is no part of a case's limit.
GUESTS = [["apple-dart"],
          ["apple-dart", *CHANGED_DRIVERS],  # and soc-smmuv3
          ["apple-dart", "--no-cap-series"],
          ["apple-dart", "--mutation", "stale"],  # whichever: one plugin has them all
          # One serves all of 32-bit ARM.
          ["tegra-gart", "--kernel", "6.1"], ["mtk-m4u-v1", "--kernel", "6.12"],
          ["fsl-pamu", "--kernel", "6.1"], ["fsl-pamu", "--kernel", "6.12"],
          # Serves soc-smmuv3 too.
          ["apple-dart", "--kernel", "6.1"]]
# And what those with the tag [.thorough] boot: kernels that the matrix' default set does without.
THOROUGH_GUESTS = [["soc-smmuv3", "--page-size", "16k"], ["soc-smmuv3", "--page-size", "64k"],
                   ["soc-smmuv3", "--page-size", "16k", "--kernel-patch",
                    str(PATCHES / "arm-smmu-v3-sva-limit-ips.patch")],
                   ["soc-smmuv3", "--page-size", "64k", *CHANGED_DRIVERS],
                   ["tegra-gart", "--kernel", "6.12"]]


def guests(thorough: bool = False) -> list[list[str]]:
    """Without those that need a kernel which cannot be had here; their cases are skipped by their tag."""
    def sources(words):
        version, _ = kernel_module.parse_version(words[words.index("--kernel") + 1])
        return kernel_module.sources(version, words[0])  # an IOMMU with a kernel of its own: its config has its name
    return [words for words in GUESTS + (THOROUGH_GUESTS if thorough else [])
            if "--kernel" not in words or not any(kernel_module.why_none(version) for version in sources(words))]


def parse(argv: list[str]):
    top = argparse.ArgumentParser(prog="scripts/test",
                                  description="Runs the suites named; without a name all but bench.")
    top.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES))
    top.add_argument("--only", action="append", default=[], metavar="GLOB", help="only the cases whose name matches")
    top.add_argument("--plain", action="store_true", help="no sanitizers, no other Debian: the quick round")
    top.add_argument("--thorough", action="store_true",
                     help="every guest case under sanitizers and in the other Debian too, not only those "
                          "with the tag [everywhere]; the cases with the tag [.thorough], of kernels that the default "
                          "matrix does without; and the kernel's own iommufd selftests")
    top.add_argument("--prepare", action="store_true", help="build what the guest cases boot, and run nothing")
    top.add_argument("--from-the-end", action="store_true", help=argparse.SUPPRESS)  # --prepare's other half
    top.add_argument("--output", type=Path, metavar="DIR", help="where the logs and junit.xml go")
    top.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)  # in the root of the other Debian
    top.add_argument("--results", type=Path, help=argparse.SUPPRESS)
    args = top.parse_args(argv)
    for suite in args.suites:
        if suite not in SUITES:
            raise Usage(f"unknown suite '{suite}'; valid: {', '.join(SUITES)}")
    args.suites = list(dict.fromkeys(args.suites)) or DEFAULT
    return args


class Session:
    def __init__(self, args):
        self.args = args
        self.ci = os.environ.get("CI", "") not in ("", "0", "false")
        self.cache = Cache(say=lambda text: print(text, file=sys.stderr))
        self.phases = Phases(args.output.resolve() if args.output else self.cache.log_dir(), stream=sys.stdout)
        self.phases.log_dir.mkdir(parents=True, exist_ok=True)
        self.score = Score(self.phases.say)
        self.jobs = os.cpu_count() or 1
        # A guest that boots and waits leaves a third of a core idle.
        self.guests_at_once = self.jobs + (self.jobs + 1) // 2
        self.sanitize = not args.plain and not args.inside
        self.qemus, self.qemu = {}, None

    def wants(self, *suites) -> list[str]:
        return [suite for suite in suites if suite in self.args.suites]

    def install(self):
        groups = ["models", "tests"]
        if self.wants("command"):
            groups.append("browser")
        if self.wants("qemu", "guest", "matrix", "bench"):
            groups += [*(f"qemu-{name}" for name in ARCHES), "headers"]
        if self.wants("guest", "matrix", "bench") and not self.args.inside:
            groups += ["kernel", *(f"{part}-{name}" for name in ARCHES for part in ("kernel", "guest"))]
            groups += [f"kernel-source-{version}" for version in kernel_module.VERSIONS
                       if not kernel_module.why_none(version)]
        if self.wants("fuzz") or self.wants(*SANITIZED) and self.sanitize:
            groups.append("clang")
        packages.ensure(self.phases, *groups)
        if self.wants("qemu", "guest", "matrix", "bench"):
            self.qemus = {name: qemu_module.locate(self.cache, name) for name in ARCHES}
            for name, found in self.qemus.items():
                if not found:
                    raise Failure(f"there is no {qemu_module.default(name)}")
            self.qemu = self.qemus["arm64"]

    def run_cases(self, suite: str, label: str, cases: list[TestCase], jobs: int | None = None):
        """A suite in one build. A suite that executes nothing has failed."""
        if self.args.only:
            cases = [case for case in cases if any(fnmatch.fnmatch(case.name, glob) for glob in self.args.only)]
            if not cases:
                return
        if not cases:
            self.score.add(Result(label, "(the suite)", FAILED, message="it has no test case"))
            return
        with self.phases.phase(f"{label}: {len(cases)} cases", limit=sum(case.limit for case in cases)):
            may_skip = not (self.ci and suite in MAY_NOT_BE_SKIPPED)
            self.score.run(cases, self.phases.log_dir, may_skip, jobs or self.jobs)

    def attempt(self, label: str, work):
        """Runs work; a failure to get as far as the tests is a failure of the suite, and the others still run."""
        try:
            work()
        except Failure as error:
            self.score.add(Result(label, "(the suite)", FAILED, message=str(error)))

    # --- the suites ---

    def command_suite(self):
        folder = ROOT / "tests" / "command"
        sys.path.insert(0, str(folder))
        found = []

        def collect(tests):
            for test in tests:
                collect(test) if isinstance(test, unittest.TestSuite) else found.append(test.id())
        collect(unittest.TestLoader().discover(str(folder)))
        self.run_cases("command", "command", [
            TestCase("command", name, [sys.executable, "-m", "unittest", name], 120, cwd=folder,
                     company=Unittest(name.split(".")[0])) for name in found])

    def plain(self) -> TestBuild:
        return TestBuild(self.cache, self.phases, "", [], self.qemus)

    def sanitized(self) -> TestBuild:
        """ASan and UBSan, and libFuzzer."""
        return TestBuild(self.cache, self.phases, "sanitized", plugin.MEMORY_SANITIZERS, self.qemus,
                         env=plugin.clang(), programs=self.plain())

    def built_suites(self, suites: list[str], build: TestBuild):
        build.build(suites)
        guests = builds.THOROUGHLY if self.args.thorough else \
            builds.EVERYWHERE if build.label or self.args.inside else builds.VISIBLE
        for suite in suites:
            name = f"{suite}, {build.label}" if build.label else suite
            jobs = {"bench": 1, "guest": self.guests_at_once}.get(suite)
            tags = guests if suite == "guest" else builds.VISIBLE
            self.attempt(name, lambda: self.run_cases(suite, name, build.cases(suite, tags), jobs))
            if suite == "bench":
                self.show_logs(build.cases(suite))

    def thread_suites(self, suites: list[str]):
        """TSan, for what runs on several threads: no QEMU, which it would have to be built into."""
        build = TestBuild(self.cache, self.phases, "TSan", ["-Db_sanitize=thread", *plugin.SANITIZED],
                          env=plugin.clang())
        build.build(suites)
        for suite in suites:
            # clang 14's runtime cannot live with as much address randomisation as newer kernels use.
            cases = [dataclasses.replace(case, argv=["setarch", "-R", *case.argv], company=None)
                     for case in build.cases(suite, builds.THREADS)]
            self.attempt(f"{suite}, TSan", lambda: self.run_cases(suite, f"{suite}, TSan", cases))

    def prepare_guests(self, sanitized: bool) -> None:
        listed = [["apple-dart"]] if self.args.inside else guests(self.args.thorough)
        for words in reversed(listed) if self.args.from_the_end else listed:
            args = arguments.parse(["attach", *words, *(["--sanitize"] if sanitized else [])])
            if sanitized and args.mutation != "none":
                continue  # that the steps can fail is shown once
            plan = prepare.plan(self.cache, self.phases, args)
            prepare.ready(self.cache, self.phases, args, plan)

    def selftests(self):
        """The kernel's own iommufd selftests, with the capability series and without it."""
        iommus = prepare.load_registry(self.cache, self.phases, prepare.plugin_module.BuildOptions())
        argv = [str(ROOT / "guest-kernel-config" / "selftest" / "run"), "--qemu", str(self.qemu.path),
                "--out", str(self.phases.log_dir / "selftest")]
        for prefix, series in (("--", True), ("--baseline-", False)):
            choice = kernel_module.Choice(series=series, selftest=True)
            configs = prepare.kernel_configs(iommus, choice)
            kernel = kernel_module.build(self.cache, self.phases, choice, configs)
            argv += [f"{prefix}tree", str(kernel.tree[0]), f"{prefix}image", str(kernel.image)]
        name = "the kernel's iommufd selftests give the same results with and without the capability series"
        self.run_cases("guest", "guest, selftests", [TestCase("guest, selftests", name, argv, SELFTEST_LIMIT)])

    def show_logs(self, cases: list[TestCase]):
        """A benchmark is read by people."""
        for case in cases:
            self.phases.say(f"{case.name}:\n{phases.tail(log_of(case, self.phases.log_dir), 60)}")

    def fuzz_suite(self):
        build = self.sanitized()
        build.build(["fuzz"])
        self.run_cases("fuzz", "fuzz", build.cases("fuzz") + build.fuzzer(FUZZ_SECONDS), jobs=1)

    def export_kernels(self) -> Path:
        where = self.cache.root / "kernels-for-other-debian"
        for words in (words for words in guests(self.args.thorough) if "--mutation" not in words):
            args = arguments.parse(["attach", *words])
            plan = prepare.plan(self.cache, self.phases, args)
            kernel = kernel_module.build(self.cache, self.phases, plan.choice, plan.configs)
            module = guest.test_module(self.cache, self.phases, kernel, plan.choice)
            kernel_module.export(kernel, module, guest.init(self.cache, self.phases, plan.choice), where, plan.choice)
        return where

    def further_words(self) -> list[str]:
        """What the other Debian's scripts/test is told as well."""
        return [*(word for glob in self.args.only for word in ("--only", glob)),
                *(["--thorough"] if self.args.thorough else [])]

    def elsewhere(self, suites: list[str]):
        name = f"Debian {otherdebian.other()}"
        try:
            kernels = self.export_kernels() if "guest" in suites else None
            for result in otherdebian.run(self.cache, self.phases, suites, kernels, self.further_words()):
                self.score.add(result, quiet=True)
        except otherdebian.Unavailable as error:
            for suite in suites:
                self.score.add(Result(f"{suite}, {name}", "(the suite)", FAILED if self.ci else SKIPPED,
                                      message=f"    {error}"))

    def run(self):
        self.install()
        if self.args.prepare and self.args.inside:
            # Nothing that boots: the kernels may not have been brought yet.
            self.attempt("tests", lambda: self.plain().build(self.args.suites))
            return
        if self.args.prepare:
            if self.args.from_the_end and self.sanitize:
                with contextlib.suppress(Failure):  # which elsewhere() meets again
                    otherdebian.prepare(self.cache, self.phases, self.wants(*ELSEWHERE))
            self.attempt("guest", lambda: self.prepare_guests(False))
            return
        # With one suite there is nothing to be beside of; in the other Debian nothing is built for guests.
        useful = self.wants("guest") and len(self.args.suites) > 1 and not self.args.inside
        words = self.args.suites + [f"--{name}" for name in ("plain", "thorough") if getattr(self.args, name)]
        beside = Beside(self.phases, words) if useful else None
        try:
            self.run_suites(beside)
        finally:
            if beside:
                beside.end()

    def run_suites(self, beside: Beside | None):
        sanitize = self.sanitize
        if self.wants("command"):
            self.attempt("command", self.command_suite)
        # Where unit tests run under sanitizers, a plain round of them would only cost its build; conformance, QEMU and
        # guests have the models as they are shipped.
        quick = self.wants(*([] if sanitize else ["unit"]), "conformance", "qemu")
        if quick:
            self.attempt("tests", lambda: self.built_suites(quick, self.plain()))
        inside = self.wants("unit", "conformance")
        if sanitize and inside:
            self.attempt("tests, sanitized", lambda: self.built_suites(inside, self.sanitized()))
            self.attempt("tests, TSan", lambda: self.thread_suites(inside))
        if sanitize and self.wants("qemu"):
            self.attempt("qemu, sanitized", lambda: self.built_suites(["qemu"], self.sanitized()))
        if self.wants("fuzz"):
            self.attempt("fuzz", self.fuzz_suite)
        if beside:
            self.attempt("guest", beside.finish)
        for sanitized in [False, True] if sanitize else [False]:
            if self.wants("guest"):
                def guest_cases():
                    self.prepare_guests(sanitized)
                    self.built_suites(["guest"], self.sanitized() if sanitized else self.plain())
                self.attempt("guest, sanitized" if sanitized else "guest", guest_cases)
        if self.wants("matrix"):
            self.attempt("matrix", lambda: matrixsuite.Suite(self.phases, self.score.add, self.guests_at_once).run())
        # Of the capability series, whose patches change once in a while, and at the price of two kernels of their own.
        if self.wants("guest") and self.args.thorough:
            self.attempt("guest, selftests", self.selftests)
        if self.wants(*ELSEWHERE) and sanitize:
            self.attempt("other Debian", lambda: self.elsewhere(self.wants(*ELSEWHERE)))
        if self.wants("bench"):
            def bench():
                self.prepare_guests(False)
                self.built_suites(["bench"], self.plain())
            self.attempt("bench", bench)

    def finish(self) -> int:
        score = self.score
        if self.args.only and not score.results:
            score.add(Result("--only", " ".join(self.args.only), FAILED, message="no case has such a name"))
        score.write_junit(self.phases.log_dir / "junit.xml")
        if self.args.results:
            self.args.results.write_text(json.dumps([dataclasses.asdict(result) for result in score.results]))
        failed = [result for result in score.results if result.outcome == FAILED]
        if failed:
            self.phases.say("failed:")
            for result in failed:
                self.phases.say(f"  {result.suite}: {result.name}")
        self.phases.account()
        self.phases.say(f"logs: {self.phases.log_dir}")
        self.phases.say(score.summary())
        return 1 if failed or not (score.results or self.args.prepare) else 0


def main(argv: list[str]) -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, cli.interrupt)
    try:
        session = Session(parse(argv))
        try:
            session.run()
        except Failure as error:
            # Not even the tools are there: nothing ran.
            session.score.add(Result("scripts/test", "(preparation)", FAILED, message=str(error)))
        return session.finish()
    except Failure as error:
        print(f"scripts/test: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print("scripts/test: interrupted", file=sys.stderr)
        return 130
