"""Each outcome and each reason of an event's story, made to happen and read there."""

from typing import Any

import pytest

from tests.builders.events import DELIVERED_RETENTION
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.push import ACCEPTED
from tests.functional.notification_api import World
from tests.functional.support_desk import FINAL, REFUSED, Support, said
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.story.fate import Outcome, Reason


@pytest.fixture
def support(clock: FixedClock, fake_events: InMemoryEventStore) -> Support:
    return Support(World(clock, fake_events))


def test_delivered(support: Support) -> None:
    config, event = support.config(), support.post()
    support.push(event, ACCEPTED)

    fate = support.fate(event, config)

    assert said(fate) == ("delivered", None)
    assert (fate["name"], fate["channel"], fate["attempts"]) == ("Shop", "webhook", 1)
    assert fate["because"] == (
        "The receiver took it at 2026-11-21 22:55:21 UTC with 200, after 1 attempt."
    )
    assert fate["delivery_id"] in fate["next_step"]


def test_retrying(support: Support) -> None:
    config, event = support.config(), support.post()
    support.push(event, REFUSED)

    fate = support.fate(event, config)

    assert said(fate) == ("retrying", None)
    assert "the next attempt is at 2026-11-21 22:56" in fate["because"]
    assert fate["because"].endswith("Last: The receiver answered 400.")


def test_retrying_to_a_config_that_was_disabled_since(support: Support) -> None:
    config, event = support.config(), support.post()
    support.push(event, REFUSED)
    support.change(config, enabled=False)

    fate = support.fate(event, config)

    assert said(fate) == ("retrying", None)
    assert "would drop it" in fate["next_step"]


def test_dead_at_a_config_that_was_disabled_since(support: Support) -> None:
    config, event = support.config(), support.post()
    support.push(event, FINAL)
    support.change(config, enabled=False)

    assert "enable the config, then replay" in support.fate(event, config)["next_step"]


def test_dead(support: Support) -> None:
    config, event = support.config(), support.post()
    support.push(event, FINAL)

    fate = support.fate(event, config)

    assert said(fate) == ("dead", None)
    assert fate["because"] == "It was given up after 1 attempt: It was refused for good."
    assert "replay this delivery" in fate["next_step"]


def test_waiting_for_its_first_attempt(support: Support) -> None:
    one, other, event = support.config(), support.config(), support.post()
    support.dispatch(event)
    (first, second) = support.world.queue.tasks
    support.world.queue.tasks = [first]
    support.deliver(ACCEPTED)

    assert said(support.fate(event, first.config_id)) == ("delivered", None)
    assert said(support.fate(event, second.config_id)) == ("waiting", None)
    assert {one, other} == {first.config_id, second.config_id}


def test_waiting_for_a_receiver_that_is_down(support: Support) -> None:
    config = support.config()
    for _ in range(20):
        support.push(support.post(), Receipt(status_code=500, error="The receiver answered 500."))
    event = support.post()
    support.push(event)

    fate = support.fate(event, config)

    assert said(fate) == ("waiting", None)
    assert "its receiver is down and left alone" in fate["because"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"event_types": ["order.fetched"]}, ["event_types"]),
        ({"min_severity": "error"}, ["min_severity"]),
        ({"connectors": ["ebay"]}, ["connectors"]),
        ({"entity_types": ["invoice"]}, ["entity_types"]),
        ({"error_types": ["timeout"]}, ["error_types"]),
        ({"min_severity": "error", "connectors": ["ebay"]}, ["min_severity", "connectors"]),
    ],
)
def test_not_sent_filtered(support: Support, filters: dict[str, Any], names: list[str]) -> None:
    config = support.config(filters=filters)
    event = support.post(metadata={"connector": "amazon", "entity_type": "order"})
    support.push(event)

    fate = support.fate(event, config)

    assert said(fate) == ("not_sent", "filtered")
    assert fate["filters"] == names
    assert fate["because"] == f"Its filters leave the event out: {', '.join(names)}."


@pytest.mark.parametrize(
    ("now", "words"),
    [({}, "Those of now would take it."), ({"event_types": ["x.y"]}, "leave the event out too.")],
)
def test_not_sent_filtered_and_filters_changed_later(
    support: Support, now: dict[str, Any], words: str
) -> None:
    config = support.config(filters={"event_types": ["order.fetched"]})
    event = support.post()
    support.push(event)
    support.change(config, filters={"event_types": None} | now)

    fate = support.fate(event, config)

    assert said(fate) == ("not_sent", "filtered")
    assert "Its filters changed later, at 2026-11-21 22:55:2" in fate["because"]
    assert fate["because"].endswith(words)


def test_a_change_of_something_else_says_nothing_of_the_filters(support: Support) -> None:
    config = support.config(filters={"event_types": ["order.fetched"]})
    event = support.post()
    support.push(event)
    support.change(config, name="Another name")

    assert "changed" not in support.fate(event, config)["because"]


def test_not_sent_because_it_tells_of_the_config_itself(support: Support) -> None:
    config = support.config()
    support.world.channel.receipts.append(
        Receipt(status_code=410, error="The receiver answered 410 Gone.", refusal=Refusal.GONE)
    )
    support.push(support.post())
    told = support.world.call("GET", "/events?event_type=notifications.*").json()
    support.change(config, enabled=True)

    for event in told:
        assert said(support.fate(event["id"], config))[0] == "not_sent"


def test_not_sent_disabled_at_the_time_and_still(support: Support) -> None:
    config = support.config()
    support.change(config, enabled=False)
    event = support.post()
    support.push(event)

    fate = support.fate(event, config)

    assert said(fate) == ("not_sent", "disabled")
    assert fate["because"] == "It has been disabled since 2026-11-21 22:55:19 UTC."
    assert fate["next_step"] == "Enable the config, then replay what it missed."


def test_not_sent_disabled_at_the_time_and_enabled_since(support: Support) -> None:
    config = support.config(enabled=False)
    event = support.post()
    support.push(event)
    support.change(config, enabled=True)

    fate = support.fate(event, config)

    assert said(fate) == ("not_sent", "disabled")
    assert fate["because"].startswith("It was disabled at the time, and enabled again at 2026-")
    assert fate["next_step"] == "Replay what the config missed."


def test_not_sent_disabled_between_the_event_and_its_push(support: Support) -> None:
    config, event = support.config(), support.post()
    support.dispatch(event)
    support.change(config, enabled=False)

    assert said(support.fate(event, config)) == ("not_sent", "disabled")
    support.deliver()
    dropped = support.fate(event, config)

    assert said(dropped) == ("not_sent", "disabled")
    assert dropped["because"] == "It was dropped: the config is disabled."


def test_not_sent_disabled_by_its_receiver(support: Support) -> None:
    config = support.config()
    support.push(
        support.post(),
        Receipt(status_code=410, error="The receiver answered 410 Gone.", refusal=Refusal.GONE),
    )
    event = support.post()
    support.push(event)

    fate = support.fate(event, config)

    assert said(fate) == ("not_sent", "disabled")
    assert "the receiver answered 410 Gone" in fate["because"]


def test_one_that_was_filtered_before_it_was_disabled_was_filtered(support: Support) -> None:
    config = support.config(filters={"event_types": ["order.fetched"]})
    event = support.post()
    support.push(event)
    support.change(config, enabled=False)

    assert said(support.fate(event, config)) == ("not_sent", "filtered")


@pytest.mark.parametrize("enabled_since", [True, False])
def test_one_that_was_disabled_and_would_not_want_it_is_not_told_to_replay(
    support: Support,
    enabled_since: bool,  # noqa: FBT001  # or not yet
) -> None:
    config = support.config(filters={"event_types": ["invoice.*"]}, enabled=False)
    event = support.post()
    support.push(event)
    if enabled_since:
        support.change(config, enabled=True)

    fate = support.fate(event, config)

    assert (said(fate), fate["filters"]) == (("not_sent", "filtered"), ["event_types"])
    assert fate["because"].startswith("Its filters leave the event out: event_types. It ")
    assert fate["because"].endswith(", besides.")
    assert ("and enable it" in fate["next_step"]) is not enabled_since


def test_not_sent_created_later(support: Support) -> None:
    event = support.post()
    support.push(event)
    config = support.config()

    fate = support.fate(event, config)

    assert said(fate) == ("not_sent", "created_later")
    assert fate["because"].startswith("It was created at 2026-11-21 22:55:2")


@pytest.mark.parametrize(
    ("filters", "left_out_by", "words"),
    [
        ({"event_types": ["invoice.*"]}, "event_types", "event_types"),
        ({"match": "severity == 'critical'"}, "match", "match (it is false)"),
    ],
)
def test_one_created_later_that_would_not_want_it_is_not_told_to_replay(
    support: Support, filters: dict[str, Any], left_out_by: str, words: str
) -> None:
    event = support.post()
    support.push(event)
    config = support.config(filters=filters)

    fate = support.fate(event, config)

    assert (said(fate), fate["filters"]) == (("not_sent", "filtered"), [left_out_by])
    assert fate["because"].startswith(
        f"Its filters leave the event out: {words}. It was created at 2026-11-21 22:55:2"
    )
    assert fate["next_step"].startswith("If it should have it, widen its filters")


def test_not_sent_deleted_before_the_event(support: Support) -> None:
    config = support.config()
    support.delete(config)
    event = support.post()
    support.push(event)

    fate = support.fate(event, config)

    assert said(fate) == ("not_sent", "deleted")
    assert (fate["name"], fate["channel"]) == (None, None)
    assert fate["because"].endswith(", before the event.")


def test_not_sent_deleted_between_the_event_and_its_push(support: Support) -> None:
    config, event = support.config(), support.post()
    support.dispatch(event)
    support.delete(config)

    before = support.fate(event, config)
    support.deliver()
    after = support.fate(event, config)

    assert said(before) == said(after) == ("not_sent", "deleted")
    assert "nobody can tell whether it wanted this event" in before["because"]
    assert after["because"] == "It was dropped: the config was deleted."


def test_delivered_to_a_config_that_was_deleted_since(support: Support) -> None:
    config, event = support.config(), support.post()
    support.push(event, ACCEPTED)
    support.delete(config)

    assert said(support.fate(event, config)) == ("delivered", None)


def test_not_sent_not_dispatched_yet(support: Support) -> None:
    config, event = support.config(), support.post()

    fate = support.fate(event, config)

    assert said(fate) == ("not_sent", "not_dispatched_yet")
    assert fate["next_step"].startswith("Ask again in a minute")


def test_not_sent_history_expired(support: Support) -> None:
    config, event = support.config(), support.post()
    support.later(days=DELIVERED_RETENTION.days)

    fate = support.fate(event, config)

    assert said(fate) == ("not_sent", "history_expired")
    assert "remembered for" in fate["because"]
    assert any("are forgotten" in each for each in support.story(event)["not_known"])


def test_not_sent_erased_before_it_was_pushed(support: Support) -> None:
    config, event = support.config(), support.post()
    support.dispatch(event)
    assert support.world.call("DELETE", f"/events/{event}").status_code == 204
    support.deliver()

    fate = support.fate(event, config)
    story = support.story(event)

    assert said(fate) == ("not_sent", "erased")
    assert story["status"] is None
    assert [each["what"] for each in story["happenings"]] == ["stored", "erased"]


def test_not_sent_erased_while_it_was_tried(support: Support) -> None:
    config, event = support.config(), support.post()
    support.push(event, REFUSED)
    support.world.call("DELETE", f"/events/{event}")

    fate = support.fate(event, config)

    assert said(fate) == ("not_sent", "erased")
    assert "no such customer" not in str(support.story(event))


def test_every_outcome_and_every_reason_is_made_to_happen_above() -> None:
    made = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}

    for outcome in Outcome:
        assert any(name.startswith(outcome.value) for name in made), outcome
    for reason in Reason:
        assert any(name.startswith(f"not_sent_{reason.value}") for name in made), reason
