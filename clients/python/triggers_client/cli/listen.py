"""`listen`: new events to a program on this machine, signed as a webhook."""

import os

import click
from rich.text import Text

from triggers_client.cli.arguments import secret_argument
from triggers_client.cli.command import Command, Session, pass_session
from triggers_client.cli.output import printable
from triggers_client.cli.stopping import stopping
from triggers_client.cli.tail import Outage, end_line
from triggers_client.follow import Follow
from triggers_client.listen import Forward, Forwarded, Waits
from triggers_client.listen import listen as forward_all
from triggers_client.retry import Retry
from triggers_client.webhooks import WebhookKeyError, key_of, new_secret

SECRET_VARIABLE = "TRIGGERS_LISTEN_SECRET"  # noqa: S105  # a variable's name
_SUCCESS = range(200, 300)


@click.command(
    cls=Command,
    examples="""
    triggers listen --forward-to http://127.0.0.1:3000/hook
    triggers listen --forward-to http://localhost:3000/hook --event-types 'invoice.*,order.failed'
    """,
)
@click.option("--forward-to", "target", required=True, metavar="URL", help="Where your program is.")
@click.option(
    "--event-types", multiple=True, metavar="TYPES", help="Only these, separated by commas."
)
@click.option(
    "--secret",
    metavar="whsec_…|@FILE|-",
    help=f"What signs; without it, a new one is made and shown.  [${SECRET_VARIABLE}]",
)
@pass_session
def listen(session: Session, target: str, event_types: tuple[str, ...], secret: str | None) -> None:
    """Send each new event to a URL as a webhook would, until Ctrl-C, from now on.

    A program that is not there is waited for, so that it may be restarted and misses nothing.
    No other answer is tried again, nor one that takes longer than 30 seconds. Nothing is
    acknowledged.
    """
    given = os.environ.get(SECRET_VARIABLE)
    if secret is not None:
        given = secret_argument("--secret", secret)
    secret = given or new_secret()
    types = [each.strip() for some in event_types for each in some.split(",") if each.strip()]
    try:
        key = key_of(secret)
    except WebhookKeyError as cause:
        needed = "whsec_ and 24 to 64 bytes in base64"
        raise click.UsageError(f"--secret is no signing secret: {needed}.") from cause
    with stopping(lambda: end_line(session)) as stop:
        forward = Forward(target, key, stop.wait, _Away(session).tell)
        waits = Waits(stop.wait)
        client = session.client(Retry(budget_seconds=0))  # the next question comes anyway
        only = types[0] if len(types) == 1 else None
        follow = Follow(client, waits, only, Outage(session).tell, stop.wait)
        follow.begin(0)
        _begin(session, target, None if given else secret)
        forward_all(follow, forward, lambda done: show(session, done), waits, types)


def _begin(session: Session, url: str, made: str | None) -> None:
    if not session.output.is_for_people:
        session.output.line({"listening": True, "forward_to": url, "secret": made})
        return
    if made is not None:
        session.output.people(Text("Signing secret, shown this once:", "dim"), made)
    session.output.say(f"Waiting for events, which go to {url}. Ctrl-C ends.", style="dim")


class _Away:
    """Says once that the receiver is away, and once that it is back."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._is_away = False

    def tell(self, error: str | None) -> None:
        """What `Forward` tells."""
        if error is None:
            self._session.output.say("The receiver is there again.", style="green")
        elif not self._is_away:
            said = f"{error} Sending it again until it is taken."
            self._session.output.say(printable(said), style="yellow")
        self._is_away = error is not None


def show(session: Session, done: Forwarded) -> None:
    """One line for each event, at once."""
    event = done.event
    if not session.output.is_for_people:
        said = {"event_id": event["id"], "event_type": event.get("event_type")}
        counts = {"status": done.status, "ms": done.milliseconds, "tries": done.tries}
        session.output.line(said | counts)
        return
    style = "green" if done.status in _SUCCESS else "red"
    line = Text.assemble(
        (event["created_at"][11:19], "dim"),
        "  ",
        ("---" if done.status is None else str(done.status), style),
        f"  {done.milliseconds:>5} ms  ",
        (event["id"], "bold"),
        f"  {printable(event.get('event_type'))}",
        ("  no answer in time", "red") if done.status is None else "",
    )
    session.output.console().print(line, soft_wrap=True)
