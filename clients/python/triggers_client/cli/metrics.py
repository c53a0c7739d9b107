"""`metrics` and `alerts`: how the deployment is."""

import click
from rich.text import Text

from triggers_client.cli import exit_codes
from triggers_client.cli.command import Command, Session, pass_session
from triggers_client.cli.listing import Listing
from triggers_client.cli.output import members, printable
from triggers_client.cli.tables import fields, styled

_RINGS = "alarm"
_COLORS = {_RINGS: "bold red", "ok": "green"}


@click.command(cls=Command, examples="triggers metrics | jq .inbox_depth")
@pass_session
def metrics(session: Session) -> None:
    """Show the deployment at a glance. The key needs metrics:read."""
    found = session.client().metrics()
    if not session.output.is_for_people:
        session.output.line(found)
        return
    shown = [(name.replace("_", " "), value) for name, value in found.items()]
    session.output.people(fields(shown))


@click.command(cls=Command, examples="triggers alerts || echo 'something rings'")
@pass_session
def alerts(session: Session) -> int:
    """List all alarms, those that ring first. Ends with 1 if any does."""
    found = session.client().alerts()
    ringing = [each for each in found["alerts"] if members(each).get("state") == _RINGS]
    if not session.output.is_for_people:
        session.output.lines(found["alerts"])
    elif found["alerts"]:
        shown = Listing("alarm", "state", "severity", "since", "reason")
        for each in found["alerts"]:
            shown.add_row(
                Text(printable(each.get("name")), "bold"),
                Text(state := printable(each.get("state")), _COLORS.get(state, "yellow")),
                styled(each.get("severity")),
                printable(each.get("since"))[:19],
                Text(printable(each.get("reason")), "dim"),
            )
        session.output.people(shown)
    else:
        session.output.say("There are no alarms.", style="dim")
    return exit_codes.FAILED if ringing else exit_codes.OK


metrics_commands = [metrics, alerts]
