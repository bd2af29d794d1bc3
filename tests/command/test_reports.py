"""The reports of a matrix: KTAP, JUnit and JSON, and writing them. SPDX-License-Identifier: GPL-2.0-or-later"""

import contextlib
import errno
import io
import json
import os
import unittest
import xml.etree.ElementTree as xml
from unittest import mock

from support import Case

import reports
from errors import Failure, Usage
from matrixdata import DART, GART, NASTY, WHY, cell, expected, plain
from reports import cells, junit, ktap


def results(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("ok ", "not ok "))]


class Ktap(unittest.TestCase):
    def test_without_expectations_only_what_works_is_ok(self):
        text = ktap.render(plain())
        self.assertEqual(text.splitlines()[:2], ["KTAP version 1", "1..5"])
        self.assertEqual(results(text), [
            f"ok 1 - {DART}/dma # works", f"not ok 2 - {DART}/vfio # refused at bind, EINVAL; session 1: said no",
            f"not ok 3 - {GART}/direct # broken at isolation", f"ok 4 - {GART}/iommufd # SKIP no /dev/iommu",
            f"not ok 5 - {GART}/dma # ERROR error; QEMU ended with status -9"])
        self.assertEqual(text.splitlines()[-1], "# Totals: pass:1 fail:2 xfail:0 xpass:0 skip:1 error:1")

    def test_with_expectations_what_is_expected_is_ok_and_better_is_not(self):
        self.assertEqual(results(ktap.render(expected())), [
            f"ok 1 - {DART}/dma # works; as expected",
            f"ok 2 - {DART}/vfio # refused at bind, EINVAL; as expected",
            f"not ok 3 - {DART}/compat # works; differs: expected refused at bind, EINVAL (written for another kernel)",
            f"not ok 4 - {GART}/vfio # refused at bind, EPERM; differs: expected refused at bind, EINVAL",
            f"not ok 5 - {GART}/direct # works; differs: there is no expectation for this cell",
            f"ok 6 - {GART}/iommufd # SKIP no /dev/iommu",
            f"not ok 7 - {GART}/compat # unsupported; differs: expected works",
            f"not ok 8 - {GART}/dma # ERROR error; differs: expected works; no record"])

    def test_steps_and_warnings_are_diagnostics_before_the_result(self):
        lines = ktap.render(plain()).splitlines()
        refused = lines.index(results("\n".join(lines))[1])
        self.assertIn("#   1 bind       FAIL EINVAL said no", lines[:refused])
        self.assertIn("#   kernel: WARNING: CPU: 0 at mm/gup.c:1", lines)
        self.assertTrue(all(line.startswith(("#", "ok ", "not ok ", "KTAP", "1..")) for line in lines))

    def test_a_guest_cannot_forge_a_result(self):
        for separator in ("\n", "\r", "\u2028", "\x85", "\x0b"):
            forged = plain()[0]
            forged["steps"][0]["detail"] = forged["reason"] = f"x{separator}ok 7 - forged"
            forged["kernel_warnings"] = [f"x{separator}ok 7 - forged"]
            text = ktap.render([forged])
            self.assertEqual(len(results(text)), 1, repr(separator))
            self.assertEqual(len(text.splitlines()), len(text.split("\n")) - 1)

    def test_differs_is_worked_out_where_it_is_absent(self):
        entry = expected()[3]
        del entry["differs"]
        self.assertEqual(cells.outcome(entry), cells.BAD)
        self.assertEqual(cells.outcome(entry | {"errno": "EINVAL"}), cells.GOOD)

    def test_no_cell(self):
        self.assertEqual(ktap.render([]).splitlines()[1], "1..0 # SKIP there is no cell")


class Junit(unittest.TestCase):
    def cases(self, entries):
        self.top = xml.fromstring(junit.render(entries).encode())
        return {case.get("name"): case for case in self.top.iter("testcase")}

    def test_a_case_a_cell(self):
        found = self.cases(plain())
        self.assertEqual(list(found), [entry["cell"] for entry in plain()])
        case = found[f"{DART}/vfio"]
        self.assertEqual((case.get("classname"), case.get("time")), ("apple-dart", "1.25"))
        self.assertEqual([suite.get("name") for suite in self.top], ["apple-dart", "tegra-gart"])
        want = {"tests": "5", "failures": "2", "errors": "1", "skipped": "1", "time": "6.25"}
        self.assertEqual({name: self.top.get(name) for name in want}, want)

    def test_a_failure_has_the_evidence(self):
        case = self.cases(plain())[f"{DART}/vfio"]
        failure = case.find("failure")
        self.assertEqual(failure.get("type"), "refused")
        self.assertEqual(failure.get("message"), "refused at bind, EINVAL; session 1: said no")
        for words in ("at: bind", "errno: EINVAL", "1 bind       FAIL EINVAL said no", "QEMU: qemu-system-aarch64"):
            self.assertIn(words, failure.text)
        self.assertIn("Booting Linux for", case.find("system-out").text)

    def test_which_element_says_what(self):
        kinds = {name: [node.tag for node in case if node.tag != "system-out"]
                 for name, case in self.cases(plain()).items()}
        self.assertEqual(list(kinds.values()), [[], ["failure"], ["failure"], ["skipped"], ["error"]])
        kinds = [[node.tag for node in case if node.tag != "system-out"]
                 for case in self.cases(expected()).values()]
        self.assertEqual(kinds, [[], [], ["failure"], ["failure"], ["failure"], ["skipped"], ["failure"], ["error"]])
        self.assertEqual(self.cases(expected())[f"{DART}/compat"].find("failure").get("type"), "differs")
        self.assertIn(WHY, self.cases(expected())[f"{DART}/compat"].find("failure").text)

    def test_what_xml_forbids_is_removed(self):
        out = self.cases(plain())[f"{GART}/dma"].find("system-out").text
        self.assertEqual(out, NASTY[:NASTY.index("\x00")] + "]]>")
        everything = "".join(map(chr, [*range(0x300), 0xd800, 0xfffe, 0xffff, 0x1f600]))
        entry = cell(f"{DART}/vfio", "broken", "dma", console=everything, reason=everything)
        self.assertIn("\U0001f600", self.cases([entry])[f"{DART}/vfio"].find("system-out").text)


class Cells(unittest.TestCase):
    def test_a_console_that_ran_wild_is_shortened_in_the_middle(self):
        text = cells.console({"console": "first\n" + "x" * 5_000_000 + "\nlast"})
        self.assertTrue(text.startswith("first\n") and text.endswith("\nlast"))
        self.assertIn("characters left out of this report", text)
        self.assertLess(len(text), 600_000)

    def test_the_command_that_runs_a_cell_again(self):
        entry = cell("apple-dart/variant=t6000,page-size=16k/6.12/16k/platform/nocap/cache-coherency+unsafe/vfio")
        self.assertEqual(cells.attach_command(entry), "scripts/soc-iommu attach apple-dart -o variant=t6000 "
                         "-o page-size=16k --kernel 6.12 --page-size 16k --master platform --no-cap-patch "
                         "--lift cache-coherency --unsafe-interrupts --api vfio")
        self.assertEqual(cells.attach_command(cell(f"{DART}/dma")), "scripts/soc-iommu attach apple-dart "
                         "--kernel 6.12 --page-size 4k --master pci --api dma")

    def test_the_memory_of_a_cell(self):
        entry = cell("apple-dart/variant=t6000,memory=6G/6.12/4k/pci/cap/stock/dma")
        self.assertEqual(cells.attach_command(entry), "scripts/soc-iommu attach apple-dart -o variant=t6000 "
                         "--memory 6G --kernel 6.12 --page-size 4k --master pci --api dma")

    def test_the_sessions_of_a_cell_that_had_more(self):
        entry = cell(f"{DART}/dma", sessions=5)
        self.assertTrue(cells.attach_command(entry).endswith(" --sessions 5 --api dma"))

    def test_that_command_is_right_usage_and_names_the_same_cell(self):
        import arguments
        args = arguments.parse(cells.attach_command(cell(f"{GART}/direct")).split()[1:])
        self.assertEqual((args.name, args.kernel, args.master, args.api), ("tegra-gart", "6.1", "platform", ["direct"]))

    def test_columns_in_the_order_of_the_command(self):
        entries = [{"api": api} for api in ("sva", "iommufd", "odd", "dma", "vfio")]
        self.assertEqual(cells.apis(entries), ["dma", "vfio", "iommufd", "sva", "odd"])


class Write(Case):
    def path(self, name):
        return str(self.dir / name)

    def test_every_report(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            reports.write(plain(), json=self.path("j"), junit=self.path("x"), html=self.path("h"), ktap=True)
        self.assertEqual(json.loads((self.dir / "j").read_text()), plain())
        self.assertEqual(xml.parse(self.dir / "x").getroot().tag, "testsuites")
        self.assertTrue((self.dir / "h").read_text("utf-8").startswith("<!DOCTYPE html>"))
        self.assertTrue(out.getvalue().startswith("KTAP version 1\n"))
        self.assertEqual(sorted(path.name for path in self.dir.iterdir()), ["h", "j", "x"])

    def test_standard_output(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            reports.write(plain(), json="-")
        self.assertEqual(json.loads(out.getvalue()), plain())

    def test_wrong_paths_are_wrong_usage_before_the_run(self):
        (self.dir / "file").write_text("")
        for given, words in (({"json": self.path("none/j")}, "--json"), ({"html": str(self.dir)}, "is a directory"),
                             ({"junit": self.path("file/x")}, "--junit"),
                             ({"json": "-", "ktap": True}, "--json and --ktap cannot share standard output"),
                             ({"json": self.path("a"), "html": self.path("./a")}, "--json and --html name the same")):
            with self.assertRaises(Usage) as caught:
                reports.check(**given)
            self.assertIn(words, str(caught.exception))
        reports.check(json=self.path("file"), html=self.path("new"), ktap=True)
        self.assertEqual(os.listdir(self.dir), ["file"])

    def test_a_report_that_cannot_be_written_does_not_cost_the_others(self):
        with self.assertRaises(Usage) as caught:
            reports.write(plain(), json=self.path("none/j"), junit=self.path("x"), html=self.path("none/h"))
        self.assertIn("--json", str(caught.exception))
        self.assertIn("--html", str(caught.exception))
        self.assertTrue((self.dir / "x").exists())

    def test_a_full_disk_leaves_the_report_that_was_there(self):
        (self.dir / "j").write_text("before")
        with mock.patch("os.replace", side_effect=OSError(errno.ENOSPC, "No space left on device")):
            with self.assertRaises(Failure) as caught:
                reports.write(plain(), json=self.path("j"))
        self.assertNotIsInstance(caught.exception, Usage)
        self.assertIn("No space left on device", str(caught.exception))
        self.assertEqual((self.dir / "j").read_text(), "before")
        self.assertEqual(os.listdir(self.dir), ["j"])

    def test_a_symbolic_link_and_its_file_s_mode_stay(self):
        (self.dir / "real").write_text("")
        (self.dir / "real").chmod(0o640)
        (self.dir / "link").symlink_to("real")
        reports.write(plain(), json=self.path("link"))
        self.assertTrue((self.dir / "link").is_symlink())
        self.assertEqual((self.dir / "real").stat().st_mode & 0o777, 0o640)
        self.assertEqual(len(json.loads((self.dir / "real").read_text())), 5)


if __name__ == "__main__":
    unittest.main()
