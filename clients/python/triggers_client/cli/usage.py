"""`usage`: what was used, day by day."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from triggers_client.cli.command import Command, Session, pass_session
from triggers_client.cli.output import number, printable
from triggers_client.cli.tables import table

_ALL_AT_MOST = 1000
_NUMBERS = (
    "events_created",
    "payload_bytes",
    "events_acknowledged",
    "attempts",
    "deliveries_succeeded",
    "deliveries_failed",
)


@click.command(cls=Command, examples="triggers usage --days 7")
@click.option(
    "--days", type=click.IntRange(1, 90), help="How many, today the last; 30 if not said."
)
@click.option("--tenant", metavar="TENANT", help="Operators: of this tenant.")
@click.option("--all", "wants_all", is_flag=True, help="Operators: all tenants, of one day.")
@click.option(
    "--date", metavar="DATE", help="Operators: of this day, all tenants; today if not said."
)
@pass_session
def usage(
    session: Session,
    /,
    days: int | None,
    tenant: str | None,
    wants_all: bool,  # noqa: FBT001
    date: str | None,
) -> None:
    """What your tenant used, day by day (UTC), and what it may use."""
    if wants_all or date is not None:
        if days is not None or tenant is not None:
            raise click.UsageError("--days and --tenant are of one tenant; --all, --date of a day.")
        _show_all(session, date)
        return
    client = session.client() if tenant is None else session.operators_client()
    found = client.usage(days) if tenant is None else client.usage_of(tenant, days)
    if not session.output.is_for_people:
        session.output.line(found)
        return
    session.output.people(usage_table("date", found["days"]))


def _show_all(session: Session, date: str | None) -> None:
    found = session.operators_client().usage_of_all(date)
    if not session.output.is_for_people:
        session.output.lines(found)
        return
    session.output.people(usage_table("tenant", islice(found, _ALL_AT_MOST)))


def usage_table(name: str, rows: Iterable[Mapping[str, Any]]) -> Table:
    """Figures, one day or tenant on a line."""
    made = table(name, *(each.replace("_", " ") for each in _NUMBERS))
    for row in rows:
        made.add_row(
            Text(printable(row.get(name)), "bold"), *(number(row.get(each)) for each in _NUMBERS)
        )
    return made
