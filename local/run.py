"""`python -m local.run`: the whole system on this machine, until it is told to stop."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local.api_client import UnexpectedAnswerError, expect
from local.deploy import DeployError
from local.emulator import EmulatorError
from local.request_log import RequestLine, follow
from local.stack import Stack, StackError, running_stack, state_dir_from_environment

DEFAULT_PORT = 4566  # what tools for local AWS expect
HIGHEST_PORT = 65_535

_ORDERS_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # SIGHUP: terminal closed
_COLOURS = {2: "green", 3: "green", 4: "yellow"}  # by a status's first digit

# Lines are for copying: nothing may be wrapped, highlighted or read as markup.
_console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Run until told to stop, then stop everything that was started."""
    for order in _ORDERS_TO_STOP:
        signal.signal(order, _leave)
    state_dir = state_dir_from_environment()
    started_at = time.monotonic()
    _console.print(f"Starting AWS on this machine, data in {state_dir} …", style="dim")
    try:
        port = _port_from_environment()
        with running_stack(state_dir, port, seed=True) as stack:
            event_id = _some_event(stack)
            ready_at = time.time()
            _print_banner(stack, event_id, state_dir, time.monotonic() - started_at)
            for request in follow(stack.aws_endpoint, stack.stack_name, ready_at):
                _print_request(request)
    except (EmulatorError, DeployError, StackError, UnexpectedAnswerError) as error:
        return _fail(str(error))
    except (BotoCoreError, ClientError) as error:
        return _fail(f"The emulator failed (see {state_dir}/emulator.log): {error}")
    return 0


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Unwind, which stops what was started; further signals wait, as data is being written."""
    for order in _ORDERS_TO_STOP:
        signal.signal(order, signal.SIG_IGN)
    with suppress(OSError):  # a closed terminal takes no more words
        _console.print("\nStopping …", style="dim")
    sys.exit(0)


def _port_from_environment() -> int:
    text = os.environ.get("TRIGGERS_PORT") or str(DEFAULT_PORT)
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise EmulatorError(f"TRIGGERS_PORT is '{text}', which is no port number.")
    return int(text)


def _fail(message: str) -> int:
    Console(stderr=True, highlight=False, soft_wrap=True).print(message, style="red", markup=False)
    return 1


def _print_banner(stack: Stack, event_id: str, state_dir: Path, seconds: float) -> None:
    """Say what a newcomer needs: where it is, a key, and three lines to try."""
    authorization = f"-H 'Authorization: Bearer {stack.api_key}'"
    body = '{"event_type": "invoice.failed", "payload": {"order_id": "A-1"}}'
    _console.print(f"\n[bold green]Triggers API is running[/] [dim]({seconds:.1f} s)[/]\n")
    _print_field("Docs", f"{stack.url}/docs")
    _print_field("Health", f"{stack.url}/health")
    _print_field("API", stack.url)
    _print_field("Key", stack.api_key)
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
    _console.print(f"\n[dim]Data stays in {state_dir}. Ctrl-C stops. Requests show up here:[/]\n")


def _print_field(name: str, value: str) -> None:
    _console.print(f"  {name:<7}", style="dim", end="")
    _console.print(value, markup=False)


def _print_example(title: str, command: str) -> None:
    _console.print(f"\n  {title}", style="bold")
    _console.print(f"  {command}", markup=False)


def _some_event(stack: Stack) -> str:
    """Return an event to acknowledge: one that waits, or any, which does no harm."""
    for path in ("/inbox?limit=1", "/events?limit=1"):
        for event in expect(stack.api.get(path), 200).json():
            return str(event["id"])
    raise UnexpectedAnswerError("There is no event at all, although some were posted.")


def _print_request(request: RequestLine) -> None:
    colour = _COLOURS.get(request.status // 100, "red")
    _console.print(request.at[11:19], style="dim", end="  ")
    _console.print(request.status, style=colour, end="  ")
    _console.print(f"{request.method:<6} {request.route:<32}", markup=False, end="  ")
    _console.print(f"{request.duration_ms:.0f} ms  {'  '.join(request.notes)}", style="dim")


if __name__ == "__main__":
    sys.exit(main())
