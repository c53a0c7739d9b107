"""No regular expression of ours takes the square of a text's length, whoever wrote the text."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from itertools import product

import pytest

import triggers_api
from tests.cpu import grows_no_faster_than_length
from triggers_api.api.json_body import MediaType

READ_NOTHING_FOREIGN = "triggers_api.handlers"  # they start what is deployed
FILLINGS = (
    *"1aA .,;:=?@/+-_\\\"'([{<$%\n\t\0\u00a0",
    *("1 ", "a.", "a-", "a+", ".1", ",,", ", ", "${", "=?", "\\u", '\\"', "[ ", "Mon,"),
)
BEGINNINGS = ("", "+", "a/", "${", "$", '"', "1", ",", "[", "content-", "Root=")
ENDS = ("", "\x01")
# The others are matched from a text's beginning.
SEARCHED = {"_CONTROL", "_LIKELY_REASONS", "_SPACES", "_TAG", "_WAITS"}


def patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    """Every one that a module keeps, by its name."""
    for module in pkgutil.walk_packages(triggers_api.__path__, "triggers_api."):
        if module.name.startswith(READ_NOTHING_FOREIGN):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            found = value if isinstance(value, tuple) else (value,)
            nested = [each for pair in found for each in (pair if type(pair) is tuple else (pair,))]
            for number, each in enumerate(nested):
                pattern = each.pattern if isinstance(each, MediaType) else each
                if isinstance(pattern, re.Pattern):
                    yield f"{module.name}.{name}.{number}", pattern


KNOWN = dict(patterns())


def test_they_are_found() -> None:
    assert len(KNOWN) > 20
    assert "triggers_api.channels.receipts._SECONDS.0" in KNOWN
    assert "triggers_api.api.json_body._LIKELY_REASONS.1" not in KNOWN  # the sentence beside one


def test_a_square_would_be_noticed() -> None:
    bad = re.compile(r"\s*([0-9]*\.?[0-9]*)\s*")

    assert not grows_no_faster_than_length(lambda length: bad.fullmatch("1" * length + "x"), 2000)


@pytest.mark.parametrize("name", KNOWN)
def test_none_takes_the_square_of_a_texts_length(name: str) -> None:
    pattern = KNOWN[name]

    def read(length: int) -> None:
        for begin, filling, end in product(BEGINNINGS, FILLINGS, ENDS):
            text = begin + filling * (length // len(filling)) + end
            said = text.encode() if isinstance(pattern.pattern, bytes) else text
            pattern.fullmatch(said)
            if name.split(".")[-2] in SEARCHED:
                pattern.findall(said)

    assert grows_no_faster_than_length(read, 700), pattern.pattern
