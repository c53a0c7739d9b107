"""`GET /events/{event_id}/story`: what it tells, in which order, of how much."""

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.builders.push import a_config, a_delivery, a_task
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.push import ACCEPTED
from tests.functional.notification_api import World
from tests.functional.support_desk import FINAL, REFUSED, Support, said
from triggers_api.push.channel import Receipt
from triggers_api.push.filters import Filters


@pytest.fixture
def support(clock: FixedClock, fake_events: InMemoryEventStore) -> Support:
    return Support(World(clock, fake_events))


def test_the_story_is_told_in_order_of_time(support: Support) -> None:
    config, event = support.config(), support.post()
    support.world.call("POST", "/inbox/lease", {"limit": 1, "lease_seconds": 600})
    support.push(event, REFUSED)
    support.later(minutes=2)
    support.world.queue.tasks = [task for _, task in support.world.queue.later] or [
        a_task(support.world.events.get(TENANT, event), a_config(id=config))
    ]
    support.deliver(ACCEPTED)
    support.world.call("POST", f"/events/{event}/acknowledge")
    support.later(seconds=1)
    assert support.world.call("POST", f"/events/{event}/replay").status_code == 202
    support.later(seconds=1)
    support.deliver(ACCEPTED)

    story = support.story(event)
    told = [(each["what"], each["round"], each["status_code"]) for each in story["happenings"]]

    assert told == [
        ("stored", 0, None),
        ("dispatched", 0, None),
        ("attempted", 0, 400),
        ("attempted", 0, 200),
        ("dispatched", 1, None),
        ("replayed", 1, None),
        ("attempted", 1, 200),
        ("leased", 0, None),
    ]
    known = [each["at"] for each in story["happenings"] if each["at"]]
    assert known == sorted(known)
    assert story["happenings"][2]["answer"] == "no such customer"
    assert story["happenings"][-1]["until"] is not None
    assert (story["rounds"], story["outcomes"]["delivered"]) == (1, 1)


def test_what_was_acknowledged_says_when(support: Support) -> None:
    event = support.post()
    support.world.call("POST", f"/events/{event}/acknowledge")

    what = [each["what"] for each in support.story(event)["happenings"]]

    assert what == ["stored", "acknowledged"]


def test_a_replay_that_is_on_its_way_is_waiting_although_the_first_push_died(
    support: Support,
) -> None:
    one, event = support.config(), support.post()
    support.push(event, FINAL)
    support.world.call("POST", f"/events/{event}/replay")

    assert said(support.fate(event, one)) == ("not_sent", "not_dispatched_yet")
    support.change(one, enabled=False)
    assert said(support.fate(event, one)) == ("dead", None)


def test_of_1000_configs_those_it_was_sent_to_are_told_first_and_all_are_counted(
    support: Support,
) -> None:
    for number in range(1000):
        types = frozenset[str]() if number % 100 == 50 else frozenset({"x.y"})
        support.world.subscribe(filters=Filters(event_types=types))
    support.later(seconds=1)
    event = support.post()
    support.push(event, *[ACCEPTED] * 8, FINAL, REFUSED)

    story = support.story(event)
    last = support.world.configs.list_configs(TENANT)[-1]

    assert story["outcomes"] == {
        "delivered": 8, "retrying": 1, "dead": 1, "waiting": 0, "not_sent": 990,
    }  # fmt: skip
    assert len(story["configs"]) == 200
    assert {each["outcome"] for each in story["configs"][:10]} == {"delivered", "retrying", "dead"}
    assert any("Only 200 of 1000 configs" in each for each in story["not_known"])
    assert said(support.fate(event, last.id)) == ("not_sent", "filtered")


def test_another_tenants_configs_and_events_are_not_told_of(support: Support) -> None:
    event = support.post()
    support.world.subscribe(tenant=OTHER_TENANT)

    assert support.story(event)["configs"] == []
    other = support.world.call("GET", f"/events/{event}/story", tenant=OTHER_TENANT)
    assert (other.status_code, other.json()["error"]) == (404, "event_not_found")


def test_a_config_that_nobody_knows_has_no_fate(support: Support) -> None:
    event = support.post()

    assert support.story(event, "?config_id=cfg_unknown")["configs"] == []


def test_the_story_holds_no_secret(support: Support) -> None:
    config = support.config(settings={"url": "https://h.example.com", "bearer_token": "top-secret"})
    event = support.post()
    support.push(
        event, Receipt(status_code=401, error="No.", answer="bad token: Bearer top-secret")
    )

    story = support.story(event)

    assert story["happenings"][-1]["answer"] == "bad token: Bearer [secret]"
    assert "top-secret" not in str(story)
    assert said(support.fate(event, config)) == ("retrying", None)


def test_a_delivery_without_the_time_of_its_dispatch_tells_until_when_it_was(
    support: Support,
) -> None:
    config, event = support.config(), support.post()
    at = support.world.clock()
    task = a_task(support.world.events.get(TENANT, event), a_config(id=config))
    support.world.deliveries.record(a_delivery(task, at=at), known_attempts=None)

    (dispatched,) = [
        each for each in support.story(event)["happenings"] if each["what"] == "dispatched"
    ]

    assert dispatched["at"] is None
    assert dispatched["before"] is not None


def test_its_query_is_as_strict_as_any(support: Support) -> None:
    config, event = support.config(), support.post()
    path = f"/events/{event}/story"

    assert support.story(event, "?config_id=") == support.story(event)
    for wrong in ("?config_id=a&config_id=b", "?config=a"):
        refused = support.world.call("GET", path + wrong)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_parameter")
    assert len(support.story(event, f"?config_id={config}")["configs"]) == 1
