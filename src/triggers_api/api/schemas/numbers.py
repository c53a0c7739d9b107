"""Whole numbers as JSON has them: `10.0` is one, too, and `true` is none."""

from typing import Annotated, Final

from pydantic import BeforeValidator, StrictInt


def _whole(value: object) -> object:
    """JSON Schema takes a number without a fraction for an integer, however it is written."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


AS_WHOLE: Final = BeforeValidator(_whole)
"""Stands behind a number's bounds in its annotation: before them, a schema would not tell them."""

WholeNumber = Annotated[StrictInt, AS_WHOLE]
