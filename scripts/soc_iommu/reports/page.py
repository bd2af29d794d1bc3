"""The HTML page: one file without any other, readable without JavaScript, colour or a network.

The table links to the cells' sections; page.js opens them below the row and adds the filters.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import base64
import hashlib
import json
from html import escape
from pathlib import Path
from urllib.parse import quote

import protocol
from verdict import BROKEN, ERROR, REFUSED, UNSUPPORTED, WORKS

from reports import cells, section

HERE = Path(__file__).parent
MARKS = {WORKS: "✓", REFUSED: "✗", BROKEN: "‼", UNSUPPORTED: "–", ERROR: "?"}
LEGEND = {WORKS: "every step of every session passed",
          REFUSED: "the kernel said no at that step, with that errno, and stayed whole",
          BROKEN: "the kernel let the device in, and then something went wrong",
          UNSUPPORTED: "that API does not exist there", ERROR: "the harness could not tell"}
# The parts of a cell's name after the IOMMU's, as the table heads them.
PARTS = ["options", "kernel", "pages", "master", "series", "gates"]


def render(entries: list[dict]) -> str:
    style, script = (HERE / "page.css").read_text("utf-8"), (HERE / "page.js").read_text("utf-8")
    names = identifiers(entries)
    # With these hashes no browser runs or fetches anything else, whatever a guest has written into its console.
    policy = f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'"
    body = [header(entries), differences(entries, names), filters(entries), table(entries, names), legend(),
            '<section id="cells" aria-label="Cells"><h2>Cells</h2>',
            *(section.render(entry, name, MARKS.get(entry["verdict"], "?")) for entry, name in zip(entries, names)),
            "</section>"]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>soc-iommu: attach matrix, {len(entries)} cells</title>
<style>{style}</style>
</head>
<body>
{"".join(body)}
<script type="application/json" id="data">{embedded(entries)}</script>
<script>{script}</script>
</body>
</html>
"""


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def embedded(entries: list[dict]) -> str:
    """What the filters read. The console logs stand in the page already."""
    slim = [{name: value for name, value in entry.items() if name != "console"} for entry in entries]
    text = json.dumps(slim, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def identifiers(entries: list[dict]) -> list[str]:
    """The fragment of each cell: its name; where a name comes twice, with a number."""
    seen, out = {}, []
    for entry in entries:
        name = "_".join(cells.clean(entry["cell"]).split())
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}~{seen[name]}")
    return out


def fragment(name: str) -> str:
    return escape("#" + quote(name, safe="/=,+:@~"))


def text(value) -> str:
    return escape(cells.one_line(str(value)))


def header(entries: list[dict]) -> str:
    measured = []
    for label, key in (("QEMU", "qemu"), ("Linux", "kernel")):
        found = ", ".join(dict.fromkeys(str(entry[key]) for entry in entries if entry.get(key)))
        measured += [f"{label} {text(found)}"] if found else []
    took = sum(float(entry.get("seconds") or 0) for entry in entries)
    measured.append(f"{took:.0f} s in guests" if took >= 10 else f"{took:.1f} s in guests")
    counts = "".join(f'<li class="v-{verdict}">{mark} <b>{number}</b> {verdict}</li>'
                     for verdict, mark in MARKS.items()
                     if (number := sum(entry["verdict"] == verdict for entry in entries)))
    return (f'<header><h1>Attach matrix</h1><p class="measured">Which IOMMUs let VFIO and iommufd attach a device: '
            f'{len(entries)} cells, {"; ".join(measured)}.</p><ul class="counts">{counts}</ul></header>\n')


def differences(entries: list[dict], names: list[str]) -> str:
    """What differs from the expectations comes first; nothing where none were asked for."""
    asked = [entry for entry in entries if entry.get("expected") or cells.differs(entry)]
    if not asked:
        return ""
    found = [(entry, name) for entry, name in zip(entries, names) if cells.differs(entry)]
    if not found:
        return (f'<section class="differences none"><h2>As expected</h2><p>All {len(asked)} cells with an expectation '
                "are as expected.</p></section>\n")
    items = "".join(f'<li><a href="{fragment(name)}">{text(entry["cell"])}</a>: {text(in_short(entry))}</li>'
                    for entry, name in found)
    return (f'<section class="differences"><h2>≠ {len(found)} of {len(entries)} cells differ from the expectations</h2>'
            f"<ul>{items}</ul></section>\n")


def in_short(entry: dict) -> str:
    return f"{cells.in_words(entry)}; {cells.expectation_in_words(entry).removeprefix('differs: ')}"


def filters(entries: list[dict]) -> str:
    """page.js shows them: without it they would do nothing."""
    def choice(label: str, name: str, values) -> str:
        options = "".join(f'<option value="{text(value)}">{text(value)}</option>' for value in dict.fromkeys(values))
        return f'<label>{label} <select name="{name}"><option value="">all</option>{options}</select></label>'

    verdicts = [verdict for verdict in MARKS if any(entry["verdict"] == verdict for entry in entries)]
    only = ('<label class="check"><input type="checkbox" name="differs"> only differences</label>'
            if any(entry.get("expected") or cells.differs(entry) for entry in entries) else "")
    return ('<form id="filters" hidden>' + choice("IOMMU", "iommu", (entry["iommu"] for entry in entries))
            + choice("Kernel", "kernel", map(cells.kernel_name, entries)) + choice("Verdict", "verdict", verdicts)
            + '<label class="words">Text <input type="search" name="text" placeholder="words, errno, step …" '
              'autocomplete="off"></label>'
              '<label class="check"><input type="checkbox" name="logs"> in console logs too</label>'
            + only + '<button type="reset">Reset</button><output id="shown" aria-live="polite"></output></form>\n')


def table(entries: list[dict], names: list[str]) -> str:
    if not entries:
        return "<p>There is no cell.</p>"
    apis = cells.apis(entries)
    rows: dict[str, dict[str, list[str]]] = {}
    for index, (entry, name) in enumerate(zip(entries, names)):
        link = verdict_link(entry, name, index)
        rows.setdefault(cells.row(entry), {}).setdefault(entry["api"], []).append(link)
    head = "".join(f'<th scope="col">{text(api)}</th>' for api in apis)
    parts = "".join(f"<span>{part}</span> " for part in PARTS)
    groups: dict[str, list[str]] = {}
    for name, by_api in rows.items():
        data = "".join(f"<td>{''.join(by_api[api])}</td>" if api in by_api else '<td class="absent">·</td>'
                       for api in apis)
        groups.setdefault(name.split("/")[0], []).append(f'<tr>{row_head(name)}{data}</tr>\n')
    bodies = "".join(f'<tbody><tr class="iommu"><th scope="rowgroup" colspan="{len(apis) + 1}"><b>{text(iommu)}</b>'
                     f"</th></tr>\n{''.join(own)}</tbody>\n" for iommu, own in groups.items())
    many = ' class="many"' if len(apis) > len(protocol.APIS) else ""
    return (f'<div id="box"{many} tabindex="0" role="region" aria-label="The matrix"><table id="matrix"><thead><tr>'
            f'<th scope="col" class="name"><div class="parts">{parts}</div></th>{head}</tr></thead>\n{bodies}'
            "</table></div>\n")


def row_head(name: str) -> str:
    """The name in its parts; what is the default is dimmed, so that the rest stands out."""
    parts = name.split("/")[1:]
    if len(parts) != len(PARTS):
        return f'<th scope="row" class="name">{text(name)}</th>'
    usual = {"default", "stock", "cap"}
    spans = " ".join(f'<span{" class=usual" if part in usual else ""}>{text(part)}</span>' for part in parts)
    return f'<th scope="row" class="name" title="{text(name)}"><div class="parts">{spans}</div></th>'


def verdict_link(entry: dict, name: str, index: int) -> str:
    verdict = entry["verdict"]
    where = " ".join(filter(None, [entry.get("at"), entry.get("errno")]))
    second = f" <small>{text(where)}</small>" if where else ""
    if cells.differs(entry):
        expected = entry.get("expected")
        said = f"expected {expected['verdict']}" if expected else "no expectation"
        second += f' <small class="differs">≠ {text(said)}</small>'
    title = f"{entry['cell']}: {cells.message(entry)}"
    return (f'<a data-cell="{index}" class="v-{text(verdict)}" href="{fragment(name)}" title="{text(title)}">'
            f"{MARKS.get(verdict, '?')} {text(verdict)}{second}</a>")


def legend() -> str:
    items = "".join(f'<dt class="v-{verdict}">{MARKS[verdict]} {verdict}</dt><dd>{words}</dd>'
                    for verdict, words in LEGEND.items())
    return (f'<details class="legend"><summary>What the words mean</summary><dl>{items}'
            "<dt>≠</dt><dd>not what was expected of this cell; a cell that got better is news too</dd>"
            "<dt>cap, nocap</dt><dd>the capability series is in force, or its check is skipped</dd>"
            "<dt>stock</dt><dd>no gate is lifted; else the gates that are, and unsafe for "
            "allow_unsafe_interrupts</dd></dl></details>\n")
