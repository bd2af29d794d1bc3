"""Guest kernels from the distribution's source package: unpacked, patched, configured, built.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

import ccache
import kconfig
import packages
from arch import ARCHES
from cache import Cache, digest, file_digest, tree_digest
from errors import Failure, Usage
from paths import KERNEL_CONFIG, ROOT
from phases import Phases, tail

VERSIONS = ["6.1", "6.12"]  # those that this tree has patches for
# What any of them can be besides, by flavour-NAME.config: built on demand, no IOMMU's default and in no default set.
FLAVOURS = {"debug": "KASAN, lockdep and checked lists, slower"}
# Objects in a build, for the progress display only.
ABOUT_OBJECTS = 760


@dataclass
class Kernel:
    """What a boot needs of a kernel, whoever built it."""

    image: Path
    modules: list[Path]
    cap_patch: bool | None       # None: cannot be told from an image
    lab_patch: bool
    tree: tuple[Path, Path] | None = None  # source and object directory, to build the test module against
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Choice:
    version: str = "6.12"
    arch: str = "arm64"
    page: str = "4k"
    extra_patches: tuple[Path, ...] = ()
    series: bool = True  # with the capability series
    selftest: bool = False  # for the kernel's own iommufd selftests, not for a verdict
    config: str = ""  # of an IOMMU that has a kernel for itself
    flavour: str = ""  # a further fragment, flavour-NAME.config

    @property
    def title(self) -> str:
        """As a person reads it."""
        words = [self.version, self.arch, self.config or self.page, self.flavour, "selftest" if self.selftest else ""]
        return " ".join(filter(None, words))


@dataclass(frozen=True)
class Forward:
    """A driver that a version no longer has, carried forward from one whose source package has it."""

    version: str  # where it comes from
    files: list[str]
    patches: list[Path]


def forward(version: str, config: str) -> Forward | None:
    """What is carried into the kernel of this version that an IOMMU of this config has for itself."""
    folder = KERNEL_CONFIG / "patches" / version / "forward" / config
    listing = next(folder.glob("from-*"), None) if config else None
    if not listing:
        return None
    return Forward(listing.name.removeprefix("from-"), listing.read_text().split(), sorted(folder.glob("*.patch")))


@dataclass(frozen=True)
class Way:
    """One way to boot the kernel that IOMMUs share, and the configs of those that are booted so."""

    name: str
    parameters: list[str]
    configs: list[str]


def ways(version: str, arch: str) -> list[Way]:
    """As ARCH.kernels lists them. A driver that is carried forward is in no kernel that others share."""
    listing, found = KERNEL_CONFIG / f"{arch}.kernels", []
    for line in listing.read_text().splitlines() if listing.exists() else []:
        if line and not line.startswith("#"):
            (name, *parameters), configs = (part.split() for part in line.split(":"))
            found.append(Way(name, parameters, [config for config in configs if not forward(version, config)]))
    return found


def way(version: str, arch: str, config: str, name: str = "") -> Way | None:
    """How the IOMMU of that config is booted: as `name` says, where it can be, or else the first way."""
    ours = [one for one in ways(version, arch) if config in one.configs]
    return next((one for one in ours if one.name == name), next(iter(ours), None))


def sources(version: str, config: str = "") -> list[str]:
    """The versions whose source packages a kernel is made of."""
    carried = forward(version, config)
    return [version, *([carried.version] if carried else [])]


def parse_version(text: str) -> tuple[str, str]:
    """"6.1-arm-dma" is version 6.1, and of that arm-dma."""
    version, _, flavour = text.partition("-")
    return version, flavour


def page_sizes(arch: str) -> list[str]:
    if not ARCHES[arch].page_sizes:
        return ["4k"]
    return sorted((p.stem.removeprefix("page-") for p in KERNEL_CONFIG.glob("page-*.config")),
                  key=lambda size: int(size.rstrip("k")))


def fragments(choice: Choice, configs: list[str]) -> list[tuple[str, str]]:
    """The fragments of a kernel: of each name NAME.config and NAME-VERSION.config, as far as they exist."""
    arch = ARCHES[choice.arch]
    names = ["base", *(["pci-masters"] if arch.pci_masters else []), choice.arch,
             *([f"page-{choice.page}"] if arch.page_sizes else []),
             *sorted(set(configs) | ({"reference"} if arch.reference else set())),
             *([f"flavour-{choice.flavour}"] if choice.flavour else []), *(["selftest"] if choice.selftest else [])]
    files = [KERNEL_CONFIG / f"{name}{suffix}.config" for name in names for suffix in ("", f"-{choice.version}")]
    return [(file.name, file.read_text()) for file in files if file.exists()]


def patches(choice: Choice) -> list[Path]:
    folder = KERNEL_CONFIG / "patches" / choice.version
    series = sorted((folder / "cap").glob("*.patch"))
    lab = sorted((folder / "lab").glob("*.patch"))
    if not choice.series:
        # Nor the switch for a capability that is then not there.
        series, lab = [], [patch for patch in lab if "IOMMU_CAP_IOMMUFD" not in patch.name]
    carried = forward(choice.version, choice.config)
    return [*series, *lab, *(carried.patches if carried else []), *choice.extra_patches]


def tarball(version: str) -> Path:
    return Path(f"/usr/src/linux-source-{version}.tar.xz")


def why_none(version: str) -> str:
    """Why no kernel of that version can be had here; "" where one can."""
    prebuilt = os.environ.get("SOC_IOMMU_KERNELS")
    if prebuilt:
        found = any(Path(prebuilt).glob(f"{version}-*"))
        return "" if found else f"SOC_IOMMU_KERNELS={prebuilt} has no Linux {version}"
    release = packages.release()
    # It may have come from elsewhere.
    if tarball(version).exists() or version not in packages.NO_SOURCE.get(release, []):
        return ""
    return f"Debian {release} has no linux-source-{version}"


def compiler(cache: Cache, name: str) -> str | None:
    """Which compiler it is; part of every key of what it makes."""
    path = shutil.which(name)

    def ask(real):
        return subprocess.run([str(real), "--version"], stdout=subprocess.PIPE, text=True).stdout.splitlines()[0]
    return path and cache.remember("compiler", os.path.realpath(path), ask)


def source_key(cache: Cache, choice: Choice) -> str | None:
    archives = [tarball(version) for version in sources(choice.version, choice.config)]
    if not all(archive.exists() for archive in archives):
        return None
    carried = forward(choice.version, choice.config)
    return digest(*[cache.remember("content", archive, file_digest) for archive in archives],
                  [file_digest(p) for p in patches(choice)], *([carried.files] if carried else []))


def key(cache: Cache, choice: Choice, configs: list[str]) -> str | None:
    """None: not even the source is installed."""
    source, tool = source_key(cache, choice), compiler(cache, ARCHES[choice.arch].cross + "gcc")
    return source and tool and digest(source, tool, choice.arch, kconfig.merge(fragments(choice, configs)))


def make_command(cache: Cache, arch: str, source: Path, objects: Path) -> tuple[list[str], dict]:
    """make with everything fixed that would make two builds of one source differ."""
    cross = ARCHES[arch].cross
    env = {**ccache.environment(cache, cache.root), "KBUILD_BUILD_TIMESTAMP": "1970-01-01T00:00:00Z",
           "KBUILD_BUILD_USER": "soc-iommu", "KBUILD_BUILD_HOST": "lab"}
    argv = ["make", "-C", str(source), f"ARCH={arch}", f"CROSS_COMPILE={cross}", f"O={objects}",
            f"-j{os.cpu_count() or 1}"]
    if launcher := ccache.prefix():
        # The programs that a build runs are the same for all kernels of a version.
        argv += [f"CC={launcher}{cross}gcc", f"HOSTCC={launcher}gcc"]
    return argv, env


def unpack(cache: Cache, phases: Phases, choice: Choice) -> Path:
    """The patched source tree, unpacked once for all kernels made of it.

    It is a folder `linux-patched` beside which objects are made: ccache, which takes paths relative to the object
    directory, then sees the same ones whatever the entry's name, and hits across changes of a patch.
    """
    carried = None if choice.extra_patches else forward(choice.version, choice.config)
    below = replace(choice, extra_patches=()) if choice.extra_patches else replace(choice, config="")
    base = unpack(cache, phases, below) if carried or choice.extra_patches else None
    added = patches(choice)[len(patches(below)):] if base else patches(choice)

    def build(entry: Path):
        work = entry / "linux-patched"
        name = f"patch linux-source-{choice.version}" if base else f"unpack linux-source-{choice.version}"
        with phases.phase(name, limit=1200) as phase:
            if base:
                # Hard links: patch writes a new file, so the tree that was copied stays as it is.
                phase.run(["cp", "-al", base, work])
            else:
                work.mkdir()
                phase.run(["tar", "-xf", tarball(choice.version), "--strip-components=1", "-C", work])
            if carried:
                phase.run(["tar", "-xf", tarball(carried.version), "--strip-components=1", "-C", work,
                           *(f"linux-source-{carried.version}/{file}" for file in carried.files)])
            for patch in added:
                phase.run(["patch", "-d", work, "-p1", "--no-backup-if-mismatch", "--forward", "-i", patch])
    return cache.entry("linux", source_key(cache, choice), build) / "linux-patched"


def configure(phase, make: list[str], env: dict, objects: Path, parts: list[tuple[str, str]]):
    """Makes .config from the fragments; a symbol that did not take is an error."""
    objects.mkdir(parents=True, exist_ok=True)
    merged = objects / "soc-iommu.config"
    merged.write_text(kconfig.merge(parts))
    phase.run([*make, f"KCONFIG_ALLCONFIG={merged}", "allnoconfig"], env=env)
    wrong = kconfig.differences(parts, (objects / ".config").read_text())
    if wrong:
        raise Failure("kernel configuration: symbols that did not take:\n  " + "\n  ".join(wrong))


def progress_of(log: Path) -> str:
    text = log.read_text("utf-8", "replace")
    done = len(re.findall(r"^  (?:CC|AS|HOSTCC|LD)\s", text, re.M))
    return f"{done} of about {ABOUT_OBJECTS} objects" if done <= ABOUT_OBJECTS else f"{done} objects"


def compile_kernel(cache: Cache, phases: Phases, name: str, arch: str, source: Path, objects: Path,
                   parts: list[tuple[str, str]]):
    make, env = make_command(cache, arch, source, objects)
    with phases.phase(f"kernel {name}", limit=5400) as phase:
        configure(phase, make, env, objects, parts)
        phase.run([*make, ARCHES[arch].target, "modules"], env=env, progress=progress_of)


def prune(objects: Path):
    """Leaves what a boot, a module's build and a debugger need, a few per cent of the size."""
    for folder, _, files in os.walk(objects):
        if Path(folder).relative_to(objects).parts[:1] == ("scripts",):
            continue
        for name in files:
            if name == "crtsavres.o":  # which every module of PowerPC's is linked with
                continue
            if name.endswith((".o", ".a", ".cmd", ".mod.c", ".mod")) or name == "vmlinux.unstripped":
                os.unlink(os.path.join(folder, name))


def build(cache: Cache, phases: Phases, choice: Choice, configs: list[str]) -> Kernel:
    """Our own kernel, from the cache when it is there."""
    prebuilt = os.environ.get("SOC_IOMMU_KERNELS")
    if prebuilt:
        return from_export(Path(prebuilt), choice)
    entry_key = key(cache, choice, configs)
    if not entry_key:
        names = [f"linux-source-{version}" for version in sources(choice.version, choice.config)]
        raise Failure(f"{' or '.join(names)} or the cross compiler is not installed")
    entry = cache.find("kernel", entry_key)
    if not entry:
        source = unpack(cache, phases, choice)

        def make(work: Path):
            compile_kernel(cache, phases, choice.title, choice.arch, source, work, fragments(choice, configs))
            prune(work)
        entry = cache.entry("kernel", entry_key, make, resume=source.parent / f"obj-{entry_key}")
    source = cache.path("linux", source_key(cache, choice)) / "linux-patched"
    return Kernel(entry / ARCHES[choice.arch].image, modules_of(entry), cap_patch=choice.series, lab_patch=True,
                  tree=(source, entry))


def modules_of(objects: Path) -> list[Path]:
    listing = objects / "modules.order"
    if not listing.exists():
        return []
    return [objects / line.removesuffix(".o").removesuffix(".ko").__add__(".ko")
            for line in listing.read_text().split()]


def export_name(choice: Choice) -> str:
    names = [choice.version, choice.arch, choice.config or choice.page, *filter(None, [choice.flavour]),
             *([] if choice.series else ["no-series"])]
    if choice.extra_patches:
        names.append(digest([file_digest(patch) for patch in choice.extra_patches]))
    return "-".join(names)


def export(kernel: Kernel, test_module: Path, init: Path, where: Path, choice: Choice):
    """Copies what boots, for a place that cannot build it (the tests' other Debian)."""
    folder = where / export_name(choice)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "modules").mkdir(parents=True)
    shutil.copy2(kernel.image, folder / "Image")
    for module in [*kernel.modules, test_module]:
        shutil.copy2(module, folder / "modules" / module.name)
    shutil.copy2(init, folder / "init")


def from_export(where: Path, choice: Choice) -> Kernel:
    folder = where / export_name(choice)
    if not folder.is_dir():
        raise Failure(f"SOC_IOMMU_KERNELS={where} has no kernel {folder.name}")
    return Kernel(folder / "Image", sorted((folder / "modules").glob("*.ko")), cap_patch=choice.series, lab_patch=True)
