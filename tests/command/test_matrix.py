"""Runs of the matrix with a program that stands in for QEMU. SPDX-License-Identifier: GPL-2.0-or-later"""

import json
import os
import sys
import textwrap
import threading
import unittest
from pathlib import Path
from unittest import mock

from support import Case, run_main

import cells
import matrix
import matrix_command
import registry
import report
import scenario
import verdict
from cache import Cache
from cells import Cell, Machine
from phases import Phases

APIS = ["dma", "direct", "vfio", "compat", "iommufd"]

# A guest as its console shows it. `world` says what each turn does, by "API:gates": null, or the step that fails and
# its errno; "oops" lets all turns behind it fail at attach as well; "die" ends QEMU there.
QEMU = """\
    #!{python}
    import json, re, sys
    sys.path[:0] = {path!r}
    import protocol
    from support import Console
    world = json.load(open({world!r}))
    with open({boots!r}, "a") as boots:
        boots.write("x")
    append = sys.argv[sys.argv.index("-append") + 1]
    serial = re.search(r"path=(\\S+)", " ".join(sys.argv))[1]
    turns = re.search(r"soc_iommu.turns=(\\S+)", append)[1].split(",")
    whole, spoilt = Console(), False
    whole.lines = ["[    0.000000] Booting Linux"]
    for turn in turns:
        api = turn.split(":")[0]
        whole.kernel(f"# soc-iommu turn {{turn}}")
        told = Console(api)
        wanted = world.get(turn) or world.get(api)
        if wanted == "die":
            open(serial, "w").write("\\n".join(whole.lines) + "\\n")
            sys.exit(7)
        if wanted is None and spoilt:
            wanted = ["attach" if api != "dma" else "dma", "EBUSY"]
        for step in protocol.STEPS[api]:
            if wanted and step == wanted[0]:
                told.step(step, errno=wanted[1])
                if wanted[1] == "oops":
                    told.kernel("Unable to handle kernel NULL pointer dereference")
                    spoilt = True
                elif step == "attach":
                    spoilt = True
                break
            told.step(step)
        told.kernel(f"1..{{told.count}}")
        whole.lines += told.lines
        whole.kernel("# soc-iommu turn-end")
    whole.kernel("# soc-iommu end")
    open(serial, "w").write("\\n".join(whole.lines) + "\\n")
"""


class Runs(Case):
    def setUp(self):
        super().setUp()
        self.world, self.boots = self.dir / "world.json", self.dir / "boots"
        self.tell({})
        here = [str(Path(__file__).parent), str(Path(matrix.__file__).parent)]
        text = textwrap.dedent(QEMU).format(python=sys.executable, path=here, world=str(self.world),
                                            boots=str(self.boots))
        self.qemu = self.program("qemu", text)
        self.iommu = registry.Iommu("some", "", [], ["pci"], "arm64", "virt", "max", "512M", ["6.12"], "some", "some",
                                    [])
        self.machine = Machine("some", (), "6.12", "4k", "pci")
        self.cells = [Cell(self.machine, cap, lifted, False, api) for cap in (True, False)
                      for lifted in ((), ("cache-coherency",)) for api in APIS]
        self.phases = Phases(self.dir / "logs", quiet=True)
        self.cache = Cache(self.dir / "cache")

    def tell(self, world):
        self.world.write_text(json.dumps(world))
        self.boots.write_text("")

    def boot_count(self):
        return len(self.boots.read_text())

    def ready(self, cap_patch=True):
        setup = scenario.Setup(self.iommu, {}, "pci", "4k", 1, "6.12", False, [], False, 5, str(self.qemu), "plugin",
                               "image", "initrd", "disk")
        return matrix.Ready(setup, cap_patch, "7.2", 20.0)

    def run_cells(self, chosen=None, shared=True, resume=False, cap_patch=True, jobs=2):
        journal = matrix.Journal(self.dir / "journal", resume, lambda text: None)
        runner = matrix.Runner(self.cache, self.phases, {self.machine: self.ready(cap_patch)}, journal, shared)
        return runner.run(chosen or self.cells, jobs)

    def short(self, entries):
        return {entry["cell"]: matrix_command.short(entry) for entry in entries}

    def test_one_boot_serves_all_cells_of_a_machine(self):
        entries = self.run_cells()
        self.assertEqual([entry["cell"] for entry in entries], [cell.name for cell in self.cells])
        self.assertEqual({entry["verdict"] for entry in entries}, {"works"})
        self.assertEqual(self.boot_count(), 1)

    def test_memory_and_sessions_are_said_only_where_they_are_not_as_ever(self):
        plain = self.run_cells()[0]
        self.assertNotIn("memory", plain)
        self.assertEqual(plain["sessions"], 1)  # not the default: these cells have one
        ready = self.ready()
        ready.setup.sessions, ready.setup.memory = 3, "6G"
        entry = report.entry(ready.setup, True, "7.2", "dma", verdict.Verdict(verdict.WORKS), 1.0, self.dir)
        self.assertEqual(set(entry) - {"memory"}, set(plain) - {"reason", "console", "qemu_args", "sessions"})
        self.assertEqual((entry["memory"], entry["cell"]), ("6G", "some/memory=6G/6.12/4k/pci/cap/stock/dma"))

    def test_no_verdict_changes_in_company(self):
        # What fails late spoils what runs behind it in the same boot; the verdicts are those of boots alone.
        self.tell({"vfio:": ["bind", "EINVAL"], "compat:": ["attach", "EPERM"], "direct:c": ["map", "oops"],
                   "iommufd:cn": ["isolation", "EIO"]})
        apart = self.short(self.run_cells(shared=False))
        self.assertEqual(self.boot_count(), len(self.cells))
        self.boots.write_text("")
        self.assertEqual(self.short(self.run_cells()), apart)
        self.assertLess(self.boot_count(), 8)
        self.assertEqual(apart["some/default/6.12/4k/pci/cap/stock/vfio"], "refused@bind EINVAL")
        self.assertEqual(apart["some/default/6.12/4k/pci/cap/stock/iommufd"], "works")
        self.assertEqual(apart["some/default/6.12/4k/pci/cap/cache-coherency/direct"], "broken@map oops")
        self.assertEqual(apart["some/default/6.12/4k/pci/cap/cache-coherency/vfio"], "works")
        self.assertEqual(apart["some/default/6.12/4k/pci/nocap/cache-coherency/iommufd"], "broken@isolation EIO")

    def test_a_qemu_that_dies_costs_its_own_cell(self):
        self.tell({"vfio:c": "die"})
        found = self.short(self.run_cells())
        self.assertEqual(found.pop("some/default/6.12/4k/pci/cap/cache-coherency/vfio"), "error")
        self.assertEqual(set(found.values()), {"works"})

    def test_a_kernel_without_the_series_has_nothing_to_skip(self):
        nocap = [cell for cell in self.cells if not cell.cap]
        self.tell({f"{api}:n": "die" for api in APIS} | {f"{api}:cn": "die" for api in APIS})
        self.assertEqual(set(self.short(self.run_cells(nocap, cap_patch=False)).values()), {"works"})

    def test_an_entry_says_how_to_see_it_again(self):
        entry = self.run_cells([cell for cell in self.cells if cell.gates == "cn"])[-1]
        self.assertIn("iommu_lab.lift_cache_coherency=1", entry["qemu_args"])
        self.assertIn("soc_iommu.api=iommufd", entry["qemu_args"])
        self.assertNotIn("turns", entry["qemu_args"])
        self.assertIn("soc-iommu turn iommufd:cn", entry["console"])
        self.assertNotIn("soc-iommu turn compat", entry["console"])
        self.assertIn("Booting Linux", Path(entry["log"]).read_text())

    def test_resume_takes_what_is_finished_and_no_more(self):
        self.run_cells(self.cells[:7])
        with open(self.dir / "journal", "a") as journal:
            journal.write('{"key": "cut of')
        self.tell({"dma": "die", "direct": "die"})
        entries = self.run_cells(self.cells[:8], resume=True)
        self.assertEqual({entry["verdict"] for entry in entries}, {"works"})
        self.assertEqual(self.boot_count(), 1)
        # Without --resume all is measured again.
        self.assertIn("error", self.short(self.run_cells(self.cells[:2])).values())

    def test_a_cell_of_another_kernel_is_not_taken_for_finished(self):
        self.run_cells(self.cells[:2])
        other = self.ready()
        other.setup.image = "another image"
        journal = matrix.Journal(self.dir / "journal", True, lambda text: None)
        self.boots.write_text("")
        matrix.Runner(self.cache, self.phases, {self.machine: other}, journal).run(self.cells[:2], 1)
        self.assertEqual(self.boot_count(), 1)

    def test_a_full_disk_costs_cells_and_not_the_run(self):
        said = []
        journal = matrix.Journal(self.dir / "journal", False, said.append)
        journal.path = Path("/dev/full")
        runner = matrix.Runner(self.cache, self.phases, {self.machine: self.ready()}, journal)
        entries = runner.run(self.cells, 2)
        self.assertEqual({entry["verdict"] for entry in entries}, {"works"})
        self.assertEqual(len(said), 1)
        with mock.patch.object(matrix.boot, "run", side_effect=OSError(28, "No space left on device")):
            entries = runner.__class__(self.cache, self.phases, {self.machine: self.ready()},
                                       matrix.Journal(self.dir / "journal", False, said.append)).run(self.cells[:3], 2)
        self.assertEqual({(entry["verdict"], entry["reason"]) for entry in entries},
                         {("error", "[Errno 28] No space left on device")})

    def test_an_interrupt_ends_the_qemus(self):
        self.qemu.write_text("#!/bin/sh\nsleep 60\n")
        timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), 2))
        timer.start()
        with self.assertRaises(KeyboardInterrupt):
            self.run_cells()
        self.assertFalse(matrix.boot._running)

    def test_a_fault_of_our_own_ends_the_run(self):
        with mock.patch.object(matrix, "spans", side_effect=ZeroDivisionError):
            with self.assertRaises(ZeroDivisionError):
                self.run_cells()


class Merge(Case):
    def shard(self, name, *entries):
        path = self.dir / name
        path.write_text(json.dumps([{"cell": cell, "iommu": "a", "api": cell.rpartition("/")[2], "verdict": verdict,
                                     "at": None, "errno": None, "steps": [], "kernel_warnings": [], "seconds": 1.0}
                                    for cell, verdict in entries]))
        return str(path)

    def test_shards_make_one_report(self):
        one = self.shard("1.json", ("a/default/6.12/4k/pci/cap/stock/dma", "works"))
        two = self.shard("2.json", ("a/default/6.12/4k/pci/cap/stock/vfio", "works"))
        out = self.dir / "out.json"
        status, text, _ = run_main("merge", one, two, "--json", str(out))
        self.assertEqual(status, 0)
        self.assertIn("2 cells: 2 works", text)
        self.assertEqual(len(json.loads(out.read_text())), 2)

    def test_shards_that_contradict_each_other_are_refused(self):
        one = self.shard("1.json", ("a/default/6.12/4k/pci/cap/stock/dma", "works"))
        two = self.shard("2.json", ("a/default/6.12/4k/pci/cap/stock/dma", "broken"))
        status, _, err = run_main("merge", one, two)
        self.assertEqual(status, 2)
        self.assertIn("2.json", err)

    def test_files_that_are_none(self):
        (self.dir / "bad.json").write_text("{")
        (self.dir / "other.json").write_text('[{"cell": "x"}]')
        for name in ("bad.json", "other.json", "missing.json"):
            status, _, err = run_main("merge", str(self.dir / name))
            self.assertEqual(status, 2)
            self.assertIn(name, err)

    def test_expectations_make_the_exit_status(self):
        (self.dir / "expected").mkdir()
        cell = "a/default/6.12/4k/pci/cap/stock/dma"
        reason = "reason: see foo() in drivers/foo.c\n"
        one = self.shard("1.json", (cell, "works"))
        for verdict, status in (("works", 0), ("refused bind EINVAL", 1)):
            (self.dir / "expected" / "6.12").write_text(f"{reason}{cell} {verdict}\n")
            got, text, _ = run_main("merge", one, "--expect", str(self.dir / "expected"))
            self.assertEqual(got, status)
            self.assertEqual(cell in text.partition("differs: ")[2], bool(status))
        got, text, _ = run_main("merge", self.shard("1.json", (cell, "error")))
        self.assertEqual(got, 3)


if __name__ == "__main__":
    unittest.main()
