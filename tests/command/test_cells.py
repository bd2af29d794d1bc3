"""Which cells there are, and what is expected of them. SPDX-License-Identifier: GPL-2.0-or-later"""

import textwrap
import unittest

from support import Case

import arguments
import cells
import expectations
import matrix_command
import registry
from cells import Cell, Glob, Machine
from errors import Failure, Usage


def iommu(name="some-iommu", arch="arm64", kernels=("6.1", "6.12"), masters=("pci", "platform"), options=()):
    described = [{"name": option, "default": default, "valid": valid, "help": ""} for option, default, valid in options]
    return registry.Iommu(name, "", described, list(masters), arch, "virt", "max", "512M", list(kernels), name, name, [])


class Sets(Case):
    def lines(self, text):
        path = self.dir / "matrix.set"
        path.write_text(text)
        return cells.read_default_set(path)

    def refused(self, text, *names):
        with self.assertRaises(Failure) as caught:
            self.lines(text)
        for name in names:
            self.assertIn(name, str(caught.exception))

    def every(self, *iommus, text):
        lines = self.lines(text)
        return cells.every({one.name: one for one in iommus}, lines), lines

    def test_a_name_is_that_of_the_design(self):
        machine = Machine("apple-dart", (("variant", "t8103"), ("page-size", "16k")), "6.12", "4k", "pci")
        self.assertEqual(Cell(machine, True, (), False, "iommufd").name,
                         "apple-dart/variant=t8103,page-size=16k/6.12/4k/pci/cap/stock/iommufd")
        self.assertEqual(Cell(machine, False, ("cache-coherency",), True, "vfio").name,
                         "apple-dart/variant=t8103,page-size=16k/6.12/4k/pci/nocap/cache-coherency+unsafe/vfio")

    def test_all_crosses_what_exists(self):
        found, _ = self.every(iommu(kernels=["6.1", "6.12"], masters=["platform"]), text="some-iommu options=default *")
        names = [cell.name for cell in found]
        self.assertEqual(len(names), len(set(names)))
        # 6.12: two capabilities, stock and lifted, safe and not, three page sizes, five APIs; 6.1 has no capability.
        self.assertEqual(len(names), 5 * 3 * 4 * (2 + 1))
        self.assertFalse([name for name in names if "/pci/" in name or "/6.1/4k/platform/nocap" in name])

    def test_the_default_set_is_what_the_globs_match(self):
        found, lines = self.every(iommu(options=[("page", "4k", "4k|16k")]),
                                  text="some-iommu options=default;page=16k default/6.12/4k/pci/cap/stock page=16k/6.1")
        names = [cell.name for cell in cells.select(found, lines, [], False)]
        self.assertEqual([name for name in names if "/default/" in name],
                         [f"some-iommu/default/6.12/4k/pci/cap/stock/{api}"
                          for api in ("dma", "direct", "vfio", "compat", "iommufd")])
        self.assertTrue(all("/6.1/" in name for name in names if "page=16k" in name))
        self.assertEqual(cells.select(found, lines, [], True), found)

    def test_memory_is_an_option_of_the_run(self):
        found, _ = self.every(iommu(kernels=["6.12"], masters=["pci"], options=[("page", "4k", "4k|16k")]),
                              text="some-iommu options=page=16k,memory=6144M;memory=512M *")
        machines = list(dict.fromkeys(cell.machine for cell in found if cell.machine.page == "4k"))
        self.assertEqual([machine.options for machine in machines], [(("page", "16k"), ("memory", "6G")), ()])
        self.assertIn("some-iommu/page=16k,memory=6G/6.12/4k/pci/cap/stock/vfio", [cell.name for cell in found])
        asked = matrix_command.attach_args(machines[0], arguments.parse(["matrix"]))
        self.assertEqual((asked.options, asked.memory), (["page=16k"], "6G"))
        with self.assertRaises(Usage):
            self.every(iommu(), text="some-iommu options=memory=64M *")

    def test_a_line_may_ask_for_more_sessions(self):
        lines = self.lines("some-iommu options=default sessions=5 *\nother options=default *")
        self.assertEqual([(line.sessions, len(line.globs)) for line in lines.values()], [(5, 1), (None, 1)])
        machine = Machine("some-iommu", (), "6.12", "4k", "pci")
        for argv, want in ((["matrix"], 5), (["matrix", "--sessions", "7"], 7)):
            self.assertEqual(matrix_command.attach_args(machine, arguments.parse(argv), 5).sessions, want)
        self.assertEqual(matrix_command.attach_args(machine, arguments.parse(["matrix"])).sessions, 3)
        for bad in ("0", "many", "1001", "-1"):
            self.refused(f"some-iommu options=default sessions={bad} *", "matrix.set:1", f"sessions={bad}", "1 to 1000")
        self.refused("some-iommu options=default sessions=5", "matrix.set:1", "[sessions=N] GLOB")

    def test_only_takes_globs_and_alternatives(self):
        found, lines = self.every(iommu(), text="some-iommu options=default */6.12/4k/*/cap/stock")
        names = [cell.name for cell in cells.select(found, lines, ["*/*/*/*/pci/*/*/vfio|dma"], False)]
        self.assertEqual(names, [f"some-iommu/default/6.12/4k/pci/cap/stock/{api}" for api in ("dma", "vfio")])
        self.assertEqual(len(cells.select(found, lines, ["some*"], False)), 10)

    def test_only_that_matches_nothing_says_what_there_is(self):
        found, lines = self.every(iommu(), text="some-iommu options=default */6.12/4k/*/cap/stock")
        with self.assertRaises(Usage) as caught:
            cells.select(found, lines, ["other*"], False)
        self.assertIn("some-iommu/default/6.12/4k/pci/cap/stock/dma", str(caught.exception))
        with self.assertRaises(Usage) as caught:
            cells.select(found, lines, ["*/*/6.1"], False)
        self.assertIn("--all", str(caught.exception))
        for bad in ("a//b", "/a", "a/b/c/d/e/f/g/h/i"):
            with self.assertRaises(Usage):
                cells.select(found, lines, [bad], False)

    def test_a_malformed_set_is_refused_with_its_line(self):
        self.refused("some-iommu default", "matrix.set:1", "options=")
        self.refused("# fine\nsome-iommu options=default *\nsome-iommu options=default *", "matrix.set:3")
        self.refused("some-iommu options=default a//b", "matrix.set:1")
        with self.assertRaises(Failure):
            self.every(iommu(), text="other options=default *")
        with self.assertRaises(Usage):
            self.every(iommu(), text="some-iommu options=page=16k *")

    def test_shards_share_out_whole_boots(self):
        found, lines = self.every(iommu(), text="some-iommu options=default */*/*/*/cap/stock")
        chosen, known = cells.select(found, lines, [], False), {"some-iommu": iommu()}
        parts = [cells.shard(chosen, known, number, 3) for number in (1, 2, 3)]
        self.assertEqual(sorted(cell.name for part in parts for cell in part), sorted(cell.name for cell in chosen))
        machines = [{cell.machine for cell in part} for part in parts]
        self.assertFalse(machines[0] & machines[1] or machines[1] & machines[2] or machines[0] & machines[2])
        self.assertTrue(all(len(part) == len(chosen) / 3 for part in parts))
        self.assertEqual(cells.shard(list(reversed(chosen)), known, 1, 3)[::-1], parts[0])

    def test_numbers_of_shards(self):
        self.assertEqual(arguments.parse(["matrix", "--shard", "2/3"]).shard, (2, 3))
        for bad in ("0/3", "4/3", "1", "a/b", "1/"):
            with self.assertRaises(Usage):
                arguments.parse(["matrix", "--shard", bad])

    def test_the_projects_own_set(self):
        lines = cells.read_default_set()
        self.assertIn("apple-dart", lines)
        self.assertTrue(all(line.globs for line in lines.values()))


REASON = "reason: foo_ops has no .capable (drivers/iommu/foo.c), which foo_register() asks for\n"


class Expectations(Case):
    def parse(self, text, name="6.12"):
        (self.dir / name).write_text(textwrap.dedent(text))
        return expectations.load(self.dir)

    def refused(self, text, *names):
        with self.assertRaises(Failure) as caught:
            self.parse(text)
        for name in names:
            self.assertIn(name, str(caught.exception))

    def test_a_reason_holds_for_the_lines_below_it(self):
        found = self.parse(REASON + "  a/*/6.12/*/*/*/*/vfio|compat  refused bind EINVAL\n"
                           "a/*/6.12/*/*/*/*/dma works # a comment\n"
                           "reason: bar() of\n  drivers/bar.c is broken\n  a/*/6.12/*/*/*/*/direct broken map\n")
        self.assertEqual([item.text() for item in found], ["refused bind EINVAL", "works", "broken map"])
        self.assertEqual(found[2].reason, "bar() of drivers/bar.c is broken")
        self.assertEqual(found[0].reason, found[1].reason)
        self.assertEqual([item.where for item in found], ["6.12:2", "6.12:3", "6.12:6"])

    def test_malformed_lines_are_refused_with_file_and_line(self):
        cell = "a/*/6.12/*/*/*/*/vfio"
        self.refused(f"{cell} works\n", "6.12:1", "reason")
        self.refused(f"reason: because\n{cell} works\n", "6.12:2", "file")
        self.refused(f"reason: foo_register() says so\n{cell} works\n", "6.12:2", "file")
        self.refused(f"reason: see drivers/foo.c\n{cell} works\n", "6.12:2", "function")
        self.refused(REASON + f"{cell} works\n{cell} fine\n", "6.12:3", "works|refused|broken|unsupported")
        self.refused(REASON + f"{cell} refused\n", "6.12:2", "needs a step")
        self.refused(REASON + f"{cell} works bind\n", "6.12:2", "no step")
        self.refused(REASON + f"{cell} refused bing EINVAL\n", "6.12:2", "bing", "isolation")
        self.refused(REASON + f"{cell} refused bind 22\n", "6.12:2", "errno")
        self.refused(REASON + "a//b works\n", "6.12:2")
        self.refused(REASON + "a/*/6.1/*/*/*/*/vfio works\n", "6.12:2", "another kernel")

    def test_an_empty_directory_is_no_expectation(self):
        with self.assertRaises(Usage):
            expectations.load(self.dir)

    def entry(self, verdict, at=None, errno=None, name="a/default/6.12/4k/pci/cap/stock/vfio"):
        return {"cell": name, "verdict": verdict, "at": at, "errno": errno}

    def test_better_and_worse_both_differ(self):
        found = self.parse(REASON + "a/*/6.12/*/*/*/*/vfio refused bind EINVAL\n")
        good, better = self.entry("refused", "bind", "EINVAL"), self.entry("works")
        other = self.entry("refused", "bind", "EBUSY")
        unknown = self.entry("works", name="b/default/6.12/4k/pci/cap/stock/vfio")
        lines = expectations.compare([good, better, other, unknown], found)
        self.assertEqual([good["differs"], better["differs"], other["differs"], unknown["differs"]],
                         [False, True, True, True])
        self.assertEqual(len(lines), 3)
        self.assertIn("a/default/6.12/4k/pci/cap/stock/vfio: works; expected: refused bind EINVAL (6.12:2)", lines)
        self.assertEqual(good["expected"]["reason"], found[0].reason)
        self.assertIsNone(unknown["expected"])

    def test_two_that_speak_of_one_cell_are_refused(self):
        found = self.parse(REASON + "a/*/6.12/*/*/*/*/vfio works\na/default/6.12/4k/*/*/*/vfio works\n")
        with self.assertRaises(Failure) as caught:
            expectations.compare([self.entry("works")], found)
        self.assertIn("6.12:2 and 6.12:3", str(caught.exception))

    def test_each_cell_of_the_default_set_needs_one_and_none_is_idle(self):
        one = Cell(Machine("a", (), "6.12", "4k", "pci"), True, (), False, "vfio")
        other = Cell(Machine("a", (), "6.12", "4k", "pci"), True, (), False, "dma")
        found = self.parse(REASON + "a/*/6.12/*/*/*/*/vfio works\n")
        expectations.check_complete(found, [one, other], [one])
        with self.assertRaises(Failure) as caught:
            expectations.check_complete(found, [one, other], [one, other])
        self.assertIn(other.name, str(caught.exception))
        with self.assertRaises(Failure) as caught:
            expectations.check_complete(found, [other], [])
        self.assertIn("6.12:2", str(caught.exception))

    def test_the_projects_own_are_well_formed(self):
        self.assertTrue(expectations.load(arguments.EXPECTATIONS))


if __name__ == "__main__":
    unittest.main()
