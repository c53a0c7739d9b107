"""Plants each bug in turn, and tells what found it: `make prove PLANTED=all`, or one by its name.

Where a test is named it has to fail; else seeds are played until one does.
"""

import argparse
import os
import sys
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import pytest

from tests.simulation import prove
from tests.simulation.planted import BUGS
from tests.simulation.planted.bug import Bug, planted

SEEDS: Final = 1000
_SECONDS: Final = 600  # one test takes a fraction; a bug may make it hang


def seeds_until_found(bug: Bug, seeds: int, first: int = 0) -> tuple[int, str]:
    """How many it took, and what was seen; 0 if none found it."""
    with planted(bug):
        for seed in range(first, first + seeds):
            broken = prove.run(range(seed, seed + 1)).broken
            if broken:
                return seed - first + 1, broken[seed]
    return 0, ""


def is_found_by(bug: Bug, test: str) -> bool:
    """Whether a test fails with the bug, in a process of its own."""
    process = get_context("fork").Process(target=_run, args=(bug, test))
    process.start()
    process.join(_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
        return True
    return process.exitcode == pytest.ExitCode.TESTS_FAILED


def _run(bug: Bug, test: str) -> None:
    quiet = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--no-header", "--no-summary"]
    rewritten = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # what we have imported
    with planted(bug), Path(os.devnull).open("w") as nowhere:
        sys.stdout = nowhere
        sys.exit(pytest.main([*quiet, *rewritten, test]))


def found_by(bug: Bug, seeds: int, first: int, *, only_seeds: bool) -> str:
    """What found it, in words; empty if nothing did."""
    if bug.test and not only_seeds:
        return f"`{bug.test}`" if is_found_by(bug, bug.test) else ""
    count, seen = seeds_until_found(bug, seeds, first)
    return f"{count} seeds: {seen[:100].replace('|', '/')}" if count else ""


def main() -> None:
    """Print a table, and fail if one was not found."""
    parser = argparse.ArgumentParser(prog="make prove PLANTED=", description=__doc__)
    parser.add_argument("names", nargs="*", help="bugs; all, if none is named")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="at most, for each bug")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only-seeds", action="store_true", help="ask no named test")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BUGS]
    if unknown:
        parser.error(f"there is no bug {unknown[0]!r}; there are {', '.join(BUGS)}")
    missed = 0
    sys.stdout.write("| bug | file | found by |\n|---|---|---|\n")
    for name in options.names or BUGS:
        bug = BUGS[name]
        found = found_by(bug, options.seeds, options.first, only_seeds=options.only_seeds)
        missed += not found
        sys.stdout.write(f"| {name} | `{bug.path}` | {found or 'nothing'} |\n")
        sys.stdout.flush()
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
