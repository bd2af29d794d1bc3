"""A cell's section of the page: why the verdict, the steps, the console, and how to see it again.

SPDX-License-Identifier: GPL-2.0-or-later
"""

from html import escape

import protocol

from reports import cells

BAD_LINES = {"warning", "oops", "panic", "error"}


def render(entry: dict, name: str, mark: str) -> str:
    # The name is that of an element inside: a browser that goes there opens what it is in, without any script.
    return (f'<details class="cell" data-for="{text(name)}"><summary class="v-{text(entry["verdict"])}">'
            f'<span class="verdict">{mark} {text(cells.in_words(entry))}</span> '
            f'<code>{text(entry["cell"])}</code></summary>\n<div class="body" id="{text(name)}">'
            + "".join([why(entry), warnings(entry), steps(entry), facts(entry), again(entry), log(entry)])
            + "</div></details>\n")


def text(value) -> str:
    return escape(cells.one_line(str(value)))


def why(entry: dict) -> str:
    out = []
    if entry.get("reason"):
        out.append(f'<p class="reason">{text(entry["reason"])}</p>')
    said = cells.expectation_in_words(entry)
    if said:
        kind = "differs" if cells.differs(entry) else "same"
        reason = (entry.get("expected") or {}).get("reason")
        because = f": {text(reason)}" if reason else ""
        out.append(f'<p class="expectation {kind}">{"≠" if kind == "differs" else "="} <b>{text(said)}</b>'
                   f"{because}</p>")
    return "".join(out)


def warnings(entry: dict) -> str:
    found = entry.get("kernel_warnings", [])
    if not found:
        return ""
    lines = "\n".join(escape(cells.one_line(line)) for line in found)
    return f'<h3>Kernel warnings</h3><pre class="warnings">{lines}</pre>'


def steps(entry: dict) -> str:
    """The first session in full; a later one in which all went well is folded up."""
    found = entry.get("steps", [])
    if not found:
        return '<h3>Steps</h3><p class="quiet">None was recorded.</p>'
    out = []
    for session in dict.fromkeys(step["session"] for step in found):
        own = [step for step in found if step["session"] == session]
        passed = all(step["result"] == "ok" for step in own)
        rows = "".join(step_row(step) for step in own)
        body = (f'<div class="scroll"><table class="steps"><tbody>{rows}</tbody></table></div>')
        if session == found[0]["session"]:
            out.append(f"<h3>Steps, session {text(session)}</h3>{body}")
        else:
            said = "all ok" if passed else "failed"
            out.append(f'<details class="session"{"" if passed else " open"}><summary>Session {text(session)}: '
                       f"{len(own)} {'step' if len(own) == 1 else 'steps'}, {said}</summary>{body}</details>")
    return "".join(out)


def step_row(step: dict) -> str:
    good = step["result"] == "ok"
    errno = f'<b class="errno">{text(step["errno"])}</b> ' if step.get("errno") else ""
    return (f'<tr class="{"ok" if good else "fail"}"><th scope="row">{text(step["step"])}</th>'
            f'<td>{"ok" if good else "FAIL"}</td><td>{errno}{text(step.get("detail") or "")}</td></tr>')


def facts(entry: dict) -> str:
    options = ", ".join(f"{name}={value}" for name, value in (entry.get("options") or {}).items())
    series = {True: "in force", False: "its check is skipped, or not there"}.get(entry.get("cap_patch"), "unknown")
    named = [("IOMMU", entry["iommu"]), ("Options", options), ("Kernel", entry.get("kernel")),
             ("Page size", entry.get("page_size")), ("QEMU", entry.get("qemu")), ("Memory", entry.get("memory")),
             ("Sessions", entry.get("sessions")),
             ("Master", entry.get("master")),
             ("Capability series", series), ("Gates lifted", ", ".join(entry.get("lifted") or []) or "none"),
             ("Unsafe interrupts", "allowed" if entry.get("unsafe_interrupts") else "not allowed"),
             ("Time", f"{float(entry.get('seconds') or 0):.2f} s"), ("Log", entry.get("log"))]
    items = "".join(f"<div><dt>{label}</dt><dd>{text(value)}</dd></div>" for label, value in named if value)
    return f'<h3>Measured with</h3><dl class="facts">{items}</dl>'


def again(entry: dict) -> str:
    """How to see it again; on another machine the QEMU line's files have other paths, so first the command."""
    lines = [("Run it again", cells.attach_command(entry)), ("The QEMU command line", entry.get("qemu_args") or "")]
    return "".join(f'<div class="copied"><h3>{label}</h3><button type="button" class="copy" hidden>Copy</button>'
                   f"<pre>{escape(cells.clean(line).strip())}</pre></div>" for label, line in lines if line)


def log(entry: dict) -> str:
    if entry.get("console") is None:
        return '<p class="quiet">The console log is not part of this data.</p>'
    lines = cells.console(entry).rstrip("\n").split("\n")
    count = f"{len(lines)} {'line' if len(lines) == 1 else 'lines'}"
    return (f'<details class="log"><summary>Console log, {count}</summary>'
            '<pre class="console" tabindex="0">\n' + "\n".join(map(log_line, lines)) + "</pre></details>")


def log_line(line: str) -> str:
    """The guest's records and the kernel's complaints stand out."""
    event = protocol.parse_line(line)
    shown = escape(line)
    if not event or event.kind in ("header", "guest", "plan", "end"):
        return shown
    bad = event.kind in BAD_LINES or event.step and not event.step.ok
    return f'<{"mark" if bad else "b"}>{shown}</{"mark" if bad else "b"}>'
