"""`work`: a command for each event of the inbox, by as many workers as one likes."""

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field

import click

from triggers_client.cli import exit_codes
from triggers_client.cli.command import Command, Session, pass_session
from triggers_client.cli.output import printable
from triggers_client.cli.stopping import stopping
from triggers_client.encoding import text_of
from triggers_client.models import Event
from triggers_client.worker import Outcome, Worker

_BEGINNING_SECONDS = 5.0  # at most, for a command to begin
_STYLES = {Outcome.DONE: "green", Outcome.FAILED: "red"}


@dataclass(slots=True)
class Commands:
    """Runs the command for events, several at once."""

    command: str
    running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, event: Event) -> bool:
        """Whether it ended with 0, the event on its standard input."""
        about = {
            "TRIGGERS_EVENT_ID": event["id"],
            "TRIGGERS_EVENT_TYPE": str(event.get("event_type") or ""),
        }
        with self.lock:
            # A session of its own: Ctrl-C is for us, and lets what has begun be finished.
            process = subprocess.Popen(  # noqa: S603  # the command is the user's own
                ["/bin/sh", "-c", self.command],
                stdin=subprocess.PIPE,
                env=os.environ | about,
                start_new_session=True,
            )
            self.running.add(process)
        with process:
            process.communicate(text_of(event).encode() + b"\n")
        with self.lock:
            self.running.discard(process)
        return process.returncode == 0

    def kill(self) -> None:
        """End them now, with all that they began; their events come back when the lease ends.

        The program is over: no command begins any more, and what became of these is not told.
        """
        self.lock.acquire(timeout=_BEGINNING_SECONDS)  # one may be on its way; never released
        for process in list(self.running):
            if process.returncode is None:
                with suppress(OSError):  # it has just ended
                    os.killpg(process.pid, signal.SIGKILL)  # the shell leads its session


@click.command(
    cls=Command,
    examples="""
    triggers work --exec 'jq -r .payload.order_id >> orders.txt'
    triggers work --exec ./import.sh --workers 4 --lease-seconds 300
    """,
)
@click.option("--exec", "command", required=True, metavar="CMD", help="Run for each event, by sh.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option(
    "--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="Events of a lease."
)
@click.option(
    "--lease-seconds",
    type=click.IntRange(1, 43_200),
    default=60,
    show_default=True,
    help="Longer than the work on all of them takes.",
)
@click.option("--once", is_flag=True, help="End when nothing is free any more.")
@pass_session
def work(
    session: Session,
    command: str,
    workers: int,
    limit: int,
    lease_seconds: int,
    once: bool,  # noqa: FBT001
) -> int:
    """Lease events and run a command for each.

    CMD gets the event as JSON on its standard input. Exit 0 acknowledges the event; anything else leaves it, and it comes back when the lease
    ends. CMD also gets TRIGGERS_EVENT_ID and TRIGGERS_EVENT_TYPE. Ctrl-C lets what has begun be
    finished and gives the rest back; a second Ctrl-C ends at once.
    """
    client, commands, report = session.client(), Commands(command), Report(session)

    def ending() -> None:
        session.output.say("\nFinishing what has begun. Ctrl-C again ends at once.", "dim")

    with stopping(ending, commands.kill) as stop:
        worker = Worker(
            client=client,
            do=commands.run,
            told=report.tell,
            stop=stop,
            limit=limit,
            lease_seconds=lease_seconds,
            once=once,
            outage=lambda error: session.output.say(f"{error} Trying again.", "yellow"),
        )
        run_all(worker.run, workers, stop)
    report.close()
    return exit_codes.FAILED if once and report.failed else exit_codes.OK


class Report:
    """Says what became of each event, and of all of them."""

    def __init__(self, session: Session) -> None:
        self._output = session.output
        self._counts = Counter[Outcome]()
        self._begun = time.monotonic()
        self._lock = threading.Lock()

    @property
    def failed(self) -> int:
        """How many are left."""
        return self._counts[Outcome.FAILED] + self._counts[Outcome.UNKNOWN]

    def tell(self, event: Event, outcome: Outcome) -> None:
        """What a worker tells; one line, whole, from whichever thread."""
        with self._lock:
            self._counts[outcome] += 1
            names = {"event_id": event["id"], "event_type": event.get("event_type")}
            if not self._output.is_for_people:
                self._output.line(names | {"outcome": outcome.value})
                return
            text = f"{outcome.value:<8}  {event['id']}  {printable(event.get('event_type'))}"
            self._output.say(text, _STYLES.get(outcome, "yellow"))

    def close(self) -> None:
        """The sum, for people."""
        parts = [f"{number} {outcome.value}" for outcome, number in self._counts.items()]
        seconds = time.monotonic() - self._begun
        if self._output.is_for_people:
            said = ", ".join(parts) or "Nothing was there"
            self._output.say(f"{said} in {seconds:.1f} s.", "dim")


def run_all(job: Callable[[], None], number: int, stop: threading.Event) -> None:
    """Until all have ended; an error of one ends the others."""
    with ThreadPoolExecutor(number) as threads:
        left = {threads.submit(job) for _ in range(number)}
        try:
            while left:
                # A wait without end would not hear Ctrl-C.
                ended, left = wait(left, timeout=0.2, return_when=FIRST_EXCEPTION)
                for each in ended:
                    each.result()
        finally:
            stop.set()
