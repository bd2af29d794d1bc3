"""A driver that is carried into a newer kernel. SPDX-License-Identifier: GPL-2.0-or-later"""

import io
import tarfile
import unittest
from unittest import mock

from support import Case

import kernel
import packages
import phases
import prepare
import registry
from cache import Cache
from errors import Failure
from kernel import Choice
from testing import main

OLD = Choice("6.1", "arm", config="some-iommu")
NEW = Choice("6.12", "arm", config="some-iommu")
PATCH = """--- a/drivers/gone.c
+++ b/drivers/gone.c
@@ -1 +1 @@
-old interface
+new interface
"""


def iommu(arch: str) -> registry.Iommu:
    return registry.Iommu("some-iommu", "", [], ["platform"], arch, "virt", "max", "384M", ["6.1", "6.1-odd", "6.12"],
                          "some-iommu", "some-iommu", [])


class Forward(Case):
    def setUp(self):
        super().setUp()
        self.own_cache()
        self.cache, self.phases = Cache(), phases.Phases(self.dir / "logs", quiet=True)
        self.folder = self.dir / "patches" / "6.12" / "forward" / "some-iommu"
        self.folder.mkdir(parents=True)
        (self.folder / "from-6.1").write_text("drivers/gone.c\n")
        (self.folder / "0001-adapt.patch").write_text(PATCH)
        for target, name, value in ((kernel, "KERNEL_CONFIG", self.dir),
                                    (kernel, "tarball", lambda version: self.dir / f"{version}.tar")):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.archive("6.1", {"Makefile": "6.1\n", "drivers/gone.c": "old interface\n", "drivers/more/gone.c": "no\n"})
        self.archive("6.12", {"Makefile": "6.12\n", "drivers/kept.c": "as it is\n"})

    def archive(self, version, files):
        with tarfile.open(self.dir / f"{version}.tar", "w") as tar:
            for name, text in files.items():
                info = tarfile.TarInfo(f"linux-source-{version}/{name}")
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))

    def unpack(self, choice):
        return kernel.unpack(self.cache, self.phases, choice)

    def test_its_files_come_out_of_the_older_source_and_are_adapted(self):
        tree = self.unpack(NEW)
        self.assertEqual((tree / "drivers" / "gone.c").read_text(), "new interface\n")
        self.assertEqual((tree / "Makefile").read_text(), "6.12\n")
        self.assertFalse((tree / "drivers" / "more").exists())

    def test_kernels_of_others_are_without_it(self):
        self.unpack(NEW)
        for choice in (Choice("6.12"), Choice("6.12", "arm", config="other-iommu")):
            self.assertFalse((self.unpack(choice) / "drivers" / "gone.c").exists())
        self.assertEqual((self.unpack(OLD) / "drivers" / "gone.c").read_text(), "old interface\n")

    def test_a_further_patch_comes_on_top(self):
        further = self.dir / "further.patch"
        further.write_text(PATCH.replace("new interface", "newer").replace("old interface", "new interface"))
        tree = self.unpack(Choice("6.12", "arm", config="some-iommu", extra_patches=(further,)))
        self.assertEqual((tree / "drivers" / "gone.c").read_text(), "newer\n")

    def test_each_thing_that_it_is_made_of_changes_the_tree(self):
        keys = [kernel.source_key(self.cache, NEW)]
        self.assertNotEqual(keys[0], kernel.source_key(self.cache, Choice("6.12", "arm")))
        (self.folder / "from-6.1").write_text("drivers/gone.c\nMakefile\n")
        keys.append(kernel.source_key(self.cache, NEW))
        (self.folder / "0001-adapt.patch").write_text(PATCH + "\n")
        keys.append(kernel.source_key(self.cache, NEW))
        self.archive("6.1", {"drivers/gone.c": "another old interface\n"})
        keys.append(kernel.source_key(self.cache, NEW))
        self.assertEqual(len(set(keys)), 4)

    def test_the_newest_kernel_is_one_that_has_the_driver(self):
        self.assertEqual(iommu("arm").newest_kernel(), "6.1")
        self.assertEqual([iommu("arm").carried_from(name) for name in iommu("arm").kernels], ["", "", "6.1"])
        # One kernel serves every IOMMU there.
        self.assertEqual(iommu("arm64").newest_kernel(), "6.12")

    def test_both_source_packages_are_asked_for(self):
        with mock.patch.object(packages, "release", return_value="12"):
            self.assertEqual(prepare.kernel_sources(NEW), ["kernel-source-6.12", "kernel-source-6.1"])
            self.assertEqual(prepare.kernel_sources(OLD), ["kernel-source-6.1"])

    def test_what_is_missing_is_said(self):
        (self.dir / "6.1.tar").unlink()
        with mock.patch.object(packages, "release", return_value="13"):
            with self.assertRaisesRegex(Failure, "6.12 has no driver for some-iommu: .*Debian 13 has no linux-source"):
                prepare.kernel_sources(NEW)
            with mock.patch.object(main, "GUESTS", [["some-iommu", "--kernel", "6.12"], ["x", "--kernel", "6.12"]]):
                self.assertEqual(main.guests(), [["x", "--kernel", "6.12"]])
        self.assertIsNone(kernel.source_key(self.cache, NEW))
        self.assertIsNotNone(kernel.source_key(self.cache, Choice("6.12", "arm")))


if __name__ == "__main__":
    unittest.main()
