import pytest

from triggers_api.events.lifecycle import (
    ALL_STATUSES,
    TRANSITIONS,
    UNDELIVERED,
    EventStatus,
    sources_of,
)

PENDING, FAILED, DELIVERED = EventStatus.PENDING, EventStatus.FAILED, EventStatus.DELIVERED


def test_every_status_has_its_moves() -> None:
    assert set(TRANSITIONS) == set(EventStatus)


def test_every_status_is_listed_once() -> None:
    assert sorted(ALL_STATUSES) == sorted(EventStatus)


def test_the_inbox_holds_what_is_not_delivered() -> None:
    assert set(UNDELIVERED) == set(EventStatus) - {DELIVERED}


@pytest.mark.parametrize(
    ("target", "sources"),
    [(DELIVERED, {PENDING, FAILED}), (FAILED, {PENDING}), (PENDING, {FAILED, DELIVERED})],
)
def test_a_status_is_reached_only_from_these(
    target: EventStatus, sources: set[EventStatus]
) -> None:
    assert set(sources_of(target)) == sources


@pytest.mark.parametrize("status", EventStatus)
def test_no_status_leads_to_itself(status: EventStatus) -> None:
    assert status not in TRANSITIONS[status]


def test_only_a_replay_leads_out_of_delivered() -> None:
    assert TRANSITIONS[DELIVERED] == {PENDING}
