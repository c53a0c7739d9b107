"""`python -m local.smoke`: one event through a running system, each step timed."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from local.api_client import ApiClient, UnexpectedAnswerError, expect
from local.received import Received
from local.receiver import running_receiver
from local.stack import Stack, stack_file, state_dir_from_environment

Result = TypeVar("Result")

PUSH_SECONDS = 30.0  # it takes well under one; the rest is for a cold start on a busy machine
_CONFIGS = "/notifications/configs"
_SUBSCRIBER = "make smoke"
_EVENT_TYPE = "smoke.tested"


def main() -> int:
    """Walk the path of an event; fail with a sentence at the first step that goes wrong."""
    file = stack_file(state_dir_from_environment())
    stack = Stack.load(file)
    if stack is None:
        return _fail(f"There is no {file}: nothing ran here yet. Start it with `make run`.")
    try:
        walk(stack.api)
    except UnexpectedAnswerError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{stack.url} does not answer ({error}). Start it with `make run`.")
    return 0


def walk(api: ApiClient) -> None:
    """Post an event, see it pushed, find it in the inbox, acknowledge it, see it gone."""
    with _subscribed(api) as received:
        started_at = time.perf_counter()
        event_id = _timed("post", lambda: _post(api))
        _timed("see it pushed", lambda: _await_push(received, event_id))
        print(f"  {'end to end':<14}{(time.perf_counter() - started_at) * 1000:6.0f} ms")
    _timed("see in inbox", lambda: _find(api, event_id, expected=True))
    _timed("acknowledge", lambda: expect(api.post(f"/events/{event_id}/acknowledge"), 204))
    _timed("gone", lambda: _find(api, event_id, expected=False))


@contextmanager
def _subscribed(api: ApiClient) -> Iterator[Received]:
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
        expect(api.post(_CONFIGS, draft), 201)
        try:
            yield received
        finally:
            _unsubscribe(api)


def _unsubscribe(api: ApiClient) -> None:
    for config in expect(api.get(_CONFIGS), 200).json():
        if config["name"] == _SUBSCRIBER:
            expect(api.send("DELETE", f"{_CONFIGS}/{config['id']}"), 204)


def _await_push(received: Received, event_id: str) -> None:
    if received.wait_for(lambda push: push.json()["id"] == event_id, PUSH_SECONDS) is None:
        raise UnexpectedAnswerError(f"{event_id} was not pushed within {PUSH_SECONDS:.0f} s.")


def _post(api: ApiClient) -> str:
    draft = {"event_type": _EVENT_TYPE, "payload": {"by": "make smoke"}}
    return str(expect(api.post("/events", draft), 201).json()["id"])


def _find(api: ApiClient, event_id: str, *, expected: bool) -> None:
    """Look at the newest page: an event just posted is there if it waits at all."""
    page = expect(api.get("/inbox?order=desc"), 200).json()
    if any(event["id"] == event_id for event in page) != expected:
        raise UnexpectedAnswerError(f"{event_id} is {'not' if expected else 'still'} in the inbox.")


def _timed(step: str, take: Callable[[], Result]) -> Result:
    """Take a step and say how long it took."""
    started_at = time.perf_counter()
    result = take()
    print(f"  {step:<14}{(time.perf_counter() - started_at) * 1000:6.0f} ms")
    return result


def _fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
