"""Runs Python test cases in this process, and writes a line as each ends: outcome, seconds, name.

    unittests.py RESULTS NAME…

SPDX-License-Identifier: GPL-2.0-or-later
"""

import sys
import time
import unittest


class Recorder(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        self.start, self.bad = time.monotonic(), len(self.failures) + len(self.errors) + len(self.skipped)

    def stopTest(self, test):
        super().stopTest(test)
        passed = len(self.failures) + len(self.errors) + len(self.skipped) == self.bad
        with open(sys.argv[1], "a", encoding="utf-8") as results:
            results.write(f"{'passed' if passed else 'other'} {time.monotonic() - self.start:.3f} {test.id()}\n")


if __name__ == "__main__":
    sys.path.insert(0, "")
    names = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[2:])
    sys.exit(0 if unittest.TextTestRunner(verbosity=2, resultclass=Recorder).run(names).wasSuccessful() else 1)
