"""What a guest boots with: the static /init, the test module, the initramfs, the disk.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import array
import os
import shutil
import sys
from pathlib import Path

import ccache
import cpio
import kernel as kernel_module
from arch import ARCHES
from cache import Cache, digest, file_digest, tree_digest
from errors import Failure
from kernel import Choice, Kernel, compiler, make_command
from paths import GUEST_INIT, GUEST_MODULE, KERNEL_CONFIG, ROOT
from phases import Phases

FLAGS = ["-std=c++20", "-O2", "-static", "-Wall", "-Wextra", "-Werror"]


def exported(choice: Choice, name: str) -> Path | None:
    """A part of a kernel brought from elsewhere (see kernel.export)."""
    where = os.environ.get("SOC_IOMMU_KERNELS")
    return Path(where) / kernel_module.export_name(choice) / name if where else None


def init_key(cache: Cache, arch: str) -> str | None:
    tool = compiler(cache, ARCHES[arch].cross + "g++")
    return tool and digest(tool, [*FLAGS, *ARCHES[arch].flags],
                           tree_digest(ROOT, ["tests/guest/init", "include/soc-iommu", "guest-kernel-config/module"],
                                       {".cpp", ".hpp", ".h", ".c"}))


def init(cache: Cache, phases: Phases, choice: Choice) -> Path:
    """The static C++ program that is the whole user space."""
    brought = exported(choice, "init")
    if brought:
        return brought

    def build(work: Path):
        sources = sorted(p for p in GUEST_INIT.glob("*.cpp") if not p.name.endswith("_test.cpp"))
        cxx = ARCHES[choice.arch].cross + "g++"
        flags = [*FLAGS, *ARCHES[choice.arch].flags]
        with phases.phase(f"guest /init for {choice.arch}", limit=900) as phase:
            include = [f"-I{GUEST_INIT}", f"-I{ROOT / 'include'}", f"-I{KERNEL_CONFIG}", f"-I{GUEST_MODULE}"]
            objects = [work / (source.stem + ".o") for source in sources]
            rules = "".join(f"build {o}: cxx {s}\n" for o, s in zip(objects, sources))
            ninja = work / "build.ninja"
            ninja.write_text(
                f"rule cxx\n  command = {ccache.prefix()}{cxx} {' '.join(flags + include)} -c $in -o $out\n"
                f"rule link\n  command = {cxx} {' '.join(flags)} -s $in -o $out\n{rules}"
                f"build {work / 'init'}: link {' '.join(map(str, objects))}\n")
            phase.run(["ninja", "-C", work], env=ccache.environment(cache, ROOT))
        for path in [ninja, *objects, work / ".ninja_log", work / ".ninja_deps"]:
            path.unlink(missing_ok=True)

    init_entry = init_key(cache, choice.arch)
    if not init_entry:
        raise Failure(f"{ARCHES[choice.arch].cross}g++ is not installed")
    return cache.entry("init", init_entry, build) / "init"


def module_key(kernel: Kernel) -> str | None:
    if not kernel.tree:
        return None
    _, objects = kernel.tree
    symbols = objects / "Module.symvers"
    return digest(str(objects), file_digest(kernel.image), file_digest(symbols) if symbols.exists() else "",
                  tree_digest(ROOT, ["guest-kernel-config/module", "include/soc-iommu"]))


def test_module(cache: Cache, phases: Phases, kernel: Kernel, choice: Choice) -> Path | None:
    """The in-kernel test module, built out of tree in a copy of its folder."""
    if not kernel.tree:
        return None
    source, objects = kernel.tree

    def build(work: Path):
        folder = work / "module"
        shutil.copytree(GUEST_MODULE, folder)
        make, env = make_command(cache, choice.arch, source, objects)
        if source == objects:
            make = [word for word in make if not word.startswith("O=")]
        with phases.phase("test module", limit=300) as phase:
            phase.run([*make, f"M={folder}", f"SOC_IOMMU_INCLUDE={ROOT / 'include'}", "modules"], env=env)
        os.rename(folder / "soc_iommu_test.ko", work / "soc_iommu_test.ko")
        shutil.rmtree(folder)

    return cache.entry("module", module_key(kernel), build) / "soc_iommu_test.ko"


def initramfs(cache: Cache, init_program: Path, modules: list[Path], extra: list[tuple[str, Path]] = ()) -> Path:
    """The archive with /init and the modules; `extra` are further programs."""
    files = [("init", init_program, 0o755),
             *((f"lib/modules/{m.name}", m, 0o644) for m in sorted(modules, key=lambda m: m.name)),
             *((name, path, 0o755) for name, path in extra)]
    key = digest([(name, cache.remember("content", path, file_digest)) for name, path, _ in files], "1")

    def build(work: Path):
        archive = cpio.Archive()
        folders = {"dev", "proc", "sys", "lib", "lib/modules"}
        folders |= {str(parent) for name, _, _ in files for parent in Path(name).parents} - {"."}
        for folder in sorted(folders):
            archive.directory(folder)
        archive.character_device("dev/console", 5, 1)
        for name, path, mode in files:
            archive.file(name, path.read_bytes(), mode)
        (work / "initramfs.cpio").write_bytes(archive.bytes())

    return cache.entry("initramfs", key, build) / "initramfs.cpio"


DISK_SECTORS = 8192
DISK_FACTOR = 0x9e3779b97f4a7c15


def disk_image() -> bytes:
    """What the guest expects to read; tests/guest/init/disk_pattern.hpp defines it."""
    words = array.array("Q", ((n * DISK_FACTOR) & 0xffffffffffffffff for n in range(DISK_SECTORS * 64)))
    for sector in range(DISK_SECTORS):
        words[sector * 64] = sector
    if words.itemsize != 8:
        raise Failure("this Python has no 64-bit array items")
    if sys.byteorder == "big":
        words.byteswap()
    return words.tobytes()


def disk(cache: Cache) -> Path:
    def build(work: Path):
        (work / "disk.raw").write_bytes(disk_image())
    return cache.entry("disk", digest("disk", DISK_SECTORS, DISK_FACTOR), build) / "disk.raw"
