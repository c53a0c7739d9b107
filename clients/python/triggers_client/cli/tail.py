"""`tail`: events as they come."""

import click
from rich.text import Text

from triggers_client.cli.command import Command, Session, pass_session
from triggers_client.cli.output import printable
from triggers_client.cli.stopping import stopping
from triggers_client.cli.tables import styled
from triggers_client.follow import Follow
from triggers_client.models import Event
from triggers_client.retry import Retry

_SEVERITY_WIDTH, _TYPE_WIDTH = 8, 20


@click.command(
    cls=Command,
    examples="""
    triggers tail --type 'invoice.*'
    triggers tail -n 0 | jq -r .event_type
    """,
)
@click.option("--type", "event_type", metavar="TYPE", help="One type, or a prefix: 'invoice.*'.")
@click.option(
    "-n",
    "--last",
    type=click.IntRange(0, 100),
    default=10,
    show_default=True,
    help="Begin with so many.",
)
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1),
    default=1.0,
    show_default=True,
    help="Seconds between two questions.",
)
@pass_session
def tail(session: Session, event_type: str | None, last: int, interval: float) -> None:
    """Follow new events until Ctrl-C, each once, through outages too."""
    with stopping(lambda: end_line(session)) as stop:
        client = session.client(Retry(budget_seconds=0))  # the next question comes anyway
        follow = Follow(
            client, lambda: stop.wait(interval), event_type, Outage(session).tell, stop.wait
        )
        for event in follow.begin(last):
            show(session, event)
        if session.output.is_for_people:
            session.output.say("Waiting for events. Ctrl-C ends.", style="dim")
        for event in follow:
            show(session, event)


def end_line(session: Session) -> None:
    """Behind the ^C that a terminal shows."""
    if session.output.is_for_people:
        session.output.say("")


class Outage:
    """Says once that the API is away, and once that it is back."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._is_out = False

    def tell(self, error: Exception | None) -> None:
        """What `Follow` tells."""
        if error is None:
            self._session.output.say("The API answers again.", style="green")
        elif not self._is_out:
            self._session.output.say(f"{error} Asking again until it does.", style="yellow")
        self._is_out = error is not None


def show(session: Session, event: Event) -> None:
    """One line at once, also into a pipe."""
    if not session.output.is_for_people:
        session.output.line(event)
        return
    severity = styled(event.get("severity"))
    severity.pad_right(max(0, _SEVERITY_WIDTH - len(severity)))
    line = Text.assemble(
        (event["created_at"][11:19], "dim"),
        "  ",
        severity,
        "  ",
        (event["id"], "bold"),
        "  ",
        f"{printable(event.get('event_type')):<{_TYPE_WIDTH}}",
        "  ",
        (printable(event.get("payload")), "dim"),
    )
    console = session.output.console()
    line.truncate(console.width, overflow="ellipsis")
    console.print(line, no_wrap=True)
