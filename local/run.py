"""`python -m local.run`: the whole system on this machine, until it is told to stop."""

import faulthandler
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import FrameType
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from local.cloudwatch import RequestLine, serving_dashboard
from local.deploy import ROOT, DeployError, allows_private_targets
from local.emulator import HOST, OTHER_DATA, EmulatorError, InUseError, locked
from local.mail_catcher import catching_mail
from local.received import Push, Received
from local.receiver import ReceiverError, running_receiver
from local.running import sentence
from local.stack import (
    Stack,
    StackError,
    announced,
    running_watched_stack,
    stack_file,
    state_dir_from_environment,
)
from local.state_file import StateFileError
from triggers_api.api.pages import STATIC
from triggers_client import TriggersError

DEFAULT_PORT = 4566  # what tools for local AWS expect
HIGHEST_PORT = 65_535

ORDERS_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # SIGHUP: terminal closed
STOP_SECONDS = 90.0  # its parts have their own limits, which are 76 s together
_AGAIN_SECONDS = 5.0
_COLOURS = {2: "green", 3: "green", 4: "yellow"}  # by a status's first digit

_CONSOLE = STATIC / "console" / "console.html"

# Lines are for copying: nothing may be wrapped, highlighted or read as markup.
_console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Run until told to stop, then stop everything that was started."""
    for order in ORDERS_TO_STOP:
        signal.signal(order, _leave)
    signal.signal(signal.SIGALRM, _leave_what_does_not_stop)
    state_dir = state_dir_from_environment()
    started_at = time.monotonic()
    _console.print(f"Starting AWS on this machine, data in {state_dir} …", style="dim")
    try:
        _check_settings(state_dir)
        with ExitStack() as running:
            _run(running, state_dir, started_at)
    except InUseError as error:
        return _fail(f"{error} {_whereabouts(state_dir)}")
    except (EmulatorError, ReceiverError, DeployError, StackError, StateFileError) as error:
        return _fail(str(error))
    except TriggersError as error:
        return _fail(sentence(error))
    except (BotoCoreError, ClientError) as error:
        return _fail(f"The emulator failed (see {state_dir}/emulator.log): {error}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return 0


def _check_settings(state_dir: Path) -> None:
    """Raise what is wrong with the environment before anything starts."""
    allows_private_targets()
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StackError(
            f"TRIGGERS_STATE_DIR is '{state_dir}', which is no place for data: {error.strerror}."
        ) from None
    with locked(state_dir, OTHER_DATA):  # or it would be told that some port is in use
        pass


def _whereabouts(state_dir: Path) -> str:
    """Where another run on this data is reached."""
    with suppress(StateFileError):
        if (stack := Stack.load(stack_file(state_dir))) is not None:
            return f"It is at {stack.url}/"
    return "It is starting or stopping."


def _run(running: ExitStack, state_dir: Path, started_at: float) -> None:
    """Start everything, and tell of it until somebody interrupts."""
    port = _port("TRIGGERS_PORT", DEFAULT_PORT)
    received = Received(_print_push)
    receiver_url = running.enter_context(
        running_receiver(received, _port("TRIGGERS_RECEIVER_PORT", _beside(port, 1)))
    )
    mail_port = running.enter_context(
        catching_mail(received, _port("TRIGGERS_SMTP_PORT", _beside(port, 2)))
    )
    requests = _Requests()
    stack, watcher = running.enter_context(
        running_watched_stack(
            state_dir, port, seed=True, receiver_url=receiver_url, on_request=requests.hear
        )
    )
    dashboard = serving_dashboard(
        stack.aws_endpoint,
        stack.stack_name,
        watcher.parts.dashboard,
        _beside(port, 3),
        runbook=ROOT / "docs" / "runbook.md",
    )
    stack = replace(stack, dashboard_url=running.enter_context(dashboard))
    event_id = _some_event(stack)
    ready_at = time.time()
    _print_banner(stack, event_id, receiver_url, mail_port)
    running.enter_context(announced(stack, state_dir))
    seconds = time.monotonic() - started_at
    _console.print(
        f"\n[dim]Ready in {seconds:.1f} s. Data stays in {state_dir}. Ctrl-C stops."
        " Requests and pushes show up here:[/]\n"
    )
    requests.print_from(ready_at)
    watcher.wake_monitor()
    threading.Event().wait()


class _Requests:
    """Prints each request, but not those of the start."""

    def __init__(self) -> None:
        self._from = float("inf")

    def print_from(self, at: float) -> None:
        """Print what ends after that time."""
        self._from = at

    def hear(self, at: float, request: RequestLine) -> None:
        """Take notice of a request."""
        if at > self._from:
            _print_request(request)


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Unwind, which stops what was started; further signals wait, as data is being written."""
    for order in ORDERS_TO_STOP:
        signal.signal(order, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, STOP_SECONDS, _AGAIN_SECONDS)
    with suppress(OSError, RuntimeError):  # closed, or just being written to
        _console.print("\nStopping …", style="dim")
    sys.exit(0)


def _leave_what_does_not_stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Go on unwinding, whatever it is that is waited for; and say where it hung, once."""
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(1))
    with suppress(OSError, RuntimeError):
        faulthandler.dump_traceback(sys.stderr)
        _fail(f"It did not stop within {STOP_SECONDS:.0f} s, and is made to: see where it hung.")
    sys.exit(1)


def _port(variable: str, default: int) -> int:
    """Return the port that the environment sets; 0 takes any free one."""
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise EmulatorError(f"{variable} is '{text}', which is no port number.")
    return int(text)


def _beside(port: int, distance: int) -> int:
    """Return the port that far from another, or any free one where there is none."""
    return port + distance if 0 < port <= HIGHEST_PORT - distance else 0


def _fail(message: str) -> int:
    Console(stderr=True, highlight=False, soft_wrap=True).print(message, style="red", markup=False)
    return 1


def _print_banner(stack: Stack, event_id: str, receiver_url: str, mail_port: int) -> None:
    """Say what a newcomer needs: where it is, a key, and three lines to try."""
    authorization = f"-H 'Authorization: Bearer {stack.api_key}'"
    body = '{"event_type": "invoice.failed", "payload": {"order_id": "A-1"}}'
    _console.print("\n[bold green]Triggers API is running[/]\n")
    _print_field(
        "Console",
        f"{stack.url}/console" if _CONSOLE.exists() else "not built: `make run` builds it",
    )
    _print_field("Docs", f"{stack.url}/docs")
    _print_field("Health", f"{stack.url}/health")
    _print_field("API", stack.url)
    _print_field("Dashboard", str(stack.dashboard_url))
    _print_field("Key", stack.api_key)
    _print_field("Operator", stack.operator_key)
    arrives = (
        "where the demo tenant's events arrive"
        if allows_private_targets()
        else "gets nothing, because pushes may not go to this machine"
    )
    _print_field("Pushes", f"{receiver_url}  ({arrives})")
    _print_field("Mail", f"{HOST}:{mail_port}  (SMTP without TLS, any password; arrives there too)")
    _print_example(
        "Post an event",
        f"curl -sw '\\n' {stack.url}/events {authorization}"
        f" -H 'Content-Type: application/json' -d '{body}'",
    )
    _print_example(
        "See the inbox, oldest first",
        f"curl -sw '\\n' '{stack.url}/inbox?limit=3' {authorization}",
    )
    _print_example(
        "Acknowledge an event: 204, and it leaves the inbox",
        f"curl -si -X POST {stack.url}/events/{event_id}/acknowledge {authorization}",
    )


def _print_field(name: str, value: str) -> None:
    _console.print(f"  {name:<10}", style="dim", end="")
    _console.print(value, markup=False)


def _print_example(title: str, command: str) -> None:
    _console.print(f"\n  {title}", style="bold")
    _console.print(f"  {command}", markup=False)


def _some_event(stack: Stack) -> str:
    """Return an event to acknowledge: one that waits, or any, which does no harm."""
    api = stack.api
    for event in chain(api.inbox.walk(limit=1), api.events.walk(limit=1)):
        return event["id"]
    raise StackError("There is no event at all, although some were posted.")


def _print_request(request: RequestLine) -> None:
    what = f"{request.method:<6} {request.route:<36}"
    notes = f"{request.duration_ms:.0f} ms  {'  '.join(request.notes)}"
    _print_line(request.at[11:19], request.status, what, notes)


def _print_push(push: Push) -> None:
    attempt = "" if push.attempt == 1 else f"attempt {push.attempt}  "
    what = f"push   {f'{push.channel} {push.target}':<36}"
    _print_line(f"{push.at:%H:%M:%S}", push.status, what, attempt + push.note)


def _print_line(time_of_day: str, status: int, what: str, notes: str) -> None:
    """Print in one go: pushes and requests are told of by different threads."""
    colour = _COLOURS.get(status // 100, "red")
    _console.print(
        Text.assemble(
            (time_of_day, "dim"), "  ", (str(status), colour), f"  {what}  ", (notes, "dim")
        )
    )


if __name__ == "__main__":
    sys.exit(main())
