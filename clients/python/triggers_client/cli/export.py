"""`export`: the way out for all of a tenant's data."""

import sys
from pathlib import Path

import click

from triggers_client import export as exporting
from triggers_client.cli import exit_codes
from triggers_client.cli.command import Command, Session, pass_session
from triggers_client.cli.stopping import stopping
from triggers_client.progress_file import ProgressFile
from triggers_client.retry import Retry

_PATIENCE_SECONDS = 300.0


@click.command(
    cls=Command,
    examples="""
    triggers export --out acme.jsonl
    triggers export | jq -c 'select(.event) | .event'
    """,
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Into this file.")
@click.option("--restart", is_flag=True, help="Replace a former export in this file.")
@pass_session
def export(session: Session, out: Path | None, restart: bool) -> int:  # noqa: FBT001
    """Write all of the tenant's data as JSON lines.

    These are configs, events and deliveries: each line has one member that says what it is: config, event or delivery. With --out an
    export that was interrupted goes on where it was when the same command is run again.
    """

    def ending() -> None:
        session.output.say("\nFinishing this page.", "dim")

    with stopping(ending) as stop:
        client = session.client(Retry(budget_seconds=_PATIENCE_SECONDS, pause=stop.wait))
        tenant = str(client.me()["tenant"])
        if out is None:
            fresh = exporting.Export(client.transport.url, tenant)
            exporting.to_stream(client.transport, fresh, sys.stdout.buffer, stop)
            return exit_codes.INTERRUPTED if stop.is_set() else exit_codes.OK
        progress = ProgressFile(out.with_name(out.name + ".progress"))
        if restart:
            progress.remove()
            out.unlink(missing_ok=True)
        export_ = exporting.begun(progress, out, client.transport.url, tenant)
        if export_.size and export_.part is not None:
            session.output.say(f"Going on behind {_counted(export_.counts)}.", "dim")
        with session.output.console(err=True).status(_counted(export_.counts)) as status:
            exporting.to_file(
                client.transport, export_, out, stop, lambda counts: status.update(_counted(counts))
            )
    return _finish(session, export_, out)


def _finish(session: Session, export_: exporting.Export, out: Path) -> int:
    is_complete = export_.part is None
    if not session.output.is_for_people:
        session.output.line({"file": str(out), "complete": is_complete} | export_.counts)
    elif is_complete:
        session.output.say(f"Exported {_counted(export_.counts)} to {out}.", "green")
    else:
        session.output.say("Interrupted. Run the same command again to go on.", "yellow")
    return exit_codes.OK if is_complete else exit_codes.INTERRUPTED


def _counted(counts: dict[str, int]) -> str:
    plurals = {"config": "configs", "event": "events", "delivery": "deliveries"}
    return ", ".join(f"{number:,} {plurals[name]}" for name, number in counts.items())
