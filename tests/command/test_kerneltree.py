"""Kernels of a user's own. SPDX-License-Identifier: GPL-2.0-or-later"""

import gzip
import unittest
from argparse import Namespace

from support import Case

import kerneltree
import prepare
from cache import Cache
from errors import Failure, Usage
from kernel import Choice
from phases import Phases

CHOICE, CONFIGS, OWN = Choice(), ["apple-dart", "soc-smmuv3"], "apple-dart"


class Tree(Case):
    def setUp(self):
        super().setUp()
        self.tree = self.dir / "linux"
        for folder in ("arch/arm64/boot", "include/linux", "drivers/iommu", "drivers/dma"):
            (self.tree / folder).mkdir(parents=True)
        (self.tree / "Kbuild").touch()
        (self.tree / "include/linux/iommu.h").write_text("enum iommu_cap { IOMMU_CAP_CACHE_COHERENCY };\n")
        self.said = []
        self.phases = Phases(self.dir / "logs")
        self.phases.say = self.said.append
        self.cache = Cache(self.dir / "cache")

    def built(self, config: str):
        (self.tree / "arch/arm64/boot/Image").write_bytes(b"image")
        (self.tree / ".config").write_text(config)
        (self.tree / "modules.order").write_text("drivers/dma/pl330.o\ndrivers/gone.o\n")
        (self.tree / "drivers/dma/pl330.ko").touch()

    def load(self):
        return kerneltree.from_tree(self.cache, self.phases, self.tree, CHOICE, CONFIGS, OWN)

    def test_what_another_iommu_wants_is_not_lacking(self):
        self.built("CONFIG_VFIO=y\n")
        kernel = self.load()
        self.assertIn("CONFIG_APPLE_DART=y", kernel.notes)
        self.assertNotIn("CONFIG_ARM_SMMU_V3_SVA=y", kernel.notes)

    def test_a_built_tree_is_used_as_it_is_and_what_it_lacks_is_named(self):
        self.built("CONFIG_VFIO=y\nCONFIG_VFIO_PCI=m\n")
        kernel = self.load()
        self.assertEqual(kernel.image, self.tree / "arch/arm64/boot/Image")
        self.assertEqual([m.name for m in kernel.modules], ["pl330.ko"])
        for lack in ("CONFIG_APPLE_DART=y", "CONFIG_IOMMUFD=y"):
            self.assertIn(lack, kernel.notes)
            self.assertIn(lack, self.said[0])
        self.assertNotIn("CONFIG_VFIO=y", kernel.notes)
        self.assertFalse([note for note in kernel.notes if "VFIO_PCI=" in note])

    def test_patches_are_read_off_the_source(self):
        self.built("")
        kernel = self.load()
        self.assertEqual((kernel.cap_patch, kernel.lab_patch), (False, False))
        (self.tree / "include/linux/iommu.h").write_text("enum iommu_cap { IOMMU_CAP_IOMMUFD };\n")
        (self.tree / "drivers/iommu/iommu.c").write_text('module_param_named(iommu_lab.skip_cap)\n')
        kernel = self.load()
        self.assertEqual((kernel.cap_patch, kernel.lab_patch), (True, True))

    def test_an_object_directory_has_its_source_elsewhere(self):
        self.built("")
        objects = self.dir / "objects"
        (objects / "arch/arm64/boot").mkdir(parents=True)
        (objects / "arch/arm64/boot/Image").touch()
        (objects / ".config").touch()
        (objects / "source").symlink_to(self.tree)
        self.tree, source = objects, self.tree
        (source / "include/linux/iommu.h").write_text("IOMMU_CAP_IOMMUFD\n")
        self.assertTrue(self.load().cap_patch)

    def test_a_tree_is_never_written_to(self):
        self.built("")
        before = kerneltree.stat_fingerprint(self.tree)
        self.load()
        self.assertEqual(kerneltree.stat_fingerprint(self.tree), before)

    def test_configured_but_not_built(self):
        (self.tree / ".config").touch()
        with self.assertRaises(Failure) as caught:
            self.load()
        self.assertIn("mrproper", str(caught.exception))

    def test_gates_that_need_the_lab_patch(self):
        self.built("")
        kernel = self.load()
        args = Namespace(kdir=self.tree, image=None, lift=["cache-coherency"], no_cap_patch=False)
        with self.assertRaises(Usage):
            prepare.check_gates(args, kernel)
        args = Namespace(kdir=self.tree, image=None, lift=[], no_cap_patch=True)
        prepare.check_gates(args, kernel)  # it has no capability series to begin with
        kernel.cap_patch = True
        with self.assertRaises(Usage):
            prepare.check_gates(args, kernel)

    def test_a_change_shows_in_the_fingerprint(self):
        before = kerneltree.stat_fingerprint(self.tree)
        (self.tree / "drivers/iommu/new.c").write_text("x")
        self.assertNotEqual(kerneltree.stat_fingerprint(self.tree), before)


class Image(Tree):
    def image(self, data: bytes):
        path = self.dir / "Image"
        path.write_bytes(data)
        return kerneltree.from_image(self.phases, path, CHOICE, OWN)

    def test_what_its_configuration_lacks_is_named(self):
        kernel = self.image(b"iommu_lab\0IKCFG_ST" + gzip.compress(b"CONFIG_VFIO=y\n"))
        self.assertIn("CONFIG_APPLE_DART=y", kernel.notes)
        self.assertEqual((kernel.modules, kernel.cap_patch, kernel.lab_patch), ([], True, True))

    def test_one_without_a_configuration_says_so(self):
        kernel = self.image(b"\0" * 100)
        self.assertIn("CONFIG_IKCONFIG", self.said[0])
        self.assertEqual((kernel.notes, kernel.cap_patch, kernel.lab_patch), ([], None, False))


for _name in [name for name in vars(Tree) if name.startswith("test_")]:
    setattr(Image, _name, None)

if __name__ == "__main__":
    unittest.main()
