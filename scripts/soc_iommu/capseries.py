"""The capability series for the drivers that the evidence lets opt in: our patches, and made ones where we have none.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import difflib
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from errors import Failure, Usage
from paths import KERNEL_CONFIG

CASE = "\tcase IOMMU_CAP_IOMMUFD:"
SUBJECT = re.compile(r"^Subject: \[PATCH(?: \d+/\d+)?\] ", re.MULTILINE)


@dataclass
class Patch:
    name: str           # its file's, without the number
    text: str
    driver: str | None  # whose opt-in it is


def plain(name: str) -> str:
    """A driver and its file are not always spelled alike: virtio_iommu is in virtio-iommu.c."""
    return name.replace("_", "-")


def read(series: str, folder: Path = KERNEL_CONFIG / "patches") -> list[Patch]:
    """Our series for a kernel version, in order."""
    files = sorted((folder / series / "cap").glob("*.patch"))
    if not files:
        raise Usage(f"there is no capability series for {series}; valid: "
                    + ", ".join(sorted(path.parent.name for path in folder.glob("*/cap"))))
    return [Patch(file.name.split("-", 1)[1], file.read_text(), opts_in(file.read_text())) for file in files]


def opts_in(text: str) -> str | None:
    """The driver that a patch adds the capability to; the selftest's mock device is no driver of an IOMMU."""
    files = re.findall(r"^\+\+\+ b/(\S+)$", text, re.MULTILINE)
    if f"\n+{CASE}" not in text or any("selftest" in name for name in files):
        return None
    return plain(Path(files[0]).stem) if len(files) == 1 else None


def compose(series: str, drivers: dict[str, str], tree: Path | None) -> tuple[list[Patch], list[str]]:
    """The patches for these drivers (each with its evidence in words), and what is to be said of them."""
    ours, remarks = read(series), []
    passing = {plain(name): name for name in drivers}
    kept = [patch for patch in ours if patch.driver is None or patch.driver in passing]
    out = [patch.driver for patch in ours if patch.driver and patch.driver not in passing]
    if out:
        remarks.append(f"left out, for want of evidence: {', '.join(out)}; the text of the last patches may name them")
    known = {patch.driver for patch in ours}
    made = [make(name, evidence, tree, ours[0]) for name, evidence in sorted(drivers.items())
            if plain(name) not in known]
    # Behind the last opt-in that we have, and so before the patch that asks for the capability.
    places = [index for index, patch in enumerate(kept) if patch.driver] or [0]
    kept[places[-1] + 1:places[-1] + 1] = made
    if made:
        remarks.append("made here, to be read and signed off by whoever sends it: "
                       + ", ".join(patch.driver for patch in made))
    return number(kept), remarks


def number(patches: list[Patch]) -> list[Patch]:
    total = len(patches)
    return [Patch(f"{index:04}-{patch.name}",
                  SUBJECT.sub(f"Subject: [PATCH {index}/{total}] ", patch.text, count=1), patch.driver)
            for index, patch in enumerate(patches, 1)]


def source_of(driver: str, tree: Path) -> Path:
    """The file that registers the driver of that name."""
    named = re.compile(rf'\.name\s*=\s*"{re.escape(driver)}"')
    found = [path for path in sorted((tree / "drivers" / "iommu").rglob("*.c"))
             if named.search(path.read_text("utf-8", "replace"))]
    if len(found) != 1:
        raise Failure(f"{driver}: {len(found)} files in {tree}/drivers/iommu register a driver of that name: "
                      "write its patch by hand")
    return found[0]


def add_case(text: str, where: str) -> str:
    """The driver's .capable operation with a case for the capability, before `default` of its switch."""
    by_hand = f"{where}: %s: write its patch by hand"
    found = re.search(r"\.capable\s*=\s*(\w+)", text)
    if not found:
        raise Failure(by_hand % "the driver has no .capable operation, so that a stock kernel refuses its devices for "
                                "want of IOMMU_CAP_CACHE_COHERENCY; where did the evidence come from?")
    if CASE.strip() in text:
        raise Failure(by_hand % "the driver names IOMMU_CAP_IOMMUFD already")
    function = re.search(rf"^static bool {found.group(1)}\(.*?^}}$", text, re.MULTILINE | re.DOTALL)
    body = function.group(0) if function else ""
    default = re.search(r"^\tdefault:$", body, re.MULTILINE)
    if body.count("switch (cap)") != 1 or not default or len(re.findall(r"^\tdefault:$", body, re.MULTILINE)) != 1:
        raise Failure(by_hand % f"{found.group(1)}() is no plain switch over the capability")
    # What falls into `default` must go on doing so.
    before = body[:default.start()].rstrip().splitlines()[-1].strip()
    if not re.match(r"(return\b.*|break);$", before) and not before.startswith("switch (cap)"):
        raise Failure(by_hand % f"a case of {found.group(1)}() falls through to the default")
    at = function.start() + default.start()
    return text[:at] + f"{CASE}\n\t\treturn true;\n" + text[at:]


def author(example: Patch) -> str:
    """From and Date of a new patch: git knows who is at work; else as our own patches have it."""
    try:
        said = subprocess.run(["git", "var", "GIT_AUTHOR_IDENT"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True).stdout
    except OSError:
        said = ""
    match = re.match(r"(.+ <.+>) (\d+) ([+-]\d{4})", said)
    who = match.group(1) if match else re.search(r"^From: (.*(?:\n .*)*)", example.text, re.MULTILINE).group(1)
    return f"From: {who}\nDate: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}"


def make(driver: str, evidence: str, tree: Path | None, example: Patch) -> Patch:
    if not tree:
        raise Usage(f"{driver} passes and has no patch in {KERNEL_CONFIG.name}/patches: give the kernel's source with "
                    "--kdir, and one is made")
    path = source_of(driver, tree)
    name = str(path.relative_to(tree))
    before = path.read_text()
    after = add_case(before, name)
    diff = "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True), f"a/{name}", f"b/{name}"))
    text = (f"From {'0' * 40} Mon Sep 17 00:00:00 2001\n{author(example)}\n"
            f"Subject: [PATCH] iommu/{plain(driver)}: Report IOMMU_CAP_IOMMUFD\n\n{evidence}\n---\n {name} | 2 ++\n"
            f" 1 file changed, 2 insertions(+)\n\ndiff --git a/{name} b/{name}\n{diff}")
    return Patch(f"iommu-{plain(driver)}-Report-IOMMU_CAP_IOMMUFD.patch", text, plain(driver))
