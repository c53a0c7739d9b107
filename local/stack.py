"""The whole system on this machine: emulator, stack, and a key to call it with."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from local.clients import client
from local.cloudwatch import Listener, Positions, Watcher, watching
from local.demo_key import demo_key, operator_key
from local.deploy import Deployment, allows_private_targets, api_url, deploy
from local.emulator import API_WORKERS, running_emulator
from local.seed import push_to, seed_if_empty
from local.stream_lag import Lag
from local.stream_poller import polling
from local.trace_catcher import catching_traces, traces_file
from triggers_client import Client, Retry, TriggersError

# The mappings of streams: the file of its place, and whether records may be made anew for it.
_MAPPINGS = {
    "DispatcherMappingId": ("DispatcherFunctionName", "stream.json", True),
    "EventsCounterMappingId": ("CounterFunctionName", "stream-counted-events.json", False),
    "DeliveriesCounterMappingId": ("CounterFunctionName", "stream-counted-deliveries.json", False),
}
READY_SECONDS = 20.0  # the first request is a cold start: 1 s, a few on a busy machine


class StackError(Exception):
    """The stack was deployed but does not answer as it should."""


@dataclass(frozen=True, slots=True)
class Stack:
    """How to reach a running stack."""

    url: str
    api_key: str
    aws_endpoint: str
    stack_name: str
    operator_key: str = ""  # of a state that was saved before there were any
    dashboard_url: str | None = None  # while `make run` serves one

    @property
    def api(self) -> Client:
        """A client of its HTTP API, which tries nothing again: what is wrong is said at once."""
        return Client(self.url, self.api_key, retry=Retry(budget_seconds=0))

    def save(self, path: Path) -> None:
        """Write it where only this user can read it: it holds a key."""
        text = json.dumps(asdict(self), indent=2) + "\n"
        with suppress(FileNotFoundError):
            path.unlink()  # an old file would keep its own mode
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Read one that was saved; None if there is none."""
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None


def stack_file(state_dir: Path) -> Path:
    """Return where a running stack says how to reach it, and keeps its key for the next run."""
    return state_dir / "stack.json"


def state_dir_from_environment() -> Path:
    """Return the directory that holds all data of a local run."""
    return Path(os.environ.get("TRIGGERS_STATE_DIR") or ".local")


@contextmanager
def running_stack(
    state_dir: Path, port: int = 0, *, seed: bool = False, receiver_url: str | None = None
) -> Iterator[Stack]:
    """Run the system with its data in `state_dir`; a second run there finds data and key again.

    The demo tenant's events are pushed to `receiver_url`, if there is one.
    """
    with _unwatched(state_dir, port) as (stack, _):
        _prepare(stack, receiver_url, seed=seed)
        yield stack


@contextmanager
def running_watched_stack(
    state_dir: Path,
    port: int = 0,
    *,
    seed: bool = False,
    receiver_url: str | None = None,
    on_request: Listener | None = None,
    in_background: bool = True,
) -> Iterator[tuple[Stack, Watcher]]:
    """Run it with metrics and alarms, too; `on_request` hears of every request.

    Not `in_background`, nothing is measured and evaluated but when the watcher is told to.
    """
    with _unwatched(state_dir, port) as (stack, lags):
        file = state_dir / "logs.json"
        positions = Positions.load(file)
        watcher = Watcher(stack.aws_endpoint, stack.stack_name, positions, lags)
        try:
            with watching(watcher, on_request) if in_background else nullcontext():
                _prepare(stack, receiver_url, seed=seed)
                yield stack, watcher
        finally:
            positions.save()


@contextmanager
def _unwatched(state_dir: Path, port: int) -> Iterator[tuple[Stack, Sequence[tuple[str, Lag]]]]:
    """Run it; yield how to reach it, and how far each function of a stream is behind."""
    with (
        catching_traces(traces_file(state_dir)) as trace_daemon,
        running_emulator(state_dir, port, trace_daemon) as endpoint,
    ):
        deployment = deploy(endpoint)
        _leave_workers_to_others(endpoint, deployment.outputs["ApiFunctionName"])
        with _polling_all(endpoint, deployment, state_dir) as lags:
            stack = _stack(endpoint, deployment, state_dir)
            stack.save(stack_file(state_dir))
            _wait_until_it_answers(stack)
            yield stack, lags


@contextmanager
def _polling_all(
    endpoint: str, deployment: Deployment, state_dir: Path
) -> Iterator[Sequence[tuple[str, Lag]]]:
    """Do the work of every mapping of a stream."""
    with ExitStack() as until:
        yield [
            (
                deployment.outputs[function],
                until.enter_context(
                    polling(
                        endpoint,
                        deployment.outputs[mapping],
                        state_dir / file,
                        catches_up=catches_up,
                    )
                ),
            )
            for mapping, (function, file, catches_up) in _MAPPINGS.items()
        ]


def _prepare(stack: Stack, receiver_url: str | None, *, seed: bool) -> None:
    if receiver_url is not None and allows_private_targets():
        push_to(receiver_url, stack.api)
    if seed:
        seed_if_empty(stack.api)


def _leave_workers_to_others(endpoint: str, api_function: str) -> None:
    """Let a burst of requests not take the workers that push.

    What the emulator cannot hand to a worker stays hidden for six minutes. (It would not take
    this number from the template, and AWS has workers enough.)
    """
    client("lambda", endpoint).put_function_concurrency(
        FunctionName=api_function, ReservedConcurrentExecutions=API_WORKERS
    )


def _stack(endpoint: str, deployment: Deployment, state_dir: Path) -> Stack:
    """How to reach what was deployed, with the keys of the last run if they are still good."""
    saved = Stack.load(stack_file(state_dir))
    keys_table = deployment.outputs["KeysTableName"]
    return Stack(
        url=api_url(endpoint),
        api_key=demo_key(endpoint, keys_table, saved.api_key if saved else None),
        operator_key=operator_key(endpoint, keys_table, saved.operator_key if saved else None),
        aws_endpoint=endpoint,
        stack_name=deployment.stack_name,
    )


def _wait_until_it_answers(stack: Stack) -> None:
    """Wait until it reaches its store: from then on, the stack serves."""
    deadline = time.monotonic() + READY_SECONDS
    while not _reaches_its_store(health := _health(stack)):
        if time.monotonic() > deadline:
            raise StackError(
                f"{stack.url}/health does not say that it can serve. It said: {health}"
            )
        time.sleep(0.2)


def _reaches_its_store(health: dict[str, Any] | str) -> bool:
    """Whether it can do its work, even if an alarm of the last run makes it unhealthy."""
    return isinstance(health, dict) and health.get("checks", {}).get("store") == "ok"


def _health(stack: Stack) -> dict[str, Any] | str:
    """What it says of itself, or why it says nothing."""
    try:
        return stack.api.health()
    except TriggersError as error:  # or an answer of the emulator's own
        return str(error)
