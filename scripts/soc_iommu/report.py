"""What attach prints: the JSON for programs, a table for people, an exit status for scripts.

SPDX-License-Identifier: GPL-2.0-or-later
"""

from pathlib import Path

import runoptions
import phases
import scenario
from arguments import SESSIONS
from verdict import BROKEN, ERROR, REFUSED, WORKS, Verdict


def entry(setup: scenario.Setup, cap_patch: bool | None, qemu_version: str, api: str, verdict: Verdict,
          seconds: float, log: Path) -> dict:
    guest = verdict.guest
    page_size = int(guest["page_size"]) if guest.get("page_size", "").isdigit() else int(setup.page[:-1]) * 1024
    made = {
        "cell": scenario.cell(setup, cap_patch, api),
        "iommu": setup.iommu.name, "options": setup.iommu.effective(setup.options), "qemu": qemu_version,
        "kernel": guest.get("kernel", setup.kernel_version), "page_size": page_size, "cap_patch": cap_patch,
        "lifted": setup.lifted, "unsafe_interrupts": setup.unsafe, "master": setup.master, "api": api,
        "verdict": verdict.verdict, "at": verdict.at, "errno": verdict.errno,
        "steps": [{"session": s.session, "step": s.step, "result": "ok" if s.ok else "fail", "errno": s.errno,
                   "detail": s.detail} for s in verdict.steps],
        "kernel_warnings": verdict.kernel_warnings, "seconds": round(seconds, 2), "log": str(log),
    }
    # What has no place in the cell's name, or need not be said where it is as ever.
    return made | runoptions.of_setup(setup) | (
        {"sessions": setup.sessions} if setup.sessions != SESSIONS else {})


def step_lines(steps: list[dict]) -> list[str]:
    """The first session in full; later ones in which all went well share a line."""
    lines, good = [], []

    def close():
        if good:
            sessions = f"{good[0][0]} to {good[-1][0]}" if len(good) > 1 else good[0][0]
            lines.append(f"  {sessions}: {good[0][1]} ok")
            good.clear()

    for session in dict.fromkeys(step["session"] for step in steps):
        own = [step for step in steps if step["session"] == session]
        if session > 1 and all(step["result"] == "ok" for step in own):
            good.append((session, f"{own[0]['step']} to {own[-1]['step']}"))
            continue
        close()
        for step in own:
            mark = "ok  " if step["result"] == "ok" else "FAIL"
            why = " ".join(filter(None, [step["errno"], step["detail"]]))
            lines.append(f"  {session} {step['step']:<10} {mark} {why}".rstrip())
    close()
    return lines


def table(entries: list[dict], verdicts: list[Verdict]) -> str:
    """Verdicts first, then the steps that led to them."""
    rows = [("API", "verdict", "at", "errno", "seconds")]
    rows += [(e["api"], e["verdict"], e["at"] or "-", e["errno"] or "-", f"{e['seconds']:.1f}") for e in entries]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows]
    for item, verdict in zip(entries, verdicts):
        lines += ["", f"{item['cell']}: {item['verdict']}" + (f" ({verdict.reason})" if verdict.reason else "")]
        lines += step_lines(item["steps"])
        lines += [f"  kernel: {warning}" for warning in item["kernel_warnings"]]
        if item["verdict"] in (ERROR, BROKEN) and (verdict.panicked or verdict.timed_out or item["verdict"] == ERROR):
            log = Path(item["log"])
            lines.append(f"  the end of {log}:\n{phases.tail(log)}")
            messages = log.with_name("qemu.log")
            if messages.exists() and messages.stat().st_size:
                lines.append(f"  the end of {messages}:\n{phases.tail(messages)}")
    return "\n".join(lines)


def exit_status(verdicts: list[Verdict]) -> int:
    """The highest that applies. An API asked for that exists nowhere is something missing."""
    kinds = {verdict.verdict for verdict in verdicts}
    if any(verdict.timed_out for verdict in verdicts):
        return 5
    if any(verdict.panicked for verdict in verdicts):
        return 4
    if ERROR in kinds:
        return 3
    if kinds & {REFUSED, BROKEN}:
        return 1
    return 0 if WORKS in kinds else 3
