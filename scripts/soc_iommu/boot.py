"""Runs a QEMU until its guest ends, within a time limit.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import contextlib
import os
import platform
import re
import subprocess
import threading
import time
from pathlib import Path

import checkpoint
import packages
from errors import Failure
from phases import kill_group
from verdict import Ending

SANITIZER = re.compile(r"ERROR: AddressSanitizer|runtime error:|ERROR: LeakSanitizer|Sanitizer CHECK failed")
POWER_OFF_SECONDS = 10
CONSOLE_LIMIT = 64 << 20  # bytes; a guest that writes more has gone mad

_running: set[subprocess.Popen] = set()
_running_lock = threading.Lock()


def end_all():
    """Ends the QEMUs of every thread: an interrupt reaches one thread only."""
    with _running_lock:
        for process in list(_running):
            if process.poll() is None:
                kill_group(process)


def sanitizer_environment() -> dict:
    """A plugin with sanitizers in a QEMU without: their runtime, which holds UBSan's too, has to be loaded first."""
    clang, name = packages.clang(), f"libclang_rt.asan-{platform.machine()}.so"
    try:
        runtime = subprocess.run([clang, f"-print-file-name={name}"], stdout=subprocess.PIPE, text=True).stdout.strip()
    except OSError as error:
        raise Failure(f"cannot run {clang}: {error.strerror}") from error
    if not os.path.isabs(runtime):
        raise Failure(f"{clang} does not know {name}: the sanitizers' runtime is not installed")
    return {"LD_PRELOAD": runtime,
            # QEMU itself never frees some of what it allocates.
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=0",
            "UBSAN_OPTIONS": "print_stacktrace=1"}


def wait(process, serial: Path, deadline: float) -> Ending:
    """Waits for QEMU's end. A guest that is done and does not power off is not waited for to the very end."""
    done = False
    while True:
        try:
            return Ending(status=process.wait(min(1.0, max(0.01, deadline - time.monotonic()))))
        except subprocess.TimeoutExpired:
            pass
        if serial.exists() and serial.stat().st_size > CONSOLE_LIMIT:
            kill_group(process)
            return Ending(status=None, complaint=f"the console grew beyond {CONSOLE_LIMIT >> 20} MiB")
        if not done and serial.exists() and b"] # soc-iommu end" in serial.read_bytes():
            done, deadline = True, min(deadline, time.monotonic() + POWER_OFF_SECONDS)
        if time.monotonic() >= deadline:
            kill_group(process)
            return Ending(timed_out=True, status=None)


def run(argv: list[str], log_dir: Path, timeout: float, environment: dict | None = None,
        saved_at: str | None = None) -> tuple[bytes, Ending, float]:
    """Boots; returns the console, how it ended, and the seconds it took. Logs: serial.log, qemu.log.

    With `saved_at`, a record of the console, the machine is saved to a file when that appears, and goes on in
    a second QEMU; `argv` must then give it a monitor at log_dir/qmp.
    """
    serial, messages = log_dir / "serial.log", log_dir / "qemu.log"
    start = time.monotonic()
    deadline = start + timeout
    qmp = Path(os.path.relpath(log_dir / "qmp"))
    with open(messages, "wb") as out:
        ending, restoring = None, False
        if saved_at:
            state = log_dir / "machine.state"
            with started(argv, out, environment) as process:
                if checkpoint.wait_for(serial, saved_at.encode(), process, deadline):
                    took = checkpoint.save(qmp, process, state, deadline)
                    process.wait(max(1, deadline - time.monotonic()))
                    out.write(f"saved in {took:.2f} s, {state.stat().st_size} bytes; going on\n".encode())
                    out.flush()
                    argv, restoring = checkpoint.restored(argv, state), True
                    qmp.unlink(missing_ok=True)
                else:
                    ending = Ending(timed_out=process.poll() is None, status=process.poll(),
                                    complaint=f"the guest never came to: {saved_at}")
        if not ending:
            with started(argv, out, environment) as process:
                if restoring:
                    checkpoint.go_on(qmp, process, deadline)
                ending = wait(process, serial, deadline)
    seconds = time.monotonic() - start
    found = SANITIZER.search(messages.read_text("utf-8", "replace"))
    if found:
        ending.complaint = f"a sanitizer reported an error, see {messages}"
    return serial.read_bytes() if serial.exists() else b"", ending, seconds


@contextlib.contextmanager
def started(argv: list[str], out, environment: dict | None):
    """A QEMU that does not outlive this block."""
    try:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                                   env={**os.environ, **(environment or {})})
    except OSError as error:
        raise Failure(f"cannot run {argv[0]}: {error.strerror}") from error
    with _running_lock:
        _running.add(process)
    try:
        yield process
    finally:
        with _running_lock:
            _running.discard(process)
        if process.poll() is None:
            kill_group(process)
