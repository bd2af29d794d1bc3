"""Saves a running machine to a file and goes on with it in a new QEMU, for the tests.

The machine is stopped wherever it is, its master's DMA in mid-flight, and goes on from there. It is stopped before its
memory is saved: QEMU 7.2 under TCG loses guest writes when it saves a running machine, with its own SMMUv3 as well.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import json
import shlex
import socket
import time
from pathlib import Path

from errors import Failure


class Monitor:
    """QMP, one command at a time."""

    def __init__(self, path: Path, process, deadline: float):
        self.deadline = deadline
        try:
            self.socket = connected(path, process, deadline)
            self.lines = self.socket.makefile("r")
            self.lines.readline()  # the greeting
            self.command("qmp_capabilities")
        except OSError as error:
            raise Failure(f"QEMU's monitor {path}: {error}") from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def command(self, name: str, **arguments):
        self.socket.settimeout(max(0.1, self.deadline - time.monotonic()))
        try:
            self.socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
            for line in self.lines:
                answer = json.loads(line)
                if "error" in answer:
                    raise Failure(f"QMP {name}: {answer['error']['desc']}")
                if "return" in answer:
                    return answer["return"]
        except OSError as error:
            raise Failure(f"QMP {name}: {error}") from error
        raise Failure(f"QMP {name}: QEMU is gone")


def connected(path: Path, process, deadline: float) -> socket.socket:
    """A connection to a QEMU that may just have been started: the file comes first, and then whoever listens there."""
    while True:
        gone = process.poll() is not None
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            connection.connect(str(path))
            return connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if gone or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def wait_for(serial: Path, text: bytes, process, deadline: float) -> bool:
    """Whether the console shows a text before the guest ends."""
    while time.monotonic() < deadline and process.poll() is None:
        if serial.exists() and text in serial.read_bytes():
            return True
        time.sleep(0.01)
    return False


def save(qmp: Path, process, state: Path, deadline: float) -> float:
    """Saves the machine and ends its QEMU; returns the seconds it took."""
    start = time.monotonic()
    with Monitor(qmp, process, deadline) as monitor:
        monitor.command("stop")
        monitor.command("migrate-set-parameters", **{"max-bandwidth": 16 << 30})
        # "exec:" is in every version; "file:" came with 8.2.
        monitor.command("migrate", uri=f"exec:cat > {shlex.quote(str(state))}")
        while True:
            info = monitor.command("query-migrate")
            if info.get("status") == "completed":
                break
            if info.get("status") in ("failed", "cancelled") or time.monotonic() > deadline:
                reason = f"{info.get('status')} {info.get('error-desc', '')}".rstrip()
                raise Failure(f"the machine could not be saved: {reason}")
            time.sleep(0.01)
        monitor.command("quit")
    return time.monotonic() - start


def restored(argv: list[str], state: Path) -> list[str]:
    """The command line of the QEMU that goes on: the same machine, the console's log continued."""
    return [word + ",append=on" if word.startswith("file,id=console,") else word for word in argv] + \
        ["-incoming", f"exec:cat {shlex.quote(str(state))}"]


def go_on(qmp: Path, process, deadline: float):
    """Lets a restored machine run, once it is all there."""
    with Monitor(qmp, process, deadline) as monitor:
        while monitor.command("query-status")["status"] == "inmigrate":
            if time.monotonic() > deadline:
                raise Failure("the saved machine could not be restored in time")
            time.sleep(0.01)
        monitor.command("cont")
