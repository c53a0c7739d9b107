"""Plants each bug in turn, and tells what found it: `make prove PLANTED=all`, or one by its name.

Where a test is named it has to fail; else seeds are played until one does.
"""

import argparse
import os
import sys
import traceback
from contextlib import redirect_stdout
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import pytest

from tests.simulation import prove
from tests.simulation.planted import BUGS
from tests.simulation.planted.bug import Bug, planted

SEEDS: Final = 1000
_SECONDS: Final = 600  # one test takes a fraction; a bug may make it hang
_NOT_RUN: Final = 70


def seeds_until_found(bug: Bug, seeds: int, first: int = 0, **given: Any) -> tuple[int, str]:
    """How many it took, and what was seen; 0 if none found it. `given` as to a world."""
    with planted(bug):
        for seed in range(first, first + seeds):
            broken = prove.run(range(seed, seed + 1), **given).broken
            if broken:
                return seed - first + 1, broken[seed]
    return 0, ""


def is_found_by(bug: Bug, test: str) -> bool:
    """Whether a test fails, or hangs, with the bug, in a process of its own.

    Raises `RuntimeError` if the bug was not planted or the test not run: nothing was found then.
    """
    process = get_context("fork").Process(target=_run, args=(bug, test))
    process.start()
    process.join(_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
        return True
    if process.exitcode not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"'{bug.name}' was not planted, or {test} not run: {process.exitcode}")
    return process.exitcode == pytest.ExitCode.TESTS_FAILED


def _run(bug: Bug, test: str) -> None:
    quiet = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--no-header", "--no-summary"]
    rewritten = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # what we have imported
    ended = _NOT_RUN
    try:
        with planted(bug), Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            ended = int(pytest.main([*quiet, *rewritten, test]))
    except BaseException:  # noqa: BLE001  # told here: a process that raises ends like a failed test
        traceback.print_exc()
    os._exit(ended)


def found_by(bug: Bug, options: argparse.Namespace) -> tuple[bool, str]:
    """Whether anything found it, and what, in words."""
    if bug.test and not options.only_seeds:
        try:
            return is_found_by(bug, bug.test), f"`{bug.test}`"
        except RuntimeError as error:
            return False, str(error)
    count, seen = seeds_until_found(bug, options.seeds, options.first, **prove.kind_of(options))
    return bool(count), f"{count} seeds: {seen[:100].replace('|', '/')}"


def main() -> None:
    """Print a table, and fail if one was not found."""
    parser = argparse.ArgumentParser(prog="make prove PLANTED=", description=__doc__)
    parser.add_argument("names", nargs="*", help="bugs; all, if none is named")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="at most, for each bug")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only-seeds", action="store_true", help="ask no named test")
    prove.add_kinds(parser)
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BUGS]
    if unknown:
        parser.error(f"there is no bug {unknown[0]!r}; there are {', '.join(BUGS)}")
    missed = 0
    sys.stdout.write("| bug | file | found by |\n|---|---|---|\n")
    for name in options.names or BUGS:
        is_found, by = found_by(BUGS[name], options)
        missed += not is_found
        said = by if is_found else f"NOT FOUND by {by}"
        sys.stdout.write(f"| {name} | `{BUGS[name].path}` | {said} |\n")
        sys.stdout.flush()
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
