"""`preview`: what a config would send of an event."""

import json

import click
from rich.console import RenderableType
from rich.text import Text

from triggers_client.cli import exit_codes
from triggers_client.cli.arguments import raw_json_argument
from triggers_client.cli.command import Command, Session, config_ids, event_ids, pass_session
from triggers_client.cli.output import listed, members, pretty, printable
from triggers_client.cli.tables import fields, not_known
from triggers_client.models import Preview


@click.command(
    cls=Command,
    examples="""
    triggers preview cfg_d6d7a6a6664f8e4f1795bc1f --event evt_01M80DA8APHQG85FF1EP41RHZD
    triggers preview cfg_d6d7a6a6664f8e4f1795bc1f --event-file invoice.json
    """,
)
@click.argument("config_id", shell_complete=config_ids)
@click.option("--event", "event_id", metavar="ID", shell_complete=event_ids, help="One posted.")
@click.option("--event-file", "path", metavar="FILE|-", help="One as `post --file` has on a line.")
@pass_session
def preview(session: Session, config_id: str, event_id: str | None, path: str | None) -> int:
    """Show what a config would send of an event, and send nothing.

    Ends with 1 if it would send nothing: its filters leave the event out, or its transform fails.
    """
    if (event_id is None) == (path is None):
        raise click.UsageError("Give one of --event and --event-file.")
    event = None
    if path is not None:
        event = raw_json_argument("--event-file", path if path == "-" else f"@{path}")
    ask = session.client().notifications.preview
    shown = ask(config_id=config_id, event_id=event_id, event=event)
    if session.output.is_for_people:
        session.output.people(*preview_fields(shown))
    else:
        session.output.line(shown)
    is_sent = shown["matches"] and shown.get("request") is not None
    return exit_codes.OK if is_sent else exit_codes.FAILED


def preview_fields(shown: Preview) -> list[RenderableType]:
    """What would become of an event."""
    request = members(shown.get("request"))
    rows: list[tuple[str, object]] = [
        ("matches", Text("yes", "green") if shown["matches"] else Text("no", "red")),
        ("left out by", listed(shown.get("filters"))),
        ("because", shown.get("reason")),
        *not_known(shown, Preview),
    ]
    if not request:
        return [fields(rows)]
    rows.append(
        ("request", f"{printable(request.get('method'))} {request.get('url') or ''}".rstrip())
    )
    rows += [(f"  {name}", value) for name, value in members(request.get("headers")).items()]
    return [fields(rows), Text(""), Text(_readable(str(request.get("body") or "")))]


def _readable(body: str) -> str:
    """JSON over several lines, its numbers as they are sent; other text line by line."""
    try:
        json.loads(body)
    except ValueError:
        return "\n".join(map(printable, body.splitlines()))
    return pretty(body)
