"""The pattern of `matches`: read once, matched in a time that grows as the text does."""

from collections.abc import Callable
from typing import Any, Final

from triggers_api.expressions.budget import Budget
from triggers_api.expressions.failures import EvaluationError
from triggers_api.expressions.values import called, kind_of

_MOST_CHARACTERS: Final = 500
MOST_OF_AN_EXPRESSION: Final = 10
_MOST_MEMORY: Final = 1 << 15  # of each, kept while its expression is
_LARGEST: Final = 1000  # instructions: at worst each character meets every one
_INSTRUCTIONS_A_STEP: Final = 16
_WORDS: Final = 10  # that take as long to be read as a pattern does, beside its instructions
_INSTRUCTIONS_A_WORD: Final = 10


def matcher(pattern: str) -> tuple[Callable[[Any, Budget], bool], int]:
    """What tells whether the pattern is found in a text, and the words it counts as.

    Raises `ValueError`, with a reason.
    """
    # Only for those who match patterns.
    import re2  # noqa: PLC0415

    if len(pattern) > _MOST_CHARACTERS:
        raise ValueError(f"a pattern has at most {_MOST_CHARACTERS} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    try:
        program = re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else b""
        words = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"this pattern is not taken: {words}") from None
    size = int(program.programsize)
    if size > _LARGEST:
        raise ValueError("this pattern repeats too much")

    def is_found(text: Any, budget: Budget) -> bool:
        if not isinstance(text, str):
            raise EvaluationError(f"matches() takes a string, not {called(kind_of(text))}")
        budget.take(1 + len(text) * size // _INSTRUCTIONS_A_STEP)
        return program.search(text) is not None

    return is_found, _WORDS + size // _INSTRUCTIONS_A_WORD
