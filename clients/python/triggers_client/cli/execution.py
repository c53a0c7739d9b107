"""`execution`: how far a producer's job is."""

import time

import click

from triggers_client.cli.command import Command, Session, pass_session
from triggers_client.cli.tables import events_table, execution_fields
from triggers_client.errors import RateLimitedError, ServerError, UnreachableError

_WATCH_SECONDS = 2.0


@click.command(cls=Command, examples="triggers execution exec_42 --watch")
@click.argument("execution_id")
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
    while watch and found["status"] == "running":
        session.output.line(found)
        time.sleep(_WATCH_SECONDS)
        found = client.execution(execution_id)
    if session.output.is_for_people:
        session.output.people(*execution_fields(found))
    else:
        session.output.line(found)


def _watch(session: Session, execution_id: str) -> None:
    """Show it in place until it has ended."""
    from rich.console import Group  # noqa: PLC0415  # only for people
    from rich.live import Live  # noqa: PLC0415

    client = session.client()
    found = client.execution(execution_id)
    console = session.output.console()
    with Live(Group(*execution_fields(found)), console=console, auto_refresh=False) as live:
        while found["status"] == "running":
            time.sleep(_WATCH_SECONDS)
            try:
                found = client.execution(execution_id)
            except (UnreachableError, RateLimitedError, ServerError):
                continue
            live.update(Group(*execution_fields(found)), refresh=True)
