"""The guest's records, and the kernel's complaints between them, out of a console log.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import re
from dataclasses import dataclass, field

import complaint

_DATA = ["map", "dma", "isolation", "readonly", "unmap", "stale", "detach"]
STEPS = {
    "dma": ["probe", "bind", "dma", "unmap"],
    "direct": ["probe", "attach", *_DATA],
    **dict.fromkeys(["vfio", "compat", "iommufd", "sva"], ["probe", "bind", "attach", *_DATA]),
    "dirty": ["probe", "bind", "attach", "map", "dma", "unmap", "detach"],
    "current": ["probe", "attach", *_DATA],
    "aperture": ["probe", "attach", "map", "dma", "unmap", "stale", "detach"],
    "limits": ["probe", "attach", "map", "second", "outside", "physical", "unmap", "detach"],
}
# Those that every IOMMU is asked; and those that need what few have: on request, where the registry lists them.
APIS = ["dma", "direct", "vfio", "compat", "iommufd"]
FURTHER = {"sva": "shared virtual addressing, with faults served by stall",
           "dirty": "dirty tracking through iommufd",
           "current": "as direct, in the domain that the device already has",
           "aperture": "every address of a domain mapped, reached and unmapped",
           "limits": "a second domain, addresses outside, physical ones that fit no entry: refused, or done right"}

# "[    1.234567] ", with the caller where CONFIG_PRINTK_CALLER is set, after a level where there is one.
PREFIX = re.compile(r"^(?:<\d+>)?\[\s*\d+\.\d+\](?:\[\s*[TC]\d+\])? ?")
STEP = re.compile(r"^(not ok|ok) (\d+) - (\S+) (\d+) (\S+)(?: # ?(.*))?$")
ERRNO = re.compile(r"^errno=(\S+) ?(.*)$")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

WARNINGS = re.compile(
    r"^(WARNING: |={3,}\[? ?WARNING|INFO: task .* blocked for more than|rcu: INFO: \S+ (self-)?detected|"
    r"INFO: rcu\S* (self-)?detected|UBSAN: |list_add corruption|list_add double add|list_del corruption|refcount_t: |"
    r"watchdog: BUG: |INFO: trying to register non-static key|BUG \S+ \(|"
    # Lockdep that ran out of room is no driver's defect.
    r"(\[ )?BUG: (?!MAX_LOCK|MAX_STACK))")
OOPSES = re.compile(
    r"^(Unable to handle kernel |Internal error: |Oops[: ]|BUG: kernel NULL|BUG: unable to handle|kernel BUG at |"
    r"Kernel BUG at |SError Interrupt on CPU|Bad mode in )")
PANIC = re.compile(r"^Kernel panic - not syncing")


@dataclass
class Step:
    session: int
    step: str
    ok: bool
    errno: str | None
    detail: str
    api: str
    number: int


@dataclass
class Event:
    kind: str  # header, guest, begin, step, unsupported, error, plan, end, warning, oops, panic
    text: str
    step: Step | None = None
    fields: dict = field(default_factory=dict)


def lines_of(log: bytes) -> list[str]:
    text = ESCAPE.sub("", log.decode("utf-8", "replace"))
    return [line.rstrip("\r") for line in text.split("\n")]


def parse_line(line: str) -> Event | None:
    text = PREFIX.sub("", line)
    match = STEP.match(text)
    if match:
        result, number, api, session, step, detail = match.groups()
        errno, detail = None, detail or ""
        found = ERRNO.match(detail) if result != "ok" else None
        if found:
            errno, detail = found.groups()
        return Event("step", text, Step(int(session), step, result == "ok", errno, detail, api, int(number)))
    if text.startswith("# soc-iommu "):
        return parse_comment(text)
    if text.startswith("KTAP version "):
        return Event("header", text)
    match = re.match(r"^1\.\.(\d+)$", text)
    if match:
        return Event("plan", text, fields={"count": int(match.group(1))})
    if PANIC.match(text):
        return Event("panic", text)
    if OOPSES.match(text):
        return Event("oops", text)
    if WARNINGS.match(text):
        return Event("warning", text)
    return None


def parse_comment(text: str) -> Event | None:
    kind, _, rest = text.removeprefix("# soc-iommu ").partition(" ")
    if kind == "guest":
        return Event("guest", text, fields=dict(word.split("=", 1) for word in rest.split() if "=" in word))
    if kind == "begin":
        words = rest.split()
        if len(words) != 3 or not words[1].isdigit():
            return None
        return Event("begin", text, fields={"api": words[0], "session": int(words[1]), "step": words[2]})
    if kind == "unsupported":
        api, _, reason = rest.partition(" ")
        return Event("unsupported", text, fields={"api": api, "reason": reason})
    if kind == "error":
        return Event("error", text, fields={"reason": rest})
    if kind in ("end", "turn-end"):
        return Event("end", text)
    return None


TURN = re.compile(rb"^.*# soc-iommu turn (\S+):([a-z]*)\s*$", re.MULTILINE)


def split_turns(log: bytes) -> list[tuple[str, str, bytes]]:
    """API, gates and console of each turn of a shared boot; each with what was there before the first."""
    starts = list(TURN.finditer(log))
    bounds = [match.start() for match in starts] + [len(log)]
    before = log[:bounds[0]]
    return [(match[1].decode("ascii", "replace"), match[2].decode(), before + log[begin:end])
            for match, begin, end in zip(starts, bounds, bounds[1:])]


def parse(log: bytes) -> list[Event]:
    """Everything in the log that bears on the verdict, in order."""
    lines, events, complaints = lines_of(log), [], 0
    for number, line in enumerate(lines, 1):
        event = parse_line(line)
        if event and event.kind in ("warning", "oops", "panic"):
            complaints += 1
            if complaints <= complaint.MOST:
                rest = [PREFIX.sub("", further) for further in lines[number:number + complaint.REPORT_LINES]]
                event.text = complaint.about(event.text, rest)
        events += [event] if event else []
    return events
