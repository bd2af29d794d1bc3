"""A LAVA job definition for one cell: QEMU boots it, and LAVA's test monitor reads the records off the console.

It is for LAVA's own device type `qemu`. That one's template builds the command line (-cpu, -machine, -m, -nographic, a
network function, -monitor) from the job's context; what it does not know is appended with the files that the job names
(see qemu.jinja2 and actions/boot/qemu.py of LAVA). The plugin runs in the very QEMU that it was built for: the worker
has to have that one, and the plugin says so on the console where it has not.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import json
import shlex
import shutil
import sys
from pathlib import Path

import prepare
import scenario
from cache import file_digest
from errors import Usage
from scenario import Setup

MINUTES_OF_BOOT = 10
# As verdict.py and protocol.py know them, for LAVA's monitor. A pattern ends behind the name: LAVA matches while
# text still comes in, and would take the first half of one for the whole.
START, END = "KTAP version 1", "# soc-iommu end"
RESULTS = {"ok": "pass", "not ok": "fail", "# soc-iommu unsupported": "skip", "# soc-iommu error": "fail",
           "WARNING:": "fail", "BUG:": "fail", "Internal error:": "fail", "Unable to handle kernel": "fail",
           "Kernel panic - not syncing:": "fail"}
PATTERN = (r"\] (?P<result>" + "|".join(sorted(RESULTS, key=len, reverse=True))
           + r")(?: \d+ -)? (?P<test_case_id>[^\r\n]+?)(?: #|\r|\n)")
# The template's own network function must not take the slot of a master (1f is the last one of the bus), nor ask for
# a boot ROM that not every worker has.
NETWORK = "model=virtio,addr=1f"
NO_ROM = "-global virtio-net-pci.romfile="


def files(setup: Setup, api: str) -> dict[str, Path]:
    """What is downloaded, by the name that the command line has for it."""
    found = {"kernel": setup.image, "initrd": setup.initrd, "plugin": setup.plugin}
    if any(setup.disk in word for word in scenario.devices(setup, api)):
        found["disk"] = setup.disk
    return {name: Path(path) for name, path in found.items()}


def served_name(path: Path) -> str:
    """Its name below BASE: cells share BASE, so its content is in the name."""
    return f"{file_digest(path)[:12]}-{path.name}" if path.exists() else path.name


def arguments_of(setup: Setup, api: str) -> dict[str, str]:
    """The QEMU arguments that go with each file, in LAVA's spelling: {name} is where it was downloaded to."""
    devices = [word.replace(setup.disk, "{disk}") for word in scenario.devices(setup, api)]
    out = {"kernel": f"-kernel {{kernel}} -append {json.dumps(scenario.append(setup, api))} -smp 1 -no-reboot {NO_ROM}",
           "initrd": "-initrd {initrd}", "plugin": "-plugin file={plugin}"}
    words = " ".join(word if word.startswith("{") or "{disk}" in word else shlex.quote(word) for word in devices)
    last = "disk" if "{disk}" in words else "plugin"
    out[last] = " ".join(filter(None, [out.get(last), words]))
    return out


# LAVA's name for what an emulator runs.
LAVA_ARCH = {"qemu-system-arm": "arm", "qemu-system-ppc64": "ppc64"}


def job(setup: Setup, api: str, name: str, base: str, device_type: str, timeout: float, qemu: str, hashes: bool):
    images = {}
    texts = arguments_of(setup, api)
    for label, path in files(setup, api).items():
        images[label] = {"url": f"{base.rstrip('/')}/{served_name(path)}", "image_arg": texts[label]}
        if hashes:
            images[label]["sha256sum"] = file_digest(path)
    arch = LAVA_ARCH.get(Path(setup.qemu).name, "arm64")
    seconds = {"seconds": max(1, int(timeout))}
    return {
        "job_name": f"qemu-soc-iommu {name}"[:200], "device_type": device_type, "visibility": "public",
        "priority": "medium",
        "timeouts": {"job": {"minutes": MINUTES_OF_BOOT + int(timeout / 60) + 1},
                     "action": {"minutes": MINUTES_OF_BOOT}, "connection": seconds},
        "metadata": {"cell": name, "qemu": qemu, "iommu": setup.iommu.name, "api": api},
        "context": {"arch": arch, "machine": setup.iommu.machine, "cpu": setup.iommu.cpu,
                    "memory": setup.memory or setup.iommu.memory, "model": NETWORK, "monitor": "none"},
        "actions": [
            {"deploy": {"to": "tmpfs", "timeout": {"minutes": MINUTES_OF_BOOT}, "images": images}},
            {"boot": {"method": "qemu", "media": "tmpfs", "timeout": seconds}},
            {"test": {"timeout": seconds, "monitors": [
                {"name": "soc-iommu-" + api, "start": START, "end": END, "pattern": PATTERN, "fixupdict": RESULTS}]}},
        ],
    }


def yaml(value, indent: int = 0) -> str:
    """YAML of nested dictionaries and lists. A scalar in JSON's spelling is one in YAML's."""
    pad = " " * indent
    if isinstance(value, dict):
        lines = []
        for key, item in value.items():
            name = key if key.replace("_", "").isalnum() else json.dumps(key)
            nested = isinstance(item, (dict, list))
            lines.append(f"{pad}{name}:" + (f"\n{yaml(item, indent + 2)}" if nested else f" {json.dumps(item)}"))
        return "\n".join(lines)
    return "\n".join(f"{pad}- {yaml(item, indent + 2).lstrip()}" for item in value)


def run_lava(args, cache, phases) -> int:
    api = args.api[0]
    plan = prepare.plan(cache, phases, args)
    if args.dry_run:
        if args.export:
            raise Usage("--export and --dry-run exclude each other: a dry run has no files")
        setup, version, cap_patch = prepare.dry(cache, args, plan), "", True
    else:
        setup, kernel, qemu = prepare.ready(cache, phases, args, plan)
        version, cap_patch = qemu.version, kernel.cap_patch
    name = scenario.cell(setup, False if args.no_cap_patch else cap_patch, api)
    made = job(setup, api, name, args.url, args.device_type, plan.timeout, version, not args.dry_run)
    if args.export:
        try:
            args.export.mkdir(parents=True, exist_ok=True)
            for path in files(setup, api).values():
                shutil.copy2(path, args.export / served_name(path))
        except OSError as error:
            raise Usage(f"--export {args.export}: {error.strerror}") from error
    print(f"# {name}\n# The worker needs the QEMU that the plugin was built for"
          + (f": {version}." if version else ".") + "\n" + yaml(made))
    print("served below BASE:" if not args.export else f"copied to {args.export}:", *(
        f"  {served_name(path)}  ({label}, {path})" for label, path in files(setup, api).items()), sep="\n",
        file=sys.stderr)
    return 0
