"""The distribution's packages: which ones a piece of work needs, and installing the missing ones.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import os
import shutil
import subprocess
from pathlib import Path

from arch import ARCHES
from errors import Failure
from phases import Phases

# By purpose; the second part of a pair is for that Debian only.
GROUPS = {
    # The models, as a static library, and the program that lists them.
    "models": (["g++", "meson", "ninja-build", "pkgconf", "ccache"], {}),
    # The QEMU under test, for each architecture.
    **{f"qemu-{name}": ([arch.package], {}) for name, arch in ARCHES.items()},
    # QEMU's source and what its configure insists on (see hw/qemu/prepare-headers).
    "headers": (["dpkg-dev", "gcc", "g++", "make", "ninja-build", "pkgconf", "python3-venv", "libglib2.0-dev",
                 "libfdt-dev", "libpixman-1-dev", "zlib1g-dev", "flex", "bison"],
                {"12": ["python3-setuptools"], "13": ["meson", "python3-pycotap"]}),
    # A guest kernel, from any source.
    "kernel": (["gcc", "libc6-dev", "make", "flex", "bison", "bc", "patch", "xz-utils",
                "perl", "ccache"], {}),
    **{f"kernel-{name}": (arch.compiler, {}) for name, arch in ARCHES.items()},
    **{f"kernel-source-{version}": ([f"linux-source-{version}"], {}) for version in ("6.1", "6.12")},
    # The guest's /init.
    **{f"guest-{name}": (arch.library, {}) for name, arch in ARCHES.items()},
    "shell": (["gcc"], {}),
    "tests": (["catch2", "nlohmann-json3-dev", "git", "python3-yaml"], {"12": ["lava-common"]}),
    # The tests of the command: its pages in a browser, with a font for them to be written in, and its archives.
    "browser": (["chromium", "chromium-driver", "fonts-dejavu-core", "cpio"], {}),
    # What has sanitizers: plugins, tests and fuzz targets.
    "clang": ([], {"12": ["clang-14", "libclang-rt-14-dev"], "13": ["clang-19", "libclang-rt-19-dev"]}),
    "other-debian": (["debootstrap"], {}),
}
# Linux sources that a release does not have.
NO_SOURCE = {"13": ["6.1"]}
# A name that apt does not know is not a regular expression: "linux-source-6.1" would install linux-source-6.12.
EXACT = ["-o", "APT::Cmd::Pattern-Only=true"]


def release(os_release: Path = Path("/etc/os-release")) -> str:
    """The Debian release, "12" or "13"; a system that is neither is taken for the newest one known."""
    fields = {}
    for line in os_release.read_text().splitlines():
        key, _, value = line.partition("=")
        fields[key] = value.strip('"')
    version = fields.get("VERSION_ID", "").split(".")[0]
    return version if fields.get("ID") == "debian" and version in ("12", "13") else "13"


def names(*groups: str, debian: str | None = None) -> list[str]:
    """The packages of these groups, each once."""
    debian = debian or release()
    found = {}
    for group in groups:
        common, by_release = GROUPS[group]
        found.update(dict.fromkeys(common + by_release.get(debian, [])))
    return list(found)


def clang() -> str:
    """The clang that the release has."""
    return next(name for name in names("clang") if name.startswith("clang-"))


def missing(wanted: list[str]) -> list[str]:
    """Those that are not installed, asked of dpkg: no root and no network."""
    # A virtual name ("awk") would be shown as not installed; none of ours is one.
    out = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    installed = {line.split()[0] for line in out.splitlines() if line.endswith(" installed")}
    return [name for name in wanted if name not in installed]


def as_root() -> list[str]:
    """What to put before a command that needs root."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        raise Failure("packages are to be installed, which needs root, and there is no sudo")
    return ["sudo", "--"]


def ensure(phases: Phases, *groups: str):
    """Installs what is missing of these groups, saying so."""
    if not shutil.which("dpkg-query"):
        raise Failure("this is not a Debian system (no dpkg-query): install the needed packages by hand: "
                      + " ".join(names(*groups)))
    wanted = missing(names(*groups))
    if not wanted:
        return
    prefix = as_root()
    with phases.phase("packages", limit=1800) as phase:
        phase.note("installing through apt: " + " ".join(wanted))
        apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *EXACT, "-o", "DPkg::Lock::Timeout=600"]
        # sudo may have to ask for a password: leave it the terminal's input.
        stdin = None if not prefix else open("/dev/tty", "rb") if os.path.exists("/dev/tty") and phases.tty else None
        # A source that has nothing to do with us may fail here; whether ours are there shows in the install.
        phase.run([*apt, "update"], check=False, stdin=stdin)
        status = phase.run([*apt, "install", "-y", "--no-install-recommends", *wanted], check=False, stdin=stdin)
        if status != 0:
            unknown = [name for name in wanted if not available(name)]
            raise Failure(explain(unknown, phase))


def available(name: str) -> bool:
    out = subprocess.run(["apt-cache", *EXACT, "policy", name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         text=True).stdout
    return "Candidate:" in out and "Candidate: (none)" not in out


def explain(unknown: list[str], phase) -> str:
    from phases import tail
    text = f"apt could not install the packages; the end of {phase.log}:\n{tail(phase.log)}"
    if unknown:
        text = f"apt's sources do not offer: {' '.join(unknown)}\n" + text
    absent = [version for version in NO_SOURCE.get(release(), []) if f"linux-source-{version}" in unknown]
    if absent:
        text += (f"\nDebian {release()} has no Linux {absent[0]}: give a kernel tree of your own with --kdir, or take "
                 "another --kernel.")
    elif any(name.startswith("linux-source") for name in unknown):
        text += ("\nOn Debian 12 linux-source-6.12 is in the security suite (bookworm-security): "
                 "add it to apt's sources.")
    return text
