"""One boot: the QEMU command line for an IOMMU, a master and an API.

SPDX-License-Identifier: GPL-2.0-or-later
"""

from dataclasses import dataclass, field

import runoptions
from arch import ARCHES
from registry import Iommu


@dataclass
class Setup:
    """What all boots of one command share."""

    iommu: Iommu
    options: dict[str, str]  # as given
    master: str
    page: str
    sessions: int
    kernel_version: str
    unsafe: bool
    lifted: list[str]
    skip_cap: bool
    step_timeout: int
    qemu: str
    plugin: str
    image: str
    initrd: str
    disk: str
    memory: str | None = None  # the guest's, where it is not the profile's
    instances: int = 1  # of the IOMMU, one a port of the platform master
    extra_qemu: list[str] = field(default_factory=list)
    rescan: bool = False  # of PCI, before anything else
    mutation: str = "none"  # of the models
    parameters: list[str] = field(default_factory=list)  # of the way that the kernel is booted
    extra_append: list[str] = field(default_factory=list)
    # Of a boot that serves several cells: API and gates of each, as tests/guest/init/scenario.hpp has them.
    turns: list[tuple[str, str]] = field(default_factory=list)


def append(setup: Setup, api: str, shell: bool = False) -> str:
    """The kernel's command line."""
    what = f"turns={','.join(f'{name}:{gates}' for name, gates in setup.turns)}" if setup.turns else f"api={api}"
    words = [f"console={ARCHES[setup.iommu.arch].console}", "printk.devkmsg=on", "panic=-1", f"soc_iommu.{what}",
             f"soc_iommu.master={setup.master}", f"soc_iommu.sessions={setup.sessions}",
             f"soc_iommu.driver={setup.iommu.driver}", f"soc_iommu.step_timeout={setup.step_timeout}",
             *setup.parameters]
    if "cache-coherency" in setup.lifted:
        words.append("iommu_lab.lift_cache_coherency=1")
    if setup.skip_cap:
        words.append("iommu_lab.skip_cap=1")
    if setup.unsafe:
        words += ["vfio_iommu_type1.allow_unsafe_interrupts=1", "iommufd.allow_unsafe_interrupts=1"]
    if setup.rescan:
        words.append("soc_iommu.rescan=1")
    if shell:
        words.append("soc_iommu.shell=1")
    return " ".join(words + setup.extra_append)


# Options of an IOMMU that a master has to match, and the master's own option for each. They go by name, so that an
# IOMMU without them gets the plain master.
PLATFORM_FEATURES = {"stall": "stall", "ssid-bits": "pasid-bits"}
PCI_FEATURES = {"ats": "ats", "ssid-bits": "pasid-bits", "pri": "pri"}
SUBSTREAM_BITS = 20  # as wide as a PASID can be


def master_features(setup: Setup) -> str:
    """What soc-dma is to have because the IOMMU has it, as the end of its -device."""
    effective = setup.iommu.effective(setup.options)
    wanted = PCI_FEATURES if setup.master == "pci" else PLATFORM_FEATURES
    features = {}
    for option, feature in wanted.items():
        value = effective.get(option, "off")
        if feature == "pasid-bits":
            bits = SUBSTREAM_BITS if value == "auto" else int(value, 0) if value[:1].isdigit() else 0
            if bits:
                features[feature] = str(bits)
        elif value != "off":
            features[feature] = "on"
    if "ats" not in features:
        features.pop("pri", None)  # pages are requested where a translation that was asked for lacks them
    return "".join(f",{name}={value}" for name, value in features.items())


def quoted(path: str) -> str:
    """As part of an option's value: QEMU takes a comma for its end."""
    return path.replace(",", ",,")


def devices(setup: Setup, api: str) -> list[str]:
    """The IOMMU and the master that the API needs."""
    iommu, out = setup.iommu, []
    with_kernel_master = "dma" in (api, *(name for name, _ in setup.turns))
    # The second soc-dma has an IOMMU of its own where one serves one master.
    apart = setup.master == "platform" and api == "limits" and iommu.one_master()
    for number in range(setup.instances + apart if iommu.device else 0):
        properties = [iommu.device, f"id=iommu{number}", *filter(None, [iommu.fixed]),
                      *(["pci-map=none"] if number else []),  # one can have the bus
                      *(f"{name}={value}" for name, value in setup.options.items())]
        out += ["-device", ",".join(properties)]
    if setup.master == "pci":
        out += ["-device", "soc-dma-pci,id=dma0,addr=1" + master_features(setup)]
        if api == "limits":
            out += ["-device", "soc-dma-pci,id=dma1,addr=2" + master_features(setup)]
        if with_kernel_master:
            # The guest writes to the disk; every boot is to read the same.
            out += ["-drive", f"file={quoted(setup.disk)},format=raw,if=none,id=disk0,snapshot=on",
                    "-device", "virtio-blk-pci,addr=2,iommu_platform=on,disable-legacy=on,drive=disk0"]
    else:
        # Another one at each instance: 3, 5 …  No driver binds soc-dma while pl330 is tried, so that an IOMMU which
        # serves one never sees two.
        first, second = iommu.streams[0], iommu.streams[-1]
        ports = "+".join(f"iommu{number}:{first + 2 * number}" for number in range(setup.instances))
        out += ["-device", f"soc-dma,id=dma0,iommus={ports}" + master_features(setup)]
        if with_kernel_master:
            out += ["-device", f"soc-pl330,id=pl330,iommus=iommu0:{second}"]
        if api == "limits":
            at = setup.instances if apart else 0
            out += ["-device", f"soc-dma,id=dma1,iommus=iommu{at}:{second}" + master_features(setup)]
    return out


def command(setup: Setup, api: str, serial: str | None, qmp: str | None = None, shell: bool = False) -> list[str]:
    """The QEMU command line. `serial`: the console's log; None: standard input and output."""
    iommu = setup.iommu
    console = ["-chardev", f"file,id=console,path={quoted(serial)}", "-serial", "chardev:console"] if serial \
        else ["-serial", "mon:stdio"]
    broken = [] if setup.mutation == "none" else [f"mutation={setup.mutation}"]
    return [setup.qemu, "-nodefaults", "-display", "none", "-no-reboot", "-M", iommu.machine, "-cpu", iommu.cpu,
            "-m", setup.memory or iommu.memory, "-smp", "1", "-kernel", setup.image, "-initrd", setup.initrd,
            "-append", append(setup, api, shell), *console,
            *(["-qmp", f"unix:{quoted(qmp)},server=on,wait=off"] if qmp else []),
            "-plugin", ",".join([f"file={quoted(setup.plugin)}", *broken]), *devices(setup, api), *setup.extra_qemu]


def cell(setup: Setup, cap_patch: bool | None, api: str) -> str:
    """The name of one cell of the attach matrix."""
    effective = setup.iommu.effective(setup.options)
    defaults = setup.iommu.effective({})
    changed = [f"{name}={value}" for name, value in effective.items() if value != defaults[name]]
    changed += [f"{name}={value}" for name, value in runoptions.of_setup(setup).items()]
    gates = "+".join(setup.lifted) or "stock"
    if setup.unsafe:
        gates += "+unsafe"
    return "/".join([setup.iommu.name, ",".join(changed) or "default", setup.kernel_version, setup.page, setup.master,
                     "nocap" if cap_patch is False else "cap", gates, api])
