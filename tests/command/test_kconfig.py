"""Kernel configurations. SPDX-License-Identifier: GPL-2.0-or-later"""

import gzip
import unittest

from support import Case

import kconfig

FRAGMENTS = [("base.config", "CONFIG_VFIO=y\n# CONFIG_NET is not set\nCONFIG_HZ=250\n# a remark: CONFIG_X=y\n"),
             ("apple-dart.config", "CONFIG_APPLE_DART=y\n")]


class Symbols(Case):
    def test_all_that_was_asked_for(self):
        config = "CONFIG_VFIO=y\nCONFIG_HZ=250\nCONFIG_APPLE_DART=y\nCONFIG_OTHER=m\n"
        self.assertEqual(kconfig.differences(FRAGMENTS, config), [])

    def test_a_symbol_that_did_not_take_is_named_with_its_fragment(self):
        wrong = kconfig.differences(FRAGMENTS, "CONFIG_VFIO=m\nCONFIG_NET=y\nCONFIG_HZ=100\n")
        self.assertEqual(len(wrong), 4)
        self.assertTrue(wrong[0].startswith("CONFIG_VFIO: base.config asks for y"))
        self.assertIn("CONFIG_NET: base.config asks for n, the result is y", wrong)
        self.assertIn("CONFIG_APPLE_DART: apple-dart.config asks for y, the result is n", wrong)

    def test_a_later_fragment_overrides(self):
        parts = [*FRAGMENTS, ("page.config", "CONFIG_HZ=100\n")]
        self.assertIn("CONFIG_HZ=100\n", kconfig.merge(parts))
        self.assertEqual(kconfig.differences(parts, "CONFIG_VFIO=y\nCONFIG_HZ=100\nCONFIG_APPLE_DART=y\n"), [])

    def test_merging_keeps_what_is_off(self):
        self.assertEqual(kconfig.parse(kconfig.merge(FRAGMENTS))["NET"], "n")

    def test_built_in_serves_for_a_module(self):
        needed = {"VIRTIO_PCI": "m", "VFIO": "y", "NET": "n"}
        self.assertEqual(kconfig.lacking(needed, "CONFIG_VIRTIO_PCI=y\n"), ["CONFIG_VFIO=y"])


class InImage(Case):
    def image(self, data: bytes):
        path = self.dir / "Image"
        path.write_bytes(data)
        return path

    def embedded(self, config: bytes) -> bytes:
        return b"\0MZ" * 1000 + b"IKCFG_ST" + gzip.compress(config) + b"IKCFG_ED" + b"\1" * 100

    def test_extracted(self):
        self.assertEqual(kconfig.extract_ikconfig(self.image(self.embedded(b"CONFIG_VFIO=y\n"))), "CONFIG_VFIO=y\n")

    def test_extracted_from_a_compressed_image(self):
        image = self.image(gzip.compress(self.embedded(b"CONFIG_VFIO=y\n")))
        self.assertEqual(kconfig.extract_ikconfig(image), "CONFIG_VFIO=y\n")

    def test_extracted_from_behind_a_decompressor(self):
        image = self.image(b"\x1f\x8b\x08 code" + gzip.compress(self.embedded(b"CONFIG_VFIO=y\n")) + b"device trees")
        self.assertEqual(kconfig.extract_ikconfig(image), "CONFIG_VFIO=y\n")

    def test_none_there(self):
        self.assertIsNone(kconfig.extract_ikconfig(self.image(b"\0" * 4096)))

    def test_damaged(self):
        self.assertIsNone(kconfig.extract_ikconfig(self.image(b"IKCFG_ST\x1f\x8b" + b"\xff" * 200)))
        self.assertIsNone(kconfig.extract_ikconfig(self.image(gzip.compress(b"x" * 10000)[:40])))


if __name__ == "__main__":
    unittest.main()
