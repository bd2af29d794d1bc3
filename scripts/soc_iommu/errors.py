"""Failures that end the command with a message and a known exit status.

SPDX-License-Identifier: GPL-2.0-or-later
"""


class Failure(Exception):
    """Something needed is missing or could not be built."""

    status = 3


class Usage(Failure):
    """Wrong usage: the message names what would have been right."""

    status = 2


def one_of(what: str, value: str, valid) -> str:
    """Returns value when it is among valid; else a Usage that lists them."""
    valid = list(valid)
    if value not in valid:
        raise Usage(f"unknown {what} '{value}'; valid: {', '.join(valid)}")
    return value
