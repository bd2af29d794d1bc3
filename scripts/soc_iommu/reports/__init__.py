"""The reports of a matrix: pure functions of its JSON list, and writing them to files.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import errno
import os
import sys
import tempfile
from json import dumps
from pathlib import Path

from errors import Failure, Usage
from reports import junit as junit_report
from reports import ktap as ktap_report
from reports import page

STANDARD_OUTPUT = "-"
# The path itself is wrong; anything else (a full disk) is no mistake of the caller's.
WRONG_PATH = {errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.EROFS, errno.ENAMETOOLONG,
              errno.ELOOP, errno.EINVAL}


def as_json(entries: list[dict]) -> str:
    return dumps(entries, indent=1) + "\n"


def check(json: str | None = None, junit: str | None = None, html: str | None = None, ktap: bool = False):
    """Refuses before a long run what could not be written after it."""
    files = {"--json": json, "--junit": junit, "--html": html}
    given = {option: str(path) for option, path in files.items() if path}
    out = [option for option, path in given.items() if path == STANDARD_OUTPUT] + ["--ktap"] * bool(ktap)
    if len(out) > 1:
        raise Usage(f"{' and '.join(out)} cannot share standard output: give all but one a file")
    seen = {}
    for option, path in given.items():
        if path == STANDARD_OUTPUT:
            continue
        other = seen.setdefault(os.path.realpath(path), option)
        if other != option:
            raise Usage(f"{other} and {option} name the same file: {path}")
        folder = os.path.dirname(path) or "."
        if os.path.isdir(path):
            raise Usage(f"{option} {path}: is a directory; valid: a file's name")
        if not os.path.isdir(folder):
            raise Usage(f"{option} {path}: there is no directory {folder}")
        if not os.access(path if os.path.exists(path) else folder, os.W_OK):
            raise Usage(f"{option} {path}: cannot be written")


def write_text(text: str, where: str, option: str):
    """Writes a report; what stood there before is replaced only by a whole one."""
    where = str(where)
    if where == STANDARD_OUTPUT:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    target, data = Path(where), text.encode("utf-8", "replace")
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)  # a pipe or a device
            return
        target = Path(os.path.realpath(target))
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~current_umask()
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:200]}.", dir=target.parent)
        try:
            with open(handle, "wb") as out:
                out.write(data)
            os.chmod(name, mode)
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        kind = Usage if error.errno in WRONG_PATH else Failure
        raise kind(f"{option} {where}: {error.strerror}") from error


def current_umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def write(entries: list[dict], json: str | None = None, junit: str | None = None, html: str | None = None,
          ktap: bool = False):
    """Writes the reports asked for; "-" is standard output. One that fails does not cost the others."""
    wanted = [("--json", json, as_json), ("--junit", junit, junit_report.render), ("--html", html, page.render),
              ("--ktap", STANDARD_OUTPUT if ktap else None, ktap_report.render)]
    failed: list[Failure] = []
    for option, where, render in wanted:
        if where:
            try:
                write_text(render(entries), where, option)
            except Failure as error:
                failed.append(error)
    if failed:
        raise type(failed[0])("\n".join(str(error) for error in failed))
