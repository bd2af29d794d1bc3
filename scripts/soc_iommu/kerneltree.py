"""A user's own kernel: a tree (--kdir), built or not, which is never written to, or an image (--image).

SPDX-License-Identifier: GPL-2.0-or-later
"""

import hashlib
import os
from pathlib import Path

import kconfig
from arch import ARCHES
from cache import Cache, digest
from errors import Failure, Usage
from kernel import Choice, Kernel, compile_kernel, fragments, modules_of
from phases import Phases


def source_of(directory: Path) -> Path:
    """The source of a tree; an object directory made with O= has a link to it."""
    link = directory / "source"
    return link.resolve() if link.exists() else directory


def stat_fingerprint(tree: Path) -> str:
    """Names, sizes and times of a whole tree: equal means that make has nothing to do; it decides otherwise."""
    hasher = hashlib.sha256()

    def walk(folder):
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda e: e.name):
                if entry.name == ".git":
                    continue
                status = entry.stat(follow_symlinks=False)
                hasher.update(f"{entry.path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "replace"))
                if entry.is_dir(follow_symlinks=False):
                    walk(entry.path)
    walk(tree)
    return hasher.hexdigest()


def has_cap_patch(source: Path) -> bool:
    header = source / "include" / "linux" / "iommu.h"
    return header.exists() and "IOMMU_CAP_IOMMUFD" in header.read_text("utf-8", "replace")


def has_lab_patch(source: Path) -> bool:
    folder = source / "drivers" / "iommu"
    return any("iommu_lab" in path.name or b"iommu_lab" in path.read_bytes()
               for path in [*folder.glob("*.c"), folder / "Makefile"] if path.exists())


def needed_symbols(choice: Choice, own: str) -> dict[str, str]:
    """What a kernel must have, one way or the other, for the steps to run."""
    wanted, base = {}, {}
    for file, text in fragments(choice, [own]):
        name = file.removesuffix(".config").removesuffix(f"-{choice.version}")
        if name == "base":
            base.update(kconfig.parse(text))
        elif name in (choice.arch, own):
            wanted.update(kconfig.parse(text))
    for name in ("BLK_DEV_INITRD", "DEVTMPFS", "PROC_FS", "SYSFS", "PRINTK", "MODULES", "IOMMU_SUPPORT", "PCI",
                 "VFIO", "VFIO_PCI", "VFIO_IOMMU_TYPE1", "IOMMUFD", "VFIO_DEVICE_CDEV", "VFIO_GROUP",
                 "PCI_HOST_GENERIC", "VIRTIO_BLK", "VIRTIO_PCI", "DMATEST"):
        if name in base:
            wanted[name] = base[name]
    return wanted


def from_tree(cache: Cache, phases: Phases, directory: Path, choice: Choice, configs: list[str],
              own: str) -> Kernel:
    """`own`: the config of the IOMMU in question, for which alone a built tree need have what it takes."""
    source = source_of(directory)
    if not (source / "Kbuild").exists() or not (source / "arch" / choice.arch).is_dir():
        raise Usage(f"--kdir {directory}: not a Linux kernel tree")
    image = directory / ARCHES[choice.arch].image
    if (directory / ".config").exists() and image.exists():
        config = (directory / ".config").read_text()
        lacks = kconfig.lacking(needed_symbols(choice, own), config)
        if lacks:
            phases.say(f"--kdir {directory}: its .config lacks what some steps need: {', '.join(lacks)}")
        return Kernel(image, [m for m in modules_of(directory) if m.exists()], has_cap_patch(source),
                      has_lab_patch(source), tree=(directory, directory), notes=lacks)
    if (source / ".config").exists() or (source / "include" / "config").is_dir():
        raise Failure(f"--kdir {directory}: configured, but has no {ARCHES[choice.arch].image}; build it, or run "
                      "'make mrproper' there to have it built from our configuration in the cache")
    return unbuilt(cache, phases, source, choice, configs)


def unbuilt(cache: Cache, phases: Phases, source: Path, choice: Choice, configs: list[str]) -> Kernel:
    """Built with our configuration in a directory of the cache, kept for the next edit of the tree."""
    parts = [(name, text) for name, text in fragments(choice, configs)]
    name = digest(str(source), choice.arch, kconfig.merge(parts))
    objects = cache.root / "kdir" / name
    stamp = objects / "soc-iommu.stamp"
    with cache.lock(f"kdir/{name}"):
        now = stat_fingerprint(source)
        if not stamp.exists() or stamp.read_text() != now:
            compile_kernel(cache, phases, f"of {source}", choice.arch, source, objects, parts)
            cache.write(stamp, now)
    return Kernel(objects / ARCHES[choice.arch].image, modules_of(objects), has_cap_patch(source),
                  has_lab_patch(source), tree=(source, objects))


def from_image(phases: Phases, image: Path, choice: Choice, own: str) -> Kernel:
    if not image.is_file():
        raise Usage(f"--image {image}: no such file")
    config, lacks = kconfig.extract_ikconfig(image), []
    if config is None:
        phases.say(f"--image {image}: holds no configuration (CONFIG_IKCONFIG), so nothing can be said about what it "
                   "lacks")
    else:
        lacks = kconfig.lacking(needed_symbols(choice, own), config)
        if lacks:
            phases.say(f"--image {image}: its configuration lacks what some steps need: {', '.join(lacks)}")
    # The lab patch comes after the capability series, and its parameters' names are in the image as text.
    lab = any(b"iommu_lab" in data for data in kconfig.contents(image))
    return Kernel(image, [], True if lab else None, lab, notes=lacks)
