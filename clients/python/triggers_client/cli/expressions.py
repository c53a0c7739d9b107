"""The options that say by expressions which events a config wants, and what it is sent."""

from collections.abc import Callable
from typing import Any

import click

from triggers_client.cli.arguments import text_argument
from triggers_client.cli.policy import NULL


def _expression_or(absent: str) -> Callable[..., object]:
    """Reads an expression, or the word for none, which is sent as null."""

    def read(_context: click.Context, option: click.Parameter, value: str | None) -> object:
        if value is None or value == absent:
            return value and NULL
        text = text_argument(option.opts[0], value).strip()
        if not text:
            raise click.BadParameter(f"There is no expression; '{absent}' takes it away.")
        return text

    return read


def expression_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Each is left out unless it is given."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--match",
        metavar="EXPR|@FILE|-",
        callback=_expression_or("any"),
        help="Only events for which it is true, such as 'payload.total > 100'; `any` for all.",
    ),
    click.option(
        "--transform",
        metavar="EXPR|@FILE|-",
        callback=_expression_or("none"),
        help="What is sent instead of the event, such as payload; `none` sends the event.",
    ),
)
