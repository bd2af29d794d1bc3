"""Writes the guest's initramfs: a newc archive (Documentation/driver-api/early-userspace/buffer-format.rst).

SPDX-License-Identifier: GPL-2.0-or-later
"""

import stat


class Archive:
    def __init__(self):
        self._parts: list[bytes] = []
        self._size = 0
        self._inode = 0

    def _pad(self):
        padding = b"\0" * (-self._size % 4)
        self._parts.append(padding)
        self._size += len(padding)

    def _put(self, data: bytes):
        self._parts.append(data)
        self._size += len(data)
        self._pad()

    def _entry(self, name: str, mode: int, data: bytes = b"", device=(0, 0)):
        self._inode += 1
        encoded = name.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        # ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
        fields = (self._inode, mode, 0, 0, links, 0, len(data), 0, 0, *device, len(encoded), 0)
        self._put(b"070701" + b"".join(b"%08x" % field for field in fields) + encoded)
        self._put(data)

    def directory(self, name: str):
        self._entry(name, stat.S_IFDIR | 0o755)

    def file(self, name: str, data: bytes, mode: int = 0o644):
        self._entry(name, stat.S_IFREG | mode, data)

    def link(self, name: str, target: str):
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, name: str, major: int, minor: int):
        self._entry(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def bytes(self) -> bytes:
        self._inode = -1  # the trailer's is 0
        self._entry("TRAILER!!!", 0)
        return b"".join(self._parts)
