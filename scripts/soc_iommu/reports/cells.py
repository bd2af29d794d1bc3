"""What every report asks of a cell, which is one object of a matrix's JSON list.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import re
import shlex

import kernel
import runoptions
import protocol
from cellfile import outcome as in_words
from verdict import ERROR, UNSUPPORTED, WORKS

GOOD, BAD, SKIPPED, FAULTY = "ok", "not ok", "skipped", "error"

# What XML 1.0 cannot carry, which is also what no page should: controls, surrogates, non-characters.
FORBIDDEN = re.compile("[^\\t\\n -~\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Of a longer console this much of both ends is shown. A guest that runs wild must not make the report unreadable.
HEAD, TAIL = 128 * 1024, 384 * 1024


def clean(text: str) -> str:
    """Text of a guest or a program, fit for XML and for people."""
    return FORBIDDEN.sub("", protocol.ESCAPE.sub("", text.replace("\r\n", "\n")))


def console(entry: dict) -> str:
    text = entry.get("console") or ""
    if len(text) > HEAD + TAIL:
        left_out = len(text) - HEAD - TAIL
        text = f"{text[:HEAD]}\n[ {left_out} characters left out of this report ]\n{text[-TAIL:]}"
    return clean(text)


def differs(entry: dict) -> bool:
    """Whether a run is not what was expected of it; false where nothing was."""
    if entry.get("differs") is not None:
        return bool(entry["differs"])
    expected = entry.get("expected")
    return bool(expected) and any(entry.get(key) != expected.get(key) for key in ("verdict", "at", "errno"))


def outcome(entry: dict) -> str:
    """How a cell counts in a list of tests. With an expectation, what was expected is good, a refusal too.

    What the harness could not tell is never good, and a cell that got better is news, not a success.
    """
    if entry["verdict"] == ERROR:
        return FAULTY
    if differs(entry):
        return BAD
    if entry["verdict"] == UNSUPPORTED:
        return SKIPPED
    return GOOD if entry.get("expected") or entry["verdict"] == WORKS else BAD


def expectation_in_words(entry: dict) -> str:
    """What is to be said of the expectation, "" where none was asked for."""
    expected = entry.get("expected")
    if not expected:
        return "differs: there is no expectation for this cell" if differs(entry) else ""
    text = f"differs: expected {in_words(expected)}" if differs(entry) else "as expected"
    return text + ("" if expected.get("kernel_match", True) else " (written for another kernel)")


def message(entry: dict) -> str:
    """One line: the verdict, what was expected, and why."""
    said = [in_words(entry), expectation_in_words(entry), entry.get("reason") or ""]
    return one_line("; ".join(filter(None, said)))


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def row(entry: dict) -> str:
    """The cell's name without its API."""
    return entry["cell"].rpartition("/")[0]


def kernel_name(entry: dict) -> str:
    """The kernel as the cell's name has it: 6.12, where the entry says 6.12.117."""
    parts = entry["cell"].split("/")
    return parts[2] if len(parts) == 8 else str(entry.get("kernel", ""))


def apis(entries: list[dict]) -> list[str]:
    """The columns, in the order in which the command has them."""
    order = [*protocol.APIS, *protocol.FURTHER]
    found = dict.fromkeys(entry["api"] for entry in entries)
    return sorted(found, key=lambda api: order.index(api) if api in order else len(order))


def attach_command(entry: dict) -> str:
    """The command that runs this cell again, "" where its name does not say."""
    parts = entry["cell"].split("/")
    if len(parts) != 8:
        return ""
    name, changed, version, page, master, cap, gates, api = parts
    words = ["scripts/soc-iommu", "attach", name, *runoptions.words(changed.split(",") if changed != "default" else [])]
    if kernel.parse_version(version)[0] in kernel.VERSIONS:
        words += ["--kernel", version]
    words += ["--page-size", page, "--master", master, *(["--no-cap-patch"] if cap == "nocap" else [])]
    for gate in gates.split("+"):
        words += [] if gate == "stock" else ["--unsafe-interrupts"] if gate == "unsafe" else ["--lift", gate]
    words += ["--sessions", str(entry["sessions"])] if entry.get("sessions") else []
    return shlex.join([*words, "--api", api])
