"""The commands matrix and merge: which cells, what they need, and the reports.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import json
import os
import re
import sys
from pathlib import Path

import arguments
import boot
import cellfile
import cells as cells_module
import expectations as expectations_module
import kerneltree
import kernel as kernel_module
import matrix
import prepare
import reports
import runoptions
from cache import Cache
from cells import Cell, Machine
from errors import Failure, Usage
from phases import Phases, duration
from verdict import BROKEN, ERROR, REFUSED, UNSUPPORTED, WORKS


def attach_args(machine: Machine, args, sessions: int | None = None):
    """What attach would be asked for, so that both prepare a machine in the same way. `sessions`: the set's."""
    argv = ["attach", machine.iommu, "--page-size", machine.page, "--master", machine.master,
            "--sessions", str(args.sessions or sessions or arguments.SESSIONS), "--mutation", args.mutation]
    argv += runoptions.words([f"{name}={value}" for name, value in machine.options])
    argv += ["--kdir", str(args.kdir)] if args.kdir else ["--kernel", machine.kernel]
    if args.timeout is not None:
        argv += ["--timeout", str(args.timeout)]
    return arguments.parse(argv)


def make_ready(cache: Cache, phases: Phases, machine: Machine, args, sessions: int | None) -> matrix.Ready:
    wanted = attach_args(machine, args, sessions)
    plan = prepare.plan(cache, phases, wanted)
    setup, kernel, qemu = prepare.ready(cache, phases, wanted, plan)
    environment = boot.sanitizer_environment() if wanted.sanitize else None
    return matrix.Ready(setup, kernel.cap_patch, qemu.version, plan.timeout, environment)


def series_of(tree: Path) -> str:
    """The kernel, by its name in cells, that a tree stands for: its own version, or the newest there is."""
    makefile = kerneltree.source_of(tree) / "Makefile"
    found = dict(re.findall(r"^(VERSION|PATCHLEVEL) = (\d+)$", makefile.read_text() if makefile.exists() else "", re.M))
    if len(found) != 2:
        raise Usage(f"--kdir {tree}: not a Linux kernel tree")
    name = f"{found['VERSION']}.{found['PATCHLEVEL']}"
    return name if name in kernel_module.VERSIONS else kernel_module.VERSIONS[-1]


def of_tree(cells: list[Cell], tree: Path) -> list[Cell]:
    """Those that a tree of the user's can show: no switch without the lab patch, no series where there is none."""
    source = kerneltree.source_of(tree)
    series, lab, name = kerneltree.has_cap_patch(source), kerneltree.has_lab_patch(source), series_of(tree)
    return [cell for cell in cells if cell.machine.kernel == name and (lab or not cell.lifted)
            and (cell.cap if series and not lab else not cell.cap if not series else True)]


def to_be_had(cells: list[Cell], iommus, phases: Phases, args) -> list[Cell]:
    """Those whose kernel can be made here; the others are named."""
    reasons = {}
    for cell in cells:
        version = kernel_module.parse_version(cell.machine.kernel)[0]
        config = cells_module.guest_of(cell.machine, iommus).own_config(cell.machine.kernel)
        for source in [] if args.kdir else kernel_module.sources(version, config):
            if kernel_module.why_none(source):
                reasons.setdefault((cell.machine.iommu, cell.machine.kernel), kernel_module.why_none(source))
    kept = [cell for cell in cells if (cell.machine.iommu, cell.machine.kernel) not in reasons]
    if cells and not kept:
        raise Failure(f"none of the cells can be measured here: {next(iter(reasons.values()))}")
    for (iommu, kernel), why in reasons.items():
        phases.say(f"not here: {iommu} under {kernel}: {why}")
    return kept


def run_matrix(args, cache: Cache, phases: Phases) -> int:
    check_reports(args)
    iommus = prepare.load_registry(cache, phases, prepare.build_options(args))
    lines = cells_module.read_default_set()
    everything = cells_module.every(iommus, lines)
    expected = expectations_module.load(args.expect) if args.expect else None
    if expected and not args.kdir:
        expectations_module.check_complete(expected, everything,
                                           cells_module.select(everything, lines, [], False))
    available = of_tree(everything, args.kdir) if args.kdir else everything
    chosen = cells_module.select(available, lines, args.only, args.all)
    chosen = to_be_had(chosen, iommus, phases, args)
    if args.shard:
        chosen = cells_module.shard(chosen, iommus, *args.shard)
    if args.list:
        print("\n".join(cell.name for cell in chosen))
        return 0
    if args.output:
        args.output.mkdir(parents=True, exist_ok=True)
        phases.log_dir = args.output.resolve()
    machines = dict.fromkeys(cell.machine for cell in chosen)
    ready = {machine: make_ready(cache, phases, machine, args, lines[machine.iommu].sessions) for machine in machines}
    journal = matrix.Journal(matrix.journal_path(cache), args.resume, phases.say)
    runner = matrix.Runner(cache, phases, ready, journal, shared=not args.separate)
    with phases.phase(f"matrix of {len(chosen)} cells", limit=24 * 3600):
        entries = runner.run(chosen, args.jobs or os.cpu_count() or 1)
    cache.write(cellfile.last(cache), json.dumps(entries, indent=1) + "\n")
    return finish(entries, expected, args)


def check_reports(args):
    reports.check(json=args.json, junit=args.junit, html=args.html, ktap=args.ktap)


def run_merge(args, cache: Cache, phases: Phases) -> int:
    check_reports(args)
    entries = list(cellfile.load(args.files).values())
    return finish(entries, expectations_module.load(args.expect) if args.expect else None, args)


def finish(entries: list[dict], expected, args) -> int:
    """Reports, and the exit status: 3 where a cell is an error, 1 where one is not as expected."""
    differing = expectations_module.compare(entries, expected) if expected is not None else []
    reports.write(entries, json=args.json, junit=args.junit, html=args.html, ktap=args.ktap)
    out = sys.stderr if args.json == "-" or args.ktap else sys.stdout
    print(summary(entries), file=out)
    for line in differing:
        print(f"differs: {line}", file=out)
    if expected is not None and not differing:
        print(f"all {len(entries)} cells are as expected", file=out)
    for entry in entries:
        if entry["verdict"] == ERROR:
            print(f"error: {entry['cell']}: {entry.get('reason', '')}", file=out)
    if any(entry["verdict"] == ERROR for entry in entries):
        return 3
    return 1 if differing else 0


def summary(entries: list[dict]) -> str:
    """A row for what shares all but the API, a column an API; then the counts."""
    apis = list(dict.fromkeys(entry["api"] for entry in entries))
    rows = {}
    for entry in entries:
        rows.setdefault(entry["cell"].rpartition("/")[0], {})[entry["api"]] = short(entry)
    table = [["cell", *apis]] + [[name, *(row.get(api, "") for api in apis)] for name, row in rows.items()]
    widths = [max(len(row[column]) for row in table) for column in range(len(apis) + 1)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in table]
    counts = [f"{sum(entry['verdict'] == kind for entry in entries)} {kind}"
              for kind in (WORKS, REFUSED, BROKEN, UNSUPPORTED, ERROR)]
    seconds = sum(entry["seconds"] for entry in entries)
    lines.append(f"{len(entries)} cells: {', '.join(counts)}; {duration(seconds)} of boots")
    return "\n".join(lines)


def short(entry: dict) -> str:
    at = f"@{entry['at']}" if entry["at"] else ""
    return entry["verdict"] + at + (f" {entry['errno']}" if entry["errno"] else "")
