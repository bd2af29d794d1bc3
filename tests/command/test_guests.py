"""An IOMMU whose variants need guests of their own. SPDX-License-Identifier: GPL-2.0-or-later"""

import json
import unittest
from unittest import mock

from support import Case

import arguments
import cells
import matrix_command
import prepare
import registry
import scenario
from errors import Failure

ARM64 = {"arch": "arm64", "machine": "virt,gic-version=3", "cpu": "max", "memory": "512M", "driver": "d",
         "config": "big", "kernels": ["6.12"], "apis": ["sva"], "streams": [7, 9]}
ARM = {"arch": "arm", "machine": "virt,highmem=off", "cpu": "cortex-a15", "memory": "256M", "driver": "d",
       "config": "small", "kernels": ["6.1", "6.12"], "apis": ["limits"], "streams": [0x3b, 0x35]}


def described(**further) -> dict:
    return {"name": "two", "kind": "iommu", "summary": "", "masters": ["platform"], "counters": [],
            "options": [{"name": "variant", "default": "small", "valid": "small|middle|big", "help": ""}],
            **ARM, **further}


def two() -> registry.Iommu:
    return registry.from_json(json.dumps({"types": [
        described(guests=[{"option": "variant", "value": "big", **ARM64}])]}))["two"]


class Guests(Case):
    def plan(self, *words: str) -> prepare.Plan:
        with mock.patch.object(prepare, "load_registry", return_value={"two": two()}):
            return prepare.plan(None, None, arguments.parse(["attach", "two", *words]))

    def test_an_options_value_selects_the_guest(self):
        for given, want in (({}, ARM), ({"variant": "middle"}, ARM), ({"variant": "big"}, ARM64)):
            found = two().guest_for(given)
            self.assertEqual({name: getattr(found, name) for name in want}, want)
            self.assertEqual(found.name, "two")

    def test_a_type_without_others_has_one_guest_and_the_usual_streams(self):
        item = described()
        del item["streams"]
        iommu = registry.from_json(json.dumps({"types": [item]}))["two"]
        self.assertEqual(iommu.all_guests(), [iommu])
        self.assertEqual(iommu.streams, [3, 4])

    def test_masters_on_pci_where_no_kernel_drives_them_are_refused(self):
        item = described(masters=["platform", "pci"])
        with self.assertRaisesRegex(Failure, "two has masters on PCI, .* of arm .*pci_masters=True in .*arch.py"):
            registry.from_json(json.dumps({"types": [item]}))
        registry.from_json(json.dumps({"types": [item | {"arch": "arm64"}]}))

    def test_a_plan_is_for_the_guest_that_the_options_need(self):
        small, big = self.plan(), self.plan("-o", "variant=big")
        self.assertEqual((small.choice.arch, small.choice.config, small.configs), ("arm", "small", ["small"]))
        # One kernel serves all IOMMUs of arm64, so it has no config of its own.
        self.assertEqual((big.choice.arch, big.choice.config), ("arm64", ""))
        self.assertIn("big", big.configs)
        self.assertEqual(big.kernel, "6.12")

    def test_what_the_other_guest_cannot_is_wrong_usage(self):
        self.plan("--kernel", "6.1", "--api", "limits")
        self.plan("-o", "variant=big", "--page-size", "16k", "--api", "sva")
        for words in (["--kernel", "6.1", "-o", "variant=big"], ["--page-size", "16k"],
                      ["--api", "limits", "-o", "variant=big"], ["--api", "sva"]):
            with self.subTest(words=words), self.assertRaises(prepare.Usage):
                self.plan(*words)

    def test_masters_come_at_the_streams_of_the_guest(self):
        for words, first, second in ((["--api", "limits"], 59, 53), (["-o", "variant=big", "--api", "dma"], 7, 9)):
            args = arguments.parse(["attach", "two", *words])
            setup = prepare.setup(self.plan(*words), args, "qemu", "plugin", "image", "initrd", "disk")
            line = " ".join(scenario.command(setup, args.api[0], None))
            self.assertIn(f"soc-dma,id=dma0,iommus=iommu0:{first}", line)
            self.assertIn(f"iommus=iommu0:{second}", line)
            self.assertIn(f"-M {setup.iommu.machine} -cpu {setup.iommu.cpu}", line)

    def test_a_second_master_has_an_iommu_of_its_own_where_one_serves_one(self):
        item = described(streams=[3], apis=["limits"])
        one = registry.from_json(json.dumps({"types": [item]}))["two"]

        def devices(api):
            with mock.patch.object(prepare, "load_registry", return_value={"two": one}):
                args = arguments.parse(["attach", "two", "--api", api])
                plan = prepare.plan(None, None, args)
            setup = prepare.setup(plan, args, "qemu", "plugin", "image", "initrd", "disk")
            return [word for word in scenario.command(setup, api, None) if "id=iommu" in word or "iommus=" in word]
        self.assertEqual(devices("direct"), ["two,id=iommu0", "soc-dma,id=dma0,iommus=iommu0:3"])
        self.assertEqual(devices("limits"), ["two,id=iommu0", "two,id=iommu1,pci-map=none",
                                             "soc-dma,id=dma0,iommus=iommu0:3", "soc-dma,id=dma1,iommus=iommu1:3"])
        self.assertEqual(devices("dma")[1:], ["soc-dma,id=dma0,iommus=iommu0:3", "soc-pl330,id=pl330,iommus=iommu0:3"])

        path = self.dir / "matrix.set"
        path.write_text("two options=default *\n")
        found = [cell for cell in cells.every({"two": one}, cells.read_default_set(path)) if "6.12" in cell.name]
        for group in cells.boots_of(found, lambda machine: one):
            apis = {cell.api for cell in group}
            self.assertTrue("dma" not in apis or apis == {"dma"}, apis)

    def test_the_matrix_crosses_each_value_with_what_its_guest_has(self):
        path = self.dir / "matrix.set"
        path.write_text("two options=default;variant=big *\n")
        iommus = {"two": two()}
        found = cells.every(iommus, cells.read_default_set(path))
        names = {cell.name for cell in found}
        self.assertIn("two/default/6.1/4k/platform/cap/stock/limits", names)
        self.assertIn("two/variant=big/6.12/64k/platform/cap/stock/sva", names)
        self.assertFalse([name for name in names if "variant=big/6.1/" in name or "default/6.12/16k" in name])
        arches = {dict(cell.machine.options).get("variant"): cells.guest_of(cell.machine, iommus).arch
                  for cell in found}
        self.assertEqual(arches, {None: "arm", "big": "arm64"})
        self.assertEqual(len(cells.shard(found, iommus, 1, 1)), len(found))
        with mock.patch.object(matrix_command.kernel_module, "why_none", return_value=""):
            self.assertEqual(matrix_command.to_be_had(found, iommus, None, arguments.parse(["matrix"])), found)


if __name__ == "__main__":
    unittest.main()
