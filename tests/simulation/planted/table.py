"""Writes the table of all bugs in docs/proof.md anew: `python -m tests.simulation.planted.table`.

How many seeds a bug took stays as it was noted there.
"""

import re
from collections.abc import Mapping
from typing import Final

from tests.simulation.planted import BUGS
from tests.simulation.planted.bug import ROOT, Bug

DOC: Final = ROOT / "docs" / "proof.md"
_HEAD: Final = "| Bug | In | Seeds | Test that fails with it |\n|---|---|---|---|\n"
_ROW: Final = re.compile(r"^\| (.+) \| `.+` \| (\d*) ?\|", re.MULTILINE)


def seeds_by_bug(text: str) -> dict[str, str]:
    """How many seeds each bug took, where the document says it."""
    rows = text.partition(_HEAD)[2]
    return {name: count for name, count in _ROW.findall(rows) if count and name in BUGS}


def with_all_bugs(text: str) -> str:
    """The document with a row for each bug, and how many there are."""
    said, seeds = text.partition(_HEAD)[0], seeds_by_bug(text)
    said = re.sub(r"all \d+ bugs", f"all {len(BUGS)} bugs", said)
    said = re.sub(r"alone found \d+ of them", f"alone found {len(seeds)} of them", said)
    return said + _HEAD + "".join(_row(bug, seeds) for bug in BUGS.values())


def _row(bug: Bug, seeds: Mapping[str, str]) -> str:
    test = f"`{bug.test.removeprefix('tests/')}`" if bug.test else ""
    count = seeds.get(bug.name, "")
    return (
        f"| {bug.name} | `{bug.path}` | {count} | {test or ('' if count else 'not tried yet')} |\n"
    )


if __name__ == "__main__":
    DOC.write_text(with_all_bugs(DOC.read_text()))
