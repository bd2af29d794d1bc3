"""An interactive guest.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import boot
import prepare
import scenario
from cache import Cache
from errors import Failure
from phases import Phases


def busybox(arch: str) -> Path | None:
    """A static busybox of the guest's architecture, where the user has one: the guest's shell is optional."""
    given = os.environ.get("SOC_IOMMU_BUSYBOX")
    return Path(given) if given else None


def run_shell(args, cache: Cache, phases: Phases) -> int:
    plan = prepare.plan(cache, phases, args)
    program = busybox(plan.iommu.arch)
    extra = [("bin/busybox", program)] if program else []
    setup, kernel, _ = prepare.ready(cache, phases, args, plan, extra)
    api = args.api[0]
    argv = scenario.command(setup, api, None, shell=True)
    if args.gdb:
        argv += ["-s", "-S"]
        symbols = f"symbol-file {kernel.tree[1] / 'vmlinux'}" if kernel.tree else ""
        phases.say("the guest waits for a debugger; connect with:\n"
                   f"  gdb-multiarch -ex 'target remote :1234' {shlex.quote('-ex') + ' ' + shlex.quote(symbols) if symbols else ''}")
    phases.say("Ctrl-a x ends QEMU")
    environment = {**os.environ, **(boot.sanitizer_environment() if args.sanitize else {})}
    try:
        return 0 if subprocess.run(argv, env=environment).returncode == 0 else 3
    except OSError as error:
        raise Failure(f"cannot run {argv[0]}: {error.strerror}") from error
