"""`get`, `events` and `erase`: single events, and lists of any status."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import click

from triggers_client.cli.command import Command, Session, event_ids, given, pass_session
from triggers_client.cli.tables import event_fields, events_table
from triggers_client.cli.times import A_TIME, moment
from triggers_client.models import Event

PAGE = 100


def show_events(session: Session, events: Iterator[Event], *, with_status: bool, empty: str) -> int:
    """Show them; how many there were."""
    if not session.output.is_for_people:
        shown = 0
        for event in events:
            session.output.line(event)
            shown += 1
        return shown
    found = list(events)
    if found:
        session.output.people(events_table(found, with_status=with_status))
    else:
        session.output.say(empty, style="dim")
    return len(found)


@click.command(cls=Command, examples="triggers get evt_01M80DA8APHQG85FF1EP41RHZD | jq .payload")
@click.argument("event_id", shell_complete=event_ids)
@pass_session
def get(session: Session, event_id: str) -> None:
    """Show one event as it is now."""
    event = session.client().events.get(event_id)
    if session.output.is_for_people:
        session.output.people(*event_fields(event))
    else:
        session.output.line(event)


@click.command(
    cls=Command,
    examples="""
    triggers events --type 'invoice.*' --status undelivered --since 2026-11-01
    triggers events --all --order asc > events.jsonl
    """,
)
@click.option("--type", "event_type", metavar="TYPE", help="One type, or a prefix: 'invoice.*'.")
@click.option(
    "--status",
    type=click.Choice(["pending", "delivered", "failed", "undelivered"]),
    help="Only these.",
)
@click.option(
    "--severity", type=click.Choice(["info", "warning", "error", "critical"]), help="Only these."
)
@click.option("--execution", "execution_id", metavar="ID", help="Only of this execution.")
@click.option("--since", type=moment, metavar="TIME", help=f"Created then or later: {A_TIME}.")
@click.option("--until", type=moment, metavar="TIME", help="Created before then.")
@click.option("--order", type=click.Choice(["asc", "desc"]), help="Newest first is desc.  [desc]")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most.")
@click.option("--all", "wants_all", is_flag=True, help="All of them, however many pages.")
@pass_session
def events(session: Session, /, limit: int, wants_all: bool, **query: Any) -> None:  # noqa: FBT001
    """List events of any status, newest first."""
    walk = session.client().events.walk(
        limit=PAGE if wants_all else min(limit, PAGE), **given(**query)
    )
    found = walk if wants_all else islice(walk, limit)
    show_events(session, found, with_status=True, empty="There are no such events.")


@click.command(cls=Command)
@click.argument("event_id", shell_complete=event_ids)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def erase(session: Session, event_id: str, yes: bool) -> None:  # noqa: FBT001
    """Erase what an event said, for good; its id and times stay."""
    client = session.client()
    if not yes:
        click.confirm(f"Erase the payload of {event_id} for good?", abort=True, err=True)
    client.events.erase(event_id)
    if session.output.is_for_people:
        session.output.say(f"Erased {event_id}.", style="green")
    else:
        session.output.line({"event_id": event_id, "erased": True})


reading_commands = [get, events, erase]
