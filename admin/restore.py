"""Bring back what the tables have lost, into the running stack, as it was at a point in time.

`prepare` has DynamoDB make copies of the tables as they were at that second. `bring-back` compares
them with the live tables and tells what it would write; with `--apply` it writes what is missing.
`clean` drops the copies. The live tables stay the ones that the stack has, so nothing else changes:
no name, no stream, no permission. What comes back as what: docs/restore.md.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table as Grid

from admin import arguments as accepted
from admin import target
from admin.restoring import work
from admin.restoring.carry_out import CarryOut, Pace
from admin.restoring.journal import Journal, journal_of, lines_in, lines_since
from admin.restoring.judge import Judge
from admin.restoring.kinds import Part
from admin.restoring.point_in_time import Copies
from admin.restoring.rows import Rows
from admin.restoring.tenants_then import Tenants
from triggers_api.errors import TriggersError
from triggers_api.settings import EventsSettings
from triggers_api.store.active_tenants import DynamoActiveTenants
from triggers_api.store.executions import DynamoExecutionStore
from triggers_api.store.table import Item, Table
from triggers_api.store.tenants import TenantRows
from triggers_api.timestamps import Clock, from_text, now

_USUAL_UNITS: Final = 200  # and an index as much: half of what one shard of a tenant takes
_NAMES_SHOWN: Final = 50
_for_people = Console(stderr=True)


def main(
    arguments: Sequence[str] | None = None, on: target.Target | None = None, clock: Clock = now
) -> None:
    """Run one command, on the deployment that its options name if none is given."""
    options = _parser().parse_args(arguments)
    found = on or target.find(options)
    try:
        options.run(_stack_of(found), options, clock)
    except TriggersError as error:
        sys.exit(f"{error} The same command goes on where this one stopped.")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS refused this on {found.place}: {error}")


def prepare(stack: target.Stack, options: argparse.Namespace, clock: Clock) -> None:
    """Have the copies made, and wait for them unless that is not wanted."""
    if options.at > clock():
        sys.exit("That second is still to come.")
    copies = _copies(stack, options.at)
    for part in Part:
        made = copies.make(part)
        _say(f"{copies.name(part)} {'is being made' if made else 'is there'}.")
    if options.no_wait:
        return
    for part in Part:
        copies.wait(part)
    _say("They can be read, and cost until `clean`.")


def bring_back(stack: target.Stack, options: argparse.Namespace, clock: Clock) -> None:
    """Tell what would be written, or write it."""
    copies = _copies(stack, options.at)
    unready = [copies.name(part) for part in Part if copies.status(part) != "ACTIVE"]
    if unready:
        sys.exit(f"{unready[0]} cannot be read. `prepare` makes it, with the same --at.")
    named = frozenset(options.only)
    if (named or options.overwrite) and (not named or len(options.tenant) != 1):
        sys.exit("Name the configs or sources with --only, and their tenant with --tenant.")
    journal = _journal(stack, options, clock)
    _look_after_the_key(stack)
    judge, carry_out = _wire(stack, copies, journal, options, clock)
    place = work.Place.of(
        _file(stack, options), f"{[options.tenant, options.all_tenants, options.only]}"
    )

    def read(part: Part, after: Item | None) -> Iterable[list[Item]]:
        if not named:
            return copies.pages(part, options.tenant, after)
        only = copies.named(options.tenant[0], options.only)
        return [only] if only and part is Part.NOTIFICATIONS else []

    if place.behind:
        _say("A run of this command was stopped: going on where it was.")
    with Progress(console=_for_people, transient=True) as shown:
        bars = {part: shown.add_task(part, total=copies.count(part)) for part in work.ORDER}
        report = work.run(
            read,
            judge,
            carry_out if options.apply else None,
            place,
            tell=lambda part, done: shown.advance(bars[part], done),
        )
    _tell(report, is_applied=options.apply)


def clean(stack: target.Stack, options: argparse.Namespace, _clock: Clock) -> None:
    """Drop the copies; the live tables are never touched."""
    copies = _copies(stack, options.at)
    for part in Part:
        _say(f"{copies.name(part)} {'is dropped' if copies.drop(part) else 'is not there'}.")


def _wire(
    stack: target.Stack,
    copies: Copies,
    journal: Journal,
    options: argparse.Namespace,
    clock: Clock,
) -> tuple[Judge, CarryOut]:
    client = stack.connect("dynamodb")
    live = {part: Table(client, copies.live[part]) for part in Part}
    then = {part: Table(client, copies.name(part)) for part in Part}
    events = EventsSettings(
        table=copies.live[Part.EVENTS],
        undelivered_retention=_days(stack, "UndeliveredRetentionDays", 365),
        delivered_retention=_days(stack, "DeliveredRetentionDays", 30),
    )
    tenants = Tenants(
        then=then[Part.KEYS],
        now=live[Part.KEYS],
        chosen=frozenset(options.tenant),
        with_lost=options.all_tenants,
        deleted=journal.tenants,
    )
    rows = Rows(live, tenants, journal, clock, frozenset(options.only), options.overwrite)
    judge = Judge(live, tenants, journal, rows, events, clock)
    carry_out = CarryOut(
        live=live,
        then=then,
        tenant_rows=TenantRows(client, copies.live[Part.EVENTS], clock),
        executions=DynamoExecutionStore(client, events, clock),
        active=DynamoActiveTenants(client, copies.live[Part.USAGE]),
        pace=Pace(options.units),
        clock=clock,
    )
    return judge, carry_out


def _stack_of(on: target.Target) -> target.Stack:
    assert on.stack is not None, "a target that was found has one"
    missing = [f"{part}Name" for part in Part if f"{part}Name" not in on.stack.outputs]
    if missing:
        sys.exit(
            f"There is no {missing[0]} among the outputs of {on.place}: its version is too old."
        )
    return on.stack


def _copies(stack: target.Stack, at: datetime) -> Copies:
    live = {part: stack.outputs[f"{part}Name"] for part in Part}
    return Copies(stack.connect("dynamodb"), live, at)


def _journal(stack: target.Stack, options: argparse.Namespace, clock: Clock) -> Journal:
    """What was done since, from the log unless it is told that there was nothing."""
    given = (lines_in(file.read_text()) for file in options.lines)
    if not options.no_log and not options.lines:
        _look_for_lines_that_are_gone(stack, options.at, clock())
    logged = () if options.no_log else _logged(stack, options.at)
    journal = journal_of(chain(logged, *given))
    for what, tenants in journal.unnamed.items():
        for tenant in sorted(tenants):
            _say(f"A {what} of {tenant} was ended by code that did not log which: none comes back.")
    return journal


def _look_for_lines_that_are_gone(stack: target.Stack, since: datetime, at: datetime) -> None:
    """A key that was revoked in a line that is gone would live again, and nobody would notice."""
    kept = _days(stack, "LogRetentionDays", 30)
    if at - since > kept:
        sys.exit(
            f"The log is kept for {kept.days} days, and that second is {(at - since).days} days ago:"
            " nothing tells what was revoked, erased or acknowledged first after it. Give the"
            " lines that are gone with --lines FILE, or say with --no-log that what comes back"
            " may be as it was."
        )


def _logged(stack: target.Stack, since: datetime) -> Iterator[tuple[datetime, str]]:
    logs = stack.connect("logs")
    try:
        yield from lines_since(logs, stack.name, since)
    except logs.exceptions.ResourceNotFoundException:
        sys.exit(
            "There is no log of this stack, which tells what was done since. Give its lines with"
            " --lines FILE, or say with --no-log that what comes back may be as it was."
        )


def _look_after_the_key(stack: target.Stack) -> None:
    """Secrets come back sealed: the key that opens them must not be on its way out."""
    key = stack.outputs.get("SecretsKeyId")
    if key is None:  # deployed by an earlier version
        return
    state = stack.connect("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    if state != "Enabled":
        sys.exit(
            f"The key {key} is {state}: no secret of a config or source could be opened."
            " `aws kms cancel-key-deletion` and `aws kms enable-key` bring it back."
        )


def _days(stack: target.Stack, parameter: str, usual: int) -> timedelta:
    return timedelta(days=int(stack.parameters.get(parameter, usual)))


def _file(stack: target.Stack, options: argparse.Namespace) -> Path | None:
    if not options.apply:
        return None
    folder = Path(os.environ.get("TRIGGERS_STATE_DIR") or ".local")
    return folder / f"restore-{stack.name}-{options.at:%Y%m%dT%H%M%SZ}.json"


def _tell(report: work.Report, *, is_applied: bool) -> None:
    grid = Grid("what", "becomes", "items", box=None)
    for (kind, outcome), number in sorted(report.outcomes.items()):
        grid.add_row(kind, outcome, f"{number:,}")
    Console(width=None if sys.stdout.isatty() else 200).print(grid)
    for name in report.names[:_NAMES_SHOWN]:
        _say(escape(name))
    if len(report.names) > _NAMES_SHOWN:
        _say(f"and {len(report.names) - _NAMES_SHOWN:,} more with a name")
    if is_applied:
        _say(f"Written: {report.units:,} units, and about as many in the indexes.")
    else:
        _say(
            f"Nothing was written. `--apply` writes {report.units:,} units, and the indexes' share."
        )


def _say(sentence: str) -> None:
    _for_people.print(sentence, soft_wrap=True)


def _second(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.microsecond:
        message = "a point in time is a second with its zone, such as 2026-11-29T18:04:05Z"
        raise argparse.ArgumentTypeError(message)
    return from_text(text).astimezone(UTC)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make restore ARGS=…", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    preparing = commands.add_parser("prepare", help="have copies made of that second")
    preparing.add_argument("--no-wait", action="store_true", help="do not wait for them")
    preparing.set_defaults(run=prepare)
    bringing = commands.add_parser("bring-back", help="tell or write what is missing")
    _add_choices(bringing)
    bringing.set_defaults(run=bring_back)
    cleaning = commands.add_parser("clean", help="drop the copies")
    cleaning.set_defaults(run=clean)
    for command in (preparing, bringing, cleaning):
        command.add_argument(
            "--at", type=_second, required=True, metavar="TIME", help="2026-11-29T18:04:05Z"
        )
        target.add_arguments(command)
    return parser


def _add_choices(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--apply", action="store_true", help="write; left out: only tell what would be written")
    add(
        "--tenant",
        action="append",
        type=accepted.tenant,
        default=[],
        help="nobody else's, and also if it is gone; may be repeated",
    )
    add("--all-tenants", action="store_true", help="those too that are gone and were not deleted")
    add(
        "--only",
        action="append",
        default=[],
        metavar="ID",
        help="this config or source of the tenant, also if it was deleted; may be repeated",
    )
    add("--overwrite", action="store_true", help="with --only: in place of the live one")
    add(
        "--lines",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="more lines of the functions' log, exported before they were gone",
    )
    add("--no-log", action="store_true", help="do not ask the log what was done since")
    add(
        "--units",
        type=accepted.whole_number(1, 40_000),
        default=_USUAL_UNITS,
        help=f"write units a second at most ({_USUAL_UNITS})",
    )


if __name__ == "__main__":
    main()
