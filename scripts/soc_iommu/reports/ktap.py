"""KTAP, version 1: one test a cell, its steps as diagnostics before its result.

Steps are no subtests: a parser would take a refusal that was expected for a failure, for one of its steps failed.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import report

from reports import cells


def render(entries: list[dict]) -> str:
    lines = ["KTAP version 1", f"1..{len(entries)}" + ("" if entries else " # SKIP there is no cell")]
    for number, entry in enumerate(entries, 1):
        lines += diagnostics(entry)
        lines.append(result(number, entry))
    count = [cells.outcome(entry) for entry in entries].count
    lines.append(f"# Totals: pass:{count(cells.GOOD)} fail:{count(cells.BAD)} xfail:0 xpass:0 "
                 f"skip:{count(cells.SKIPPED)} error:{count(cells.FAULTY)}")
    return "\n".join(lines) + "\n"


def diagnostics(entry: dict) -> list[str]:
    said = [entry["cell"], *report.step_lines(entry.get("steps", []))]
    said += [f"  kernel: {warning}" for warning in entry.get("kernel_warnings", [])]
    expected = entry.get("expected") or {}
    if expected.get("reason"):
        said.append(f"  expected {cells.in_words(expected)}: {expected['reason']}")
    # A line of ours begins with "# ", so that nothing a guest wrote can pass for a result.
    return ["# " + line for text in said for line in cells.clean(text).splitlines()]


def result(number: int, entry: dict) -> str:
    outcome = cells.outcome(entry)
    name = cells.one_line(entry["cell"]).replace("#", "\\#")
    word = "ok" if outcome in (cells.GOOD, cells.SKIPPED) else "not ok"
    directive = {cells.SKIPPED: "SKIP ", cells.FAULTY: "ERROR "}.get(outcome, "")
    said = cells.message(entry) if outcome != cells.SKIPPED else entry.get("reason") or cells.message(entry)
    return f"{word} {number} - {name} # {directive}{cells.one_line(said)}"
