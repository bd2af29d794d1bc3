"""The command's arguments. What can be checked without building anything is checked here.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import argparse
import os
from pathlib import Path

import cellfile
import kernel
import plugin
import protocol
from arch import ARCHES
from errors import Usage, one_of
from paths import ROOT

LIFTS = ["cache-coherency"]
MASTERS = ["pci", "platform"]
TIMEOUT = 60.0
SESSIONS = 3
MOST_SESSIONS = 1000
EXPECTATIONS = ROOT / "tests" / "guest" / "expectations"


class Parser(argparse.ArgumentParser):
    def error(self, message):
        # argparse quotes its choices itself: "invalid choice: 'x' (choose from 'a', 'b')".
        raise Usage(f"{message}\n{self.format_usage().rstrip()}")


def guest_options(parser: argparse.ArgumentParser):
    """What says which guest; the same for attach, shell and qemu-args."""
    parser.add_argument("name", metavar="NAME", help="an IOMMU, as 'soc-iommu list' shows them")
    parser.add_argument("-o", dest="options", metavar="KEY=VALUE", action="append", default=[],
                        help="an option of the IOMMU; may be repeated")
    parser.add_argument("--api", default=",".join(protocol.APIS),
                        help="which of " + ",".join(protocol.APIS) + "; where the IOMMU can, also "
                        + ", ".join(f"{name} ({text})" for name, text in protocol.FURTHER.items()))
    kernels = parser.add_argument_group("guest kernel")
    kernels.add_argument("--kernel", metavar="VERSION", help="default: the newest that has a driver for the "
                         "IOMMU itself; " + "; ".join(f"VERSION-{name}: with {text}"
                                                      for name, text in kernel.FLAVOURS.items()))
    kernels.add_argument("--page-size", default="4k", help="of the kernel (default 4k)")
    kernels.add_argument("--kdir", type=Path, metavar="DIR", help="a kernel tree of your own; never written to")
    kernels.add_argument("--image", type=Path, metavar="FILE", help="a kernel image as it is")
    kernels.add_argument("--no-cap-patch", action="store_true",
                         help="as without the capability series (the lab patch skips its check)")
    kernels.add_argument("--kernel-patch", type=Path, action="append", default=[], metavar="FILE",
                         help="a further patch for our own kernel, e.g. a driver broken on purpose")
    gates = parser.add_argument_group("gates")
    gates.add_argument("--lift", action="append", default=[], metavar="GATE", help=", ".join(LIFTS))
    gates.add_argument("--unsafe-interrupts", action="store_true", help="allow_unsafe_interrupts=1")
    parser.add_argument("--master", help="pci or platform; default: PCI where the IOMMU takes it")
    parser.add_argument("--memory", metavar="SIZE", help="the guest's RAM, as 512M or 6G (default: as the IOMMU's "
                        "profile has it)")
    parser.add_argument("--rescan", action="store_true", help="take PCI functions out and find them again first, where "
                        "the kernel finds them before it looks for IOMMUs")
    parser.add_argument("--sessions", type=int, default=SESSIONS, metavar="N",
                        help=f"open-to-close cycles (default {SESSIONS})")
    parser.add_argument("--timeout", type=float, metavar="S", help=f"for one boot (default {TIMEOUT:.0f})")
    parser.add_argument("--append", default="", metavar="TEXT", help="more words for the kernel command line")
    emulator = parser.add_argument_group("QEMU")
    emulator.add_argument("--qemu", metavar="PATH", help="a QEMU of your own; needs the two options below")
    emulator.add_argument("--qemu-src", metavar="DIR", help="the source it was built from")
    emulator.add_argument("--qemu-build", metavar="DIR", help="its build directory, with generated headers")
    tests = parser.add_argument_group("for the tests of this project")
    tests.add_argument("--mutation", default="none", help="break the models on purpose: " + ", ".join(plugin.MUTATIONS))
    tests.add_argument("--sanitize", action="store_true", help="the plugin with ASan and UBSan; SOC_IOMMU_SANITIZE=1 "
                       "does the same where there is no --mutation")
    tests.add_argument("--no-cap-series", action="store_true",
                       help="our own kernel, built without the capability series")
    tests.add_argument("--test-models", action="store_true", help="with the models that exist only for tests")
    tests.add_argument("--instances", type=int, default=1, metavar="N",
                       help="the platform master sits behind so many of the IOMMU, a port each (1 to 4)")


def report_options(parser: argparse.ArgumentParser):
    parser.add_argument("--expect", nargs="?", const=EXPECTATIONS, type=Path, metavar="DIR", help="compare with what "
                        "people expect (default: the project's own); exit 1 on any difference")
    parser.add_argument("--json", metavar="FILE", help="- for standard output")
    parser.add_argument("--junit", metavar="FILE")
    parser.add_argument("--html", metavar="FILE")
    parser.add_argument("--ktap", action="store_true", help="on standard output")


def parser() -> Parser:
    top = Parser(prog="soc-iommu", description="Boots a Linux behind an emulated SoC IOMMU and says whether a device "
                 "there can be attached.")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="the IOMMUs: options, masters, kernels")
    listing.add_argument("--json", metavar="FILE", help="- for standard output")
    listing.add_argument("--test-models", action="store_true", help=argparse.SUPPRESS)
    attach = commands.add_parser("attach", help="boots and prints the verdicts")
    guest_options(attach)
    attach.add_argument("--dry-run", action="store_true", help="print the QEMU command lines; build and boot nothing")
    attach.add_argument("--json", metavar="FILE", help="- for standard output")
    attach.add_argument("--output", type=Path, metavar="DIR", help="where the logs go")
    attach.add_argument("--save-at", metavar="STEP", help="for the tests: when STEP begins, save the machine to a file "
                        "and go on with it in a new QEMU")
    shell = commands.add_parser("shell", help="the same guest, interactive")
    guest_options(shell)
    shell.add_argument("--gdb", action="store_true", help="with a debugger stub")
    arguments = commands.add_parser("qemu-args", help="the exact QEMU command line, for your own scripts")
    guest_options(arguments)
    matrix = commands.add_parser("matrix", help="every cell of the attach matrix")
    matrix.add_argument("--only", action="append", default=[], metavar="GLOB", help="cells whose name matches; may be "
                        "repeated: IOMMU/options/kernel/page/master/cap/gates/API, with *, ? and A|B in each part")
    matrix.add_argument("--all", action="store_true", help="everything crossed, not only what changes a verdict")
    matrix.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    matrix.add_argument("--jobs", type=int, metavar="N", help="boots side by side (default: one a processor)")
    matrix.add_argument("--shard", metavar="I/N", help="the I-th of N parts of about the same cost")
    matrix.add_argument("--list", action="store_true", help="print the names of the cells; boot nothing")
    matrix.add_argument("--kdir", type=Path, metavar="DIR", help="a kernel tree of your own; never written to")
    matrix.add_argument("--sessions", type=int, metavar="N", help="open-to-close cycles (default: as the set "
                        f"says of the IOMMU, else {SESSIONS})")
    matrix.add_argument("--timeout", type=float, metavar="S", help=f"for one boot (default {TIMEOUT:.0f})")
    matrix.add_argument("--output", type=Path, metavar="DIR", help="where the logs go")
    matrix.add_argument("--separate", action="store_true", help="a boot for each cell")
    matrix.add_argument("--mutation", default="none", help="break the models on purpose: " + ", ".join(plugin.MUTATIONS))
    report_options(matrix)
    merge = commands.add_parser("merge", help="one report of several shards")
    merge.add_argument("files", nargs="+", type=Path, metavar="JSON")
    report_options(merge)
    claims = commands.add_parser("claims", help="what a matrix run says to the claims of January 2023, in Markdown")
    claims.add_argument("jsons", nargs="+", type=Path, metavar="JSON", help="of a run of matrix, or of attach")
    claims.add_argument("--check", type=Path, metavar="FILE", help="compare with FILE; exit status 1 if it differs")
    advise = commands.add_parser("advise", help="which drivers the evidence lets opt in to IOMMU_CAP_IOMMUFD")
    advise.add_argument("jsons", nargs="*", type=Path, metavar="JSON", help="default: that of the newest matrix run")
    advise.add_argument("--kernel", metavar="VERSION", help="only this one (with --patch: default the newest)")
    advise.add_argument("--patch", metavar="DIR", help="write the series for the drivers that pass; - for standard "
                        "output")
    advise.add_argument("--kdir", type=Path, metavar="DIR", help="the kernel tree that drivers without a patch of ours "
                        "are looked up in; never written to")
    lava = commands.add_parser("lava", help="a LAVA job definition for one cell; NAME may be a cell's name")
    guest_options(lava)
    lava.add_argument("--url", required=True, metavar="BASE", help="where the files that it boots will be found")
    lava.add_argument("--export", type=Path, metavar="DIR", help="copy these files to DIR")
    lava.add_argument("--device-type", default="qemu", metavar="TYPE", help="LAVA's (default qemu)")
    lava.add_argument("--dry-run", action="store_true", help="build nothing, and leave out the checksums")
    kernels = commands.add_parser("kernel", help="guest kernels: build, list, path")
    kernels.add_argument("action", choices=["build", "list", "path"])
    kernels.add_argument("--kernel", default=kernel.VERSIONS[-1], metavar="VERSION")
    kernels.add_argument("--arch", default="arm64")
    kernels.add_argument("--iommu", metavar="NAME", help="whose kernel, where each IOMMU has its own (--arch arm)")
    kernels.add_argument("--page-size", default="4k")
    kernels.add_argument("--kernel-patch", type=Path, action="append", default=[], metavar="FILE")
    kernels.add_argument("--export", type=Path, metavar="DIR",
                         help="with build: also copy what boots to DIR; SOC_IOMMU_KERNELS=DIR uses it elsewhere")
    return top


def parse(argv: list[str]):
    commands = ["list", "attach", "shell", "matrix", "merge", "claims", "advise", "lava", "kernel", "qemu-args"]
    if not argv:
        raise Usage(f"no command; valid: {', '.join(commands)}")
    if argv[0] not in commands and argv[0] not in ("-h", "--help"):
        raise Usage(f"unknown command '{argv[0]}'; valid: {', '.join(commands)}")
    args = parser().parse_args(argv)
    if args.command == "kernel":
        check_kernel(args)
    elif args.command == "matrix":
        check_matrix(args)
    elif args.command == "advise":
        check_advise(args)
    elif args.command not in ("list", "merge", "claims"):
        if args.command == "lava":
            check_lava(args)
        check_guest(args)
    return args


def check_advise(args):
    if args.kernel:
        one_of("kernel", args.kernel, kernel.VERSIONS)
    if args.kdir and not (args.kdir / "drivers" / "iommu").is_dir():
        raise Usage(f"--kdir {args.kdir}: not a Linux kernel tree")


def check_lava(args):
    """A cell's name says all that an IOMMU and its options would."""
    if "/" in args.name:
        cell = cellfile.parse(args.name)
        names = ["options", "api", "kernel", "page_size", "no_cap_patch", "lift", "unsafe_interrupts", "master",
                 "memory"]
        plain, whole = (parser().parse_args(["attach", *words]) for words in (["x"], cell.argv()))
        given = [name for name in names if getattr(args, name) != getattr(plain, name)]
        if given:
            raise Usage(f"'{args.name}' is a whole cell: valid without "
                        + ", ".join("-o" if name == "options" else f"--{name.replace('_', '-')}" for name in given))
        for name in ["name", *names]:
            setattr(args, name, getattr(whole, name))
    elif "," in args.api:
        raise Usage("a LAVA job is for one cell: name one API with --api, or give a cell's name; valid: "
                    + ", ".join(args.api.split(",")))


def check_kernel(args):
    one_of("kernel", kernel.parse_version(args.kernel)[0], kernel.VERSIONS)
    one_of("architecture", args.arch, ARCHES)
    one_of("page size", args.page_size, kernel.page_sizes(args.arch))
    if args.action != "list" and ARCHES[args.arch].kernel_per_iommu != bool(args.iommu):
        raise Usage(f"--iommu NAME is for architectures with a kernel for each IOMMU, and needed there; {args.arch} "
                    f"{'is' if ARCHES[args.arch].kernel_per_iommu else 'is not'} one")
    check_patches(args)


def check_matrix(args):
    one_of("mutation", args.mutation, plugin.MUTATIONS)
    check_sessions(args.sessions)
    if args.jobs is not None and args.jobs < 1:
        raise Usage(f"--jobs {args.jobs}: valid: 1 and more")
    if args.kdir and not args.kdir.is_dir():
        raise Usage(f"--kdir {args.kdir}: no such directory")
    if args.shard:
        args.shard = shard_numbers(args.shard)


def check_sessions(number: int | None):
    if number is not None and not 1 <= number <= MOST_SESSIONS:
        raise Usage(f"--sessions {number}: valid: 1 to {MOST_SESSIONS}")


def shard_numbers(text: str) -> tuple[int, int]:
    part, slash, parts = text.partition("/")
    if not slash or not part.isdigit() or not parts.isdigit() or not 1 <= int(part) <= int(parts):
        raise Usage(f"--shard {text}: valid: I/N with I from 1 to N")
    return int(part), int(parts)


def check_patches(args):
    for patch in args.kernel_patch:
        if not patch.is_file():
            raise Usage(f"--kernel-patch {patch}: no such file")


def check_guest(args):
    args.api = [one_of("API", api, protocol.STEPS) for api in dict.fromkeys(args.api.split(","))]
    if args.kernel:
        one_of("kernel", kernel.parse_version(args.kernel)[0], kernel.VERSIONS)
    one_of("page size", args.page_size, kernel.page_sizes("arm64"))  # the most there are
    if args.master:
        one_of("master", args.master, MASTERS)
    args.lift = list(dict.fromkeys(gate for text in args.lift for gate in text.split(",")))
    for gate in args.lift:
        one_of("gate to lift", gate, LIFTS)
    if getattr(args, "save_at", None):
        one_of("step", args.save_at, list(dict.fromkeys(step for api in args.api for step in protocol.STEPS[api])))
    one_of("mutation", args.mutation, plugin.MUTATIONS)
    # That a step can fail need not be shown twice, which would take four more builds.
    args.sanitize |= bool(os.environ.get("SOC_IOMMU_SANITIZE")) and args.mutation == "none"
    check_sessions(args.sessions)
    if not 1 <= args.instances <= 4:
        raise Usage(f"--instances {args.instances}: valid: 1 to 4")
    if args.timeout is not None and not args.timeout > 0:
        raise Usage(f"--timeout {args.timeout}: valid: a positive number of seconds")
    if args.kdir and args.image:
        raise Usage("--kdir and --image exclude each other")
    for option, path, kind in (("--kdir", args.kdir, Path.is_dir), ("--image", args.image, Path.is_file)):
        if path and not kind(path):
            raise Usage(f"{option} {path}: no such {'directory' if option == '--kdir' else 'file'}")
    if args.kernel_patch and (args.kdir or args.image):
        raise Usage("--kernel-patch is for our own kernel: it excludes --kdir and --image")
    check_patches(args)
    if args.no_cap_series and (args.kdir or args.image):
        raise Usage("--no-cap-series is for our own kernel: it excludes --kdir and --image")
    if args.no_cap_series and args.no_cap_patch:
        raise Usage("--no-cap-series and --no-cap-patch exclude each other: there is nothing to skip")
    if args.qemu and not (args.qemu_src or Path("/usr/bin/qemu-system-aarch64").exists()):
        raise Usage("--qemu needs --qemu-src and --qemu-build")
