"""`event-types` and `channels`: what there is to choose from, for filters and configs."""

import click

from triggers_client.cli.command import Command, Session, pass_session
from triggers_client.cli.tables import channels_table, event_types_table


@click.command("event-types", cls=Command, examples="triggers event-types | jq -r .event_type")
@pass_session
def event_types(session: Session) -> None:
    """List the types of the last 30 days' events, each with its latest event."""
    found = session.client().event_types()
    if not session.output.is_for_people:
        session.output.lines(found)
    elif found:
        session.output.people(event_types_table(found))
    else:
        session.output.say("There were no events in 30 days.", style="dim")


@click.command(
    cls=Command,
    examples="triggers channels | jq 'select(.channel == \"slack\").settings'",
)
@pass_session
def channels(session: Session) -> None:
    """List the channels; as JSON, each with the schema of its settings."""
    found = session.client().notifications.channels()
    if session.output.is_for_people:
        session.output.people(channels_table(found))
    else:
        session.output.lines(found)


choosing_commands = [event_types, channels]
