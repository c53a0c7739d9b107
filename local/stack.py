"""The whole system on this machine: emulator, stack, and a key to call it with."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from local.clients import client
from local.cloudwatch import Listener, Positions, Watcher, watching
from local.demo_key import demo_key, operator_key
from local.deploy import Deployment, allows_private_targets, api_url, deploy
from local.emulator import API_WORKERS, running_emulator
from local.seed import push_to, seed_if_empty
from local.state_file import StateFileError, read_object, write_whole
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
_KEYS = ("api_key", "operator_key")
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
        """Write down how to reach it."""
        write_whole(path, json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Read one that was saved; None if there is none."""
        saved = read_object(path, "The next `make run` writes it anew.")
        if saved is None:
            return None
        known = {each.name for each in fields(cls)}
        try:
            return cls(**{name: value for name, value in saved.items() if name in known})
        except TypeError:
            raise StateFileError(
                f"{path} is damaged (it does not say how to reach a stack)."
            ) from None


def stack_file(state_dir: Path) -> Path:
    """Return where a stack says how to reach it, while it runs."""
    return state_dir / "stack.json"


@contextmanager
def announced(stack: Stack, state_dir: Path) -> Iterator[Stack]:
    """Say how to reach it, for as long as the block runs."""
    file = stack_file(state_dir)
    stack.save(file)
    try:
        yield stack
    finally:
        file.unlink(missing_ok=True)


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
        with announced(stack, state_dir):
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
    """Run it with metrics and alarms, too, unannounced; `on_request` hears of every request.

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
        running_emulator(state_dir, port, trace_daemon, f"{api_url('')}/") as endpoint,
    ):
        saved_keys = _saved_keys(state_dir)
        write_whole(_keys_file(state_dir), json.dumps(saved_keys))
        stack_file(state_dir).unlink(missing_ok=True)  # of a run that was killed
        deployment = deploy(endpoint)
        _leave_workers_to_others(endpoint, deployment.outputs["ApiFunctionName"])
        with _polling_all(endpoint, deployment, state_dir) as lags:
            stack = _stack(endpoint, deployment, saved_keys)
            keys = {name: value for name, value in asdict(stack).items() if name in _KEYS}
            write_whole(_keys_file(state_dir), json.dumps(keys))
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


def _stack(endpoint: str, deployment: Deployment, saved: dict[str, str]) -> Stack:
    """How to reach what was deployed, with the keys of the last run if they are still good."""
    keys_table = deployment.outputs["KeysTableName"]
    return Stack(
        url=api_url(endpoint),
        api_key=demo_key(endpoint, keys_table, saved.get("api_key")),
        operator_key=operator_key(endpoint, keys_table, saved.get("operator_key")),
        aws_endpoint=endpoint,
        stack_name=deployment.stack_name,
    )


def _keys_file(state_dir: Path) -> Path:
    return state_dir / "keys.json"


def _saved_keys(state_dir: Path) -> dict[str, str]:
    """The keys of the last run; before they had a file of their own, they were in `stack.json`."""
    remedy = "Remove it: the next `make run` makes new keys, and the old ones stay good."
    for file in (_keys_file(state_dir), stack_file(state_dir)):
        if (saved := read_object(file, remedy)) is not None:
            return {name: str(saved[name]) for name in _KEYS if name in saved}
    return {}


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
