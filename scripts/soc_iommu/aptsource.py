"""Source packages, without touching the system's apt configuration.

apt gets a private list of deb-src entries derived from the sources that the system already uses, and
private state; so this needs no root, and no mirror is named here. See sources.list(5) for both formats.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import re
import shlex
import subprocess
from pathlib import Path

from errors import Failure

# Options of the one-line format and the fields they are in the other one. Those that only select
# binary packages (arch, lang, target) are left out: sources have no architecture.
OPTION_FIELDS = {"signed-by": "Signed-By", "trusted": "Trusted", "check-valid-until": "Check-Valid-Until",
                 "allow-insecure": "Allow-Insecure", "allow-weak": "Allow-Weak", "by-hash": "By-Hash",
                 "inrelease-path": "InRelease-Path"}
KEPT_FIELDS = ["URIs", "Suites", "Components", *OPTION_FIELDS.values()]


def parse_list(text: str) -> list[dict]:
    """One-line entries: `deb [option=value …] uri suite component…`."""
    entries = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)(.*)", line.split("#")[0])
        if not match:
            continue
        options, uri, suite, components = match.groups()
        entry = {"URIs": uri, "Suites": suite, "Components": components.strip()}
        for option in shlex.split(options or ""):
            name, _, value = option.partition("=")
            if name in OPTION_FIELDS:
                entry[OPTION_FIELDS[name]] = value.replace(",", " ")
        entries.append(entry)
    return entries


def parse_sources(text: str) -> list[dict]:
    """deb822 stanzas. A key may stand in the stanza itself, on continuation lines."""
    entries = []
    for stanza in re.split(r"\n[ \t]*\n", text):
        fields, name = {}, None
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in (" ", "\t"):
                if name:
                    fields[name] += "\n" + line
            elif ":" in line:
                name, value = line.split(":", 1)
                name = next((known for known in [*KEPT_FIELDS, "Types", "Enabled"]
                             if known.lower() == name.strip().lower()), name.strip())
                fields[name] = value.strip()
        if "deb" not in fields.get("Types", "").split() or fields.get("Enabled", "yes").lower() in ("no", "false"):
            continue
        entries.append({name: fields[name] for name in KEPT_FIELDS if name in fields})
    return entries


def read_system(etc: Path = Path("/etc/apt")) -> list[dict]:
    """Every binary source that apt uses, in either format."""
    entries = []
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if path.is_file() and path.suffix == ".sources":
            entries += parse_sources(path.read_text())
        elif path.is_file() and path.suffix == ".list":
            entries += parse_list(path.read_text())
    return [entry for entry in entries if not entry["URIs"].startswith("cdrom:")]


def deb822(entries: list[dict], types: str) -> str:
    """The same repositories for packages of another type, in deb822."""
    stanzas = []
    for entry in entries:
        lines = [f"Types: {types}"]
        lines += [f"{name}: {entry[name]}" if not entry[name].startswith("\n") else f"{name}:{entry[name]}"
                  for name in KEPT_FIELDS if entry.get(name)]
        stanzas.append("\n".join(lines) + "\n")
    return "\n".join(stanzas)


def offering(entries: list[dict], policy: str) -> list[dict]:
    """The entries whose repository offers a package, by the output of `apt-cache policy PACKAGE`.

    Where a package comes from is the only thing that tells the distribution's own repositories from
    third parties', which may be down, or carry a source of the same name.
    """
    uris = {match.rstrip("/") for match in re.findall(r"^\s+-?\d+ (\S+://\S+) ", policy, re.M)}
    return [entry for entry in entries
            if any(uri.rstrip("/") in uris for uri in entry["URIs"].split())]


def private_apt(state: Path, listing: str) -> list[str]:
    """apt-get with sources and state of its own."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    sources = state / "private.sources"  # apt takes the format from the file's name
    sources.write_text(listing)
    return ["apt-get", "-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=/nonexistent",
            "-o", f"Dir::State::Lists={state / 'lists'}", "-o", f"Dir::Cache={state / 'cache'}",
            "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3"]


def candidates(package: str, etc: Path = Path("/etc/apt")) -> list[list[dict]]:
    """Sources to try: first those that offer the package, then all."""
    entries = read_system(etc)
    policy = subprocess.run(["apt-cache", "policy", package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            text=True).stdout
    return [chosen for chosen in (offering(entries, policy), entries) if chosen]


def fetch(phase, binary_package: str, source: str, version: str, where: Path) -> Path:
    """Unpacks a source package, patches applied, into a directory of `where`; returns that directory."""
    for chosen in candidates(binary_package):
        apt = private_apt(where / "apt", deb822(chosen, "deb-src"))
        phase.run([*apt, "update"], check=False)
        if phase.run([*apt, "source", f"{source}={version}"], cwd=where, check=False) == 0:
            unpacked = [path.parent for path in where.glob("*/debian")]
            if len(unpacked) == 1:
                return unpacked[0]
    raise Failure(
        f"the source of {source} {version} cannot be had from apt's sources (see {phase.log}).\n"
        f"If the installed {binary_package} is older than what they offer, upgrade it: "
        f"apt-get install --only-upgrade {binary_package}")


def fetch_foreign(phase, package: str, architecture: str, like: str, where: Path):
    """Unpacks a binary package of another architecture, without telling dpkg of that architecture.

    `like` is a package whose repositories are asked.
    """
    for chosen in candidates(like):
        apt = [*private_apt(where / "apt", deb822(chosen, "deb")), "-o", f"APT::Architecture={architecture}",
               "-o", f"APT::Architectures={architecture}", "-o", "Dir::State::Status=/dev/null"]
        phase.run([*apt, "update"], check=False)
        if phase.run([*apt, "download", package], cwd=where, check=False) == 0:
            (found,) = where.glob("*.deb")
            phase.run(["dpkg-deb", "-x", found, where / "root"])
            return
    raise Failure(f"{package} for {architecture} cannot be had from apt's sources (see {phase.log})")
