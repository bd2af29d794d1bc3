"""The QEMU under test: its binary, what identifies it, and the headers to build a plugin for it.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import os
import re
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import aptsource
from arch import ARCHES
from cache import Cache, digest, file_digest
from errors import Failure, Usage
from paths import ROOT
from phases import Phases

PREPARE = ROOT / "hw" / "qemu" / "prepare-headers"


def build_id(path) -> str:
    """The NT_GNU_BUILD_ID of an ELF file, as hex."""
    with open(path, "rb") as file:
        header = file.read(64)
        if header[:5] != b"\x7fELF\x02":
            raise Failure(f"{path} is not a 64-bit ELF program")
        order = "<" if header[5] == 1 else ">"
        (offset,) = struct.unpack_from(order + "Q", header, 32)
        size, count = struct.unpack_from(order + "HH", header, 54)
        for index in range(count):
            file.seek(offset + index * size)
            kind, _, start, _, _, length = struct.unpack(order + "IIQQQQ", file.read(40))
            if kind != 4:  # PT_NOTE
                continue
            file.seek(start)
            notes, at = file.read(length), 0
            while at + 12 <= len(notes):
                name_size, data_size, note = struct.unpack_from(order + "III", notes, at)
                name_at = at + 12
                data_at = name_at + (name_size + 3) // 4 * 4
                if note == 3 and notes[name_at:name_at + name_size] == b"GNU\0":
                    return notes[data_at:data_at + data_size].hex()
                at = data_at + (data_size + 3) // 4 * 4
    raise Failure(f"{path} has no build-id: the plugin cannot tell which QEMU it is")


def default(arch: str) -> Path:
    return Path("/usr/bin") / ARCHES[arch].qemu


@dataclass
class Qemu:
    path: Path
    version: str       # 7.2.22
    build_id: str
    source: Path | None = None  # given by the user, for a QEMU of one's own
    build: Path | None = None


def read_version(path) -> str:
    try:
        out = subprocess.run([str(path), "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"{path} --version: {error}") from error
    match = re.search(r"emulator version (\S+)", out)
    if not match:
        raise Failure(f"{path} --version does not print a QEMU's version: {out.strip()[:200]}")
    return match.group(1)


def locate(cache: Cache, arch: str, path: str | None = None, source: str | None = None,
           build: str | None = None) -> Qemu | None:
    """The QEMU to run; None when it is the distribution's and not installed yet."""
    if path is None and not default(arch).exists():
        return None
    binary = Path(shutil.which(path) or path) if path else default(arch)
    if not os.access(binary, os.X_OK):
        raise Usage(f"--qemu {path}: no such program")
    if bool(source) != bool(build):
        raise Usage("--qemu-src and --qemu-build go together")
    real = binary.resolve()
    return Qemu(binary, cache.remember("qemu-version", real, read_version),
                cache.remember("build-id", real, build_id),
                Path(source).resolve() if source else None, Path(build).resolve() if build else None)


def package_of(path: Path) -> tuple[str, str, str] | None:
    """Binary package, source package and source version that a file comes from.

    The binary's own version may carry a rebuild suffix (+b3) that the source's has not.
    """
    found = subprocess.run(["dpkg-query", "-S", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           text=True).stdout
    if not found:
        return None
    package = found.split(":")[0].strip()
    out = subprocess.run(["dpkg-query", "-W", "-f", "${source:Package} ${source:Version}", package],
                         stdout=subprocess.PIPE, text=True).stdout
    return (package, *out.split())


def headers(cache: Cache, phases: Phases, qemu: Qemu) -> tuple[Path, Path]:
    """Unpacked source and configured build of this very QEMU."""
    if qemu.source:
        for path, sign in ((qemu.source, "include/qom/object.h"), (qemu.build, "config-host.h")):
            if not (path / sign).exists():
                raise Usage(f"{path} has no {sign}: --qemu-src is an unpacked QEMU source, --qemu-build the "
                            "directory its configure ran in")
        return qemu.source, qemu.build
    origin = package_of(qemu.path.resolve())
    if not origin:
        raise Usage(f"{qemu.path} does not come from a Debian package: give the source and the build directory "
                    "it was made from with --qemu-src and --qemu-build")
    package, source, version = origin
    key = digest(source, version, file_digest(PREPARE))

    def make(where: Path):
        with phases.phase(f"source of QEMU {qemu.version}", limit=900) as phase:
            phase.note(f"apt-get source {source}={version}, with private apt state")
            unpacked = aptsource.fetch(phase, package, source, version, where)
            os.rename(unpacked, where / "src")
            for rest in where.glob("*.tar.*"):
                rest.unlink()
            shutil.rmtree(where / "apt")
        with phases.phase(f"headers of QEMU {qemu.version}", limit=900) as phase:
            phase.run([PREPARE, where / "src", where / "build"])

    made = cache.entry_in_place("qemu-headers", key, make)
    return made / "src", made / "build"
