"""Wrong usage: status 2, a message that lists what is valid, and nothing installed, built or booted.

What needs the registry is given one here, so that these tests build nothing either.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import json
import shlex
import unittest
from pathlib import Path
from unittest import mock

from support import Case, run_main

import packages
import phases
import prepare
import reference
import registry

DART = {"name": "apple-dart", "kind": "iommu", "summary": "a DART", "masters": ["pci", "platform"], "arch": "arm64",
        "machine": "virt,gic-version=3", "cpu": "max", "memory": "512M", "kernels": ["6.12"], "driver": "apple-dart",
        "config": "apple-dart", "counters": ["translations"],
        "options": [{"name": "variant", "default": "t8103", "valid": "t8103|t6000", "help": "which"},
                    {"name": "page-size", "default": "auto", "valid": "auto|4k|16k", "help": "size"},
                    {"name": "streams", "default": "16", "valid": "1..16", "help": "number"}]}


SMMU = DART | {"name": "soc-smmuv3", "summary": "an SMMU", "driver": "arm-smmu-v3", "config": "soc-smmuv3",
               "apis": ["sva", "dirty"],
               "options": [{"name": name, "default": default, "valid": "any", "help": ""}
                           for name, default in (("stall", "on"), ("ssid-bits", "auto"), ("ats", "auto"),
                                                 ("pri", "auto"), ("msi", "on"))]}

GART = DART | {"name": "tegra-gart", "summary": "a GART", "arch": "arm", "machine": "virt,highmem=off",
               "memory": "384M", "masters": ["platform"], "kernels": ["6.1"], "config": "tegra-gart", "options": []}

PAMU = DART | {"name": "fsl-pamu", "summary": "PAMUs", "arch": "powerpc", "machine": "ppce500", "masters": ["pci"],
               "config": "fsl-pamu", "options": []}


class Usage(Case):
    def setUp(self):
        super().setUp()
        self.own_cache()
        iommus = registry.from_json(json.dumps({"types": [DART, SMMU, GART, PAMU, {"kind": "master", "name": "soc-dma"}]}))
        iommus |= {item.name: item for item in reference.iommus(registry.Iommu)}
        for target, name, value in ((prepare, "load_registry", lambda *_: iommus), (packages, "ensure", self.forbidden),
                                    (phases.Phases, "phase", self.forbidden)):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def forbidden(self, *args, **kwargs):
        self.fail(f"something is installed or built: {args}")

    def refused(self, *argv, names):
        status, out, err = run_main(*argv)
        self.assertEqual(status, 2, err)
        self.assertEqual(out, "")
        for name in names:
            self.assertIn(name, err)

    def test_no_command(self):
        self.refused(names=["list", "attach", "shell", "kernel", "qemu-args"])

    def test_an_unknown_command(self):
        self.refused("matric", names=["unknown command 'matric'", "list, attach, shell, matrix, merge"])

    def test_an_unknown_iommu(self):
        for command in ("attach", "shell", "qemu-args"):
            self.refused(command, "intel-vtd", names=["intel-vtd", "apple-dart, soc-smmuv3, tegra-gart, fsl-pamu, qemu-smmuv3"])

    def test_a_master_is_no_iommu(self):
        self.refused("attach", "soc-dma", names=["apple-dart, soc-smmuv3, tegra-gart, fsl-pamu, qemu-smmuv3"])

    def test_an_unknown_option(self):
        self.refused("attach", "apple-dart", "-o", "size=4",
                     names=["no option 'size'", "variant=t8103|t6000", "page-size"])
        self.refused("attach", "qemu-smmuv3", "-o", "variant=t8103", names=["no option 'variant'", "none"])

    def test_an_unknown_value(self):
        self.refused("attach", "apple-dart", "-o", "variant=m9", names=["'m9'", "t8103|t6000"])
        self.refused("attach", "apple-dart", "-o", "variant", names=["variant", "t8103|t6000"])
        for value in ("0", "17", "many", ""):
            self.refused("attach", "apple-dart", "-o", f"streams={value}", names=["streams", "1..16"])

    def test_values_of_the_commands_own_options(self):
        for argv, names in ((["--api", "dma,usb"], ["usb", "dma, direct, vfio, compat, iommufd"]),
                            (["--page-size", "8k"], ["8k", "4k, 16k, 64k"]),
                            (["--kernel", "5.10"], ["5.10", "6.1, 6.12"]),
                            (["--kernel", "6.1"], ["6.1", "valid: 6.12"]),
                            (["--master", "usb"], ["usb", "pci, platform"]),
                            (["--lift", "msi"], ["msi", "cache-coherency"]),
                            (["--sessions", "0"], ["1 to 1000"]),
                            (["--sessions", "many"], ["many"]),
                            (["--instances", "5"], ["1 to 4"]),
                            (["--instances", "2"], ["--master platform"]),
                            (["--timeout", "0"], ["positive"]),
                            (["--mutation", "all"], ["none, dma, isolation, readonly, stale"]),
                            (["--kdir", "/nonexistent"], ["/nonexistent"]),
                            (["--image", "/nonexistent"], ["/nonexistent"]),
                            (["--kernel-patch", "/nonexistent"], ["/nonexistent"]),
                            (["--frobnicate"], ["--frobnicate"])):
            with self.subTest(argv=argv):
                self.refused("attach", "apple-dart", *argv, names=names)

    def test_a_master_that_the_block_cannot_have(self):
        self.refused("attach", "qemu-smmuv3", "--master", "platform", names=["platform", "valid: pci"])

    def test_memory_that_no_board_has(self):
        for text in ("big", "", "-1G", "6T", "1.5G"):
            self.refused("attach", "apple-dart", f"--memory={text}", names=["--memory", "as 512M or 6G"])
        for text in ("64M", "256G", "1048577K"):
            self.refused("attach", "apple-dart", "--memory", text, names=[text, "from 128M to 255G (default 512M)"])

    def test_a_board_without_memory_above_4_gib(self):
        for text in ("6G", "3073M"):
            for command in ("attach", "shell", "qemu-args"):
                self.refused(command, "tegra-gart", "--memory", text,
                             names=[text, "from 128M to 3G (default 384M)", "highmem=off", "no memory above 4 GiB"])

    def test_an_api_beyond_what_the_iommu_can(self):
        for api in ("sva", "dirty", "dma,sva"):
            self.refused("attach", "apple-dart", "--api", api,
                         names=["API for apple-dart", "valid: dma, direct, vfio, compat, iommufd\n"])
        self.refused("attach", "soc-smmuv3", "--api", "usb", names=["usb", "iommufd, sva, dirty, current, aperture, limits"])

    def test_a_step_that_no_asked_for_api_has(self):
        self.refused("attach", "soc-smmuv3", "--api", "dirty", "--save-at", "stale", names=["stale", "map, dma, unmap"])

    def test_a_board_that_cannot_be_loaded_again(self):
        self.refused("attach", "fsl-pamu", "--save-at", "bind", names=["--save-at", "fsl-pamu", "exception vectors"])

    def test_two_kernels(self):
        image = self.dir / "Image"
        image.write_bytes(b"\0" * 100)
        self.refused("attach", "apple-dart", "--kdir", str(self.dir), "--image", str(image), names=["exclude"])

    def test_a_directory_that_is_no_kernel_tree(self):
        with mock.patch.object(packages, "ensure"), \
                mock.patch.object(prepare.qemu_module, "locate", return_value=object()), \
                mock.patch.object(prepare, "is_warm", return_value=True):
            self.refused("attach", "apple-dart", "--kdir", str(self.dir), names=["not a Linux kernel tree"])

    def test_a_kernel_that_is_none(self):
        self.refused("attach", "apple-dart", "--kernel", "6.12-slow", names=["6.12-slow", "valid: 6.12, 6.12-debug"])
        self.refused("kernel", "build", "--kernel", "6.12-slow", names=["6.12-slow", "valid: 6.12, 6.12-debug"])

    def test_kernel_commands(self):
        self.refused("kernel", "paint", names=["build", "list", "path"])
        self.refused("kernel", "build", "--kernel", "2.4", names=["6.12"])
        self.refused("kernel", "build", "--arch", "vax", names=["arm64"])
        self.refused("kernel", "build", "--page-size", "1k", names=["4k, 16k, 64k"])


class DryRun(Usage):
    def line(self, *argv, name="apple-dart") -> list[str]:
        status, out, err = run_main("attach", name, "--dry-run", *argv)
        self.assertEqual(status, 0, err)
        return shlex.split(out)

    def value(self, words, name):
        return words[words.index(name) + 1]

    def test_a_line_that_a_shell_can_run(self):
        words = self.line("--api", "vfio", "-o", "variant=t6000")
        self.assertTrue(words[0].endswith("qemu-system-aarch64"))
        self.assertEqual(self.value(words, "-M"), "virt,gic-version=3")
        self.assertIn("apple-dart,id=iommu0,variant=t6000", words)
        self.assertIn("soc-dma-pci,id=dma0,addr=1", words)
        self.assertIn("-no-reboot", words)
        append = self.value(words, "-append").split()
        for word in ("soc_iommu.api=vfio", "soc_iommu.master=pci", "soc_iommu.sessions=3", "printk.devkmsg=on",
                     "soc_iommu.driver=apple-dart"):
            self.assertIn(word, append)
        self.assertFalse([word for word in append if "iommu_lab" in word or "unsafe" in word])

    def test_gates(self):
        append = self.value(self.line("--api", "vfio", "--lift", "cache-coherency", "--no-cap-patch",
                                      "--unsafe-interrupts", "--sessions", "7"), "-append").split()
        for word in ("iommu_lab.lift_cache_coherency=1", "iommu_lab.skip_cap=1", "soc_iommu.sessions=7",
                     "vfio_iommu_type1.allow_unsafe_interrupts=1", "iommufd.allow_unsafe_interrupts=1"):
            self.assertIn(word, append)

    def test_a_mutation_is_an_argument_of_the_plugin(self):
        words = self.line("--api", "vfio", "--mutation", "stale")
        self.assertTrue(self.value(words, "-plugin").endswith(",mutation=stale"), words)
        self.assertNotIn("mutation", self.value(self.line("--api", "vfio"), "-plugin"))

    def test_a_debug_kernel_has_more_time(self):
        def step_seconds(*argv):
            append = self.value(self.line("--api", "vfio", *argv), "-append").split()
            return next(int(word.partition("=")[2]) for word in append if word.startswith("soc_iommu.step_timeout="))
        plain, debug = step_seconds(), step_seconds("--kernel", "6.12-debug")
        self.assertGreaterEqual(debug, 3 * plain)
        self.assertLess(step_seconds("--kernel", "6.12-debug", "--timeout", "40"), debug)

    def test_the_list_names_the_debug_kernel(self):
        status, out, _ = run_main("list")
        self.assertEqual(status, 0)
        self.assertIn("VERSION-debug", out)
        self.assertIn("kernels 6.12 (arm64)", out)

    def test_memory(self):
        self.assertEqual(self.value(self.line("--api", "vfio"), "-m"), "512M")
        for text, spelled in (("6G", "6G"), ("6144m", "6G"), ("6144", "6G"), ("1310720K", "1280M")):
            self.assertEqual(self.value(self.line("--api", "vfio", "--memory", text), "-m"), spelled)
        self.assertEqual(self.value(self.line("--api", "dma", "--memory", "3G", name="tegra-gart"), "-m"), "3G")

    def test_masters(self):
        disk = "virtio-blk-pci,addr=2,iommu_platform=on"
        self.assertTrue([w for w in self.line("--api", "dma") if w.startswith(disk)])
        platform = self.line("--api", "dma", "--master", "platform")
        self.assertIn("soc-dma,id=dma0,iommus=iommu0:3", platform)
        self.assertIn("soc-pl330,id=pl330,iommus=iommu0:4", platform)
        two = self.line("--api", "direct", "--master", "platform", "--instances", "2")
        self.assertIn("apple-dart,id=iommu1,pci-map=none", two)
        self.assertIn("soc-dma,id=dma0,iommus=iommu0:3+iommu1:5", two)
        self.assertFalse([word for word in platform if "pci" in word and word.startswith("virtio")])

    def test_the_further_apis_are_not_asked_unless_they_are_named(self):
        status, out, _ = run_main("attach", "soc-smmuv3", "--dry-run")
        self.assertEqual(status, 0)
        self.assertEqual([line[2:] for line in out.splitlines()[::2]], ["dma", "direct", "vfio", "compat", "iommufd"])
        for api in ("sva", "dirty"):
            append = self.value(self.line("--api", api, name="soc-smmuv3"), "-append").split()
            self.assertIn(f"soc_iommu.api={api}", append)

    def test_a_master_matches_what_its_iommu_can(self):
        def master(*argv, name="soc-smmuv3"):
            words = self.line("--api", "direct", *argv, name=name)
            return next(word for word in words if word.startswith("soc-dma"))
        platform, pci = "soc-dma,id=dma0,iommus=iommu0:3", "soc-dma-pci,id=dma0,addr=1"
        for options, plat, func in (
                ([], ",stall=on,pasid-bits=20", ",ats=on,pasid-bits=20,pri=on"),
                (["stall=off"], ",pasid-bits=20", ",ats=on,pasid-bits=20,pri=on"),
                (["stall=forced"], ",stall=on,pasid-bits=20", ",ats=on,pasid-bits=20,pri=on"),
                (["ssid-bits=0"], ",stall=on", ",ats=on,pri=on"),
                (["ssid-bits=8"], ",stall=on,pasid-bits=8", ",ats=on,pasid-bits=8,pri=on"),
                (["ats=off"], ",stall=on,pasid-bits=20", ",pasid-bits=20"),
                (["pri=off"], ",stall=on,pasid-bits=20", ",ats=on,pasid-bits=20")):
            words = [word for option in options for word in ("-o", option)]
            with self.subTest(options=options):
                self.assertEqual(master("--master", "platform", *words), platform + plat)
                self.assertEqual(master("--master", "pci", *words), pci + func)
        self.assertEqual(master("--master", "platform", name="apple-dart"), platform)
        self.assertEqual(master("--master", "pci", name="apple-dart"), pci)
        self.assertEqual(master(name="qemu-smmuv3"), pci)

    def test_one_line_an_api(self):
        status, out, _ = run_main("attach", "qemu-smmuv3", "--dry-run")
        self.assertEqual(status, 0)
        self.assertEqual([line[2:] for line in out.splitlines()[::2]], ["dma", "direct", "vfio", "compat", "iommufd"])
        self.assertIn("iommu=smmuv3", out)

    def test_an_image_of_ones_own(self):
        image = self.dir / "my Image"
        image.write_bytes(b"\0")
        self.assertEqual(self.value(self.line("--api", "dma", "--image", str(image)), "-kernel"), str(image.resolve()))


class Json(Case):
    def test_a_file_that_cannot_be_written(self):
        import reports
        with self.assertRaises(reports.Usage):
            reports.write([], json=str(self.dir / "no" / "file"))


# DryRun is a Usage for its registry, not for its tests.
for _name in [name for name in vars(Usage) if name.startswith("test_")]:
    setattr(DryRun, _name, None)

if __name__ == "__main__":
    unittest.main()
