"""Boots of programs that stand in for QEMU: what can go wrong around a guest.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import os
import socket
import subprocess
import sys
import threading
import time
import unittest
from unittest import mock

from support import Case, Console

import boot
import checkpoint
import kernel
import packages
import phases
import plugin
import prepare
import protocol
import verdict
from errors import Failure


class Boot(Case):
    def boot(self, script: str, timeout=20.0, api="vfio"):
        program = self.program("qemu", f"#!/bin/sh\ncd {self.dir}\n{script}\n")
        console, ending, seconds = boot.run([str(program)], self.dir, timeout)
        return verdict.judge(api, 1, protocol.parse(console), ending), seconds

    def console(self, console: Console):
        (self.dir / "made").write_bytes(console.bytes())
        return "cat made > serial.log"

    def test_a_green_guest(self):
        console = Console().steps(*protocol.STEPS["vfio"]).end()
        self.assertEqual(self.boot(self.console(console))[0].verdict, "works")

    def test_a_guest_that_hangs_is_ended_with_its_children(self):
        start = time.monotonic()
        got, _ = self.boot(self.console(Console().begin("probe")) + "\nsleep 60 & sleep 60", timeout=0.5)
        self.assertEqual((got.verdict, got.timed_out), ("error", True))
        self.assertLess(time.monotonic() - start, 10)

    def test_a_qemu_that_crashes(self):
        got, _ = self.boot(self.console(Console().steps("probe")) + "\nkill -SEGV $$")
        self.assertEqual(got.verdict, "error")
        self.assertIn("-11", got.reason)

    def test_a_qemu_that_does_not_start(self):
        got, _ = self.boot("echo bad option >&2; exit 1")
        self.assertEqual(got.verdict, "error")
        self.assertIn("bad option", phases.tail(self.dir / "qemu.log"))

    def test_no_qemu_at_all(self):
        with self.assertRaises(Failure):
            boot.run([str(self.dir / "nothing")], self.dir, 1)

    def test_a_report_of_a_sanitizer(self):
        console = Console().steps(*protocol.STEPS["vfio"]).end()
        got, _ = self.boot(self.console(console) + "\necho '../x.cpp:1:2: runtime error: shift' >&2")
        self.assertEqual(got.verdict, "error")

    def test_bytes_that_are_no_text(self):
        got, _ = self.boot("head -c 100000 /dev/urandom > serial.log")
        self.assertEqual(got.verdict, "error")


class Sanitizers(Case):
    """A plugin with sanitizers: made by clang, in a QEMU that loads clang's runtime first."""

    def preload(self, answer: str):
        self.program(packages.clang(), f"#!/bin/sh\n{answer}\n")
        with mock.patch.dict(os.environ, {"PATH": f"{self.dir}:/usr/bin:/bin"}):
            return boot.sanitizer_environment()["LD_PRELOAD"]

    def test_the_runtime_is_where_clang_says(self):
        self.assertEqual(self.preload("echo /llvm/runtime.so"), "/llvm/runtime.so")

    def test_a_clang_without_its_runtime(self):
        # It then prints the name that it was asked for.
        with self.assertRaisesRegex(Failure, "runtime is not installed"):
            self.preload("echo libclang_rt.asan-x.so")

    def test_no_clang(self):
        with mock.patch.dict(os.environ, {"PATH": str(self.dir)}):
            with self.assertRaisesRegex(Failure, packages.clang()):
                boot.sanitizer_environment()

    def test_only_what_has_them_needs_clang(self):
        args = mock.Mock(qemu_src=None, kdir=None, image=None)
        for sanitize in (False, True):
            build = plugin.BuildOptions(sanitize=sanitize)
            plan = mock.Mock(choice=kernel.Choice(), build=build)
            self.assertEqual("clang" in prepare.needed_packages(args, plan), sanitize)
            self.assertEqual(packages.clang() in build.environment.get("CC", ""), sanitize)


class Monitor(Case):
    """QEMU's monitor appears as a file before anybody listens there."""

    def restored(self, listens: bool, lives=60.0):
        """Lets a machine go on whose monitor listens a while after it appeared, or never; returns what it was told."""
        qmp, told = self.dir / "qmp", []
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(qmp))

        def answer():
            time.sleep(0.3)
            server.listen(1)
            server.settimeout(10)
            with server.accept()[0] as connection, connection.makefile("rw") as lines:
                lines.write('{"QMP": {}}\n')
                lines.flush()
                for line in lines:
                    told.append(line)
                    lines.write('{"return": {"status": "paused"}}\n')
                    lines.flush()
        thread = threading.Thread(target=answer)
        if listens:
            thread.start()
        process = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({lives})"])
        try:
            checkpoint.go_on(qmp, process, time.monotonic() + 20)
        finally:
            process.kill()
            process.wait()
            server.close()
            if listens:
                thread.join(10)
        return told

    def test_one_that_listens_late_is_waited_for(self):
        self.assertIn('"cont"', self.restored(listens=True)[-1])

    def test_a_qemu_that_is_gone_is_not_waited_for(self):
        start = time.monotonic()
        with self.assertRaisesRegex(Failure, "monitor"):
            self.restored(listens=False, lives=0.1)
        self.assertLess(time.monotonic() - start, 10)


class Phase(Case):
    def phases(self):
        return phases.Phases(self.dir, quiet=True)

    def test_a_failure_shows_the_end_of_the_right_log(self):
        with self.assertRaises(Failure) as caught, self.phases().phase("some work") as phase:
            phase.run(["sh", "-c", "echo first; echo the reason >&2; exit 7"])
        self.assertIn("the reason", str(caught.exception))
        self.assertIn("status 7", str(caught.exception))
        self.assertIn("some-work.log", str(caught.exception))

    def test_a_limit_ends_what_runs(self):
        start = time.monotonic()
        with self.assertRaises(Failure) as caught, self.phases().phase("slow", limit=0.3) as phase:
            phase.run(["sh", "-c", "echo waiting; sleep 60"])
        self.assertIn("limit", str(caught.exception))
        self.assertIn("waiting", str(caught.exception))
        self.assertLess(time.monotonic() - start, 20)

    def test_a_program_that_is_not_there(self):
        with self.assertRaises(Failure), self.phases().phase("work") as phase:
            phase.run([self.dir / "nothing"])

    def test_the_account(self):
        made = self.phases()
        with made.phase("one"):
            pass
        self.assertEqual([name for name, _ in made.spent], ["one"])

    def test_a_tail_is_safe_to_print(self):
        log = self.dir / "log"
        log.write_bytes(b"\n".join(b"line %d \x1b[31m\xff\x00" % n for n in range(100)))
        text = phases.tail(log, 3)
        self.assertEqual(len(text.splitlines()), 3)
        self.assertNotIn("\x1b", text)


if __name__ == "__main__":
    unittest.main()
