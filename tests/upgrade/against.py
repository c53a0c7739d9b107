"""Today's code and another commit's on each other's forms: `python -m tests.upgrade.against COMMIT`.

Forward, today's goes on with what that commit leaves; in reverse, that one with what today's does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cloudformation import ROOT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    commit = parser.parse_args().commit
    with tempfile.TemporaryDirectory() as scratch:
        sources = {"today": ROOT / "src", "other": _sources_of(commit, Path(scratch)) / "src"}
        for writes, reads in (("other", "today"), ("today", "other")):
            sys.stdout.write(f"{writes} writes, {reads} reads\n")
            _run(sources[writes], "record", writes, "--into", scratch)
            _run(sources[reads], "replay", f"{scratch}/{writes}")


def _sources_of(commit: str, scratch: Path) -> Path:
    """That commit's code, in a folder of its own."""
    archive = subprocess.run(  # noqa: S603  # a commit is named by who runs this
        ["git", "archive", commit, "src"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    folder = scratch / "sources"
    folder.mkdir()
    subprocess.run(["tar", "x", "-C", folder], input=archive.stdout, check=True)  # noqa: S603, S607
    return folder


def _run(sources: Path, command: str, *arguments: str) -> None:
    """A command of these tests, with that code on the path; its log lines left out."""
    path = os.pathsep.join(map(str, (sources, ROOT, ROOT / "clients" / "python")))
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", f"tests.upgrade.{command}", *arguments],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    said = [line for line in done.stdout.splitlines() if not line.startswith("{")]
    sys.stdout.write("".join(f"  {line}\n" for line in said))


if __name__ == "__main__":
    main()
