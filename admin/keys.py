"""API keys: a key for a tenant, over the API; the keys of operators, in the table.

A new key's secret is written once, alone, to standard output: pipe it to where it belongs.
Everything meant for a person goes to standard error. No secret is ever an argument.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import triggers_client
from admin import arguments as accepted
from admin import target
from triggers_api.access.key_ring import KeyRing
from triggers_api.access.keys import OPERATORS_MAY, Scope, may_have, new_api_key
from triggers_api.errors import TriggersError
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.timestamps import now

_OF_A_TENANT = (
    "A tenant's keys are listed, rotated and revoked with a key of its own: `triggers keys`. If "
    "none is at hand, `create --tenant NAME --scopes keys:manage` makes one."
)

_for_people = Console(stderr=True)


def main(arguments: Sequence[str] | None = None, on: target.Target | None = None) -> None:
    """Run one command, on the deployment that its options name if none is given."""
    options = _parser().parse_args(arguments)
    if options.run is not create and not options.operator:
        sys.exit(_OF_A_TENANT)
    found = on or target.find(options)
    try:
        options.run(found, options)
    except (TriggersError, triggers_client.TriggersError) as error:
        sys.exit(_sentence(error))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The tables of {found.place} cannot be used: {error}")


def create(on: target.Target, options: argparse.Namespace) -> None:
    """Make a key and show its token, once."""
    scopes = frozenset(options.scopes or (OPERATORS_MAY if options.operator else ()))
    if not scopes or not may_have(options.tenant, scopes):
        allowed = OPERATORS_MAY if options.operator else set(Scope) - {Scope.OPERATOR}
        sys.exit(f"Give such a key --scopes among {', '.join(sorted(allowed))}.")
    if options.operator:
        key, token = new_api_key(None, options.name, scopes, now())
        _operators_in(on).add(key)
        key_id, owner = key.key_id, "an operator"
    else:
        key_id, token = _create_over_http(on.api(), options.tenant, options.name, scopes)
        owner = f"tenant [bold]{options.tenant}[/]"
    _for_people.print(f"Key [bold]{key_id}[/] of {owner} was created.")
    _for_people.print("This is the only time that it is shown:")
    sys.stdout.write(f"{token}\n")


def list_keys(on: target.Target, _options: argparse.Namespace) -> None:
    """Show all keys of operators, dead ones too."""
    keys = _operators_in(on).list_keys(None, limit=1000, after=None).keys
    if not keys:
        _for_people.print("No operator has a key.")
        return
    table = Table("key", "name", "scopes", "created", "last used", "state", box=None)
    for key in keys:
        table.add_row(
            key.key_id,
            escape(key.name),
            " ".join(sorted(key.scopes)),
            _day(key.created_at),
            _day(key.last_used_at),
            key.state_at(now()),
        )
    # A pipe has no width of its own, and wrapped rows are hard to read by programs.
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def revoke(on: target.Target, options: argparse.Namespace) -> None:
    """End an operator's key for good."""
    KeyRing(_operators_in(on), now).revoke(None, options.key_id)
    _for_people.print(f"Key [bold]{options.key_id}[/] is revoked; it stops within 60 seconds.")


def _create_over_http(
    api: triggers_client.Client, tenant: str, name: str, scopes: frozenset[Scope]
) -> tuple[str, str]:
    """Make the tenant if there is none, and a key of it; the key's id and token."""
    try:
        api.tenants.create(tenant)
        _for_people.print(f"Tenant [bold]{tenant}[/] was created.")
    except triggers_client.ConflictError:
        pass  # it is there, or on its way out, and then it gets no key
    issued = api.tenants.create_key(tenant, name, sorted(scopes))
    return issued["key_id"], issued["api_key"]


def _operators_in(on: target.Target) -> DynamoApiKeyStore:
    """Operators' keys: no route makes, shows or ends one."""
    return DynamoApiKeyStore(on.dynamodb, on.keys_table)


def _sentence(error: TriggersError | triggers_client.TriggersError) -> str:
    """What went wrong, with the fields at fault if the API named some."""
    details = error.details if isinstance(error, triggers_client.ApiError) else ()
    return " ".join([str(error), *(f"{each['field']}: {each['message']}." for each in details)])


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d}"


def _scopes(text: str) -> list[Scope]:
    try:
        return [Scope(scope.strip()) for scope in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"known scopes: {', '.join(Scope)}") from None


def _add_owner(command: argparse.ArgumentParser, *, required: bool) -> None:
    owner = command.add_mutually_exclusive_group(required=required)
    owner.add_argument("--tenant", type=accepted.tenant)
    owner.add_argument(
        "--operator", action="store_true", help="of nobody's tenant: it runs all of them"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make key ARGS=…",
        description=f"{__doc__}\n{_OF_A_TENANT}",
        epilog='Each command has a help of its own: make key ARGS="create --help"',
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    creating = commands.add_parser("create", help="make a key and show its token, once")
    _add_owner(creating, required=True)
    creating.add_argument(
        "--name", required=True, type=accepted.name, help="who or what uses it, for people"
    )
    creating.add_argument(
        "--scopes",
        type=_scopes,
        help=f"of {', '.join(Scope)}; an operator's has its own if left out",
    )
    creating.set_defaults(run=create)

    listing = commands.add_parser("list", help="show all keys of operators")
    _add_owner(listing, required=False)
    listing.set_defaults(run=list_keys)

    revoking = commands.add_parser("revoke", help="end an operator's key for good")
    _add_owner(revoking, required=False)
    revoking.add_argument("key_id")
    revoking.set_defaults(run=revoke)

    for command in (creating, listing, revoking):
        target.add_arguments(command)
    return parser


if __name__ == "__main__":
    main()
