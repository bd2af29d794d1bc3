"""Everything a boot needs, found in the cache or made: the QEMU, the plugin, the kernel, the guest.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import os
from dataclasses import dataclass
from pathlib import Path

import guest
import kernel as kernel_module
import kerneltree
import memory
import packages
import plugin as plugin_module
import qemu as qemu_module
import registry
from arch import ARCHES
from arguments import MASTERS, TIMEOUT
from cache import Cache
from errors import Failure, Usage, one_of
from kernel import Choice, Kernel
from phases import Phases
from scenario import Setup

NOT_BUILT = "NOT-BUILT-YET"
# ASan makes the models several times slower; the rest of QEMU runs as fast as ever.
SANITIZED_TIMEOUT = 3
# KASAN and lockdep make the guest so, under TCG.
FLAVOUR_TIMEOUT = 4


@dataclass
class Plan:
    """What was asked for, with every default filled in and every name checked."""

    iommu: registry.Iommu
    options: dict[str, str]
    master: str
    choice: Choice
    kernel: str  # its name: the version, and the flavour
    build: plugin_module.BuildOptions
    configs: list[str]
    timeout: float
    memory: str | None = None  # the guest's, where it is not the profile's

    @property
    def way(self) -> kernel_module.Way | None:
        """How the kernel is booted, where others share it."""
        return self.iommu.way(self.kernel)


def build_options(args) -> plugin_module.BuildOptions:
    return plugin_module.BuildOptions(getattr(args, "mutation", "none") != "none", getattr(args, "sanitize", False),
                                      getattr(args, "test_models", False))


def load_registry(cache: Cache, phases: Phases, options) -> dict[str, registry.Iommu]:
    return registry.load(cache, phases, options, lambda: packages.ensure(phases, "models"))


def kernel_configs(iommus: dict[str, registry.Iommu], choice: Choice) -> list[str]:
    """The fragments of a kernel (test models need no driver)."""
    if choice.config:
        return [choice.config]
    found = {config for way in kernel_module.ways(choice.version, choice.arch) for config in way.configs}
    if not ARCHES[choice.arch].kernel_per_iommu:
        found |= {i.config for iommu in iommus.values() for i in iommu.all_guests()
                  if i.arch == choice.arch and choice.version in i.kernels and i.config}
    return sorted(found)


def kernel_choice(iommu: registry.Iommu, kernel: str, page: str, **further) -> Choice:
    """The kernel of that name ("6.12", "6.1-arm-dma") that drives this IOMMU."""
    version, flavour = kernel_module.parse_version(kernel)
    return Choice(version, iommu.arch, page, config=iommu.own_config(kernel),
                  flavour=flavour if flavour in kernel_module.FLAVOURS else "", **further)


def plan(cache: Cache, phases: Phases, args) -> Plan:
    iommus = load_registry(cache, phases, build_options(args))
    iommu = registry.pick(iommus, args.name)
    options = iommu.check_options(args.options)
    iommu = iommu.guest_for(options)
    master = args.master or next(m for m in MASTERS if m in iommu.masters)
    if master not in iommu.masters:
        raise Usage(f"{iommu.name} takes no {master} master; valid: {', '.join(iommu.masters)}")
    if args.instances > 1 and (master != "platform" or not iommu.ours):
        raise Usage("--instances needs --master platform and an IOMMU of ours: a PCI function has one port")
    for api in args.api:
        one_of(f"API for {iommu.name}", api, iommu.all_apis())
    if getattr(args, "save_at", None) and ARCHES[iommu.arch].cannot_load:
        raise Usage(f"--save-at: not with {iommu.name}: {ARCHES[iommu.arch].cannot_load}")
    one_of(f"page size for {iommu.arch}", args.page_size, kernel_module.page_sizes(iommu.arch))
    kernel = iommu.newest_kernel()
    if args.kernel:
        kernel = one_of(f"kernel for {iommu.name}", args.kernel, iommu.all_kernels())
    choice = kernel_choice(iommu, kernel, args.page_size, series=not args.no_cap_series,
                           extra_patches=tuple(p.resolve() for p in args.kernel_patch))
    timeout = args.timeout or TIMEOUT * slower(args, choice)
    return Plan(iommu, options, master, choice, kernel, build_options(args), kernel_configs(iommus, choice),
                timeout, memory.of_run(args.memory, iommu))


def slower(args, choice: Choice) -> int:
    """How many times as long as otherwise a boot, and each step of it, may take."""
    return (SANITIZED_TIMEOUT if args.sanitize else 1) * (FLAVOUR_TIMEOUT if choice.flavour else 1)


def needed_packages(args, plan: Plan) -> list[str]:
    arch = plan.choice.arch
    groups = ["models", f"qemu-{arch}", *(["clang"] if plan.build.sanitize else [])]
    if not args.qemu_src:
        groups.append("headers")
    if not os.environ.get("SOC_IOMMU_KERNELS"):
        groups += ["kernel", f"kernel-{arch}", f"guest-{arch}"]
        if not args.kdir and not args.image:
            groups += kernel_sources(plan.choice)
    return groups


def kernel_sources(choice: Choice) -> list[str]:
    """The packages with what a kernel is made of."""
    carried = kernel_module.forward(choice.version, choice.config)
    if carried and (why := kernel_module.why_none(carried.version)):
        raise Failure(f"Linux {choice.version} has no driver for {choice.config}: it is taken from linux-source-"
                      f"{carried.version}, but {why}")
    return [f"kernel-source-{version}" for version in kernel_module.sources(choice.version, choice.config)]


def is_warm(cache: Cache, args, plan: Plan, qemu) -> bool:
    """Whether all of it is in the cache: then not even dpkg is asked."""
    if not qemu or not plugin_module.find(cache, qemu, plan.build):
        return False
    if os.environ.get("SOC_IOMMU_KERNELS"):
        return True
    key = guest.init_key(cache, plan.choice.arch)
    if not key or not cache.find("init", key):
        return False
    if args.kdir:
        return False  # make decides there; dpkg is asked, which is quick and needs no root
    if args.image:
        return True
    key = kernel_module.key(cache, plan.choice, plan.configs)
    return bool(key and cache.find("kernel", key))


def find_kernel(cache: Cache, phases: Phases, args, plan: Plan) -> Kernel:
    if args.kdir:
        # A tree of the user's need not have the switch that tells the ways apart.
        kernel = kerneltree.from_tree(cache, phases, args.kdir.resolve(), plan.choice,
                                      plan.way.configs if plan.way else plan.configs, plan.iommu.config)
    elif args.image:
        kernel = kerneltree.from_image(phases, args.image.resolve(), plan.choice, plan.iommu.config)
    else:
        kernel = kernel_module.build(cache, phases, plan.choice, plan.configs)
    check_gates(args, kernel)
    return kernel


def check_gates(args, kernel: Kernel):
    where = f"--kdir {args.kdir}" if args.kdir else f"--image {args.image}"
    if args.lift and not kernel.lab_patch:
        raise Usage(f"{where}: --lift needs a kernel with the lab patch (guest-kernel-config/patches)")
    if args.no_cap_patch and kernel.cap_patch is not False and not kernel.lab_patch:
        raise Usage(f"{where}: --no-cap-patch needs a kernel without the capability series, or with the lab patch")


def setup(plan: Plan, args, qemu: str, plugin: str, image: str, initrd: str, disk: str) -> Setup:
    # The guest's own watchdog has to speak before the whole boot runs out of time.
    step_timeout = max(1, min(10 * slower(args, plan.choice), int(plan.timeout / 4)))
    return Setup(plan.iommu, plan.options, plan.master, args.page_size, args.sessions, plan.kernel,
                 args.unsafe_interrupts, args.lift, args.no_cap_patch, step_timeout, qemu, plugin, image, initrd, disk,
                 memory=plan.memory, rescan=args.rescan, instances=args.instances,
                 parameters=plan.way.parameters if plan.way else [], mutation=getattr(args, "mutation", "none"),
                 extra_append=args.append.split())


def ready(cache: Cache, phases: Phases, args, plan: Plan, extra: list[tuple[str, Path]] = ()):
    """Builds what is missing. Returns the setup, the kernel and the QEMU."""
    qemu = qemu_module.locate(cache, plan.choice.arch, args.qemu, args.qemu_src, args.qemu_build)
    if not is_warm(cache, args, plan, qemu):
        packages.ensure(phases, *needed_packages(args, plan))
        qemu = qemu or qemu_module.locate(cache, plan.choice.arch)
        if not qemu:
            raise Failure(f"{ARCHES[plan.choice.arch].package} is installed, but there is no "
                          f"{qemu_module.default(plan.choice.arch)}")
    if args.kdir or args.image:
        kernel = find_kernel(cache, phases, args, plan)  # wrong usage shows before the plugin is built
        plugin = plugin_module.plugin(cache, phases, qemu, plan.build)
    else:
        plugin = plugin_module.plugin(cache, phases, qemu, plan.build)
        kernel = find_kernel(cache, phases, args, plan)
    module = guest.test_module(cache, phases, kernel, plan.choice)
    init = guest.init(cache, phases, plan.choice)
    initrd = guest.initramfs(cache, init, kernel.modules + ([module] if module else []), extra)
    made = setup(plan, args, str(qemu.path), str(plugin), str(kernel.image), str(initrd), str(guest.disk(cache)))
    return made, kernel, qemu


def dry(cache: Cache, args, plan: Plan) -> Setup:
    """The setup as far as the cache has it; what is not built yet is named by a path that says so."""
    def path(kind, key, name):
        return str(cache.path(kind, key or NOT_BUILT) / name)
    qemu = qemu_module.locate(cache, plan.choice.arch, args.qemu, args.qemu_src, args.qemu_build)
    quiet = Phases(cache.root, quiet=True)
    image, initrd = path("kernel", None, "Image"), path("initramfs", None, "initramfs.cpio")
    plugin = path("plugin", None, "soc-iommu-plugin.so")
    if qemu and (found := plugin_module.find(cache, qemu, plan.build)):
        plugin = str(found)
    if args.image:
        image = str(args.image.resolve())
    elif args.kdir:
        image = str(args.kdir.resolve() / ARCHES[plan.choice.arch].image)
    if not args.kdir and is_warm(cache, args, plan, qemu):
        kernel = find_kernel(cache, quiet, args, plan)
        image = str(kernel.image)
        key = guest.module_key(kernel)
        module = cache.find("module", key) if key else None
        if module or not key:
            extra = [module / "soc_iommu_test.ko"] if module else []
            initrd = str(guest.initramfs(cache, guest.init(cache, quiet, plan.choice), kernel.modules + extra))
    return setup(plan, args, str(qemu.path if qemu else qemu_module.default(plan.choice.arch)), plugin, image, initrd,
                 str(guest.disk(cache)))
