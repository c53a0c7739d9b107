"""API keys: create, list, rotate, revoke.

A new key's secret is written once, alone, to standard output: pipe it to where it belongs.
Everything meant for a person goes to standard error. No secret is ever an argument.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from admin import arguments as accepted
from admin import target
from triggers_api.access.key_ring import KeyRing
from triggers_api.access.keys import OPERATORS_MAY, ApiKey, KeyState, Scope, may_have, new_api_key
from triggers_api.errors import TriggersError
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.timestamps import now

_LONGEST_OVERLAP_HOURS = 8760  # a year

_for_people = Console(stderr=True)


def main(arguments: Sequence[str] | None = None, on: target.Target | None = None) -> None:
    """Run one command, on the deployment that its options name if none is given."""
    options = _parser().parse_args(arguments)
    found = on or target.find(options)
    store = DynamoApiKeyStore(found.dynamodb, found.keys_table)
    try:
        options.run(store, options)
    except TriggersError as error:
        sys.exit(error.message)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The tables of {found.place} cannot be used: {error}")


def create(store: DynamoApiKeyStore, options: argparse.Namespace) -> None:
    """Make a key and show its token, once."""
    scopes = frozenset(options.scopes or (OPERATORS_MAY if options.operator else ()))
    if not scopes or not may_have(options.tenant, scopes):
        allowed = OPERATORS_MAY if options.operator else set(Scope) - {Scope.OPERATOR}
        sys.exit(f"Give such a key --scopes among {', '.join(sorted(allowed))}.")
    key, token = new_api_key(options.tenant, options.name, scopes, now())
    store.add(key)
    owner = "an operator" if key.tenant is None else f"tenant [bold]{key.tenant}[/]"
    _for_people.print(f"Key [bold]{key.key_id}[/] of {owner} was created.")
    _hand_over(token)


def list_keys(store: DynamoApiKeyStore, options: argparse.Namespace) -> None:
    """Show all keys of a tenant, or of operators, dead ones too."""
    keys = store.list_keys(options.tenant, limit=1000, after=None).keys
    if not keys:
        owner = (
            "No operator has a key" if options.operator else f"Tenant {options.tenant} has no keys"
        )
        _for_people.print(f"{owner}.")
        return
    table = Table("key", "name", "scopes", "created", "last used", "state", box=None)
    for key in keys:
        table.add_row(
            key.key_id,
            escape(key.name),
            " ".join(sorted(key.scopes)),
            _day(key.created_at),
            _day(key.last_used_at),
            _state(key),
        )
    # A pipe has no width of its own, and wrapped rows are hard to read by programs.
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def rotate(store: DynamoApiKeyStore, options: argparse.Namespace) -> None:
    """Give a key a new secret."""
    known = _find(store, options.key_id)
    key, token = known.rotated(now(), timedelta(hours=options.overlap_hours))
    if not store.rotate(key, known=known):
        sys.exit(f"The key '{key.key_id}' was revoked, or was rotated at this moment.")
    until = key.overlap_ends_at(now())
    end = "stops within 60 seconds" if until is None else f"works until {_minute(until)} UTC"
    _for_people.print(f"Key [bold]{key.key_id}[/] has a new secret; the old one {end}.")
    _hand_over(token)


def revoke(store: DynamoApiKeyStore, options: argparse.Namespace) -> None:
    """End a key for good."""
    key = _find(store, options.key_id)
    KeyRing(store, now).revoke(key.tenant, key.key_id)
    _for_people.print(f"Key [bold]{options.key_id}[/] is revoked; it stops within 60 seconds.")


def _find(store: DynamoApiKeyStore, key_id: str) -> ApiKey:
    key = store.find(key_id)
    if key is None:
        sys.exit(f"There is no key '{key_id}'. `list` shows a tenant's keys.")
    return key


def _hand_over(token: str) -> None:
    _for_people.print("This is the only time that it is shown:")
    sys.stdout.write(f"{token}\n")


def _state(key: ApiKey) -> str:
    if key.state_at(now()) is KeyState.EXPIRED:
        return "[red]expired[/]"
    if key.revoked_at is not None:
        return f"[red]revoked {_day(key.revoked_at)}[/]"
    if (overlap_ends_at := key.overlap_ends_at(now())) is not None:
        return f"[yellow]rotating until {_minute(overlap_ends_at)}[/]"
    return "[green]alive[/]"


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _scopes(text: str) -> list[Scope]:
    try:
        return [Scope(scope.strip()) for scope in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"known scopes: {', '.join(Scope)}") from None


def _add_owner(command: argparse.ArgumentParser) -> None:
    owner = command.add_mutually_exclusive_group(required=True)
    owner.add_argument("--tenant", type=accepted.tenant)
    owner.add_argument(
        "--operator", action="store_true", help="of nobody's tenant: it runs all of them"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make key ARGS=…",
        description=__doc__,
        epilog='Each command has a help of its own: make key ARGS="create --help"',
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    creating = commands.add_parser("create", help="make a key and show its token, once")
    _add_owner(creating)
    creating.add_argument(
        "--name", required=True, type=accepted.name, help="who or what uses it, for people"
    )
    creating.add_argument(
        "--scopes",
        type=_scopes,
        help=f"of {', '.join(Scope)}; an operator's has its own if left out",
    )
    creating.set_defaults(run=create)

    listing = commands.add_parser("list", help="show all keys of a tenant")
    _add_owner(listing)
    listing.set_defaults(run=list_keys)

    rotating = commands.add_parser("rotate", help="give a key a new secret")
    rotating.add_argument("key_id")
    rotating.add_argument(
        "--overlap-hours",
        type=accepted.whole_number(0, _LONGEST_OVERLAP_HOURS),
        default=0,
        metavar="N",
        help=f"how long the old secret works too (0; at most {_LONGEST_OVERLAP_HOURS})",
    )
    rotating.set_defaults(run=rotate)

    revoking = commands.add_parser("revoke", help="end a key for good")
    revoking.add_argument("key_id")
    revoking.set_defaults(run=revoke)

    for command in (creating, listing, rotating, revoking):
        target.add_arguments(command)
    return parser


if __name__ == "__main__":
    main()
