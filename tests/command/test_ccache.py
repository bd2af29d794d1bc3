"""What is compiled goes through ccache. SPDX-License-Identifier: GPL-2.0-or-later"""

import os
import unittest
from unittest import mock

from support import Case

import ccache
import guest
import kernel
import plugin
from cache import Cache
from paths import ROOT
from phases import Phases

COMPILER = """#!/bin/sh
[ "$1" = --version ] && echo "fake 1.0" && exit
echo "$CCACHE_BASEDIR" > "$(echo "$*" | sed "s/.*-o //")"
"""


class ThroughCcache(Case):
    def setUp(self):
        super().setUp()
        self.calls = self.dir / "calls"
        self.program("ccache", f'#!/bin/sh\necho "$1 $CCACHE_DEPEND" >> {self.calls}\nexec "$@"\n')
        self.program("aarch64-linux-gnu-g++", COMPILER)
        patch = mock.patch.dict("os.environ", PATH=f"{self.dir}:{os.environ['PATH']}")
        patch.start()
        self.addCleanup(patch.stop)
        for name in ("CCACHE_DIR", "SOC_IOMMU_KERNELS"):
            os.environ.pop(name, None)
        self.cache = Cache(self.dir / "cache")

    def test_the_guest_program(self):
        made = guest.init(self.cache, Phases(self.dir / "logs", quiet=True), kernel.Choice())
        self.assertEqual(made.read_text(), f"{ROOT}\n")
        self.assertEqual(set(self.calls.read_text().splitlines()), {"aarch64-linux-gnu-g++ 1"})

    def test_kernels_with_their_host_programs(self):
        argv, env = kernel.make_command(self.cache, "arm64", self.dir, self.dir)
        self.assertTrue({"CC=ccache aarch64-linux-gnu-gcc", "HOSTCC=ccache gcc"} <= set(argv))
        self.assertEqual(env["CCACHE_BASEDIR"], str(self.cache.root))
        self.assertEqual(env["CCACHE_DIR"], str(self.cache.root / "ccache"))

    def test_what_clang_makes(self):
        self.assertTrue(all(name.startswith("ccache clang") for name in plugin.clang().values()))

    def test_nothing_where_there_is_none(self):
        with mock.patch.dict("os.environ", PATH="/nonexistent"):
            self.assertEqual(ccache.prefix(), "")
            argv, _ = kernel.make_command(self.cache, "arm64", self.dir, self.dir)
            self.assertFalse([word for word in argv if "CC=" in word])

    def test_a_folder_that_the_user_named_is_taken(self):
        with mock.patch.dict("os.environ", CCACHE_DIR="/elsewhere"):
            self.assertEqual(ccache.environment(self.cache, ROOT)["CCACHE_DIR"], "/elsewhere")


if __name__ == "__main__":
    unittest.main()
