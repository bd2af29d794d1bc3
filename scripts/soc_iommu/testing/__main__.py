"""Entry of scripts/test. SPDX-License-Identifier: GPL-2.0-or-later"""

import sys
from pathlib import Path

# The folder of the command's modules, with this package in it.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from testing.main import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
