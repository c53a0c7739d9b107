"""What another release wrote is read leniently, one kind of form at a time.

That all forms are is shown in `tests/upgrade`.
"""

import json
from dataclasses import field, make_dataclass
from typing import Any

import pytest

from tests.builders.events import TENANT, an_event
from tests.builders.push import a_config, a_task
from tests.clock import START
from triggers_api import stored
from triggers_api.api.cursor import CursorCodec
from triggers_api.aws.task_queue import from_body, to_body
from triggers_api.channels.texts import colour_of
from triggers_api.errors import InvalidRequestError, UnreadableError
from triggers_api.events.event import Severity
from triggers_api.events.lifecycle import ALL_STATUSES
from triggers_api.events.ports import EventQuery, Position
from triggers_api.push.filters import Filters
from triggers_api.stored import ADDED_LATER, is_known, readable, tell_unreadable_to, word

LATER = word(Severity, "notice")
PLACE = Position(START, "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5")
CODEC = CursorCodec(b"a key")
Told = list[tuple[str, Any, str]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(stored._Told, "tell", stored._Told.tell)  # noqa: SLF001  # put back at the end
    heard: Told = []
    tell_unreadable_to(lambda kind, item, error: heard.append((kind, item, type(error).__name__)))
    return heard


def test_a_word_that_is_known_is_the_very_member() -> None:
    assert word(Severity, "error") is Severity.ERROR
    assert is_known(word(Severity, "error"))


def test_a_word_of_another_release_is_shown_as_it_is_and_is_none_of_those_known() -> None:
    assert not is_known(LATER)
    assert (str(LATER), LATER.value, json.dumps(LATER)) == ("notice", "notice", '"notice"')
    assert LATER not in set(Severity)
    assert word(Severity, "notice") == LATER
    with pytest.raises(ValueError, match="notice"):
        Severity("notice")  # callers must not send it


def test_what_can_be_read_is_read_and_what_cannot_is_told(told: Told) -> None:
    assert list(readable(["1", "x", "3"], int, "number")) == [1, 3]
    assert told == [("number", "x", "ValueError")]


def test_an_event_of_a_severity_that_is_not_known_is_pushed_rather_than_missed() -> None:
    event = an_event(START, severity=LATER)

    assert Filters(min_severity=Severity.CRITICAL).match(event)
    assert Filters(min_severity=LATER).match(an_event(START, severity=Severity.INFO))
    assert colour_of(LATER) == colour_of(Severity.ERROR)


def test_a_task_needs_no_more_than_whom_it_is_for() -> None:
    task = from_body('{"tenant": "acme", "event_id": "evt_1", "config_id": "cfg_1"}')

    assert (task.round, task.pushes, task.replayed_after, task.crashes) == (0, 1, None, 0)


def test_what_a_task_says_beyond_what_is_known_is_handed_on_with_it() -> None:
    said = json.loads(to_body(a_task(an_event(START), a_config(tenant=TENANT))))

    again = from_body(json.dumps(said | {"lane": "slow"})).attempted(START, None)

    assert json.loads(to_body(again)) == said | {"lane": "slow"}


def test_a_dead_letter_that_is_moved_back_is_the_task_again() -> None:
    task = a_task(an_event(START), a_config(tenant=TENANT))
    letter = json.loads(to_body(task)) | {"delivery_id": task.delivery_id, "reason": "refused"}

    assert json.loads(to_body(from_body(json.dumps(letter)))) == json.loads(to_body(task))


def test_a_task_of_another_kind_is_not_taken_for_a_push() -> None:
    said = {"tenant": "acme", "event_id": "evt_1", "config_id": "cfg_1"}

    assert from_body(json.dumps(said | {"kind": "push"})).config_id == "cfg_1"
    with pytest.raises(UnreadableError):
        from_body(json.dumps(said | {"kind": "digest"}))


def test_a_cursor_goes_on_though_its_query_can_ask_for_more_than_when_it_was_made() -> None:
    more = make_dataclass(
        "EventQuery",
        [("source_id", str | None, field(default=None, metadata=ADDED_LATER))],
        bases=(EventQuery,),
        frozen=True,
    )
    cursor = CODEC.encode(TENANT, EventQuery(statuses=ALL_STATUSES), PLACE)

    assert CODEC.decode(TENANT, more(statuses=ALL_STATUSES), cursor) == PLACE
    assert CODEC.encode(TENANT, more(statuses=ALL_STATUSES), PLACE) == cursor
    with pytest.raises(InvalidRequestError):
        CODEC.decode(TENANT, more(statuses=ALL_STATUSES, source_id="src_1"), cursor)
