"""What ccache is told, wherever something is compiled.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import os
import shutil
from pathlib import Path

from cache import Cache


def prefix() -> str:
    """What stands before a compiler's name; nothing where there is no ccache."""
    return "ccache " if shutil.which("ccache") else ""


def environment(cache: Cache, base: Path) -> dict:
    """This process' environment, and in it what lets builds below `base` share objects whatever their folder's name.

    Depend mode takes the compiler's own list of headers: to preprocess each file beforehand made a kernel's first build
    a half longer. A header's hash is remembered by its inode, as ccache does by itself since 4.8. The manual
    ("Precompiled headers") asks for the sloppiness, or nothing made with such a header is ever cached.
    """
    return {**os.environ, "CCACHE_DIR": os.environ.get("CCACHE_DIR", str(cache.root / "ccache")),
            "CCACHE_BASEDIR": str(base), "CCACHE_NOHASHDIR": "1", "CCACHE_DEPEND": "1", "CCACHE_INODECACHE": "1",
            "CCACHE_MAXSIZE": "5G", "CCACHE_SLOPPINESS": "pch_defines,time_macros"}
