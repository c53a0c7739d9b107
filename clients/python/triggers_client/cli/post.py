"""`post`: one event, or a file of them."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from triggers_client.cli import exit_codes
from triggers_client.cli.arguments import raw_json_argument
from triggers_client.cli.command import Command, Session, given, once_each, pass_session
from triggers_client.cli.post_lines import FileOptions, post_file, post_stream
from triggers_client.encoding import RawJson, object_text
from triggers_client.errors import ApiError
from triggers_client.events import own_key
from triggers_client.models import Severity

_LONGEST_PREFIX = 150  # line number and hash come behind it; a key has 255 characters at most


@click.command(
    cls=Command,
    examples="""
    triggers post invoice.failed --severity error --payload '{"order_id": "A-1", "total": 31.80}'
    triggers post invoice.failed --payload @invoice.json --metadata connector=amazon --metadata tries:=3
    triggers post --file events.jsonl
    zcat old.jsonl.gz | triggers post --file - --key-prefix import-2026-11
    """,
)
@click.argument("event_type", required=False, metavar="[TYPE]")
@click.option("--payload", metavar="JSON|@FILE|-", help="A JSON object.  [{}]")
@click.option("--severity", type=click.Choice(["info", "warning", "error", "critical"]))
@click.option(
    "--metadata", multiple=True, metavar="NAME=TEXT", help="Or NAME:=JSON for a number; repeatable."
)
@click.option("--execution-id", metavar="ID", help="The run of your job that it belongs to.")
@click.option(
    "--idempotency-key", metavar="KEY", help="Posting it again with this changes nothing."
)
@click.option("--file", "path", metavar="FILE|-", help="Post each line, an event in JSON.")
@click.option(
    "--in-flight",
    type=click.IntRange(1, 16),
    default=4,
    show_default=True,
    help="Requests at once, of up to 100 lines each; 1 keeps their order.",
)
@click.option(
    "--key-prefix", metavar="TEXT", help="Begins the lines' keys, instead of a random one."
)
@click.option("--restart", is_flag=True, help="Post the file anew: forget what was posted.")
@click.option("--force", is_flag=True, help="Go on although keys may have expired.")
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to try again before giving up a file for now.",
)
@pass_session
def post(
    session: Session,
    /,
    event_type: str | None,
    path: str | None,
    in_flight: int,
    key_prefix: str | None,
    restart: bool,  # noqa: FBT001
    force: bool,  # noqa: FBT001
    patience: float,
    **one: Any,
) -> int:
    """Post one event of a TYPE, or each line of a file.

    A line is an event as the API takes it: {"event_type": "…", "payload": {…}}, and the other
    members if you like, an idempotency_key of its own too.

    How far it came is kept in FILE.progress: after Ctrl-C, a crash or an outage the same command
    goes on there, within 24 hours, and no line is stored twice. What the API refuses goes into
    FILE.rejected, with its line number and the reason, and the exit code is 1.

    One event, and what comes on standard input, are stored once if the command is repeated with
    the key or prefix that it tells when it fails.
    """
    if (event_type is None) == (path is None):
        if event_type is not None or sys.stdin.isatty():
            raise click.UsageError("Give the TYPE of one event, or a --file of them.")
        path = "-"
    if event_type is not None:
        return _post_one(session, event_type, **one)
    if any(one.values()):
        raise click.UsageError("With --file, each line says everything about its event.")
    if key_prefix is not None and not _is_key(key_prefix):
        raise click.UsageError("--key-prefix: 1 to 150 printable ASCII characters, no spaces.")
    options = FileOptions(in_flight, key_prefix, restart, force, patience)
    if path == "-":
        return post_stream(session, sys.stdin.buffer, options)
    file = Path(str(path))
    if not file.is_file():
        raise click.UsageError(f"There is no file {file}.")
    return post_file(session, file, options)


def _post_one(
    session: Session,
    event_type: str,
    payload: str | None,
    severity: Severity | None,
    metadata: tuple[str, ...],
    execution_id: str | None,
    idempotency_key: str | None,
) -> int:
    body = RawJson("{}") if payload is None else raw_json_argument("--payload", payload)
    scalars = once_each("--metadata", map(_metadata, metadata))
    about = RawJson(object_text(scalars)) if scalars else None
    client, key = session.client(), idempotency_key
    if key is None:
        key = own_key()
        session.repeat_with = "--idempotency-key", key
    more = given(severity=severity, execution_id=execution_id)
    try:
        event = client.events.post(event_type, body, metadata=about, idempotency_key=key, **more)  # type: ignore[arg-type]
    except ApiError as error:
        if exit_codes.code_for(error) != exit_codes.TEMPORARY:
            session.repeat_with = None  # refused: nothing is stored
        raise
    if session.output.is_for_people:
        from triggers_client.cli.tables import events_table  # noqa: PLC0415  # only for people

        session.output.people(events_table([event], with_status=True))
    else:
        session.output.line(event)
    return exit_codes.OK


def _metadata(text: str) -> tuple[str, str]:
    """`name=text` or `name:=json`."""
    name, separator, value = text.partition("=")
    if not separator or not name.rstrip(":"):
        raise click.UsageError(f"--metadata {text}: give NAME=TEXT, or NAME:=JSON.")
    if not name.endswith(":"):
        return name, value
    try:
        read = json.loads(value)
    except ValueError as cause:
        raise click.UsageError(f"--metadata {text}: behind := stands no JSON.") from cause
    if isinstance(read, dict | list):
        raise click.UsageError(f"--metadata {text}: text, a number, true, false or null.")
    return name[:-1], RawJson(value)


def _is_key(prefix: str) -> bool:
    return (
        0 < len(prefix) <= _LONGEST_PREFIX
        and prefix.isascii()
        and prefix.isprintable()
        and " " not in prefix
    )
