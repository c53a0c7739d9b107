"""Shards of a tenant's status index: show them, or add some. `python -m admin.shards --help`.

One shard takes about 400 events a second. Shards are only ever added, and at once: readers
look at all of them with their next request, writers use them within a minute.
"""

import argparse
import sys
from collections.abc import Sequence

from admin import target
from triggers_api.store.tenants import TenantRows


def main(arguments: Sequence[str] | None = None) -> None:
    """Show or raise the number."""
    parser = argparse.ArgumentParser(prog="make shards ARGS=…", description=__doc__)
    parser.add_argument("tenant")
    parser.add_argument("--raise-to", type=int, metavar="N", help="from now on, at least N")
    target.add_arguments(parser)
    options = parser.parse_args(arguments)
    found = target.find(options)
    tenants = TenantRows(found.dynamodb, found.events_table)
    if options.raise_to is not None:
        tenants.raise_shards(options.tenant, options.raise_to)
    sys.stdout.write(f"shards of {options.tenant}: {tenants.read(options.tenant).shards}\n")


if __name__ == "__main__":
    main()
