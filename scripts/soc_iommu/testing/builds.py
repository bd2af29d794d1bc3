"""Meson builds of the tests, and the test cases in them.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import json
import os
import subprocess
from pathlib import Path

import boot
import packages
import plugin
import qemu as qemu_module
from cache import Cache, digest
from errors import Failure
from paths import ROOT
from phases import Phases

from testing import catch2
from testing.cases import TestCase

# These suites consist of Catch2 programs; a Meson test of another suite is one case.
CATCH2_SUITES = ["unit", "conformance", "qemu", "guest"]
UNIT_ENVIRONMENT = {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", "ASAN_OPTIONS": "abort_on_error=0"}


class TestBuild:
    """One configured build directory; kept between runs, so that a second run compiles what changed."""

    def __init__(self, cache: Cache, phases: Phases, label: str, options: list[str], qemu=None, env=None):
        self.cache, self.phases, self.label, self.qemu = cache, phases, label, qemu
        self.options = ["-Dtests=true", "-Dtest_models=true", *options]
        if qemu:
            source, build = qemu_module.headers(cache, phases, qemu)
            self.options += [f"-Dqemu_src={source}", f"-Dqemu_build={build}", f"-Dqemu_binary={qemu.path.resolve()}"]
        self.env = env or {}
        self.directory = cache.root / "work" / f"tests-{digest(str(ROOT), self.options, self.env)}"

    def build(self):
        name = "build of the tests" + (f", {self.label}" if self.label else "")
        with self.cache.lock(f"work/{self.directory.name}"), self.phases.phase(name, limit=1800) as phase:
            plugin.meson_build(self.cache, phase, self.directory, self.options, extra_env=self.env)

    @property
    def plugin(self) -> Path:
        return self.directory / "hw" / "qemu" / "soc-iommu-plugin.so"

    def tests(self, suite: str) -> list[dict]:
        out = subprocess.run(["meson", "introspect", "--tests", str(self.directory)], stdout=subprocess.PIPE,
                             text=True, check=True).stdout
        # Meson names a suite "project:suite".
        return [test for test in json.loads(out) if suite in [name.split(":")[-1] for name in test["suite"]]]

    def cases(self, suite: str, sanitized: bool = False) -> list[TestCase]:
        label = f"{suite}, {self.label}" if self.label else suite
        found = []
        for test in self.tests(suite):
            env = {**test["env"], **self.environment(suite, sanitized)}
            cwd = Path(test["workdir"]) if test["workdir"] else self.directory
            command = [str(word) for word in test["cmd"]]
            if suite not in CATCH2_SUITES:
                found.append(TestCase(label, test["name"], command, test["timeout"], env, cwd))
                continue
            listed = catch2.names(command, {**os.environ, **env})
            if not listed:
                raise Failure(f"{command[0]} has no test cases")
            found += [TestCase(label, name, [*command, catch2.selector(name)], test["timeout"], env, cwd)
                      for name in listed]
        return found

    def environment(self, suite: str, sanitized: bool) -> dict:
        env = {"SOC_IOMMU_SOURCE": str(ROOT)}
        if sanitized:
            env.update(UNIT_ENVIRONMENT)
        if suite == "qemu" and self.qemu:
            env.update(SOC_IOMMU_QEMU=str(self.qemu.path), SOC_IOMMU_PLUGIN=str(self.plugin))
            if sanitized:
                runtime = boot.sanitizer_environment()
                env["SOC_IOMMU_PRELOAD"] = runtime["LD_PRELOAD"]
                env["ASAN_OPTIONS"] = runtime["ASAN_OPTIONS"]
        if suite == "guest" and sanitized:
            env["SOC_IOMMU_SANITIZE"] = "1"
        return env


def clang() -> dict:
    """libFuzzer is clang's."""
    name = next(n for n in packages.names("fuzz") if n.startswith("clang-"))
    return {"CC": name, "CXX": name.replace("clang", "clang++")}
