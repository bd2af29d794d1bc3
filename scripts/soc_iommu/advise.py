"""Which drivers the evidence lets opt in to IOMMU_CAP_IOMMUFD, and the failing cell for each that it does not.

The rule: only on evidence of a stock boot. Every cell of VFIO, of its interface on /dev/iommu, and of iommufd, with
nothing lifted and the capability granted or its check skipped, has to work, and each of the three once at least. The
series' own refusal of a driver that has not opted in is not held against it: the same cell without the series counts.

--unsafe-interrupts is a policy of the host: whether it trusts a device whose MSIs the IOMMU does not isolate. It opens
nothing in the driver, and no driver could answer for it. So it is not a lifted gate: a refusal with EPERM without
it counts as the same cell does with it, and is set aside where that one was not measured.

Nor does a machine whose masters are not coherent speak against a driver that says so: its refusal at the coherency gate
(EINVAL at bind) is set aside where the driver passes that gate on other machines, and this one works with it lifted.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import sys
import textwrap
from dataclasses import dataclass, field, replace
from pathlib import Path

import capseries
import cellfile
import kernel as kernel_module
import prepare
from errors import Usage, one_of
from verdict import REFUSED, UNSUPPORTED, WORKS

APIS = ["vfio", "compat", "iommufd"]


@dataclass
class Advice:
    driver: str
    series: str
    iommus: list[str] = field(default_factory=list)
    good: list[dict] = field(default_factory=list)
    bad: list[dict] = field(default_factory=list)
    aside: list[dict] = field(default_factory=list)    # the host's policy said no
    incoherent: list[dict] = field(default_factory=list)  # the machine is not coherent, and the driver said so
    absent: set[str] = field(default_factory=set)      # APIs that the kernel does not have
    gated: list[dict] = field(default_factory=list)    # works, but only with a gate lifted

    @property
    def lacking(self) -> list[str]:
        return [api for api in APIS if api not in {cell["api"] for cell in self.good}]

    @property
    def passes(self) -> bool:
        return not self.bad and not self.lacking


def text_of(name: cellfile.Name, **change) -> str:
    name = replace(name, **change)
    gates = "+".join(name.lifted) or "stock"
    return "/".join([name.iommu, name.options, name.kernel, name.page, name.master, "cap" if name.cap else "nocap",
                     gates + ("+unsafe" if name.unsafe else ""), name.api])


def weigh(found: dict[str, dict], drivers: dict[str, str]) -> list[Advice]:
    """`drivers` says by IOMMU which driver it has; an IOMMU that is not there goes by its own name."""
    out: dict[tuple[str, str], Advice] = {}
    for text, cell in sorted(found.items()):
        name = cellfile.parse(text)
        if name.api not in APIS:
            continue
        driver = drivers.get(name.iommu, name.iommu)
        advice = out.setdefault((name.series, driver), Advice(driver, name.series))
        if name.iommu not in advice.iommus:
            advice.iommus.append(name.iommu)
        cell = cell | {"api": name.api}
        if name.lifted:
            if cell["verdict"] == WORKS:
                advice.gated.append(cell)
        elif cell["verdict"] == WORKS:
            advice.good.append(cell)
        elif cell["verdict"] == UNSUPPORTED:
            advice.absent.add(name.api)
        elif cell["verdict"] == REFUSED and cell.get("errno") == "EOPNOTSUPP" and name.cap and name.api != "vfio":
            if text_of(name, cap=False) not in found:
                advice.bad.append(cell)  # nothing tells what would have come behind the series' refusal
        elif cell["verdict"] == REFUSED and cell.get("errno") == "EPERM" and not name.unsafe:
            if text_of(name, unsafe=True) not in found:
                advice.aside.append(cell)
        else:
            advice.bad.append(cell)
    for advice in out.values():
        set_incoherent_aside(advice, found)
    return [out[key] for key in sorted(out, key=lambda key: (kernel_module.VERSIONS.index(key[0])
                                                             if key[0] in kernel_module.VERSIONS else 99, key))]


def set_incoherent_aside(advice: Advice, found: dict[str, dict]):
    passed = {cell["api"] for cell in advice.good}
    for cell in list(advice.bad):
        lifted = found.get(text_of(cellfile.parse(cell["cell"]), lifted=("cache-coherency",)))
        refused = (cell["verdict"], cell.get("at"), cell.get("errno")) == (REFUSED, "bind", "EINVAL")
        if refused and cell["api"] in passed and lifted and lifted["verdict"] == WORKS:
            advice.bad.remove(cell)
            advice.incoherent.append(cell)


def named(cell: dict) -> str:
    return f"{cell['cell']}: {cellfile.outcome(cell)}"


def lines(advice: Advice, opted: list[str]) -> list[str]:
    iommus = "" if advice.iommus == [advice.driver] else f" ({', '.join(advice.iommus)})"
    has = capseries.plain(advice.driver) in opted
    if advice.passes:
        text = [f"{advice.driver}{iommus}: yes: {len(advice.good)} stock cells work, none fails; "
                + ("its patch is in the series" if has else "the series has no patch for it yet")]
    else:
        text = [f"{advice.driver}{iommus}: no" + (", though the series opts it in" if has else "")]
        text += [f"    {named(cell)}" for cell in advice.bad]
        if not advice.bad and set(advice.lacking) <= advice.absent:
            text = [f"{advice.driver}{iommus}: nothing to opt in to: this kernel has no " + ", no ".join(advice.lacking)]
        elif not advice.bad:
            text.append("    no stock cell shows it at work with " + ", ".join(advice.lacking))
        if advice.gated:
            text.append(f"    {len(advice.gated)} cells work with a gate lifted, which is no evidence of a stock boot")
    text += [f"    set aside, the machine is not coherent: {named(cell)}" for cell in advice.incoherent]
    return text + [f"    set aside, the host's policy (--unsafe-interrupts not measured): {named(cell)}"
                   for cell in advice.aside]


def evidence(advice: Advice) -> str:
    """The body of a patch that is made here."""
    cell = advice.good[0]
    versions = f"Linux {cell.get('kernel', advice.series)}, QEMU {cell.get('qemu', 'of unknown version')}"
    said = (f"Seen behind {', '.join(advice.iommus)} of qemu-soc-iommu ({versions}), on a stock boot with "
            "nothing lifted: attach, map, DMA, no access beside the mapping, through a read-only one or after the "
            "unmap, detach, and the same again:")
    return "\n".join([*textwrap.wrap(said, 72), "", *(f" - {cell['cell']}" for cell in advice.good)]) + "\n"


def run_advise(args, cache, phases) -> int:
    paths = args.jsons or [cellfile.last(cache)]
    if not args.jsons and not paths[0].exists():
        raise Usage(f"there is no {paths[0]} yet: 'soc-iommu matrix' makes it, or name a JSON")
    iommus = prepare.load_registry(cache, phases, prepare.plugin_module.BuildOptions())
    weighed = weigh(cellfile.load(paths), {name: item.driver for name, item in iommus.items()})
    there = list(dict.fromkeys(advice.series for advice in weighed))
    if not there:
        raise Usage("no cell of " + ", ".join(map(str, paths)) + f" is about one of {', '.join(APIS)}")
    chosen = one_of("kernel in these cells", args.kernel, there) if args.kernel else None
    out = sys.stderr if args.patch == "-" else sys.stdout
    for series in [chosen] if chosen else there:
        print(f"Linux {series}:", file=out)
        own = [advice for advice in weighed if advice.series == series]
        opted = [patch.driver for patch in capseries.read(series) if patch.driver] \
            if series in kernel_module.VERSIONS else []
        for advice in own:
            print("\n".join(f"  {line}" for line in lines(advice, opted)), file=out)
    if args.patch:
        return write(args, chosen or there[-1], weighed, out)
    return 0


def write(args, series: str, weighed: list[Advice], out) -> int:
    passing = {advice.driver: evidence(advice) for advice in weighed if advice.series == series and advice.passes}
    if not passing:
        print(f"soc-iommu: on {series} no driver passes: there is no series to write", file=sys.stderr)
        return 1
    patches, remarks = capseries.compose(series, passing, args.kdir)
    if args.patch == "-":
        # Each mail ends with a line of its own, so that "git am" takes them one after the other.
        sys.stdout.write("".join(patch.text.rstrip("\n") + "\n\n" for patch in patches))
    else:
        try:
            where = Path(args.patch)
            where.mkdir(parents=True, exist_ok=True)
            if any(where.glob("*.patch")):
                raise Usage(f"--patch {where}: has patches already, and those of two series would mix")
            for patch in patches:
                (where / patch.name).write_text(patch.text)
        except OSError as error:
            raise Usage(f"--patch {args.patch}: {error.strerror}") from error
        print(f"{args.patch}: {len(patches)} patches for {series}", file=out)
    for remark in remarks:
        print(f"soc-iommu: {remark}", file=sys.stderr)
    return 0
