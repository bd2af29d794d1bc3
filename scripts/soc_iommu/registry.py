"""The IOMMUs there are: ours, as soc-iommu-describe lists them, and the reference ones of QEMU.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import json
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

import kernel
import plugin
import protocol
import reference
from arch import ARCHES
from cache import Cache, digest
from errors import Failure, Usage, one_of
from phases import Phases


@dataclass
class Iommu:
    name: str
    summary: str
    options: list[dict]  # name, default, valid, help
    masters: list[str]
    arch: str
    machine: str
    cpu: str
    memory: str
    kernels: list[str]
    driver: str
    config: str
    counters: list[str]
    device: str | None = ""      # the -device type; None: the machine has it built in
    fixed: str = ""              # further properties of that -device
    ours: bool = True
    apis: list[str] = field(default_factory=list)  # that it can pass beyond the five
    streams: list[int] = field(default_factory=lambda: [3, 4])  # of the masters that a boot puts on the platform
    guests: list[dict] = field(default_factory=list)  # option, value, and what of this is then another
    judge: Path | None = None    # the program that knows which combinations of options there can be

    def guest_for(self, given: dict[str, str]) -> "Iommu":
        """The same with the guest that these options need."""
        effective = self.effective(given)
        for other in self.guests:
            if effective[other["option"]] == other["value"]:
                return self.with_guest(other)
        return self

    def with_guest(self, other: dict) -> "Iommu":
        return replace(self, **{name: value for name, value in other.items() if name not in ("option", "value")})

    def all_guests(self) -> list["Iommu"]:
        return [self, *map(self.with_guest, self.guests)]

    def check_options(self, given: list[str]) -> dict[str, str]:
        """KEY=VALUE texts as a dictionary; what is not an option, or not a value of it, is wrong usage."""
        out = {}
        names = [option["name"] for option in self.options]
        for text in given:
            name, equals, value = text.partition("=")
            if name not in names:
                raise Usage(f"{self.name} has no option '{name}'; valid: "
                            + (", ".join(f"{o['name']}={o['valid']}" for o in self.options) or "none"))
            option = self.options[names.index(name)]
            if not equals or not is_valid(option["valid"], value):
                raise Usage(f"{self.name}: '{value}' is no value of option {name}; valid: {option['valid']}")
            out[name] = value
        if out and self.judge:
            words = [f"{name}={value}" for name, value in out.items()]
            said = subprocess.run([str(self.judge), "check", self.name, *words], stderr=subprocess.PIPE, text=True,
                                  timeout=60)
            if said.returncode != 0:
                raise Usage(f"{self.name}: {said.stderr.strip()}")
        return out

    def one_master(self) -> bool:
        """An instance serves one platform master."""
        return len(self.streams) == 1

    def all_kernels(self) -> list[str]:
        """With the flavours that are made on demand."""
        return [*self.kernels, *(f"{name}-{flavour}" for flavour in kernel.FLAVOURS for name in self.kernels
                                 if "-" not in name)]

    def newest_kernel(self) -> str:
        """Flavours, and kernels that lost the driver, are for those who ask for one."""
        return [name for name in self.kernels if "-" not in name and not self.carried_from(name)][-1]

    def carried_from(self, name: str) -> str:
        """The version that the driver comes from in a kernel into which it is carried forward; "" in others."""
        carried = kernel.forward(kernel.parse_version(name)[0], self.own_config(name))
        return carried.version if carried else ""

    def way(self, name: str) -> kernel.Way | None:
        """How the kernel of that name is booted for it; None where it is one of its own."""
        version, which = kernel.parse_version(name)
        return kernel.way(version, self.arch, self.config, which)

    def own_config(self, name: str) -> str:
        """Whose the kernel of that name is, where it is its own; "" where others share it."""
        return self.config if ARCHES[self.arch].kernel_per_iommu and not self.way(name) else ""

    def all_apis(self) -> list[str]:
        return [*protocol.APIS, *self.apis]

    def effective(self, given: dict[str, str]) -> dict[str, str]:
        return {option["name"]: given.get(option["name"], option["default"]) for option in self.options}


def is_valid(valid: str, value: str) -> bool:
    """Choices are written a|b|c, ranges 1..16 in decimal; anything else is for the model to judge."""
    if "|" in valid:
        return any(is_valid(one, value) if ".." in one else one == value for one in valid.split("|"))
    low, dots, high = valid.partition("..")
    if dots and low.isdigit() and high.isdigit():
        try:
            return int(low) <= int(value, 0) <= int(high)
        except ValueError:
            return False
    return bool(value)


def check_masters(iommu: Iommu):
    """A kernel without PCI's masters would show as a guest in which the driver finds no device."""
    for guest in iommu.all_guests():
        if "pci" in iommu.masters and not ARCHES[guest.arch].pci_masters:
            raise Failure(f"{iommu.name} has masters on PCI, and kernels of {guest.arch} have no driver for one; "
                          "valid: pci_masters=True in scripts/soc_iommu/arch.py")


def from_json(text: str, judge: Path | None = None) -> dict[str, Iommu]:
    found = {}
    for item in json.loads(text)["types"]:
        if item["kind"] == "iommu":
            found[item["name"]] = Iommu(
                item["name"], item["summary"], item["options"], item["masters"], item["arch"], item["machine"],
                item["cpu"], item["memory"], item["kernels"], item["driver"], item["config"], item["counters"],
                device=item["name"], apis=item.get("apis", []), judge=judge,
                **{name: item[name] for name in ("streams", "guests") if name in item})
            check_masters(found[item["name"]])
    return found


def load(cache: Cache, phases: Phases, options: plugin.BuildOptions, prepare=lambda: None) -> dict[str, Iommu]:
    """Every IOMMU by name. `prepare` is called before anything is built."""
    key = digest(plugin.source_key(), options.test_models, "with judge")
    entry = cache.find("registry", key)
    if not entry:
        prepare()
        program = plugin.describe(cache, phases, options)
        out = subprocess.run([str(program)], stdout=subprocess.PIPE, timeout=60)
        if out.returncode != 0:
            raise Failure(f"{program} ended with status {out.returncode}")

        def keep(work: Path):
            (work / "registry.json").write_bytes(out.stdout)
            shutil.copy2(program, work / program.name)
        entry = cache.entry("registry", key, keep)
    found = from_json((entry / "registry.json").read_text(), entry / "soc-iommu-describe")
    found.update({item.name: item for item in reference.iommus(Iommu)})
    return found


def pick(iommus: dict[str, Iommu], name: str) -> Iommu:
    return iommus[one_of("IOMMU", name, iommus)]
