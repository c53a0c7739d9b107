"""What the commands accept as arguments; what they do not, argparse refuses with a sentence."""

import argparse
from collections.abc import Callable

from triggers_api.access.keys import TENANT


def tenant(text: str) -> str:
    """A tenant's name."""
    if TENANT.fullmatch(text) is None:
        message = "a tenant is up to 63 of a-z, 0-9, - and _, beginning with a letter or digit"
        raise argparse.ArgumentTypeError(message)
    return text


def name(text: str) -> str:
    """A name for people, on one line."""
    stripped = text.strip()
    if not stripped or not stripped.isprintable():
        raise argparse.ArgumentTypeError("a name is one line of text, and not empty")
    return stripped


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def number(text: str) -> int:
        digits = text.isascii() and text.isdecimal() and len(text) <= len(str(highest))
        if not digits or not lowest <= int(text) <= highest:
            message = f"'{text}' is no whole number from {lowest} to {highest}"
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return number
