"""The options that say how a config's receiver wants to be pushed to."""

from collections.abc import Callable
from typing import Any

import click

_USUAL = "default"
_NONE = "none"
_NULL = object()  # told apart from a name that is spelt like that


class _NumberOrDefault(click.ParamType):
    """A whole number, or `default`, which is sent as null."""

    name = "NUMBER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == _USUAL:
            return _NULL
        if not value.isascii() or not value.isdigit():
            self.fail(f"'{value}' is neither a whole number nor '{_USUAL}'.", param, ctx)
        return int(value)


class _Waits(click.ParamType):
    """Seconds between commas."""

    name = "SECONDS,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == _USUAL:
            return _NULL
        if value == _NONE:
            return []
        waits = value.split(",")
        if not all(each.isascii() and each.isdigit() for each in waits):
            self.fail(f"'{value}' is none of '5,60,3600', '{_NONE}', '{_USUAL}'.", param, ctx)
        return [int(each) for each in waits]


def policy_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Each is left out unless it is given; `default` brings back what is usual."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def as_members(options: dict[str, Any]) -> dict[str, Any]:
    """What was given, as members of a config."""
    said = {name: each for name, each in options.items() if each is not None}
    return {name: None if each is _NULL else each for name, each in said.items()}


_OPTIONS = (
    click.option(
        "--retry-schedule",
        "retry_schedule_seconds",
        type=_Waits(),
        help="The wait after each failed attempt, such as 5,60,3600; `none` tries once.",
    ),
    click.option(
        "--timeout",
        "timeout_seconds",
        type=_NumberOrDefault(),
        help="Seconds that a push may take, 1 to 30.",
    ),
    click.option(
        "--rate-limit",
        "rate_limit_per_second",
        type=_NumberOrDefault(),
        help="Pushes a second at most; what is more waits.",
    ),
)
