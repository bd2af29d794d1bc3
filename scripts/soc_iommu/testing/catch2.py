"""Test cases of a Catch2 program, of version 2.13 or 3.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import re
import subprocess
import xml.etree.ElementTree as xml

from errors import Failure

SKIPPED = 4  # exit status of Catch2 3 when every test case was skipped


def names(program: list[str], env=None) -> list[str]:
    """The names of a program's test cases (hidden ones, those tagged [.], are not among them)."""
    # Version 2 has an option for it, whose exit status is the number of tests; 3 has an XML listing.
    out = subprocess.run([*program, "--list-test-names-only"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True, env=env, timeout=60)
    if "nrecognised" not in out.stdout + out.stderr:
        return [line for line in out.stdout.splitlines() if line]
    out = subprocess.run([*program, "--list-tests", "--reporter", "xml"], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, env=env, timeout=60)
    try:
        return [case.findtext("Name") for case in xml.fromstring(out.stdout).iter("TestCase")]
    except xml.ParseError as error:
        raise Failure(f"{program[0]} does not list its test cases: {out.stderr.strip()[-300:]}") from error


def selector(name: str) -> str:
    """A name as a test specification that means that one test case."""
    return re.sub(r'([\\,\[*"~])', r"\\\1", name)
