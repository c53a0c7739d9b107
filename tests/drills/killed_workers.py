"""1,000 events to three receivers while delivery workers are killed: `python -m tests.drills.killed_workers`.

One receiver is healthy, one answers 500 and 429 or hangs at random, one is not there. A message
that a killed worker held comes back after its visibility, six minutes, so this takes about twelve.
"""

import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local.stack import running_stack
from tests.raw_http import RawApi, expect

EVENTS = 1000
KILLS = 6
DEADLINE_SECONDS = 1200
HANGS_SECONDS = 17.0  # longer than a push waits
KILL_TAKES_SECONDS = 1.0  # at most, from a push's answer to its record, on a busy machine
_chance = random.Random(7)  # noqa: S311  # repeatable, no secret


class Receivers(ThreadingHTTPServer):
    """Takes pushes on `/healthy` and `/moody`, and counts what it accepted."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.accepted: dict[str, Counter[str]] = {"/healthy": Counter(), "/moody": Counter()}
        self.last_new_at = dict.fromkeys(self.accepted, 0.0)
        self.first_at: dict[str, dict[str, float]] = {path: {} for path in self.accepted}
        self.said: Counter[str] = Counter()  # what the moody one answered instead of 200


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # the library's name
        server: Any = self.server
        self.rfile.read(int(self.headers["Content-Length"]))
        status = 200
        if self.path == "/moody" and _chance.random() < 0.4:
            status = _chance.choices([500, 429, 0], [19, 19, 2])[0]
            server.said[str(status) if status else "hung"] += 1
        if status == 0:
            time.sleep(HANGS_SECONDS)
            return
        if status == 200:
            now = time.monotonic()
            delivery_id = self.headers["webhook-id"]
            if delivery_id not in server.first_at[self.path]:
                server.first_at[self.path][delivery_id] = server.last_new_at[self.path] = now
            server.accepted[self.path][delivery_id] += 1
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Not each of them."""


@contextmanager
def receivers() -> Iterator[Receivers]:
    """Serve until the block ends."""
    server = Receivers()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def workers_of(state_dir: Path) -> list[int]:
    """The delivery workers of this stack's emulator, and of no other."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(state_dir) in command and "DeliveryFunction" in command:
            found.append(int(process.name))
    return found


def kill_some(state_dir: Path, done: threading.Event, killed: list[float]) -> None:
    """Kill a random worker every few seconds."""
    while len(killed) < KILLS and not done.wait(2.0):
        alive = workers_of(state_dir)
        if alive:
            pid = _chance.choice(alive)
            os.kill(pid, signal.SIGKILL)
            killed.append(time.monotonic())


def subscribe(api: RawApi, name: str, url: str) -> str:
    """A config that pushes there; its id."""
    draft = {"name": name, "channel": "webhook", "settings": {"url": url}}
    config: dict[str, Any] = expect(api.post("/notifications/configs", draft), 201).json()
    return str(config["id"])


def post(api: RawApi, number: int) -> None:
    """One event, again and again until it is stored."""
    draft = {"event_type": "order.fetched", "payload": {"number": number}}
    while api.post("/events", draft, idempotency_key=f"drill-{number}").status != 201:
        time.sleep(0.5)


def by_a_kill(first_at: dict[str, float], twice: list[str], killed: list[float]) -> int:
    """How many were accepted by the receiver just before a kill: recorded by nobody."""
    return sum(
        any(0 <= kill - first_at[each] <= KILL_TAKES_SECONDS for kill in killed) for each in twice
    )


def main() -> None:
    """Run it, and print what came of it."""
    os.environ["TRIGGERS_RETRY_SCHEDULE"] = "1,1,2,2,3,3,4,4,5,5,6,6"
    with tempfile.TemporaryDirectory() as folder, receivers() as server:
        state_dir = Path(folder)
        with running_stack(state_dir) as stack:
            run(RawApi.of(stack), state_dir, server)


def run(api: RawApi, state_dir: Path, server: Receivers) -> None:
    """Post, kill, wait, count."""
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    subscribe(api, "healthy", f"{origin}/healthy")
    subscribe(api, "moody", f"{origin}/moody")
    dead = subscribe(api, "dead", "http://127.0.0.1:9/nobody")
    begun, done, killed = time.monotonic(), threading.Event(), list[float]()
    killer = threading.Thread(target=kill_some, args=(state_dir, done, killed))
    killer.start()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: post(api, number), range(EVENTS)))
    posted = time.monotonic() - begun
    healthy, moody = server.accepted["/healthy"], server.accepted["/moody"]
    while min(len(healthy), len(moody)) < EVENTS and time.monotonic() - begun < DEADLINE_SECONDS:
        time.sleep(1)
    done.set()
    killer.join()
    circuit = expect(api.get(f"/notifications/configs/{dead}"), 200).json()["circuit"]
    attempts = expect(api.get(f"/notifications/history?config_id={dead}&limit=100"), 200).json()
    for name, accepted in (("healthy", healthy), ("moody", moody)):
        at = server.last_new_at[f"/{name}"] - begun
        twice = [each for each, times in accepted.items() if times > 1]
        sys.stdout.write(
            f"{name}: {len(accepted)} of {EVENTS} arrived, the last after {at:.0f} s;"
            f" {len(twice)} arrived twice, {by_a_kill(server.first_at[f'/{name}'], twice, killed)}"
            " of them accepted just before a kill\n"
        )
    sys.stdout.write(f"moody said besides 200: {dict(server.said)}\n")
    sys.stdout.write(
        f"posted in {posted:.0f} s; {len(killed)} workers killed\n"
        f"dead: circuit {circuit['state']}, {sum(len(d['attempts']) for d in attempts)} attempts"
        f" on {len(attempts)} of {EVENTS} deliveries\n"
    )
    sys.exit(0 if len(healthy) == len(moody) == EVENTS else 1)


if __name__ == "__main__":
    main()
