"""`replay`: push again."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import click

from triggers_client.cli import exit_codes
from triggers_client.cli.command import Command, Session, config_ids, event_ids, given, pass_session
from triggers_client.cli.times import moment
from triggers_client.models import Replayed


@click.command(
    cls=Command,
    examples="""
    triggers replay evt_01M80DA8APHQG85FF1EP41RHZD
    triggers replay --delivery dlv_01M80FJQQQQYV6E72D3560XSN0_d6d7a6a6664f8e4f1795bc1f_0
    triggers replay --dead-letters --config cfg_d6d7a6a6664f8e4f1795bc1f --since 2026-11-01 --dry-run
    """,
)
@click.argument("event_id", required=False, shell_complete=event_ids)
@click.option("--delivery", "delivery_id", metavar="ID", help="One delivery, to its one config.")
@click.option("--dead-letters", is_flag=True, help="All that was given up.")
@click.option(
    "--config",
    "config_id",
    metavar="ID",
    shell_complete=config_ids,
    help="Dead letters of this config only.",
)
@click.option(
    "--since", type=moment, metavar="TIME", help="Dead letters first attempted then or later."
)
@click.option(
    "--until", type=moment, metavar="TIME", help="Dead letters first attempted before then."
)
@click.option("--dry-run", is_flag=True, help="Count the dead letters, replay none.")
@pass_session
def replay(
    session: Session,
    /,
    event_id: str | None,
    delivery_id: str | None,
    dead_letters: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
    **query: Any,
) -> int:
    """Push an event, a delivery, or dead letters again."""
    if (event_id is not None) + (delivery_id is not None) + dead_letters != 1:
        raise click.UsageError("Give one of EVENT_ID, --delivery and --dead-letters.")
    if not dead_letters and (dry_run or given(**query)):
        raise click.UsageError("--config, --since, --until, --dry-run go with --dead-letters.")
    if dead_letters:
        return _replay_dead_letters(session, dry_run=dry_run, **given(**query))
    client = session.client()
    if event_id is not None:
        replayed: object = client.events.replay(event_id)
        said = f"{event_id} is pending again, and is pushed to every config that wants it."
    else:
        replayed = client.notifications.replay_delivery(str(delivery_id))
        said = f"{delivery_id} is pushed once more."
    if session.output.is_for_people:
        session.output.say(said, style="green")
    else:
        session.output.line(replayed)
    return exit_codes.OK


def _replay_dead_letters(session: Session, *, dry_run: bool, **query: Any) -> int:
    """From the newest back, so that none comes twice."""
    ask = partial(session.client().notifications.replay_dead_letters, dry_run=dry_run, **query)
    return replay_all(session, "dead letters", ask, dry_run=dry_run)


def replay_all(session: Session, what: str, ask: Callable[..., Replayed], *, dry_run: bool) -> int:
    """Call by call, as far as the cursors lead."""
    total = {"matched": 0, "replayed": 0, "skipped": 0}
    cursor: str | None = None
    began = time.monotonic()
    with session.output.console(err=True).status(f"Looking for {what} …") as status:
        while True:
            part = ask(cursor=cursor)
            total["matched"] += part["matched"]
            total["replayed"] += part["replayed"]
            total["skipped"] += part.get("skipped", 0)
            seconds = time.monotonic() - began
            status.update(
                f"{total['matched']} found, {total['replayed']} replayed, {seconds:.0f} s"
            )
            cursor = part.get("next_cursor")
            if cursor is None:
                break
    if not session.output.is_for_people:
        session.output.line(total | {"dry_run": dry_run})
    elif dry_run:
        session.output.say(f"{total['matched']} {what} match; none was replayed.", "green")
    else:
        skipped = f"; {total['skipped']} skipped" if total["skipped"] else ""
        session.output.say(f"Replayed {total['replayed']} of {total['matched']}{skipped}.", "green")
    return exit_codes.OK
