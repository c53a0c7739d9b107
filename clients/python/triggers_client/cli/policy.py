"""The options that say how a config's receiver wants to be pushed to."""

from collections.abc import Callable
from typing import Any

import click

_USUAL = "default"
_NONE = "none"
NULL = object()  # told apart from a name that is spelt like that


def _number(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
    """A whole number, or `default`, which is sent as null."""
    if value is None or value == _USUAL:
        return value and NULL
    if not value.isascii() or not value.isdigit():
        raise click.BadParameter(f"'{value}' is neither a whole number nor '{_USUAL}'.")
    return int(value)


def _waits(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
    """Seconds between commas."""
    if value is None or value == _USUAL:
        return value and NULL
    if value == _NONE:
        return []
    waits = value.split(",")
    if not all(each.isascii() and each.isdigit() for each in waits):
        raise click.BadParameter(f"'{value}' is none of '5,60,3600', '{_NONE}', '{_USUAL}'.")
    return [int(each) for each in waits]


def policy_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Each is left out unless it is given; `default` brings back what is usual."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def as_members(options: dict[str, Any]) -> dict[str, Any]:
    """What was given, as members of a config."""
    said = {name: each for name, each in options.items() if each is not None}
    return {name: None if each is NULL else each for name, each in said.items()}


_OPTIONS = (
    click.option(
        "--retry-schedule",
        "retry_schedule_seconds",
        metavar="SECONDS,…",
        callback=_waits,
        help="The wait after each failed attempt, such as 5,60,3600; `none` tries once.",
    ),
    click.option(
        "--push-timeout",
        "timeout_seconds",
        metavar="NUMBER",
        callback=_number,
        help="Seconds that a push may take, 1 to 30.",
    ),
    click.option(
        "--rate-limit",
        "rate_limit_per_second",
        metavar="NUMBER",
        callback=_number,
        help="Pushes a second at most; what is more waits.",
    ),
    click.option(
        "--signature",
        type=click.Choice(["v1", "v1a"]),
        help="By a shared secret, or by a key that all may verify.",
    ),
)
