"""Cells read back, and the page of claims made of them. SPDX-License-Identifier: GPL-2.0-or-later"""

import json
import unittest
from unittest import mock

from support import Case, run_main

import arguments
import cellfile
import claims
import claimspage
import prepare
from errors import Usage

MODELS = {"apple-dart": ["6.12"], "mtk-m4u-v1": ["6.1", "6.12"], "tegra-gart": ["6.1", "6.1-arm-dma"]}


def cell(name, verdict="works", at=None, errno=None, steps=(), warnings=(), **more):
    made = [{"session": 1, "step": step, "result": result, "errno": None, "detail": detail}
            for step, result, detail in steps]
    return {"cell": name, "verdict": verdict, "at": at, "errno": errno, "steps": made,
            "kernel_warnings": list(warnings), "seconds": 1.5, "log": "/somewhere/serial.log",
            "kernel": "6.1.192"} | more


APERTURE = cell("mtk-m4u-v1/default/6.1/4k/platform/cap/stock/aperture", steps=[
    ("probe", "ok", "group=0 type=unmanaged"),
    ("attach", "ok", "group=0 type=unmanaged aperture=0x0-0x0(not forced) page_sizes=0xfffff000"),
    ("map", "ok", "space=0x0-0xffffffff mappings=1024"), ("unmap", "ok", "bytes=4294967296")])
GART = cell("tegra-gart/default/6.1/4k/platform/cap/stock/direct", "broken", "isolation", steps=[
    ("attach", "ok", "group=0 aperture=0x58000000-0x59ffffff"),
    ("isolation", "fail", "canary write at 0x409f7000: canary memory is wrong; canary=0x409f7000(outside)")])
OOPS = cell("mtk-m4u-v1/default/6.1/4k/platform/cap/stock/direct", "broken", "map", warnings=[
    "Unable to handle kernel paging request at virtual address 00280004"])
DART = cell("apple-dart/page-size=16k/6.12/4k/pci/cap/stock/direct", "refused", "attach", "EINVAL",
            [("probe", "ok", "type=identity"), ("attach", "fail", "iommu_paging_domain_alloc")])
ALL = [APERTURE, GART, OOPS, DART]


def page(*found):
    return claimspage.page({item["cell"]: item for item in found}, MODELS)


def section(text, number):
    return text.split(f"\n## {number}. ")[1].split("\n## ")[0]


class Names(unittest.TestCase):
    def test_a_name_says_what_attach_is_given(self):
        for text, argv in (
                ("apple-dart/default/6.12/4k/pci/cap/stock/vfio", ["--kernel", "6.12", "--page-size", "4k", "--master",
                                                                   "pci", "--api", "vfio"]),
                ("apple-dart/variant=t6000,bypass=off/6.12/16k/platform/nocap/cache-coherency+unsafe/dma",
                 ["-o", "variant=t6000", "-o", "bypass=off", "--kernel", "6.12", "--page-size", "16k", "--master",
                  "platform", "--api", "dma", "--no-cap-patch", "--lift", "cache-coherency", "--unsafe-interrupts"]),
                ("apple-dart/default/6.12/4k/pci/cap/stock+unsafe/vfio",
                 ["--kernel", "6.12", "--page-size", "4k", "--master", "pci", "--api", "vfio", "--unsafe-interrupts"])):
            with self.subTest(text=text):
                self.assertEqual(cellfile.parse(text).argv(), ["apple-dart", *argv])
                arguments.parse(["attach", *cellfile.parse(text).argv()])

    def test_a_flavour_belongs_to_its_version(self):
        self.assertEqual(cellfile.parse("tegra-gart/default/6.1-arm-dma/4k/platform/cap/stock/dma").series, "6.1")

    def test_what_is_no_name(self):
        for text in ("apple-dart", "a/b/c/d/e/cap/stock/", "a/b/6.12/4k/pci/maybe/stock/vfio",
                     "a/b/6.12/4k/pci/cap/stock/usb"):
            with self.subTest(text=text), self.assertRaises(Usage):
                cellfile.parse(text)


class Reading(Case):
    def refused(self, text, *words):
        path = self.dir / "cells.json"
        path.write_text(text)
        with self.assertRaises(Usage) as caught:
            cellfile.load([path])
        for word in [str(path), *words]:
            self.assertIn(word, str(caught.exception))

    def test_bad_files_are_named(self):
        self.refused("[", "not JSON")
        self.refused("{}", "a list of cells")
        self.refused('[{"verdict": "works"}]', "item 1", "cell")
        self.refused(json.dumps([APERTURE | {"verdict": "fine"}]), "works, refused, broken")
        with self.assertRaises(Usage):
            cellfile.load([self.dir / "nowhere"])

    def test_two_runs_that_disagree(self):
        self.refused(json.dumps([GART, GART | {"at": "stale"}]), GART["cell"], "stale", "isolation")

    def test_the_same_cell_twice(self):
        path = self.dir / "cells.json"
        path.write_text(json.dumps([GART, GART | {"seconds": 9}]))
        self.assertEqual(list(cellfile.load([path, path])), [GART["cell"]])


class Page(unittest.TestCase):
    def test_every_claim_has_its_section(self):
        text = page()
        self.assertEqual(text.count("\n## "), 9)
        for claim in claims.CLAIMS:
            self.assertIn(claim.text, text)

    def test_no_model_and_not_measured(self):
        self.assertIn("**No model yet.**", section(page(*ALL), 1))
        self.assertIn("no model yet", section(page(*ALL), 8))
        self.assertIn("**Not measured in this run.**", section(page(), 2))
        self.assertIn("| 6.12 | tegra-gart | – | no kernel 6.12 here drives it | – | – |", section(page(*ALL), 4))

    def test_the_measurement_comes_from_the_cell(self):
        text = section(page(*ALL), 2)
        self.assertIn("works; aperture 0x0-0x0 (not forced); space 0x0-0xffffffff; 4 GiB unmapped | yes", text)
        self.assertIn("Borne out by 1 cell.", text)
        self.assertIn(f"`{APERTURE['cell']}`", text)
        self.assertIn("broken at map (the kernel: Unable to handle kernel paging request at virtual address …)", text)
        text = section(page(*ALL), 4)
        self.assertIn("broken at isolation (canary write); aperture 0x58000000-0x59ffffff | yes", text)
        self.assertIn("refused at attach, EINVAL (iommu_paging_domain_alloc)", section(page(*ALL), 7))

    def test_a_measurement_against_a_claim(self):
        forced = json.loads(json.dumps(APERTURE).replace("(not forced)", ""))
        self.assertIn("speak against it: 1", section(page(forced), 2))
        let_in = DART | {"verdict": "broken", "at": "stale", "errno": None}
        self.assertIn("speak against it: 1", section(page(let_in), 7))

    def test_what_the_harness_could_not_tell_decides_nothing(self):
        text = section(page(GART | {"verdict": "error", "reason": "QEMU ended with status 1"}), 4)
        self.assertIn("error at isolation", text)
        self.assertIn("nothing decides it", text)

    def test_the_cells_of_a_claim_pass_the_registry(self):
        for claim in claims.CLAIMS:
            for evidence in claim.evidence:
                for series in claims.SERIES:
                    cellfile.parse(evidence.glob(series))

    def test_nothing_that_changes_from_run_to_run(self):
        before = page(*ALL)
        after = json.loads(json.dumps(ALL).replace("0x409f7000", "0x40a01000").replace("00280004", "00280abc")
                           .replace("6.1.192", "6.1.200").replace("somewhere", "elsewhere").replace("1.5", "2.5"))
        self.assertEqual(page(*after), before)

    def test_steady(self):
        for text, wanted in (
                ("WARNING: CPU: 0 PID: 37 at drivers/iommu/iommu.c:123 iommu_x+0x1f/0x20",
                 "WARNING: at drivers/iommu/iommu.c iommu_x"),
                ("bind 0000:00:01.0 to vfio-pci", "bind the master to vfio-pci"),
                ("bind b010000.soc-dma to vfio-platform", "bind the master to vfio-platform"),
                ("Internal error: Oops: 5 [#1] SMP ARM", "Internal error: Oops: 5 SMP ARM")):
            self.assertEqual(claimspage.steady(text), wanted)


class Command(Case):
    def setUp(self):
        super().setUp()
        self.own_cache()
        models = {name: mock.Mock(kernels=kernels) for name, kernels in MODELS.items()}
        patch = mock.patch.object(prepare, "load_registry", lambda *_: models)
        patch.start()
        self.addCleanup(patch.stop)
        self.json, self.page = self.dir / "run.json", self.dir / "claims.md"
        self.json.write_text(json.dumps(ALL))

    def test_the_page_of_a_run_is_what_the_run_says(self):
        status, out, _ = run_main("claims", str(self.json))
        self.assertEqual(status, 0)
        self.page.write_text(out)
        self.assertEqual(run_main("claims", str(self.json), "--check", str(self.page))[:2], (0, ""))

    def test_a_page_that_drifted(self):
        self.page.write_text(run_main("claims", str(self.json))[1])
        self.json.write_text(json.dumps([*ALL[1:], APERTURE | {"verdict": "broken", "at": "dma"}]))
        status, out, err = run_main("claims", str(self.json), "--check", str(self.page))
        self.assertEqual(status, 1)
        self.assertIn("-| 6.1 | mtk-m4u-v1 | aperture | works;", out)
        self.assertIn("+| 6.1 | mtk-m4u-v1 | aperture | broken at dma", out)
        self.assertIn(str(self.page), err)

    def test_wrong_usage(self):
        self.assertEqual(run_main("claims")[0], 2)
        self.assertEqual(run_main("claims", str(self.dir / "nowhere"))[0], 2)
        self.assertEqual(run_main("claims", str(self.json), "--check", str(self.dir / "nowhere"))[0], 2)


if __name__ == "__main__":
    unittest.main()
