"""An interactive guest.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import aptsource
import boot
import packages
import prepare
import scenario
from arch import ARCHES
from cache import Cache, digest
from errors import Failure
from phases import Phases


def busybox(cache: Cache, phases: Phases, arch: str) -> Path:
    """The distribution's static busybox, for the guest's architecture: the shell and its tools."""
    debian = ARCHES[arch].debian
    if not debian:
        raise Failure(f"Debian has no busybox for {arch}, and so the guest no shell")

    def build(where: Path):
        with phases.phase(f"busybox for {arch}", limit=600) as phase:
            aptsource.fetch_foreign(phase, "busybox-static", debian, ARCHES[arch].package, where)
            # /bin before the merge of /usr, /usr/bin after it.
            found = [p for p in (where / "root/bin/busybox", where / "root/usr/bin/busybox") if p.is_file()]
            if not found:
                raise Failure("the package busybox-static holds no busybox")
            shutil.copy2(found[0], where / "busybox")
        shutil.rmtree(where / "apt")
        shutil.rmtree(where / "root")
    return cache.entry("busybox", digest(packages.release(), arch), build) / "busybox"


def run_shell(args, cache: Cache, phases: Phases) -> int:
    plan = prepare.plan(cache, phases, args)
    extra = [("bin/busybox", busybox(cache, phases, plan.iommu.arch))]
    setup, kernel, _ = prepare.ready(cache, phases, args, plan, extra)
    api = args.api[0]
    argv = scenario.command(setup, api, None, shell=True)
    if args.gdb:
        argv += ["-s", "-S"]
        symbols = kernel.tree[1] / "vmlinux" if kernel.tree else None
        words = ["gdb-multiarch", *([str(symbols)] if symbols and symbols.exists() else []),
                 "-ex", "target remote :1234"]
        phases.say(f"the guest waits for a debugger; connect with:\n  {shlex.join(words)}")
    phases.say("Ctrl-a x ends QEMU")
    environment = {**os.environ, **(boot.sanitizer_environment() if args.sanitize else {})}
    try:
        return 0 if subprocess.run(argv, env=environment).returncode == 0 else 3
    except OSError as error:
        raise Failure(f"cannot run {argv[0]}: {error.strerror}") from error
