"""`history`: what was pushed, and what receivers said."""

from itertools import islice
from typing import Any

import click

from triggers_client.cli.command import Command, Session, config_ids, event_ids, given, pass_session
from triggers_client.cli.tables import history_table
from triggers_client.cli.times import A_TIME, moment

_PAGE = 100


@click.command(cls=Command, examples="triggers history --status dead --limit 50")
@click.option(
    "--config", "config_id", metavar="ID", shell_complete=config_ids, help="Only to this config."
)
@click.option("--event", "event_id", metavar="ID", shell_complete=event_ids, help="Only of it.")
@click.option(
    "--status", type=click.Choice(["retrying", "succeeded", "dead", "dropped"]), help="Only these."
)
@click.option("--type", "event_type", metavar="TYPE", help="One type, or a prefix: 'invoice.*'.")
@click.option(
    "--since", type=moment, metavar="TIME", help=f"First attempted then or later: {A_TIME}."
)
@click.option("--until", type=moment, metavar="TIME", help="First attempted before then.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most.")
@click.option("--all", "wants_all", is_flag=True, help="All of them, however many pages.")
@pass_session
def history(session: Session, /, limit: int, wants_all: bool, **query: Any) -> None:  # noqa: FBT001
    """List deliveries, newest first, each with every attempt."""
    page = _PAGE if wants_all else min(limit, _PAGE)
    walk = session.client().notifications.history(limit=page, **given(**query))
    found = walk if wants_all else islice(walk, limit)
    if not session.output.is_for_people:
        session.output.lines(found)
        return
    deliveries = list(found)
    if deliveries:
        session.output.people(history_table(deliveries))
    else:
        session.output.say("There are no such deliveries.", style="dim")
