"""JUnit XML: a suite an IOMMU, a test case a cell.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import xml.etree.ElementTree as xml

import report

from reports import cells

# How each outcome is said in JUnit; a good one has no element.
ELEMENTS = {cells.BAD: "failure", cells.FAULTY: "error", cells.SKIPPED: "skipped"}


def render(entries: list[dict]) -> str:
    top = xml.Element("testsuites", name="soc-iommu matrix", **counts(entries))
    for iommu in dict.fromkeys(entry["iommu"] for entry in entries):
        own = [entry for entry in entries if entry["iommu"] == iommu]
        suite = xml.SubElement(top, "testsuite", name=cells.one_line(iommu), **counts(own))
        properties = xml.SubElement(suite, "properties")
        for name in ("qemu", "kernel"):
            values = dict.fromkeys(str(entry[name]) for entry in own if entry.get(name))
            xml.SubElement(properties, "property", name=name, value=cells.one_line(", ".join(values)))
        for entry in own:
            add_case(suite, entry)
    xml.indent(top, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(top, encoding="unicode") + "\n"


def counts(entries: list[dict]) -> dict[str, str]:
    count = [cells.outcome(entry) for entry in entries].count
    return {"tests": str(len(entries)), "failures": str(count(cells.BAD)), "errors": str(count(cells.FAULTY)),
            "skipped": str(count(cells.SKIPPED)), "time": f"{sum(seconds(entry) for entry in entries):.2f}"}


def seconds(entry: dict) -> float:
    return float(entry.get("seconds") or 0)


def add_case(suite: xml.Element, entry: dict):
    case = xml.SubElement(suite, "testcase", classname=cells.one_line(entry["iommu"]),
                          name=cells.one_line(entry["cell"]), time=f"{seconds(entry):.2f}")
    outcome = cells.outcome(entry)
    if outcome == cells.GOOD:
        return
    node = xml.SubElement(case, ELEMENTS[outcome], message=cells.message(entry))
    if outcome == cells.SKIPPED:
        return
    node.set("type", "differs" if entry["verdict"] != "error" and cells.differs(entry) else entry["verdict"])
    node.text = cells.clean("\n".join(evidence(entry)))
    if entry.get("console"):
        # Only where somebody will look: a CI's limit for such a file is small.
        xml.SubElement(case, "system-out").text = cells.console(entry)


def evidence(entry: dict) -> list[str]:
    lines = [f"verdict: {cells.message(entry)}", f"at: {entry.get('at') or '-'}", f"errno: {entry.get('errno') or '-'}"]
    expected = entry.get("expected") or {}
    if expected.get("reason"):
        lines.append(f"expected {cells.in_words(expected)}: {expected['reason']}")
    lines += report.step_lines(entry.get("steps", []))
    lines += [f"  kernel: {warning}" for warning in entry.get("kernel_warnings", [])]
    if entry.get("qemu_args"):
        lines.append(f"QEMU: {entry['qemu_args']}")
    return lines
