"""Facts about workers that share an inbox, on the running stack."""

import time
from typing import Any

from local.stack import Stack
from tests.e2e.tenants import new_tenant
from tests.lease_workers import Work, post_events
from tests.raw_http import RawApi, expect


def lease(api: RawApi, **wanted: int) -> dict[str, Any]:
    leased: dict[str, Any] = expect(api.post("/inbox/lease", wanted), 200).json()
    return leased


def test_eight_workers_drain_an_inbox_though_three_are_killed(stack: Stack) -> None:
    api = new_tenant(stack)
    posted = post_events(api, 300)
    work = Work(api, lease_seconds=5, limit=20)

    work.drain(posted, workers=8, killed=3, seconds=120)

    assert work.killed > 0  # who finds nothing to lease any more is not killed at it
    assert work.acknowledged.keys() == set(posted)
    assert work.held_by_two() == []
    assert {each.event_id for each in work.holdings} == set(posted)
    assert expect(api.get("/inbox"), 200).json() == []


def test_a_lease_hides_events_from_others_until_it_is_released(stack: Stack) -> None:
    api = new_tenant(stack)
    posted = set(post_events(api, 3))

    mine = lease(api, limit=10, lease_seconds=600)
    assert {event["id"] for event in mine["events"]} == posted
    assert lease(api)["events"] == []
    expect(api.post("/inbox/release", {"lease_id": mine["lease_id"]}), 204)

    assert {event["id"] for event in lease(api)["events"]} == posted


def test_what_is_posted_while_workers_wait_is_leased_once(stack: Stack) -> None:
    api = new_tenant(stack)
    assert lease(api)["events"] == []
    found: list[str] = []
    for number in range(10):
        (posted,) = post_events(api, 1)
        deadline = time.monotonic() + 20
        while posted not in found:
            assert time.monotonic() < deadline, f"event {number} was not leased"
            found += [event["id"] for event in lease(api)["events"]]

    assert len(found) == len(set(found)) == 10
