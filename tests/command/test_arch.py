"""Architectures and the kernels for them. SPDX-License-Identifier: GPL-2.0-or-later"""

import dataclasses
import os
import unittest
from unittest import mock

from support import Case

import arguments
import kernel
import packages
import phases
import prepare
import reference
import registry
import scenario
from arch import ARCHES
from errors import Failure, Usage
from kernel import Choice


def iommu(name: str, arch: str, kernels: list[str]) -> registry.Iommu:
    return registry.Iommu(name, "", [], ["platform"], arch, "virt", "max", "384M", kernels, name, name, [])


class Fragments(Case):
    def setUp(self):
        super().setUp()
        for name in ("base", "base-6.1", "arm64", "arm", "page-4k", "page-16k", "reference", "pci-masters",
                     "some-iommu", "some-iommu-6.1", "flavour-odd"):
            (self.dir / f"{name}.config").write_text(f"CONFIG_{name.upper()}=y\n")
        patch = mock.patch.object(kernel, "KERNEL_CONFIG", self.dir)
        patch.start()
        self.addCleanup(patch.stop)

    def names(self, *args, **kwargs):
        return [name.removesuffix(".config") for name, _ in kernel.fragments(Choice(*args, **kwargs), ["some-iommu"])]

    def test_what_a_version_needs_more_follows_what_it_adds_to(self):
        self.assertEqual(self.names("6.1", "arm64", "16k"),
                         ["base", "base-6.1", "pci-masters", "arm64", "page-16k", "reference", "some-iommu",
                          "some-iommu-6.1"])
        self.assertEqual(self.names("6.12", "arm64", "4k"),
                         ["base", "pci-masters", "arm64", "page-4k", "reference", "some-iommu"])

    def test_arm_has_one_page_size_no_reference_and_no_pci_masters(self):
        self.assertEqual(self.names("6.12", "arm", "4k"), ["base", "arm", "some-iommu"])
        self.assertEqual(kernel.page_sizes("arm"), ["4k"])
        self.assertEqual(kernel.page_sizes("arm64"), ["4k", "16k"])

    def test_a_flavour_is_one_more(self):
        self.assertEqual(self.names("6.12", "arm", "4k", flavour="odd")[-1], "flavour-odd")


class Kernels(unittest.TestCase):
    def test_a_flavour_follows_the_version(self):
        self.assertEqual(kernel.parse_version("6.12"), ("6.12", ""))
        self.assertEqual(kernel.parse_version("6.1-arm-dma"), ("6.1", "arm-dma"))

    def test_the_newest_is_none_that_has_to_be_asked_for(self):
        self.assertEqual(iommu("x", "arm", ["6.1", "6.12", "6.12-arm-dma"]).newest_kernel(), "6.12")

    def test_a_debug_kernel_is_that_of_the_version_and_more(self):
        dart = iommu("apple-dart", "arm64", ["6.1", "6.12", "6.12-arm-dma"])
        self.assertEqual(dart.all_kernels(), ["6.1", "6.12", "6.12-arm-dma", "6.1-debug", "6.12-debug"])
        self.assertEqual(dart.newest_kernel(), "6.12")
        for arch, name in (("arm64", "apple-dart"), ("arm", "tegra-gart"), ("arm", "mtk-m4u-v1"), ("arm", "other")):
            for version in ("6.1", "6.12"):
                one = iommu(name, arch, ["6.1", "6.12"])
                plain, debug = (prepare.kernel_choice(one, text, "4k") for text in (version, version + "-debug"))
                with self.subTest(name=name, version=version):
                    self.assertEqual(dataclasses.replace(debug, flavour=""), plain)
                    self.assertEqual(debug.flavour, "debug")
                    self.assertEqual(prepare.kernel_configs({name: one}, debug),
                                     prepare.kernel_configs({name: one}, plain))
                    self.assertEqual(one.carried_from(version + "-debug"), one.carried_from(version))

    def test_one_kernel_serves_the_iommus_of_an_architecture_or_each_has_its_own(self):
        both = {i.name: i for i in (iommu("a", "arm64", ["6.12"]), iommu("b", "arm64", ["6.1", "6.12"]),
                                    iommu("c", "arm", ["6.12"]), iommu("d", "arm", ["6.12"]))}

        def configs(name, version):
            return prepare.kernel_configs(both, prepare.kernel_choice(both[name], version, "4k"))
        listed, = (way.configs for way in kernel.ways("6.12", "arm64"))
        self.assertIn("apple-dart", listed)
        # What the list does not name yet is in it all the same.
        self.assertEqual(configs("a", "6.12"), sorted(["a", "b", *listed]))
        self.assertEqual(configs("b", "6.1"), sorted(["b", *listed]))
        self.assertEqual(configs("c", "6.12"), ["c"])
        self.assertNotEqual(prepare.kernel_choice(both["c"], "6.12", "4k"),
                            prepare.kernel_choice(both["d"], "6.12", "4k"))

    def test_those_that_are_listed_share_a_kernel_where_others_have_their_own(self):
        listed = {way.name: way.configs for way in kernel.ways("6.1", "arm")}
        self.assertIn("tegra-gart", listed["multi"])
        # Carried forward by patches to the whole tree: not in the others' kernel.
        self.assertEqual(kernel.ways("6.12", "arm")[0].configs, [n for n in listed["multi"] if n != "tegra-gart"])
        some = {name: iommu(name, "arm", ["6.1", "6.1-arm-dma", "6.12"])
                for name in ("tegra-gart", "msm-iommu", "mtk-m4u-v1", "other")}

        def choice(name, version):
            return prepare.kernel_choice(some[name], version, "4k")

        def configs(name, version):
            return prepare.kernel_configs(some, choice(name, version))
        self.assertEqual(len({choice(*words) for words in (("tegra-gart", "6.1"), ("tegra-gart", "6.1-arm-dma"),
                                                           ("msm-iommu", "6.1"), ("mtk-m4u-v1", "6.1"))}), 1)
        self.assertEqual(configs("msm-iommu", "6.1"), sorted({*listed["multi"], *listed["arm-dma"]}))
        self.assertEqual(configs("tegra-gart", "6.12"), ["tegra-gart"])
        self.assertEqual(configs("other", "6.1"), ["other"])

    def test_one_kernel_is_booted_in_several_ways(self):
        def parameters(name, version):
            way = iommu(name, "arm", ["6.1", "6.1-arm-dma", "6.12"]).way(version)
            return way and way.parameters
        without = ["iommu_lab.arm_dma_use_iommu=0"]
        for name, version, wanted in (("tegra-gart", "6.1", without), ("tegra-gart", "6.1-debug", without),
                                      ("tegra-gart", "6.1-arm-dma", []), ("tegra-gart", "6.12", None),
                                      ("msm-iommu", "6.1-arm-dma", without), ("mtk-m4u-v1", "6.12", []),
                                      ("other", "6.1", None)):
            with self.subTest(name=name, version=version):
                self.assertEqual(parameters(name, version), wanted)
        self.assertEqual(iommu("apple-dart", "arm64", ["6.12"]).way("6.12").parameters, [])

    def test_the_way_is_on_the_kernels_command_line(self):
        for name, there in (("6.1", True), ("6.1-arm-dma", False)):
            one = iommu("tegra-gart", "arm", ["6.1", "6.1-arm-dma"])
            plan = prepare.Plan(one, {}, "platform", prepare.kernel_choice(one, name, "4k"), name, None, [], 60)
            setup = prepare.setup(plan, arguments.parse(["attach", "tegra-gart"]), *["x"] * 5)
            self.assertEqual("iommu_lab.arm_dma_use_iommu=0" in scenario.append(setup, "dma").split(), there, name)

    def test_a_tree_of_ones_own_has_the_configuration_of_one_way(self):
        """It need not have the switch that tells them apart."""
        with mock.patch("kerneltree.from_tree") as from_tree, mock.patch("prepare.check_gates"):
            for name, which in (("msm-iommu", "multi"), ("mtk-m4u-v1", "arm-dma")):
                one = iommu(name, "arm", ["6.12"])
                choice = prepare.kernel_choice(one, "6.12", "4k")
                plan = prepare.Plan(one, {}, "platform", choice, "6.12", None, ["all"], 60)
                prepare.find_kernel(None, None, arguments.parse(["attach", name, "--kdir", "/"]), plan)
                wanted, = (way.configs for way in kernel.ways("6.12", "arm") if way.name == which)
                self.assertEqual(from_tree.call_args.args[4], wanted)

    def test_every_iommu_that_shares_a_kernel_has_a_fragment(self):
        self.assertEqual(kernel.ways("6.1", "no-such-arch"), [])
        for way in [*kernel.ways("6.1", "arm"), *kernel.ways("6.1", "arm64")]:
            for config in way.configs:
                text = (kernel.KERNEL_CONFIG / f"{config}.config").read_text()
                if way.name == "multi":
                    self.assertNotIn("CONFIG_ARM_DMA_USE_IOMMU=y", text)

    def test_the_parameter_of_a_way_is_one_that_the_lab_patch_has(self):
        for version in kernel.VERSIONS:
            text = "".join(path.read_text() for path in (kernel.KERNEL_CONFIG / "patches" / version / "lab").iterdir())
            for way in kernel.ways(version, "arm"):
                for parameter in way.parameters:
                    name = parameter.removeprefix("iommu_lab.").split("=")[0]
                    self.assertRegex(text, rf"(?m)^\+module_param\({name}, ")

    def test_each_has_another_name_where_it_is_brought_elsewhere(self):
        choices = [Choice("6.1", "arm", config="a"), Choice("6.1", "arm", config="b"),
                   Choice("6.1", "arm", config="a", flavour="x"), Choice("6.12", "arm", config="a"), Choice("6.12")]
        self.assertEqual(len({kernel.export_name(choice) for choice in choices}), len(choices))

    def test_whose_kernel_is_said_where_each_iommu_has_one(self):
        for words in (["--arch", "arm"], ["--arch", "arm64", "--iommu", "apple-dart"]):
            with self.assertRaisesRegex(Usage, "--iommu NAME is for architectures"):
                arguments.parse(["kernel", "build", *words])
        arguments.parse(["kernel", "list"])


class Packages(Case):
    def test_every_architecture_and_version_has_its_packages(self):
        for name, arch in ARCHES.items():
            self.assertTrue(any(arch.cross.rstrip("-") in p for p in packages.names(f"kernel-{name}")), name)
            self.assertTrue(packages.names(f"guest-{name}"))
            self.assertEqual(packages.names(f"qemu-{name}"), [arch.package])
        for version in kernel.VERSIONS:
            self.assertEqual(packages.names(f"kernel-source-{version}"), [f"linux-source-{version}"])

    def test_the_references_are_on_an_architecture_that_has_them(self):
        for item in reference.iommus(registry.Iommu):
            self.assertTrue(ARCHES[item.arch].reference)

    def test_debian_13_has_no_6_1(self):
        phase = mock.Mock(log=mock.Mock())
        with mock.patch.object(packages, "release", return_value="13"), mock.patch("phases.tail", return_value=""):
            self.assertIn("--kdir", packages.explain(["linux-source-6.1"], phase))
            self.assertNotIn("--kdir", packages.explain(["linux-source-6.12"], phase))


    def test_apt_takes_no_name_for_an_expression(self):
        # An apt of its own, which has linux-source-6.12 installed and no other package.
        for folder in ("lists/partial", "cache/archives/partial"):
            (self.dir / folder).mkdir(parents=True)
        (self.dir / "status").write_text("Package: linux-source-6.12\nStatus: install ok installed\nVersion: 1\n"
                                         "Architecture: all\nMaintainer: nobody\nDescription: Linux\n\n")
        config = self.dir / "apt.conf"
        config.write_text(f'Dir::State "{self.dir}"; Dir::State::Lists "{self.dir}/lists"; '
                          f'Dir::State::status "{self.dir}/status"; Dir::Cache "{self.dir}/cache"; '
                          'Dir::Etc::sourcelist "/nonexistent"; Dir::Etc::sourceparts "/nonexistent"; '
                          'Debug::NoLocking "1"; APT::Sandbox::User "root";')
        progress = phases.Phases(self.dir / "logs", quiet=True)
        with mock.patch.dict("os.environ", APT_CONFIG=str(config)), \
                mock.patch.object(packages, "release", return_value="13"), \
                mock.patch.object(packages, "as_root", return_value=[]), \
                mock.patch.object(packages, "missing", lambda names: names):
            self.assertTrue(packages.available("linux-source-6.12"))
            self.assertFalse(packages.available("linux-source-6.1"))
            packages.ensure(progress, "kernel-source-6.12")
            with self.assertRaisesRegex(Failure, "Debian 13 has no Linux 6.1: .*--kdir"):
                packages.ensure(progress, "kernel-source-6.1")


class Obtainable(Case):
    """Which kernels there can be on this machine."""

    def setUp(self):
        super().setUp()
        for target, name, value in ((packages, "release", lambda: self.release),
                                    (kernel, "tarball", lambda version: self.dir / f"{version}.tar.xz")):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.environment()

    def environment(self, **values):
        patch = mock.patch.dict("os.environ", values)
        patch.start()
        self.addCleanup(patch.stop)
        if not values:
            os.environ.pop("SOC_IOMMU_KERNELS", None)

    def test_every_release_but_13_has_6_1_or_can_get_it(self):
        self.release = "12"
        self.assertEqual([kernel.why_none(version) for version in kernel.VERSIONS], ["", ""])
        self.release = "13"
        self.assertEqual([kernel.why_none(version) for version in kernel.VERSIONS],
                         ["Debian 13 has no linux-source-6.1", ""])

    def test_what_is_installed_there_all_the_same_is_used(self):
        self.release = "13"
        (self.dir / "6.1.tar.xz").touch()
        self.assertEqual(kernel.why_none("6.1"), "")

    def test_where_kernels_are_brought_only_those_count(self):
        self.release = "12"
        (self.dir / "6.12-arm64-4k").mkdir()
        self.environment(SOC_IOMMU_KERNELS=str(self.dir))
        self.assertEqual(kernel.why_none("6.12"), "")
        self.assertIn("has no Linux 6.1", kernel.why_none("6.1"))
        (self.dir / "6.1-arm-tegra-gart").mkdir()
        self.assertEqual(kernel.why_none("6.1"), "")


if __name__ == "__main__":
    unittest.main()
