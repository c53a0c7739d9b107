"""Shards of a tenant's status index: show them, or add some.

One shard takes about 400 events a second. Shards are only ever added, and at once: readers
look at all of them with their next request, writers use them within a minute.
"""

import argparse
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from admin import arguments as accepted
from admin import target
from triggers_api.store.tenants import MAX_SHARDS, TenantRows


def main(arguments: Sequence[str] | None = None, on: target.Target | None = None) -> None:
    """Show or raise the number, on the deployment that the options name if none is given."""
    options = _parser().parse_args(arguments)
    found = on or target.find(options)
    try:
        _show_or_raise(TenantRows(found.dynamodb, found.events_table), options)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The tables of {found.place} cannot be used: {error}")


def _show_or_raise(tenants: TenantRows, options: argparse.Namespace) -> None:
    before = tenants.read(options.tenant).shards
    if options.raise_to is not None and options.raise_to <= before:
        sys.stderr.write("There are that many already, and shards are only ever added.\n")
    elif options.raise_to is not None:
        tenants.raise_shards(options.tenant, options.raise_to)
    sys.stdout.write(f"shards of {options.tenant}: {tenants.read(options.tenant).shards}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make shards ARGS=…", description=__doc__)
    parser.add_argument("tenant", type=accepted.tenant)
    parser.add_argument(
        "--raise-to",
        type=accepted.whole_number(1, MAX_SHARDS),
        metavar="N",
        help=f"from now on, at least N (1 to {MAX_SHARDS}); shards cannot be taken away again",
    )
    target.add_arguments(parser)
    return parser


if __name__ == "__main__":
    main()
