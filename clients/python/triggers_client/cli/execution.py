"""`executions` and `execution`: how far producers' jobs are."""

import time
from itertools import islice
from typing import Any

import click

from triggers_client.cli.command import Command, Session, execution_ids, given, pass_session
from triggers_client.cli.tables import events_table, execution_fields, executions_table
from triggers_client.cli.times import A_TIME, moment
from triggers_client.errors import RateLimitedError, ServerError, UnreachableError
from triggers_client.models import Execution

_WATCH_SECONDS = 2.0
_PAGE = 100
_ENDED = ("completed", "completed_with_errors")


@click.command(
    cls=Command,
    examples="""
    triggers executions --status completed_with_errors --since 1d
    triggers executions --all | jq -r 'select(.failed_events > 0).execution_id'
    """,
)
@click.option(
    "--status",
    type=click.Choice(["running", "completed", "completed_with_errors"]),
    help="Only these.",
)
@click.option("--since", type=moment, metavar="TIME", help=f"Begun then or later: {A_TIME}.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most.")
@click.option("--all", "wants_all", is_flag=True, help="All of them, however many pages.")
@pass_session
def executions(session: Session, /, limit: int, wants_all: bool, **query: Any) -> None:  # noqa: FBT001
    """List executions as they are now, those that began last first."""
    page = _PAGE if wants_all else min(limit, _PAGE)
    walk = session.client().executions(limit=page, **given(**query))
    found = walk if wants_all else islice(walk, limit)
    if not session.output.is_for_people:
        session.output.lines(found)
        return
    shown = list(found)
    if shown:
        session.output.people(executions_table(shown))
    else:
        session.output.say("There are no such executions.", style="dim")


@click.command(cls=Command, examples="triggers execution exec_42 --watch")
@click.argument("execution_id", shell_complete=execution_ids)
@click.option("--watch", is_flag=True, help="Look again every two seconds until it has ended.")
@click.option("--events", "wants_events", is_flag=True, help="List its events instead.")
@pass_session
def execution(session: Session, execution_id: str, watch: bool, wants_events: bool) -> None:  # noqa: FBT001
    """Show how far an execution has come, and count its events."""
    client = session.client()
    if wants_events:
        timeline = client.execution_events(execution_id)
        if session.output.is_for_people:
            session.output.people(events_table(timeline, with_status=True))
        else:
            session.output.lines(timeline)
        return
    if watch and session.output.is_for_people:
        _watch(session, execution_id)
        return
    found = client.execution(execution_id)
    while watch and not has_ended(found):
        session.output.line(found)
        time.sleep(_WATCH_SECONDS)
        found = client.execution(execution_id)
    if session.output.is_for_people:
        session.output.people(*execution_fields(found))
    else:
        session.output.line(found)


def has_ended(execution: Execution) -> bool:
    """Whether it has; of a status that is not known, its end tells."""
    status: object = execution.get("status")
    return status in _ENDED or (status != "running" and execution.get("completed_at") is not None)


def _watch(session: Session, execution_id: str) -> None:
    """Show it in place until it has ended."""
    from rich.console import Group  # noqa: PLC0415  # only for people
    from rich.live import Live  # noqa: PLC0415

    client = session.client()
    found = client.execution(execution_id)
    console = session.output.console()
    with Live(Group(*execution_fields(found)), console=console, auto_refresh=False) as live:
        while not has_ended(found):
            time.sleep(_WATCH_SECONDS)
            try:
                found = client.execution(execution_id)
            except (UnreachableError, RateLimitedError, ServerError):
                continue
            live.update(Group(*execution_fields(found)), refresh=True)


execution_commands = [executions, execution]
