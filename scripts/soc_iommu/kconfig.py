"""Kernel configurations: fragments, what became of them, and the one inside an image.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import re
import zlib
from pathlib import Path

LINE = re.compile(r"^(?:CONFIG_(\w+)=(.*)|# CONFIG_(\w+) is not set)$")


def parse(text: str) -> dict[str, str]:
    """Symbols and values; a symbol that is off has the value "n"."""
    symbols = {}
    for line in text.splitlines():
        match = LINE.match(line.strip())
        if match and match.group(3):
            symbols[match.group(3)] = "n"
        elif match:
            symbols[match.group(1)] = match.group(2)
    return symbols


def merge(fragments: list[tuple[str, str]]) -> str:
    """Fragments (name, text) as one; a later one overrides an earlier one."""
    symbols = {}
    for _, text in fragments:
        symbols.update(parse(text))
    return "".join(f"# CONFIG_{name} is not set\n" if value == "n" else f"CONFIG_{name}={value}\n"
                   for name, value in symbols.items())


def differences(fragments: list[tuple[str, str]], config: str) -> list[str]:
    """What was asked for and did not come true, each with the fragment that asks."""
    got = parse(config)
    asked = {}
    for fragment, text in fragments:
        for name, value in parse(text).items():
            asked[name] = (value, fragment)
    return [f"CONFIG_{name}: {fragment} asks for {value}, the result is {got.get(name, 'n')}"
            for name, (value, fragment) in asked.items() if got.get(name, "n") != value]


def lacking(needed: dict[str, str], config: str) -> list[str]:
    """Needed symbols that a configuration does not have at all; built in will do for a module."""
    got = parse(config)
    return [f"CONFIG_{name}={value}" for name, value in needed.items()
            if value in ("y", "m") and got.get(name, "n") == "n"]


def contents(image: Path):
    """What an image holds: itself, and what is compressed in it (32-bit ARM's zImage follows its decompressor)."""
    data = image.read_bytes()
    yield data
    at = -1
    while (at := data.find(b"\x1f\x8b\x08", at + 1)) >= 0:
        yield inflate(data[at:])


def inflate(data: bytes) -> bytes:
    """What a gzip stream holds, whatever follows it; nothing where it is none."""
    try:
        return zlib.decompressobj(wbits=31).decompress(data)
    except zlib.error:
        return b""


def extract_ikconfig(image: Path) -> str | None:
    """The configuration inside a kernel image (CONFIG_IKCONFIG), as scripts/extract-ikconfig finds it."""
    for data in contents(image):
        start = data.find(b"IKCFG_ST\x1f\x8b")
        if start >= 0:
            return inflate(data[start + 8:]).decode("utf-8", "replace") or None
    return None
