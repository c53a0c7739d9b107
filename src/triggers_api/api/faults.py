"""What pydantic finds, in words that tell a caller what to do."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from triggers_api.errors import Detail

MAX_DETAILS: Final = 20
"""Shown of an error, whoever found them: a body of 60,000 faults must not make an answer of 6 MB."""

_FIELD_CHARACTERS: Final = 100  # a key that a caller made up may have 500,000

PATTERN_HINTS: Final[dict[str, str]] = {}
"""What to say instead of showing a regular expression; add a line for each new pattern."""

_SENTENCES: Final[dict[str, str]] = {
    "bool_type": "give true or false",
    "dict_type": "give a JSON object",
    "enum": "give {expected}",
    "extra_forbidden": "is not known here",
    "greater_than_equal": "give at least {ge}",
    "int_from_float": "give a whole number",
    "int_parsing": "give a whole number",
    "int_type": "give a whole number",
    "less_than_equal": "give at most {le}",
    "list_type": "give a list",
    "literal_error": "give {expected}",
    "missing": "is missing",
    "model_type": "give a JSON object",
    "string_too_long": "give at most {max_length} characters",
    "string_too_short": "give at least {min_length} characters",
    "string_type": "give a string",
    "too_long": "give at most {max_length}, not {actual_length}",
    "too_short": "give at least {min_length}",
}


def details_of(found: Sequence[Mapping[str, Any]], *, skip: int = 0) -> tuple[Detail, ...]:
    """Pydantic's first findings as details; `skip` leading parts of each location are left out."""
    return tuple(_detail(finding, skip) for finding in found[:MAX_DETAILS])


def _detail(finding: Mapping[str, Any], skip: int) -> Detail:
    place = [str(part) for part in finding["loc"][skip:]]
    sentence = _sentence(finding)
    if place and place[-1] == "[key]":
        # What is wrong is a key of this object; the key itself stands before the last part.
        place, sentence = place[:-2], f"for each key, {sentence}"
    return Detail(".".join(place)[:_FIELD_CHARACTERS] or "body", sentence, str(finding["type"]))


def _sentence(finding: Mapping[str, Any]) -> str:
    context = finding.get("ctx", {})
    if finding["type"] == "string_pattern_mismatch" and context["pattern"] in PATTERN_HINTS:
        return PATTERN_HINTS[context["pattern"]]
    if finding["type"] in _SENTENCES:
        return _SENTENCES[finding["type"]].format_map(context)
    return str(finding["msg"]).removeprefix("Value error, ")
