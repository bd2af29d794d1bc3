"""Where things are.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
KERNEL_CONFIG = ROOT / "guest-kernel-config"
GUEST_INIT = ROOT / "tests" / "guest" / "init"
GUEST_MODULE = KERNEL_CONFIG / "module"


def cache_root() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "qemu-soc-iommu"
