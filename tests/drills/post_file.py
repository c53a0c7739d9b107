"""100,000 events from a file by the command line, killed twice: `python -m tests.drills.post_file`.

Posts for five minutes at most, as the emulator is slow; whoever waits longer gives another number
of seconds. Then it exports everything and looks for what is missing and what is there twice.
"""

import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from local.stack import running_stack
from tests.client.command_line import environment, lines_posted, progress_of, run, start
from tests.e2e.tenants import new_tenant

EVENTS = 100_000
SECONDS = 300.0
KILLS_AT = (0.2, 0.6)  # of the time
_EXPORT_SECONDS = 1800.0


def write_events(path: Path, number: int) -> None:
    """One event on each line, numbered as its line."""
    with path.open("w") as file:
        for line in range(1, number + 1):
            draft = {
                "event_type": "order.fetched",
                "payload": {"line": line, "order_id": f"A-{line}", "note": "x" * 120},
            }
            file.write(json.dumps(draft) + "\n")


def post(path: Path, env: dict[str, str], begun_at: float) -> list[str]:
    """Post it, killed and begun again twice; what happened."""
    told = []
    for share in KILLS_AT:
        process = start("post", "--file", path.name, env=env, cwd=path.parent)
        while process.poll() is None and time.monotonic() - begun_at < SECONDS * share:
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        told.append(
            f"killed after {time.monotonic() - begun_at:.0f} s, line {lines_posted(path):,}"
        )
    process = start("post", "--file", path.name, env=env, cwd=path.parent)
    while process.poll() is None and time.monotonic() - begun_at < SECONDS:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)  # the time is over: it settles what is under way
    _, said = process.communicate()
    told.append(f"ended with {process.returncode}, line {lines_posted(path):,} {said.strip()}")
    return told


def exported(folder: Path, env: dict[str, str]) -> Counter[int]:
    """How often each line is stored."""
    out = folder / "export.jsonl"
    done = run("export", "--out", out.name, env=env, cwd=folder, timeout=_EXPORT_SECONDS)
    if done.returncode != 0:
        sys.exit(f"The export failed: {done.stderr}")
    records = (json.loads(line) for line in out.open())
    return Counter(each["event"]["payload"]["line"] for each in records if "event" in each)


def main() -> None:
    """Run it, and print what came of it."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    os.environ["TRIGGERS_TRACING"] = "off"
    with tempfile.TemporaryDirectory() as name, running_stack(Path(name) / "stack") as stack:
        folder = Path(name)
        path = folder / "events.jsonl"
        write_events(path, events)
        api = new_tenant(stack)
        env = environment(api.url, api.api_key)
        begun_at = time.monotonic()
        told = post(path, env, begun_at)
        posted_at = time.monotonic()
        found = exported(folder, env)
        took = time.monotonic() - posted_at
        report(progress_of(path), told, found, posted_at - begun_at, took)


def report(
    progress: dict[str, dict[str, int]],
    told: list[str],
    found: Counter[int],
    posting: float,
    exporting: float,
) -> None:
    """Print it; exit with 1 if something is missing or doubled."""
    settled = progress["mark"]["line"]
    missing = [line for line in range(1, settled + 1) if line not in found]
    doubled = [line for line, times in found.items() if times > 1]
    beyond = [line for line in found if line > settled]
    for sentence in told:
        sys.stdout.write(f"{sentence}\n")
    sys.stdout.write(
        f"{settled:,} lines posted in {posting:.0f} s, {settled / posting:.0f} a second;"
        f" {progress['counts']['repeated']} of them were sent twice and stored once\n"
        f"exported in {exporting:.0f} s: {found.total():,} events;"
        f" {len(missing)} missing, {len(doubled)} doubled, {len(beyond)} beyond the progress\n"
    )
    sys.exit(1 if missing or doubled or beyond else 0)


if __name__ == "__main__":
    main()
