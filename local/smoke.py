"""`python -m local.smoke`: one event through a running system, each step timed."""

import sys
import time
from collections.abc import Callable
from typing import TypeVar

from local.api_client import ApiClient, UnexpectedAnswerError, expect
from local.stack import Stack, stack_file, state_dir_from_environment

Result = TypeVar("Result")


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
    """Post an event, find it in the inbox, acknowledge it, see it gone."""
    event_id = _timed("post", lambda: _post(api))
    _timed("see in inbox", lambda: _find(api, event_id, expected=True))
    _timed("acknowledge", lambda: expect(api.post(f"/events/{event_id}/acknowledge"), 204))
    _timed("gone", lambda: _find(api, event_id, expected=False))


def _post(api: ApiClient) -> str:
    draft = {"event_type": "smoke.tested", "payload": {"by": "make smoke"}}
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
