"""Runs cells of the attach matrix: boots that serve several, side by side, and keeps what is finished.

A verdict counts from a shared boot only where what ran before cannot have made it: see clean(). Any other cell is
measured again in a boot that begins with it.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import json
import os
import queue
import re
import shlex
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import boot
import protocol
import report
import scenario
import verdict
from cache import Cache, digest
from cells import Cell, Machine, boots_of
from errors import Failure
from phases import Phases, duration
from verdict import ERROR, REFUSED, UNSUPPORTED, WORKS, Ending, Verdict

TURN_SECONDS = 15.0  # what a turn adds to the time limit of a boot; the guest's own watchdogs are much shorter
STAMP = re.compile(rb"^\[\s*(\d+\.\d+)\]", re.MULTILINE)


@dataclass
class Ready:
    """A machine whose kernel, plugin and guest are built."""

    setup: scenario.Setup
    cap_patch: bool | None
    qemu: str  # version
    timeout: float
    environment: dict | None = None

    def gates(self, cell: Cell) -> str:
        """Nothing is skipped in a kernel that has no check."""
        return cell.gates if self.cap_patch is not False else cell.gates.replace("n", "")

    def alone(self, cell: Cell) -> scenario.Setup:
        """The boot of one cell by itself."""
        return replace(self.setup, lifted=list(cell.lifted), skip_cap="n" in self.gates(cell), unsafe=cell.unsafe)


def clean(result: Verdict, before: int) -> bool:
    """Whether the guest is, for the next cell, what it was; and this verdict none that an earlier cell made.

    `before`: warnings of the kernel before the first cell.
    """
    if len(result.kernel_warnings) > before or result.timed_out or result.panicked:
        return False
    if result.verdict == REFUSED:
        return result.at in ("probe", "bind") and result.errno != "ETIMEDOUT"
    return result.verdict in (WORKS, UNSUPPORTED)


def accepted(results: list[Verdict], before: int) -> int:
    """How many of a boot's verdicts count, from the first on."""
    for number, result in enumerate(results):
        if not clean(result, before):
            return max(1, number)
    return len(results)


class Journal:
    """What is finished, a line a cell, so that an interrupted run can go on with --resume."""

    def __init__(self, path: Path, resume: bool, say):
        self.path, self.say, self.lock, self.broken = path, say, threading.Lock(), False
        self.known: dict[str, dict] = self.read() if resume else {}
        if not resume:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")

    def read(self) -> dict[str, dict]:
        known = {}
        try:
            lines = self.path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return {}
        for line in lines:
            try:
                item = json.loads(line)
                known[item["key"]] = item["entry"]
            except (ValueError, KeyError, TypeError):
                continue  # the line that an interruption cut
        return known

    def add(self, key: str, entry: dict):
        with self.lock:
            try:
                with open(self.path, "a", encoding="utf-8") as file:
                    file.write(json.dumps({"key": key, "entry": entry}) + "\n")
            except OSError as error:
                if not self.broken:
                    self.say(f"{self.path}: {error.strerror}; --resume will not know what follows")
                self.broken = True


class Progress:
    """Cells done, running, failed, and the time left."""

    def __init__(self, phases: Phases, total: int):
        self.phases, self.total, self.start = phases, total, time.monotonic()
        self.done = self.running = self.failed = self.reused = 0
        self.said, self.lock = 0.0, threading.Lock()

    def change(self, running: int = 0, done: int = 0, failed: int = 0):
        with self.lock:
            self.running += running
            self.done += done
            self.failed += failed
            now = time.monotonic()
            if self.phases.tty or now - self.said >= 5 or self.done == self.total:
                self.said = now
                self.phases.line(self.text(now))

    def text(self, now: float) -> str:
        fresh = self.done - self.reused
        left = (now - self.start) / fresh * (self.total - self.done) if fresh else None
        return (f"  {self.done} of {self.total} cells, {self.running} running, {self.failed} failed, "
                + (f"{duration(left)} left" if left is not None else "time left unknown"))


class Runner:
    def __init__(self, cache: Cache, phases: Phases, machines: dict[Machine, Ready], journal: Journal, shared=True):
        self.cache, self.phases, self.machines, self.journal = cache, phases, machines, journal
        self.shared = shared
        self.entries: dict[Cell, dict] = {}
        self.work: queue.Queue = queue.Queue()
        self.stop = threading.Event()
        self.crash: BaseException | None = None

    def run(self, cells: list[Cell], jobs: int) -> list[dict]:
        """One entry a cell, in the order given."""
        self.progress = Progress(self.phases, len(cells))
        waiting = []
        for cell in cells:
            known = self.journal.known.get(self.key(cell))
            if known:
                self.entries[cell] = known
                self.progress.reused += 1
            else:
                waiting.append(cell)
        self.progress.change(done=len(self.entries), failed=sum(map(failed, self.entries.values())))
        for group in boots_of(waiting, lambda machine: self.machines[machine].setup.iommu):
            for part in ([group] if self.shared else [[cell] for cell in group]):
                self.work.put(part)
        threads = [threading.Thread(target=self.worker, daemon=True) for _ in range(jobs)]
        try:
            for thread in threads:
                thread.start()
            while len(self.entries) < len(cells) and not self.crash:
                time.sleep(0.05)
        finally:
            self.stop.set()
            boot.end_all()
            for thread in threads:
                thread.join(10)
        if self.crash:
            raise self.crash
        return [self.entries[cell] for cell in cells]

    def worker(self):
        while not self.stop.is_set():
            try:
                group = self.work.get(timeout=0.05)
            except queue.Empty:
                continue
            self.progress.change(running=len(group))
            try:
                rest = self.boot(group)
            except (OSError, Failure) as error:
                if self.stop.is_set():
                    return
                rest = self.give_up(group, str(error))
            except BaseException as error:  # a bug of ours ends the run, and not in silence
                self.crash = error
                return
            self.progress.change(running=-len(group))
            if rest:
                self.work.put(rest)

    def key(self, cell: Cell) -> str:
        """Equal for what would be the same run again."""
        ready = self.machines[cell.machine]
        return digest(cell.name, scenario.command(ready.alone(cell), cell.api, "serial"), ready.timeout)

    def give_up(self, group: list[Cell], reason: str) -> list[Cell]:
        """The first cell is an error; the others get another chance."""
        self.finish(group[0], Verdict(ERROR, reason=reason), 0.0, Path(""), b"")
        return group[1:]

    def finish(self, cell: Cell, result: Verdict, seconds: float, log: Path, console: bytes):
        ready = self.machines[cell.machine]
        setup = ready.alone(cell)
        entry = report.entry(setup, ready.cap_patch if cell.cap else False, ready.qemu, cell.api, result, seconds, log)
        entry |= {"cell": cell.name, "reason": result.reason, "console": console.decode("utf-8", "replace"),
                  "qemu_args": shlex.join(scenario.command(setup, cell.api, None))}
        self.journal.add(self.key(cell), entry)
        self.entries[cell] = entry
        self.progress.change(done=1, failed=failed(entry))

    def boot(self, group: list[Cell]) -> list[Cell]:
        """Boots for these cells; returns those that are still to be measured."""
        ready, first = self.machines[group[0].machine], group[0]
        logs = self.phases.log_dir / first.name.replace("/", "_")
        logs.mkdir(parents=True, exist_ok=True)
        serial = logs / "serial.log"
        serial.unlink(missing_ok=True)
        setup = replace(ready.setup, turns=[(cell.api, ready.gates(cell)) for cell in group])
        argv = scenario.command(setup, first.api, str(serial))
        (logs / "qemu-args").write_text(shlex.join(argv) + "\n")
        console, ending, seconds = boot.run(argv, logs, ready.timeout + TURN_SECONDS * len(group), ready.environment)
        if self.stop.is_set():
            return []
        turns = protocol.split_turns(console)
        if not turns:  # it never came so far
            result = verdict.judge(first.api, setup.sessions, protocol.parse(console), ending)
            self.finish(first, result, seconds, serial, console)
            return group[1:]
        # A turn that another follows ended by itself; QEMU's end is that of the last.
        results = [verdict.judge(cell.api, setup.sessions, protocol.parse(text),
                                 ending if number == len(turns) - 1 else Ending())
                   for number, (cell, (_, _, text)) in enumerate(zip(group, turns))]
        before = len([event for event in protocol.parse(console[:protocol.TURN.search(console).start()])
                      if event.kind in ("warning", "oops", "panic")])
        times = spans([text for _, _, text in turns], seconds)
        count = accepted(results, before)
        for cell, result, (_, _, text), took in list(zip(group, results, turns, times))[:count]:
            self.finish(cell, result, took, self.keep(cell, text, serial), text)
        return group[count:]

    def keep(self, cell: Cell, text: bytes, serial: Path) -> Path:
        """The cell's part of a shared console; all of it where there is no room for a second file."""
        path = self.phases.log_dir / cell.name.replace("/", "_") / "console.log"
        try:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text)
        except OSError:
            return serial
        return path


def failed(entry: dict) -> bool:
    return entry["verdict"] not in (WORKS, UNSUPPORTED)


def spans(turns: list[bytes], whole: float) -> list[float]:
    """Seconds of each turn, by the guest's clock; the first has the boot and the power-off, too."""
    times = []
    for text in turns:
        start = protocol.TURN.search(text)
        stamps = [float(stamp) for stamp in STAMP.findall(text[start.start():])]
        times.append(max(0.0, stamps[-1] - stamps[0]) if stamps else 0.0)
    times[0] = max(times[0], whole - sum(times[1:]))
    return times


def journal_path(cache: Cache) -> Path:
    return cache.root / "matrix" / "unfinished.jsonl"

