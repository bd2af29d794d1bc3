"""The initramfs. SPDX-License-Identifier: GPL-2.0-or-later"""

import shutil
import stat
import subprocess
import unittest

from support import Case

import cpio
import guest


def read(data: bytes) -> dict:
    """A reader of its own for the format: name to (mode, content, rdev)."""
    entries, at = {}, 0
    while True:
        assert data[at:at + 6] == b"070701" and at % 4 == 0
        field = [int(data[at + 6 + i * 8:at + 14 + i * 8], 16) for i in range(13)]
        name = data[at + 110:at + 110 + field[11] - 1].decode()
        start = (at + 110 + field[11] + 3) // 4 * 4
        content = data[start:start + field[6]]
        at = (start + field[6] + 3) // 4 * 4
        if name == "TRAILER!!!":
            return entries
        entries[name] = (field[1], content, (field[9], field[10]))


class Archive(Case):
    def archive(self):
        made = cpio.Archive()
        made.directory("dev")
        made.character_device("dev/console", 5, 1)
        made.file("init", b"\x7fELF!", 0o755)
        made.link("bin", "sbin")
        return made.bytes()

    def test_what_was_put_in(self):
        entries = read(self.archive())
        self.assertEqual(entries["init"], (stat.S_IFREG | 0o755, b"\x7fELF!", (0, 0)))
        self.assertEqual(entries["dev/console"], (stat.S_IFCHR | 0o600, b"", (5, 1)))
        self.assertTrue(stat.S_ISDIR(entries["dev"][0]))
        self.assertEqual(entries["bin"][1], b"sbin")

    def test_the_same_every_time(self):
        self.assertEqual(self.archive(), self.archive())

    @unittest.skipUnless(shutil.which("cpio"), "there is no cpio here")
    def test_cpio_reads_it(self):
        out = subprocess.run(["cpio", "-t"], input=self.archive(), stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(out.decode().split(), ["dev", "dev/console", "init", "bin"])


class Disk(Case):
    def test_the_pattern_of_disk_pattern_hpp(self):
        image = guest.disk_image()
        self.assertEqual(len(image), 4 << 20)
        word = lambda sector, index: int.from_bytes(image[sector * 512 + index * 8:][:8], "little")
        self.assertEqual(word(7, 0), 7)
        self.assertEqual(word(7, 5), (7 * 64 + 5) * 0x9e3779b97f4a7c15 % 2**64)
        self.assertEqual(word(8191, 63), (8191 * 64 + 63) * 0x9e3779b97f4a7c15 % 2**64)


if __name__ == "__main__":
    unittest.main()
