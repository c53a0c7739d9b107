"""`inbox` and `ack`."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import click

from triggers_client.cli import exit_codes
from triggers_client.cli.command import Command, Session, event_ids, given, pass_session
from triggers_client.cli.output import members, printable
from triggers_client.cli.reading import PAGE, show_events
from triggers_client.cli.times import A_TIME, moment
from triggers_client.client import Client
from triggers_client.errors import UnexpectedAnswerError
from triggers_client.inbox import ACKNOWLEDGED_AT_ONCE
from triggers_client.models import Acknowledged
from triggers_client.retry import MAY_SUCCEED_LATER, Attempts
from triggers_client.wire_text import NotUtf8Error, lines

_DONE = range(200, 300)


@click.command(
    cls=Command,
    examples="""
    triggers inbox --order desc --limit 5
    triggers inbox --all | jq -r .id
    triggers inbox --type 'sync.*' --all | triggers ack -
    """,
)
@click.option("--type", "event_type", metavar="TYPE", help="One type, or a prefix: 'invoice.*'.")
@click.option("--since", type=moment, metavar="TIME", help=f"Created then or later: {A_TIME}.")
@click.option("--order", type=click.Choice(["asc", "desc"]), help="Oldest first is asc.  [asc]")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most.")
@click.option("--all", "wants_all", is_flag=True, help="All of them, however many pages.")
@pass_session
def inbox(session: Session, /, limit: int, wants_all: bool, **query: Any) -> None:  # noqa: FBT001
    """List what is not acknowledged, oldest first. Looking changes nothing."""
    one_more = PAGE if wants_all else min(limit + 1, PAGE)
    walk = session.client().inbox.walk(limit=one_more, **given(**query))
    found = walk if wants_all else islice(walk, limit)
    shown = show_events(session, found, with_status=False, empty="The inbox is empty.")
    if not wants_all and shown == limit and next(walk, None) is not None:
        session.output.say("There is more; --all shows it.", "dim")


@click.command(
    cls=Command,
    examples="""
    triggers ack evt_01M80DA8APHQG85FF1EP41RHZD
    triggers inbox --type 'sync.*' --all | triggers ack -
    """,
)
@click.argument("event_ids", nargs=-1, required=True, shell_complete=event_ids)
@pass_session
def ack(session: Session, event_ids: tuple[str, ...]) -> int:
    """Acknowledge events, so that they leave the inbox.

    EVENT_IDS may be - for standard input: an id or an event in JSON on each line.
    """
    client, failed, done = session.client(), set[object](), 0
    for ids in _hundreds(_ids(event_ids)):
        for result in _acknowledged(client, ids):
            status = result.get("status")
            ok = status in _DONE
            done, failed = done + ok, failed if ok else failed | {status}
            if not session.output.is_for_people:
                session.output.line(result)
            elif not ok:
                session.output.fail({"message": _failure(result)})
    if session.output.is_for_people and done:
        session.output.say(f"Acknowledged {done} event{'s' * (done != 1)}.", style="green")
    if not failed:
        return exit_codes.OK
    return exit_codes.TEMPORARY if failed <= MAY_SUCCEED_LATER else exit_codes.FAILED


def _failure(result: Acknowledged) -> str:
    """Why an event was not acknowledged, as far as the API tells."""
    told = members(result.get("error")).get("message") or result.get("status")
    unknown = f"Nothing tells what became of {result.get('event_id')}."
    return unknown if told is None else printable(told)


def _acknowledged(client: Client, ids: list[str]) -> list[Acknowledged]:
    """A result for each; what may succeed later is asked for again."""
    attempts, results = Attempts(client.transport.retry), dict[str, Acknowledged]()
    left = list(dict.fromkeys(ids))
    while left:
        results |= {str(each.get("event_id")): each for each in client.inbox.acknowledge(left)}
        if not results.keys() >= set(left):
            raise UnexpectedAnswerError("The answer has not a result for each event.")
        left = [each for each in left if results[each].get("status") in MAY_SUCCEED_LATER]
        if left and not attempts.wait():
            break
    return [results[each] for each in dict.fromkeys(ids)]


def _ids(arguments: Iterable[str]) -> Iterator[str]:
    for argument in arguments:
        if argument != "-":
            yield argument
            continue
        try:
            for line in lines(sys.stdin.buffer, "standard input"):
                yield _id_on(line)
        except NotUtf8Error as cause:
            raise click.UsageError(str(cause)) from cause


def _id_on(line: str) -> str:
    """The id on a line, which may be an event."""
    if not line.startswith("{"):
        return line
    try:
        return str(json.loads(line)["id"])
    except (ValueError, KeyError) as cause:
        raise click.UsageError(f"This line names no event: {printable(line[:80])}") from cause


def _hundreds(ids: Iterator[str]) -> Iterator[list[str]]:
    while some := list(islice(ids, ACKNOWLEDGED_AT_ONCE)):
        yield some


consuming_commands = [inbox, ack]
