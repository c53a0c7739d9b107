"""`python -m local.story`: an Amazon order sync through a running system, as its people see it.

A producer posts a sync under an execution of its own; Slack and Telegram are told; three syncs
fail in a row, which raises one alert; a consumer such as Zapier polls the inbox and acknowledges.
It can be told again and again, and fails with a sentence where the system does something else.
"""

import json
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from itertools import islice
from typing import Any, TypeVar

from local.received import Push, Received
from local.receiver import running_receiver
from local.running import CommandError, with_running_stack
from local.seed import STORY
from local.stack import Stack
from triggers_client import Client, Event, NotFoundError
from triggers_client.models import Execution

Found = TypeVar("Found")

WAIT_SECONDS = 60.0  # all of it takes seconds; the rest is for cold starts on a busy machine
_SUBSCRIBER = "make story: "
_ALERT = "notifications.consecutive_failures"
_TOLD = ["sync.completed", _ALERT]
_FAILURES = 3
_NEWEST = 100  # events of an inbox page: those of the story, unless others post as well
_PEOPLE = ("slack", "telegram")
_TAG = re.compile(r"<[^>]*>")


def main() -> int:
    """Tell the story; fail with a sentence at the first thing that is otherwise."""
    return with_running_stack(_tell_and_show)


def _tell_and_show(stack: Stack) -> None:
    tell(stack.api)
    if stack.dashboard_url is not None:
        print(f"\nSee it on the dashboard, within a few seconds: {stack.dashboard_url}")


def tell(api: Client) -> None:
    """All of it."""
    run = secrets.token_hex(3)
    with _people(api) as received:
        sync = _sync(api, f"exec_story_{run}")
        _print_texts(received, "sync.completed", f"exec_story_{run}", _completed(sync))
        failed, alert = _failures(api, received, run)
        texts = len(received.newest_first())
    posted = [*sync, *failed]
    taken = _acknowledge(api, [*posted, alert])
    _chapter("In the end")
    print(f"  {len(posted)} events posted in {1 + len(failed)} executions, 1 alert raised")
    print(f"  {texts} texts sent to people, {taken} events acknowledged")


def _sync(api: Client, execution_id: str) -> list[Event]:
    """A sync that goes through, with one invoice that fails."""
    _chapter(f"A sync runs as {execution_id}")
    drafts = [json.loads(each.read_bytes()) for each in sorted(STORY.glob("*.json"))]
    *work, last = [draft | {"execution_id": execution_id} for draft in drafts]
    events = [api.events.post(**draft) for draft in work]
    _await_execution(api, execution_id, "running", len(work))
    events.append(api.events.post(**last))
    execution = _await_execution(api, execution_id, "completed_with_errors", len(drafts))
    for name, count in sorted(execution["counts"].items()):
        print(f"    {count} x {name}")
    return events


def _completed(events: list[Event]) -> str:
    """What people are to read of it."""
    kinds = [event["event_type"] for event in events]
    orders, ok, failed = map(kinds.count, ("order.fetched", "invoice.created", "invoice.failed"))
    return (
        f"[KONOZY] Amazon sync completed | exec={events[0]['execution_id']}"
        f" | orders={orders} | invoices_ok={ok} | invoices_failed={failed}"
    )


def _failures(api: Client, received: Received, run: str) -> tuple[list[Event], Event]:
    """Three syncs that fail in a row, the one alert of it, and a sync that goes well again."""
    _chapter(f"{_FAILURES} syncs fail in a row")
    failed = []
    for number in range(1, _FAILURES + 1):
        draft = _job("sync.failed", f"exec_story_{run}_{number}", "error")
        draft["payload"] = {"message": "Amazon answered 503 Service Unavailable."}
        draft["metadata"]["error_type"] = "connection_failure"
        failed.append(api.events.post(**draft))
    alert = _eventually("an alert of failures in a row", lambda: _alerts(api, failed))[0]
    # Its text shows that everything before it was dispatched, and so that no second alert comes.
    well_id = f"exec_story_{run}_well"
    well = api.events.post(**_job("sync.completed", well_id, "info"))
    for channel in _PEOPLE:
        _await_text(received, channel, well_id)
        _await_text(received, channel, "onsecutive failures")  # pushes come in any order
    alerts = _alerts(api, failed)
    if len(alerts) != 1:
        raise CommandError(f"{_FAILURES} failures in a row raised {len(alerts)} alerts, not one.")
    told = [each for each in received.newest_first() if "onsecutive failures" in _text(each)]
    if sorted(each.channel for each in told) != sorted(_PEOPLE):
        raise CommandError(f"The alert was told {len(told)} times, not once to each channel.")
    print(f"  one alert: {alert['id']}, {alert['severity']}, {json.dumps(alert['payload'])}")
    for each in told:
        print(f"    {each.channel:<9} {_text(each)}")
    return [*failed, well], alert


def _acknowledge(api: Client, events: list[Event]) -> int:
    """Poll and acknowledge as Zapier does; how many."""
    _chapter("A consumer polls the inbox")
    ids = {event["id"] for event in events}
    if missing := ids - _newest_waiting(api):
        raise CommandError(f"The inbox lacks {len(missing)} of {len(ids)} events: {min(missing)}.")
    print(f"  found all {len(ids)} events of the story")
    results = api.inbox.acknowledge(sorted(ids))
    if left := ids & _newest_waiting(api):
        told = [each for each in results if each["event_id"] in left]
        raise CommandError(f"{len(left)} events are still in the inbox: {json.dumps(told)[:300]}")
    print("  acknowledged them; none of them is in the inbox any more")
    return len(ids)


def _newest_waiting(api: Client) -> set[str]:
    """The ids of the newest events in the inbox."""
    newest = islice(api.inbox.walk(order="desc", limit=_NEWEST), _NEWEST)
    return {event["id"] for event in newest}


def _print_texts(received: Received, event_type: str, execution_id: str, wanted: str) -> None:
    _chapter(f"People are told of {event_type}")
    for channel in _PEOPLE:
        text = _await_text(received, channel, f"exec={execution_id} ")
        print(f"    {channel:<9} {text}")
        if text != wanted:
            raise CommandError(f"{channel} was told something else than '{wanted}'.")


@contextmanager
def _people(api: Client) -> Iterator[Received]:
    """Slack and Telegram, played by a receiver of our own; also if the last time ended half-way."""
    received = Received()
    with running_receiver(received) as url:
        settings = {
            "slack": {"url": f"{url}/services/T0/B0/story"},
            "telegram": {"bot_token": f"1:{'a' * 35}", "chat_id": "42", "api_url": url},
        }
        _unsubscribe(api)
        for channel in _PEOPLE:
            draft = {
                "name": f"{_SUBSCRIBER}{channel}",
                "channel": channel,
                "settings": settings[channel],
                "filters": {"event_types": _TOLD},
            }
            api.notifications.create_config(draft)
        try:
            yield received
        finally:
            _unsubscribe(api)


def _unsubscribe(api: Client) -> None:
    for config in api.notifications.configs():
        if config["name"].startswith(_SUBSCRIBER):
            api.notifications.delete_config(config["id"])


def _job(event_type: str, execution_id: str, severity: str) -> dict[str, Any]:
    metadata = {"connector": "amazon", "entity_type": "sync"}
    draft = {"event_type": event_type, "execution_id": execution_id, "severity": severity}
    return draft | {"payload": {}, "metadata": metadata}


def _await_execution(api: Client, execution_id: str, status: str, events: int) -> Execution:
    """The execution, once it has that status and so many events: the index takes a moment."""

    def find() -> Execution | None:
        try:
            found = api.execution(execution_id)
        except NotFoundError:
            return None
        return found if (found["status"], found["total_events"]) == (status, events) else None

    execution = _eventually(f"{execution_id} as {status} with {events} events", find)
    counts = f"{execution['total_events']} events, {execution['failed_events']} failed"
    print(f"  {execution['status']}: {counts}")
    return execution


def _alerts(api: Client, failed: list[Event]) -> list[Event]:
    """The alerts since the first of these failures."""
    found = api.events.walk(event_type=_ALERT, since=failed[0]["created_at"])
    return [each for each in found if each["metadata"].get("connector") == "amazon"]


def _await_text(received: Received, channel: str, part: str) -> str:
    push = received.wait_for(
        lambda push: push.channel == channel and part in f"{_text(push)} ", WAIT_SECONDS
    )
    if push is None:
        raise CommandError(f"{channel} was told nothing of '{part}' in {WAIT_SECONDS:.0f} s.")
    return _text(push)


def _text(push: Push) -> str:
    """The first line of what a person reads."""
    return unescape(_TAG.sub("", str(push.json()["text"]))).split("\n")[0]


def _eventually(what: str, find: Callable[[], Found | None]) -> Found:
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := find()):
        if time.monotonic() > deadline:
            raise CommandError(f"There was no {what} within {WAIT_SECONDS:.0f} s.")
        time.sleep(0.1)
    return found


def _chapter(title: str) -> None:
    print(f"\n{title}")


if __name__ == "__main__":
    sys.exit(main())
