"""Builds of the models: the program that lists them, and the plugin for one QEMU.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import ccache
import packages
import qemu as qemu_module
from cache import Cache, digest, tree_digest
from errors import Failure
from paths import ROOT
from phases import Phases

SOURCES = ["hw", "include", "meson.build", "meson_options.txt", "tests/models"]
MUTATIONS = ["none", "dma", "isolation", "readonly", "stale"]
# Meson options of a build with a sanitizer (to which clang's runtime adds symbols at link time): optimised little and
# with line numbers only, which is what makes it compile in bearable time. Warnings are for the plain build, by gcc.
SANITIZED = ["-Db_lundef=false", "-Dwerror=false", "-Doptimization=1", "-Ddebug=false", "-Dc_args=-g1",
             "-Dcpp_args=-g1"]
# With libFuzzer's coverage everywhere: the tests, the plugin and the fuzz targets then share their objects, and a guest
# is no slower for it that could be measured.
MEMORY_SANITIZERS = ["-Db_sanitize=address,undefined", "-Dfuzz=true", *SANITIZED]


@dataclass(frozen=True)
class BuildOptions:
    """What the tests vary; a user's build has none of it."""

    mutations: bool = False
    sanitize: bool = False
    test_models: bool = False

    @property
    def environment(self) -> dict:
        return clang() if self.sanitize else {}

    def meson(self) -> list[str]:
        out = ["-Dtests=false", f"-Dmutations={str(self.mutations).lower()}",
               f"-Dtest_models={str(self.test_models).lower()}"]
        if self.sanitize:
            out += MEMORY_SANITIZERS
        return out


def clang() -> dict:
    """What makes Meson take clang, through ccache as it takes gcc by itself.

    Whatever has sanitizers is made by it: ASan and UBSan compile in less than half of gcc's time.
    """
    name = packages.clang()
    return {"CC": ccache.prefix() + name, "CXX": ccache.prefix() + name.replace("clang", "clang++")}


def source_key() -> str:
    return tree_digest(ROOT, SOURCES)


def build_environment(cache: Cache, extra) -> dict:
    return {**ccache.environment(cache, ROOT), **(extra or {})}


def meson_setup(cache: Cache, phase, directory: Path, options: list[str], extra_env=None):
    """Sets up a build directory, or takes up the one of an earlier run."""
    if not (directory / "build.ninja").exists():
        shutil.rmtree(directory, ignore_errors=True)
        directory.parent.mkdir(parents=True, exist_ok=True)
        phase.run(["meson", "setup", directory, ROOT, *options], env=build_environment(cache, extra_env))


def ninja(cache: Cache, phase, directory: Path, targets=(), extra_env=None):
    phase.run(["ninja", "-C", directory, *targets], env=build_environment(cache, extra_env), progress=ninja_progress)


def ninja_progress(log: Path) -> str:
    found = re.findall(r"^\[(\d+)/(\d+)\]", log.read_text("utf-8", "replace"), re.M)
    return "{} of {} steps".format(*found[-1]) if found else ""


def _build(cache: Cache, phases: Phases, name: str, kind: str, key_of, options: list[str], outputs: dict,
           extra_env: dict) -> Path:
    """An entry with the outputs of a Meson build whose objects stay for the next edit's build.

    The key is taken again after the build: a file edited meanwhile must not end up under the old key.
    """
    for _ in range(3):
        key = key_of()
        made = cache.find(kind, key)
        if made:
            return made
        directory = cache.root / "work" / f"{kind}-{digest(str(ROOT), options, extra_env)}"
        with cache.lock(f"work/{directory.name}"):
            with phases.phase(name, limit=900) as phase:
                meson_setup(cache, phase, directory, options, extra_env)
                ninja(cache, phase, directory, list(outputs), extra_env)
            if key_of() != key:
                continue

            def collect(work: Path):
                for built, as_name in outputs.items():
                    shutil.copy2(directory / built, work / as_name)

            return cache.entry(kind, key, collect)
    raise Failure(f"{name}: the sources changed during each of three builds")


def describe(cache: Cache, phases: Phases, options: BuildOptions) -> Path:
    """The program that prints the registry. `test_models` is the only option that it depends on."""
    only = BuildOptions(test_models=options.test_models)
    return _build(cache, phases, "models", "describe", lambda: digest(source_key(), only.meson()), only.meson(),
                  {"soc-iommu-describe": "soc-iommu-describe"}, only.environment) / "soc-iommu-describe"


def plugin_key(qemu, options: BuildOptions) -> str:
    return digest(source_key(), qemu.build_id, options.meson(), options.environment)


def find(cache: Cache, qemu, options: BuildOptions) -> Path | None:
    made = cache.find("plugin", plugin_key(qemu, options))
    return made and made / "soc-iommu-plugin.so"


def plugin(cache: Cache, phases: Phases, qemu, options: BuildOptions) -> Path:
    """The plugin for this QEMU: no Meson is run when the sources are those of an earlier build."""
    made = find(cache, qemu, options)
    if made:
        return made
    source, build = qemu_module.headers(cache, phases, qemu)
    meson = [*options.meson(), f"-Dqemu_src={source}", f"-Dqemu_build={build}",
             f"-Dqemu_binary={qemu.path.resolve()}"]
    return _build(cache, phases, f"plugin for QEMU {qemu.version}", "plugin", lambda: plugin_key(qemu, options), meson,
                  {"hw/qemu/soc-iommu-plugin.so": "soc-iommu-plugin.so"}, options.environment) / "soc-iommu-plugin.so"
