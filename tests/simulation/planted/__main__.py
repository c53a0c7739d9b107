"""Plants each bug in turn, and tells how many seeds it took to be found.

`python -m tests.simulation.planted "leases on an old ledger"` plants only that one.
"""

import argparse
import sys
from typing import Final

from tests.simulation import prove
from tests.simulation.planted import BUGS
from tests.simulation.planted.bug import Bug, planted

SEEDS: Final = 1000


def seeds_until_found(bug: Bug, seeds: int, first: int = 0) -> tuple[int, str]:
    """How many it took, and what was seen; 0 if it was not found."""
    with planted(bug):
        for seed in range(first, first + seeds):
            broken = prove.run(range(seed, seed + 1)).broken
            if broken:
                return seed - first + 1, broken[seed]
    return 0, f"not within {seeds}" + (f"; found by `{bug.test}`" if bug.test else "")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(BUGS))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    sys.stdout.write("| bug | file | seeds | what was seen |\n|---|---|---|---|\n")
    for name in options.names:
        bug = BUGS[name]
        try:
            count, seen = seeds_until_found(bug, options.seeds, options.first)
        except Exception as error:  # noqa: BLE001  # it broke more than it should
            count, seen = -1, repr(error)
        told = seen[:120].replace("|", "/")
        sys.stdout.write(f"| {name} | `{bug.path}` | {count or '-'} | {told} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
