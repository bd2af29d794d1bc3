"""What the tests of the command share. SPDX-License-Identifier: GPL-2.0-or-later"""

import contextlib
import io
import os
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts" / "soc_iommu"))


class Case(unittest.TestCase):
    """A test with a directory and a cache of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="soc-iommu-test-")
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)

    def own_cache(self):
        before = os.environ.get("XDG_CACHE_HOME")
        os.environ["XDG_CACHE_HOME"] = str(self.dir / "cache")

        def restore():
            if before is None:
                del os.environ["XDG_CACHE_HOME"]
            else:
                os.environ["XDG_CACHE_HOME"] = before
        self.addCleanup(restore)

    def program(self, name: str, text: str) -> Path:
        path = self.dir / name
        path.write_text(text)
        path.chmod(0o755)
        return path


def run_main(*argv: str) -> tuple[int, str, str]:
    """Runs the command in this process: exit status, standard output, standard error."""
    import cli
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main(list(argv))
    return status, out.getvalue(), err.getvalue()


class Console:
    """Writes a console as a guest would: records with time stamps, kernel messages between them."""

    def __init__(self, api="vfio", sessions=1):
        self.api, self.lines, self.count = api, [], 0
        self.kernel("Booting Linux on physical CPU 0x0000000000 [0x000f0510]")
        self.kernel("KTAP version 1")
        self.kernel(f"# soc-iommu guest api={api} master=pci sessions={sessions} kernel=6.12.117 page_size=4096")

    def kernel(self, text):
        self.lines.append(f"[{len(self.lines) * 0.01:12.6f}] {text}")
        return self

    def raw(self, text):
        self.lines.append(text)
        return self

    def begin(self, step, session=1):
        return self.kernel(f"# soc-iommu begin {self.api} {session} {step}")

    def result(self, step, session=1, errno=None, ok=None, detail="detail"):
        self.count += 1
        word = "ok" if (errno is None if ok is None else ok) else "not ok"
        return self.kernel(f"{word} {self.count} - {self.api} {session} {step} # "
                           + (f"errno={errno} " if errno else "") + detail)

    def step(self, step, session=1, **result):
        return self.begin(step, session).result(step, session, **result)

    def steps(self, *names, session=1):
        for name in names:
            self.step(name, session)
        return self

    def end(self):
        return self.kernel(f"1..{self.count}").kernel("# soc-iommu end").kernel("reboot: Power down")

    def bytes(self) -> bytes:
        return "\r\n".join(self.lines).encode() + b"\r\n"
