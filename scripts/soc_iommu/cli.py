"""The commands.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import dataclasses
import os
import shlex
import signal
import sys

import advise
import arguments
import boot
import claimspage
import guest
import kernel as kernel_module
import lava
import matrix_command
import packages
import prepare
import protocol
import registry
import report
import reports
import scenario
import shell
import verdict
from cache import Cache
from errors import Failure, Usage, one_of
from phases import Phases, duration


def run_list(args, cache: Cache, phases: Phases) -> int:
    iommus = prepare.load_registry(cache, phases, prepare.build_options(args))
    if args.json:
        entries = [{name: value for name, value in dataclasses.asdict(i).items()
                    if name not in ("device", "fixed", "ours", "judge")} | {"reference": not i.ours}
                   for i in iommus.values()]
        reports.write(entries, json=args.json)
        if args.json == "-":
            return 0
    for item in iommus.values():
        print(f"{item.name}: {item.summary}")
        print(f"    masters {', '.join(item.masters)}; {guest_line(item)}")
        for other in item.guests:
            print(f"    with -o {other['option']}={other['value']}: {guest_line(item.with_guest(other))}")
        for option in item.options:
            print(f"    -o {option['name']}={option['valid']} (default {option['default']}): {option['help']}")
    for name, text in kernel_module.FLAVOURS.items():
        print(f"Each kernel that is a plain version also as VERSION-{name}, built on demand: with {text}")
    return 0


def guest_line(item: registry.Iommu) -> str:
    kernels = [f"{name} with the driver carried forward from {item.carried_from(name)}"
               if item.carried_from(name) else name for name in item.kernels]
    return (f"kernels {', '.join(kernels)} ({item.arch})"
            + (f"; also --api {','.join(item.apis)}" if item.apis else ""))


def run_attach(args, cache: Cache, phases: Phases) -> int:
    if args.dry_run:
        plan = prepare.plan(cache, phases, args)
        print_commands(prepare.dry(cache, args, plan), args)
        return 0
    if args.output:
        try:
            args.output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Usage(f"--output {args.output}: {error.strerror}") from error
        phases.log_dir = args.output.resolve()
    plan = prepare.plan(cache, phases, args)
    setup, kernel, qemu = prepare.ready(cache, phases, args, plan)
    cap_patch = False if args.no_cap_patch else kernel.cap_patch
    environment = boot.sanitizer_environment() if args.sanitize else None
    entries, verdicts = [], []
    for api in args.api:
        logs = phases.log_dir / api
        logs.mkdir(parents=True, exist_ok=True)
        serial = logs / "serial.log"
        serial.unlink(missing_ok=True)
        # A socket's path may have 107 bytes: less than a log directory's may.
        qmp = os.path.relpath(logs / "qmp") if args.save_at else None
        argv = scenario.command(setup, api, str(serial), qmp)
        (logs / "qemu-args").write_text(shlex.join(argv) + "\n")
        with phases.phase(f"boot {api}", limit=plan.timeout):
            saved_at = f"# soc-iommu begin {api} 1 {args.save_at}" if args.save_at else None
            console, ending, seconds = boot.run(argv, logs, plan.timeout, environment, saved_at)
        complaint = refusal(logs / "qemu.log", setup.iommu.device) if ending.status == 1 and not console else None
        if complaint:
            raise Usage(complaint)
        result = verdict.judge(api, args.sessions, protocol.parse(console), ending)
        entries.append(report.entry(setup, cap_patch, qemu.version, api, result, seconds, serial))
        verdicts.append(result)
    text = report.table(entries, verdicts)
    # With the JSON on standard output, people read the table on the other one.
    print(text, file=sys.stderr if args.json == "-" else sys.stdout)
    if args.json:
        reports.write(entries, json=args.json)
    return report.exit_status(verdicts)


def refusal(log, device: str | None) -> str | None:
    """What QEMU said of our own -device: a combination of options that only the model can judge."""
    for line in log.read_text("utf-8", "replace").splitlines():
        if device and f"-device {device}," in line:
            return line.split(f"-device {device},", 1)[1].split(": ", 1)[-1]
    return None


def print_commands(setup, args):
    for api in args.api:
        serial = None
        if args.command == "attach":
            serial = str(args.output.resolve() / api / "serial.log") if args.output else f"serial-{api}.log"
        if len(args.api) > 1:
            print(f"# {api}")
        print(shlex.join(scenario.command(setup, api, serial)))


def run_qemu_args(args, cache: Cache, phases: Phases) -> int:
    plan = prepare.plan(cache, phases, args)
    setup, _, _ = prepare.ready(cache, phases, args, plan)
    print_commands(setup, args)
    return 0


def run_kernel(args, cache: Cache, phases: Phases) -> int:
    patches = tuple(p.resolve() for p in args.kernel_patch)
    iommus = prepare.load_registry(cache, phases, prepare.plugin_module.BuildOptions())
    if args.action == "list":
        choices = [prepare.kernel_choice(profile, kernel, page) for iommu in iommus.values()
                   for profile in iommu.all_guests() for kernel in profile.all_kernels()
                   for page in kernel_module.page_sizes(profile.arch)]
    elif args.iommu:
        iommu = registry.pick(iommus, args.iommu)
        one_of(f"architecture of {iommu.name}", args.arch, [iommu.arch])
        one_of(f"kernel for {iommu.name}", args.kernel, iommu.all_kernels())
        choices = [prepare.kernel_choice(iommu, args.kernel, args.page_size, extra_patches=patches)]
    else:
        version, flavour = kernel_module.parse_version(args.kernel)
        one_of("kernel", args.kernel, [version, *(f"{version}-{name}" for name in kernel_module.FLAVOURS)])
        choices = [kernel_module.Choice(version, args.arch, args.page_size, patches, flavour=flavour)]
    for choice in dict.fromkeys(choices):
        configs = prepare.kernel_configs(iommus, choice)
        key = kernel_module.key(cache, choice, configs)
        made = cache.find("kernel", key) if key else None
        if args.action == "list":
            print(f"{choice.title}: {made or 'not built'}")
        elif args.action == "path":
            if not made:
                raise Failure("not built yet; 'soc-iommu kernel build' does that")
            print(made)
        else:
            if not made:
                packages.ensure(phases, "models", "kernel", f"kernel-{choice.arch}",
                                *prepare.kernel_sources(choice), f"guest-{choice.arch}")
            kernel = kernel_module.build(cache, phases, choice, configs)
            if args.export:
                module = guest.test_module(cache, phases, kernel, choice)
                kernel_module.export(kernel, module, guest.init(cache, phases, choice), args.export, choice)
            print(kernel.image)
    return 0


COMMANDS = {"list": run_list, "attach": run_attach, "shell": shell.run_shell, "qemu-args": run_qemu_args,
            "kernel": run_kernel, "matrix": matrix_command.run_matrix, "merge": matrix_command.run_merge,
            "claims": claimspage.run_claims, "advise": advise.run_advise, "lava": lava.run_lava}


def interrupt(number, frame):
    raise KeyboardInterrupt


def main(argv: list[str]) -> int:
    # However a run is ended, what it started is ended with it. (A shell's background job ignores SIGINT.)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        args = arguments.parse(argv)
        cache = Cache(say=lambda text: print(text, file=sys.stderr))
        phases = Phases(cache.log_dir())
        try:
            return COMMANDS[args.command](args, cache, phases)
        finally:
            phases.account()
    except Failure as error:
        print(f"soc-iommu: {error}", file=sys.stderr)
        return error.status
    except BrokenPipeError:
        # Whoever reads has seen enough ("| head"); do not fail once more when Python flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("soc-iommu: interrupted; the next run takes it up", file=sys.stderr)
        return 130
