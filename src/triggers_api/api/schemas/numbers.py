"""Whole numbers as JSON has them: `10.0` is one, too, and `true` is none."""

from typing import Annotated

from pydantic import BeforeValidator, StrictInt


def _whole(value: object) -> object:
    """JSON Schema takes a number without a fraction for an integer, however it is written."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WholeNumber = Annotated[StrictInt, BeforeValidator(_whole)]
