"""What the log says was done since a point in time."""

import json
from datetime import timedelta
from typing import Any

import pytest

from admin.restoring.carry_out import Pace
from admin.restoring.journal import Deed, Journal, journal_of, lines_in
from tests.clock import START

ACKNOWLEDGE = "POST /events/{event_id}/acknowledge"
REPLAY = "POST /events/{event_id}/replay"
ERASE = "DELETE /events/{event_id}"
REVOKE = "DELETE /keys/{key_id}"


def said(asked: str, status: int = 204, **line: Any) -> str:
    method, _, route = asked.partition(" ")
    known = {"message": "request.completed", "method": method, "route": route, "status": status}
    return json.dumps({**known, "tenant": "acme", **line})


def of(*lines: str) -> Journal:
    """The journal of lines a second apart."""
    return journal_of((START + timedelta(seconds=n), line) for n, line in enumerate(lines))


@pytest.mark.parametrize(
    ("asked", "last"),
    [
        ((ACKNOWLEDGE, REPLAY), Deed.REPLAYED),
        ((REPLAY, ACKNOWLEDGE), Deed.ACKNOWLEDGED),
        ((ERASE, ACKNOWLEDGE), Deed.ERASED),
        ((ACKNOWLEDGE, ERASE), Deed.ERASED),
    ],
)
def test_what_was_done_last_counts_and_an_erasure_is_for_good(
    asked: tuple[str, str], last: Deed
) -> None:
    first, second = (said(each, event_id="evt_1") for each in asked)

    deed = of(first, second).deed("acme", "evt_1")

    assert deed is not None
    assert deed[0] is last


def test_lines_may_come_in_any_order() -> None:
    later = (START + timedelta(seconds=1), said(REPLAY, event_id="evt_1"))
    earlier = (START, said(ACKNOWLEDGE, event_id="evt_1"))

    assert journal_of([later, earlier]).deed("acme", "evt_1") == (Deed.REPLAYED, later[0])


@pytest.mark.parametrize("status", [400, 404, 409, 429])
def test_what_was_refused_was_not_done(status: int) -> None:
    journal = of(said(ERASE, status, event_id="evt_1"), said(REVOKE, status, about="k"))

    assert (journal.deeds, journal.ended) == ({}, {})


def test_what_must_not_come_back_is_taken_for_done_if_nobody_knows() -> None:
    journal = of(
        said(ERASE, 503, event_id="evt_1"),
        said(REVOKE, 500, about="a-key"),
        said(ACKNOWLEDGE, 503, event_id="evt_2"),  # whose consumer will see it again, and may
    )

    assert set(journal.deeds) == {("acme", "evt_1")}
    assert set(journal.ended) == {("acme", "a-key")}


def test_one_tenants_line_says_nothing_of_anothers_event() -> None:
    journal = of(said(ACKNOWLEDGE, event_id="evt_1"))

    assert journal.deed("globex", "evt_1") is None


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (REVOKE, "about"),
        ("DELETE /sources/{source_id}", "about"),
        ("DELETE /notifications/configs/{config_id}", "config_id"),
    ],
)
def test_one_tenant_ends_nothing_of_anothers_by_asking_while_the_store_is_away(
    asked: str, name: str
) -> None:
    journal = of(said(asked, 503, **{name: "anothers"}))

    assert journal.ended_at("acme", "anothers") is not None
    assert journal.ended_at("globex", "anothers") is None


def test_a_push_that_acknowledges_says_so_by_its_metric() -> None:
    pushed = {"message": "delivery.carried_out", "tenant": "acme", "event_id": "evt_1"}

    assert of(json.dumps(pushed)).deeds == {}
    assert of(json.dumps(pushed | {"EventsAcknowledged": [1.0]})).deeds != {}


def test_what_is_no_line_of_ours_is_skipped() -> None:
    assert of("START RequestId: 1", "[]", "null", '{"message":"request.completed"}').deeds == {}


def test_lines_of_a_file_tell_their_own_time() -> None:
    line = said(ACKNOWLEDGE, event_id="evt_1", timestamp="2026-11-21T22:55:18.123456+00:00")

    journal = journal_of(lines_in(f"no line\n{line}\n{said(ACKNOWLEDGE, event_id='evt_2')}\n"))

    assert journal.deeds == {("acme", "evt_1"): (Deed.ACKNOWLEDGED, START)}


def test_writes_are_spread_over_the_time_that_they_are_allowed() -> None:
    at = [0.0]

    def pause(seconds: float) -> None:
        at[0] += seconds

    pace = Pace(100, seconds=lambda: at[0], pause=pause)
    for _ in range(5):
        pace.spend(200)

    assert at[0] == pytest.approx(10)
