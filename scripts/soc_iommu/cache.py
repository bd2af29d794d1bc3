"""A cache addressed by content. Interruptions and runs side by side do it no harm.

An entry is a directory whose name is the hash of everything that went into it. It is built under a
lock of its own in a directory beside, and renamed into place when complete: an entry that exists is
whole. What an interrupted build left is removed, or taken up where its tools can (`resume`).

SPDX-License-Identifier: GPL-2.0-or-later
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from errors import Failure
from paths import cache_root

KEY_LENGTH = 20
LOGS_KEPT, LOGS_SECONDS = 100, 24 * 3600


def digest(*parts) -> str:
    """A key from texts, bytes and nested lists; the shape counts, so that no two inputs run together."""
    text = json.dumps(parts, default=lambda b: b.hex() if isinstance(b, bytes) else str(b), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def file_digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_digest(root: Path, names, suffixes=None) -> str:
    """The content of files and folders (given relative to root), their names and execute bits."""
    found = []
    for name in names:
        top = root / name
        if top.is_dir():
            for folder, folders, files in os.walk(top):
                folders[:] = sorted(f for f in folders if f not in ("__pycache__", ".git"))
                found += [Path(folder) / f for f in sorted(files)]
        elif top.exists():
            found.append(top)
    listing = []
    for path in found:
        if suffixes and path.suffix not in suffixes and path.name not in suffixes:
            continue
        with contextlib.suppress(FileNotFoundError):  # an editor's temporary file, gone again
            listing.append((str(path.relative_to(root)), file_digest(path), os.access(path, os.X_OK)))
    return digest(listing)


class Cache:
    def __init__(self, root: Path | None = None, say=lambda text: None):
        self.root = root or cache_root()
        self.say = say

    def path(self, kind: str, key: str) -> Path:
        return self.root / kind / key

    def find(self, kind: str, key: str) -> Path | None:
        path = self.path(kind, key)
        return path if path.is_dir() else None

    @contextlib.contextmanager
    def lock(self, name: str):
        """Holds the lock of a name; says so when another run holds it."""
        path = self.root / "locks" / (name.replace("/", "-") + ".lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = open(path, "a+")
        except OSError as error:
            raise Failure(f"the cache cannot be written: {error}") from error
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.say(f"waiting for another run that is making {name}")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def entry(self, kind: str, key: str, build, resume: Path | None = None) -> Path:
        """The entry, built with build(directory) when it is not there yet.

        Each build starts in an empty directory, unless `resume` names one: that is given to the next run
        as an interruption left it.
        """
        final = self.path(kind, key)
        if final.is_dir():
            return final
        with self.lock(f"{kind}/{key}"):
            if final.is_dir():  # made while we waited
                return final
            work = resume or final.with_name(key + ".work")
            if work.exists() and not resume:
                shutil.rmtree(work)
            work.mkdir(parents=True, exist_ok=True)
            build(work)
            final.parent.mkdir(parents=True, exist_ok=True)
            os.rename(work, final)
        return final

    def entry_in_place(self, kind: str, key: str, build) -> Path:
        """An entry whose content holds its own path, so that it cannot be renamed: a marker says whole."""
        final = self.path(kind, key)
        marker = final / ".complete"
        if marker.exists():
            return final
        with self.lock(f"{kind}/{key}"):
            if marker.exists():
                return final
            if final.exists():
                shutil.rmtree(final)
            final.mkdir(parents=True)
            build(final)
            marker.touch()
        return final

    def remember(self, kind: str, path, compute):
        """compute(path), remembered as long as the file's size, time and inode stay what they are."""
        status = os.stat(path)
        stamp = [status.st_size, status.st_mtime_ns, status.st_ino]
        memo = self.root / "memo" / digest(kind, str(path))
        with contextlib.suppress(OSError, ValueError):
            known = json.loads(memo.read_text())
            if known["stamp"] == stamp:
                return known["value"]
        value = compute(path)
        self.write(memo, json.dumps({"path": str(path), "stamp": stamp, "value": value}))
        return value

    def write(self, path: Path, content: str | bytes):
        """Writes a whole file at once: a reader sees the old one or the new one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.rename(name, path)

    def log_dir(self) -> Path:
        """A fresh directory for this run's logs; the oldest of many are removed."""
        logs = self.root / "logs"
        try:
            logs.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(dir=logs, prefix=time.strftime("%Y%m%d-%H%M%S-")))
        except OSError as error:
            raise Failure(f"the cache cannot be written: {error}") from error
        # By age and not only by number: a long run of tests makes many while its own are still written to.
        for old in sorted(logs.iterdir())[:-LOGS_KEPT]:
            with contextlib.suppress(OSError):
                if time.time() - old.stat().st_mtime > LOGS_SECONDS:
                    shutil.rmtree(old)
        return made
