"""Meson builds of the tests, and the test cases in them.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import json
import os
import subprocess
from pathlib import Path

import boot
import kernel as kernel_module
import plugin
import qemu as qemu_module
from cache import Cache, digest
from errors import Failure
from paths import ROOT
from phases import Phases

from testing import catch2
from testing.cases import TestCase
from testing.company import Catch2

# These suites consist of Catch2 programs; a Meson test of another suite is one case.
CATCH2_SUITES = ["unit", "conformance", "qemu", "guest"]
# Their programs speak to a QEMU from outside.
OUTSIDE_QEMU = ["qemu", "guest"]
# The programs of tests/fuzz/meson.build.
FUZZ_TARGETS = ["models", "smmuv3-commands", "smmuv3-structures", "smmuv3-descriptors"]
# Which cases, as what Catch2 is told: all but hidden ones; of guests those for a round under sanitizers and in the other
# Debian too, or all with those that are hidden for their price; and those of which TSan has something to say.
VISIBLE, EVERYWHERE, THOROUGHLY, THREADS = ("",), ("[everywhere]",), ("", "[thorough]"), ("[threads]",)
UNIT_ENVIRONMENT = {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", "ASAN_OPTIONS": "abort_on_error=0"}


class TestBuild:
    """One configured build directory; kept between runs, so that a second run compiles what changed."""

    def __init__(self, cache: Cache, phases: Phases, label: str, options: list[str], qemus=None, env=None,
                 programs: "TestBuild | None" = None):
        """`qemus`: by architecture, all of one source package; without them no plugin is built. `programs`: the build
        whose programs the suites OUTSIDE_QEMU run, where of those this one has the plugin alone."""
        self.cache, self.phases, self.label, self.qemus, self.programs = cache, phases, label, qemus, programs
        self.options = ["-Dtests=true", "-Dtest_models=true", *options]
        if qemus:
            source, build = qemu_module.headers(cache, phases, qemus["arm64"])
            binaries = ",".join(str(qemu.path.resolve()) for qemu in qemus.values())
            self.options += [f"-Dqemu_src={source}", f"-Dqemu_build={build}", f"-Dqemu_binary={binaries}"]
        self.env = env or {}
        self.directory = cache.root / "work" / f"tests-{digest(str(ROOT), self.options, self.env)}"

    def build(self, suites: list[str]):
        """Configures, and compiles what these suites run."""
        outside = [suite for suite in suites if suite in OUTSIDE_QEMU]
        if self.programs and outside:
            self.programs.build(outside)
        name = "build of the tests" + (f", {self.label}" if self.label else "")
        with self.cache.lock(f"work/{self.directory.name}"), self.phases.phase(name, limit=2400) as phase:
            plugin.meson_setup(self.cache, phase, self.directory, self.options, self.env)
            # What is configured may be older than meson.build: ninja sees to that first.
            plugin.ninja(self.cache, phase, self.directory, ["build.ninja"], self.env)
            targets = self.targets(suites)
            if targets:
                plugin.ninja(self.cache, phase, self.directory, targets, self.env)

    def introspect(self, what: str) -> list[dict]:
        out = subprocess.run(["meson", "introspect", f"--{what}", str(self.directory)], stdout=subprocess.PIPE,
                             text=True, check=True).stdout
        return json.loads(out)

    def targets(self, suites: list[str]) -> list[str]:
        """Files that the tests of these suites need, relative to the build directory."""
        files = {target["id"]: target["filename"] for target in self.introspect("targets")}
        wanted = {name for suite in suites for test in self.tests(suite) for id in test["depends"]
                  for name in files.get(id, []) if name == self.program(suite, name)}
        if "fuzz" in suites:
            wanted |= {name for names in files.values() for name in names if Path(name).name.startswith("fuzz-")}
        return sorted(os.path.relpath(name, self.directory) for name in wanted)

    @property
    def plugin(self) -> Path:
        return self.directory / "hw" / "qemu" / "soc-iommu-plugin.so"

    def tests(self, suite: str) -> list[dict]:
        if suite == "bench":
            return self.introspect("benchmarks")
        # Meson names a suite "project:suite".
        return [test for test in self.introspect("tests")
                if suite in [name.split(":")[-1] for name in test["suite"]]]

    def program(self, suite: str, name: str) -> str:
        """Where the program of a suite's test is, which has that name in this build."""
        if self.programs is None or suite not in OUTSIDE_QEMU or name.endswith(".so"):
            return name
        return str(self.programs.directory / os.path.relpath(name, self.directory))

    def cases(self, suite: str, tags: tuple[str, ...] = VISIBLE) -> list[TestCase]:
        label = f"{suite}, {self.label}" if self.label else suite
        found = {}
        for test in self.tests(suite):
            env = {**test["env"], **self.environment(suite)}
            cwd = Path(test["workdir"]) if test["workdir"] else self.directory
            command = [self.program(suite, str(test["cmd"][0])), *map(str, test["cmd"][1:])]
            if suite not in CATCH2_SUITES:
                case = TestCase(label, test["name"], command, test["timeout"], env, cwd)
                found[tuple(command)] = case
                continue
            listed = [name for tag in tags
                      for name in catch2.names([*command, *filter(None, [tag])], {**os.environ, **env})]
            if not listed:
                raise Failure(f"{' '.join(command)}: no test cases")
            cannot = self.without_kernel(command[0]) if suite == "guest" else {}
            for name in listed:
                # Arguments of the Meson test only select cases, as the name now does.
                argv = [command[0], catch2.selector(name)]
                found[tuple(argv)] = TestCase(label, name, argv, test["timeout"], env, cwd, cannot.get(name, ""),
                                              Catch2(command[0]) if suite == "unit" else None)
        return list(found.values())

    def without_kernel(self, program: str) -> dict[str, str]:
        """The cases whose kernel cannot be had here, by their tag [linux-VERSION], each with the reason."""
        reasons = {version: kernel_module.why_none(version) for version in kernel_module.VERSIONS}
        return {name: reason for version, reason in reasons.items() if reason
                for name in catch2.names([program, f"[linux-{version}]"])}

    def fuzzer(self, seconds: int) -> list[TestCase]:
        """libFuzzer: every target, from its seeds on, for a fixed time."""
        folder = self.directory / "tests" / "fuzz"
        corpus = self.directory / "corpus"
        script = ('mkdir -p "$3" && "$1" "$3" && exec "$2" "$3/$4" -max_total_time="$5" -timeout=10 '
                  '-artifact_prefix="$3/" -print_final_stats=1')
        return [TestCase("fuzz", f"{target}, {seconds} s from the seeds",
                         ["sh", "-c", script, "fuzz", str(folder / "fuzz-seeds"), str(folder / f"fuzz-{target}"),
                          str(corpus), target, str(seconds)], seconds + 90, UNIT_ENVIRONMENT, self.directory)
                for target in FUZZ_TARGETS]

    def environment(self, suite: str) -> dict:
        env, sanitized = {"SOC_IOMMU_SOURCE": str(ROOT)}, any("-Db_sanitize=address" in word for word in self.options)
        if sanitized:
            env.update(UNIT_ENVIRONMENT)
        if suite == "qemu" and self.qemus:
            env.update(SOC_IOMMU_QEMU=str(self.qemus["arm64"].path), SOC_IOMMU_PLUGIN=str(self.plugin),
                       SOC_IOMMU_QEMU_PPC64=str(self.qemus["powerpc"].path))
            if sanitized:
                runtime = boot.sanitizer_environment()
                env["SOC_IOMMU_PRELOAD"] = runtime["LD_PRELOAD"]
                env["ASAN_OPTIONS"] = runtime["ASAN_OPTIONS"]
        if suite == "guest" and sanitized:
            env["SOC_IOMMU_SANITIZE"] = "1"
        return env
