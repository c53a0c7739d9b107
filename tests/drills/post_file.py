"""100,000 events from a file by the command line, killed twice: `python -m tests.drills.post_file`.

Posts for five minutes at most, and settles for what the emulator carried until then. Then it reads
everything back and looks for what is missing and what is there twice: execution by execution, a
thousand events each, because a query of the emulator takes as long as there are items under its
key (2.5 s for 100,000, and an export asks a thousand times). On AWS, `triggers export` does it.
"""

import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.stack import running_stack
from tests.client.command_line import environment, lines_posted, progress_of, start
from tests.e2e.tenants import new_tenant
from triggers_client import Client, NotFoundError, Retry

EVENTS = 100_000
SECONDS = 300.0
KILLS_AT = (0.2, 0.6)  # of the time
_TOGETHER = 1000  # events of an execution
_READERS = 4


def execution_of(line: int) -> str:
    """The execution that a line is put into."""
    return f"drill-{line // _TOGETHER}"


def write_events(path: Path, number: int) -> None:
    """One event on each line, numbered as its line."""
    with path.open("w") as file:
        for line in range(1, number + 1):
            draft = {
                "event_type": "order.fetched",
                "payload": {"line": line, "order_id": f"A-{line}", "note": "x" * 120},
                "execution_id": execution_of(line),
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


def stored(client: Client, events: int) -> Counter[int]:
    """How often each line is stored; beyond what was posted, there is no execution."""

    def lines_of(execution_id: str) -> list[int]:
        try:
            found = client.execution_events(execution_id)
            return [int(event["payload"]["line"]) for event in found]
        except NotFoundError:
            return []

    names = sorted({execution_of(line) for line in range(1, events + 1)})
    with ThreadPoolExecutor(_READERS) as threads:
        return Counter(line for lines in threads.map(lines_of, names) for line in lines)


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
        found = stored(Client(api.url, api.api_key, retry=Retry(budget_seconds=120)), events)
        took = time.monotonic() - posted_at
        report(progress_of(path), told, found, posted_at - begun_at, took)


def report(
    progress: dict[str, dict[str, int]],
    told: list[str],
    found: Counter[int],
    posting: float,
    reading: float,
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
        f"read back in {reading:.0f} s: {found.total():,} events;"
        f" {len(missing)} missing, {len(doubled)} doubled, {len(beyond)} beyond the progress\n"
    )
    sys.exit(1 if missing or doubled or beyond else 0)


if __name__ == "__main__":
    main()
