"""`stats` and `configs stats`: how much waits, and how a config's pushes went."""

import click

from triggers_client.cli.command import Command, Session, config_ids, pass_session
from triggers_client.cli.configs import configs
from triggers_client.cli.tables import config_hours_table, inbox_fields


@click.command(cls=Command, examples="triggers stats | jq .pending")
@pass_session
def stats(session: Session) -> None:
    """Count what waits in the inbox, without reading it."""
    found = session.client().inbox.stats()
    if not session.output.is_for_people:
        session.output.line(found)
        return
    session.output.people(*inbox_fields(found))
    if found.get("is_capped"):
        session.output.say("Counting stops at 10,000 of a status: there may be more.", style="dim")


@configs.command(
    "stats",
    examples="""
    triggers configs stats cfg_d6d7a6a6664f8e4f1795bc1f --hours 6
    triggers configs stats cfg_d6d7a6a6664f8e4f1795bc1f | jq '[.hours[].failed] | add'
    """,
)
@click.argument("config_id", shell_complete=config_ids)
@click.option(
    "--hours", type=click.IntRange(1, 168), help="How many, this one the last; 24 if not said."
)
@pass_session
def config_stats(session: Session, config_id: str, hours: int | None) -> None:
    """Show how a config's pushes went, hour by hour (UTC)."""
    found = session.client().notifications.config_stats(config_id, hours)
    if session.output.is_for_people:
        session.output.people(config_hours_table(found))
    else:
        session.output.line(found)
