"""`python -m local.smoke`: one event through a running system, each step timed."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from local.received import Received
from local.receiver import running_receiver
from local.running import CommandError, telling, with_running_stack
from triggers_client import Client, Retry

Result = TypeVar("Result")

PUSH_SECONDS = 30.0  # it takes well under one; the rest is for a cold start on a busy machine
_URL, _KEY = "TRIGGERS_URL", "TRIGGERS_API_KEY"
_NEWEST = 100  # a page of the inbox; what was just posted is on it
_SUBSCRIBER = "make smoke"
_EVENT_TYPE = "smoke.tested"


def main() -> int:
    """Walk the path of an event; fail with a sentence at the first step that goes wrong."""
    url, key = os.environ.get(_URL), os.environ.get(_KEY)
    if not url and not key:
        return with_running_stack(lambda stack: walk(stack.api))
    return telling(lambda: walk_by_polling(_deployed(url, key)))


def _deployed(url: str | None, key: str | None) -> Client:
    """One on AWS; with half of its address nobody should take the local run for it."""
    if not url or not key:
        message = f"Set both {_URL} and {_KEY} for a deployment, or neither for the local run."
        raise CommandError(message)
    return Client(url, key, retry=Retry(budget_seconds=0))


def walk(api: Client) -> None:
    """Post an event, see it pushed, find it in the inbox, acknowledge it, see it gone."""
    with _subscribed(api) as received:
        started_at = time.perf_counter()
        event_id = _timed("post", lambda: _post(api))
        _timed("see it pushed", lambda: _await_push(received, event_id))
        print(f"  {'end to end':<14}{(time.perf_counter() - started_at) * 1000:6.0f} ms")
    _take(api, event_id)


def walk_by_polling(api: Client) -> None:
    """The same without a push: what is on AWS reaches no receiver on this machine."""
    _take(api, _timed("post", lambda: _post(api)))


def _take(api: Client, event_id: str) -> None:
    _timed("see in inbox", lambda: _find(api, event_id, expected=True))
    _timed("acknowledge", lambda: api.events.acknowledge(event_id))
    _timed("gone", lambda: _find(api, event_id, expected=False))


@contextmanager
def _subscribed(api: Client) -> Iterator[Received]:
    """Have the event pushed to a receiver of our own, also if the last time ended half-way."""
    received = Received()
    with running_receiver(received) as url:
        _unsubscribe(api)
        draft = {
            "name": _SUBSCRIBER,
            "channel": "webhook",
            "settings": {"url": url},
            "filters": {"event_types": [_EVENT_TYPE]},
        }
        api.notifications.create_config(draft)
        try:
            yield received
        finally:
            _unsubscribe(api)


def _unsubscribe(api: Client) -> None:
    for config in api.notifications.configs():
        if config["name"] == _SUBSCRIBER:
            api.notifications.delete_config(config["id"])


def _await_push(received: Received, event_id: str) -> None:
    if received.wait_for(lambda push: push.json()["id"] == event_id, PUSH_SECONDS) is None:
        raise CommandError(f"{event_id} was not pushed within {PUSH_SECONDS:.0f} s.")


def _post(api: Client) -> str:
    return api.events.post(_EVENT_TYPE, {"by": "make smoke"})["id"]


def _find(api: Client, event_id: str, *, expected: bool) -> None:
    """Look for the event among the newest, and raise if it is there or not against expectation."""
    newest = islice(api.inbox.walk(order="desc", limit=_NEWEST), _NEWEST)
    if any(event["id"] == event_id for event in newest) != expected:
        raise CommandError(f"{event_id} is {'not' if expected else 'still'} in the inbox.")


def _timed(step: str, take: Callable[[], Result]) -> Result:
    """Take a step and say how long it took."""
    started_at = time.perf_counter()
    result = take()
    print(f"  {step:<14}{(time.perf_counter() - started_at) * 1000:6.0f} ms")
    return result


if __name__ == "__main__":
    sys.exit(main())
