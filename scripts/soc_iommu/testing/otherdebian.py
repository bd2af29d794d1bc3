"""The other Debian: a root made by debootstrap, in which its own QEMU is tested by the same code.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import contextlib
import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import packages
from cache import Cache, digest
from errors import Failure
from paths import ROOT
from phases import Phases

from testing.cases import Result

SUITES = {"12": "bookworm", "13": "trixie"}
INSIDE = "/src"  # where the root has the source
# What it takes to start scripts/test from there.
STARTERS = ["python3", "git", "ca-certificates"]


class Unavailable(Failure):
    """There can be no such root here; the message says why."""


def other() -> str:
    return "12" if packages.release() == "13" else "13"


def check():
    if os.geteuid() != 0:
        raise Unavailable("a root of another Debian needs root: debootstrap and chroot")


def enter(root: Path, argv: list[str]) -> list[str]:
    """A command inside the root. Its mounts are in a namespace of their own, gone when the command ends."""
    chroot = ["chroot", str(root), *argv]
    trial = subprocess.run(["unshare", "--mount", "--propagation", "private", "mount", "-t", "proc", "proc",
                            str(root / "proc")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if trial.returncode != 0:
        return chroot  # a container without the right to mount; what runs inside can do without /proc
    script = f"mount -t proc proc {shlex.quote(str(root / 'proc'))} && exec {shlex.join(chroot)}"
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]


def environment() -> dict:
    kept = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy") or name == "CI"}
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
            "XDG_CACHE_HOME": "/var/cache", "SOC_IOMMU_KERNELS": "/var/lib/soc-iommu-kernels",
            "DEBIAN_FRONTEND": "noninteractive", **kept}


def make_root(cache: Cache, phases: Phases, release: str) -> Path:
    """The root, from debootstrap's own default mirror."""
    check()
    packages.ensure(phases, "other-debian")

    def build(where: Path):
        suite, root = SUITES[release], where / "root"
        with phases.phase(f"debootstrap Debian {release}", limit=1800) as phase:
            phase.run(["debootstrap", "--variant=minbase", f"--include={','.join(STARTERS)}", suite, root])

    return cache.entry_in_place("other-debian", digest(release, STARTERS), build) / "root"


def sources() -> list[str]:
    """The files of the source tree: what git would commit, and what is not committed yet."""
    out = subprocess.run(["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "ls-files", "-z", "-co",
                          "--exclude-standard"], stdout=subprocess.PIPE)
    if out.returncode != 0:
        raise Failure(f"{ROOT} is no git tree: its files cannot be listed")
    return [name for name in out.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def copy_source(root: Path):
    """Brings the root's copy up to date, keeping times, so that what is built there need not be built anew."""
    target, wanted = root / INSIDE.lstrip("/"), set(sources())
    for folder, _, files in os.walk(target):
        for name in files:
            path = Path(folder) / name
            if str(path.relative_to(target)) not in wanted:
                path.unlink()
    for name in wanted:
        source, copy = ROOT / name, target / name
        if copy.exists() and (copy.stat().st_mtime_ns, copy.stat().st_size) == \
                (source.stat().st_mtime_ns, source.stat().st_size):
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, copy)


def test(phases: Phases, root: Path, words: list[str]) -> int:
    """scripts/test inside. Its own phases have their limits; this one only ends what hangs outside of any."""
    argv = enter(root, [f"{INSIDE}/scripts/test", "--inside", *words])
    return subprocess.run(argv, env=environment(), stdin=subprocess.DEVNULL, timeout=3600,
                          stdout=phases.stream).returncode


@contextlib.contextmanager
def with_source(cache: Cache, phases: Phases):
    """The root, with the source as it is now, and for one run at a time."""
    root = make_root(cache, phases, other())
    with cache.lock(f"other-debian/{other()}"):
        copy_source(root)
        yield root


def prepare(cache: Cache, phases: Phases, suites: list[str]):
    """The root, in it the packages, and the tests built."""
    with with_source(cache, phases) as root:
        test(phases, root, ["--prepare", *suites])


def run(cache: Cache, phases: Phases, suites: list[str], kernels: Path | None, words: list[str]) -> list[Result]:
    """Runs suites inside; their results are counted with ours."""
    name = f"Debian {other()}"
    with with_source(cache, phases) as root:
        if kernels:
            inside = root / environment()["SOC_IOMMU_KERNELS"].lstrip("/")
            shutil.rmtree(inside, ignore_errors=True)
            shutil.copytree(kernels, inside)
        results = root / "tmp" / "results.json"
        results.unlink(missing_ok=True)
        phases.say(f"== {name}: {' '.join(suites)}")
        status = test(phases, root, ["--results", "/tmp/results.json", *words, *suites])
        if not results.exists():
            raise Failure(f"the tests in {name} ended with status {status} and without results")
        return [Result(f"{r['suite']}, {name}", r["name"], r["outcome"], r["seconds"], r["message"])
                for r in json.loads(results.read_text())]
