"""`make restore`: what is missing comes back, and nothing else changes."""

import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from admin import restore
from admin.restoring.kinds import Kind, Part, identify
from tests.builders.events import (
    TENANT,
    a_fingerprint,
    a_keyed_event,
    a_tenant,
    incompressible_payload,
)
from tests.builders.push import a_delivery, a_task
from tests.functional.damaged import Damaged
from tests.functional.leaving_tenant import DeadError
from triggers_api.aws import clients
from triggers_api.events.event import Event

NEIGHBOUR = "acme-2"
LARGE = incompressible_payload(5000)


def test_where_nothing_is_lost_nothing_is_written(damaged: Damaged) -> None:
    damaged.furnish(TENANT)
    damaged.remember()
    before = {part: damaged.items(part) for part in Part}

    damaged.bring_back()

    assert {part: damaged.items(part) for part in Part} == before
    kinds = {identify(part, item).kind for part in Part for item in before[part]}
    assert kinds == set(Kind) - {Kind.OTHER}  # a new kind of item needs a rule


def test_without_being_told_to_apply_it_writes_nothing(
    damaged: Damaged, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged.post()
    damaged.remember()
    damaged.lose(Part.EVENTS)

    damaged.restore_tables("bring-back")

    assert damaged.items(Part.EVENTS) == []
    said = capsys.readouterr()
    assert re.search(r"events +back as it was +1\b", said.out)
    assert "Nothing was written." in said.err


def test_a_tenant_comes_back_whole_and_its_neighbour_does_not_change(damaged: Damaged) -> None:
    damaged.furnish(TENANT)
    damaged.tenants.add(a_tenant(damaged.clock(), NEIGHBOUR))
    damaged.post(NEIGHBOUR)
    damaged.remember()
    before = {part: damaged.kept(part) for part in Part}
    damaged.lose_all_of(TENANT)

    damaged.bring_back("--tenant", TENANT)

    written = {part: damaged.items(part) for part in Part}
    for part in Part:
        after, was = damaged.kept(part), before[part]
        assert after.keys() <= was.keys()
        missing = {identify(part, was[each]).kind for each in was.keys() - after.keys()}
        assert missing <= {Kind.MOMENT, Kind.PAYLOAD}  # that of a request which stopped half way
        changed = {place for place in after if after[place] != was[place]}
        kinds = {identify(part, was[each]).kind for each in changed}
        assert kinds <= {Kind.MOMENT, Kind.SHARDS, Kind.DELIVERY, Kind.CONFIG}
        assert not any(NEIGHBOUR in place for place in changed | (was.keys() - after.keys()))
    damaged.bring_back("--tenant", TENANT)
    assert {part: damaged.items(part) for part in Part} == written


def test_it_may_be_killed_between_any_two_calls_and_goes_on(damaged: Damaged) -> None:
    event, config = damaged.post(payload=LARGE), damaged.subscribe()
    damaged.give_key()
    damaged.deliveries.record(a_delivery(a_task(event, config)), known_attempts=None)
    damaged.remember()
    before = {part: damaged.kept(part).keys() for part in Part}
    killed = 0
    for number in range(9, 100, 6):  # before that, it only looks
        for part in Part:
            damaged.lose(part)
        with suppress(DeadError), damaged.killed_at(number) as calls:
            damaged.bring_back()
        killed += calls() >= number
        damaged.bring_back()
        assert all(before[part] <= damaged.kept(part).keys() for part in Part)
        if calls() < number:
            break
    assert killed > 3


def test_what_is_written_meanwhile_wins(damaged: Damaged) -> None:
    event = a_keyed_event(damaged.clock())
    damaged.events.add(TENANT, event, a_fingerprint())
    damaged.remember()
    damaged.lose(Part.EVENTS)
    damaged.clock.advance(seconds=5)
    later = a_keyed_event(damaged.clock())
    written: list[Event] = []

    def post_before_the_put(params: dict[str, Any], **_: object) -> None:
        if params.get("Item", {}).get("id") == {"S": event.id} and not written:
            written.append(later)
            damaged.events.add(TENANT, later, a_fingerprint())

    with damaged.hooked("provide-client-params", post_before_the_put):
        damaged.bring_back()

    assert (written, damaged.inbox()) == ([later], [later.id])


def test_a_key_that_is_on_its_way_out_stops_it(damaged: Damaged) -> None:
    kms = clients.create_client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    damaged.outputs["SecretsKeyId"] = key
    damaged.remember()
    damaged.restore_tables("bring-back")
    kms.schedule_key_deletion(KeyId=key)

    with pytest.raises(SystemExit, match="is PendingDeletion"):
        damaged.bring_back()


def test_copies_are_dropped_and_the_live_tables_stay(damaged: Damaged) -> None:
    damaged.remember()
    damaged.restore_tables("clean")

    left = damaged.dynamodb.list_tables()["TableNames"]
    assert not [each for each in left if "-as-of-" in each]
    assert set(damaged.tables.values()) <= set(left)
    with pytest.raises(SystemExit, match="`prepare` makes it"):
        damaged.bring_back()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--only", "cfg_1"), "their tenant with --tenant"),
        (("--tenant", TENANT, "--overwrite"), "Name the configs or sources with --only"),
    ],
)
def test_what_is_half_said_is_asked_for(
    damaged: Damaged, options: tuple[str, ...], said: str
) -> None:
    damaged.remember()

    with pytest.raises(SystemExit, match=said):
        damaged.bring_back(*options)


@pytest.mark.parametrize("at", ["2026-11-29", "2026-11-29T18:04:05", "yesterday", "1"])
def test_a_point_in_time_is_a_second_with_its_zone(
    damaged: Damaged, at: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged.at = at

    with pytest.raises(SystemExit):
        damaged.restore_tables("prepare")

    assert "a second with its zone" in capsys.readouterr().err


def test_a_second_that_is_still_to_come_cannot_be_prepared(damaged: Damaged) -> None:
    damaged.at = "2099-01-01T00:00:00+01:00"

    with pytest.raises(SystemExit, match="still to come"):
        damaged.restore_tables("prepare")


def test_without_a_log_it_asks_what_was_done_since(damaged: Damaged) -> None:
    event = damaged.post()
    damaged.remember()
    damaged.lose(Part.EVENTS)
    assert damaged.target.stack is not None
    elsewhere = replace(damaged.target.stack, name="another")
    unlogged = replace(damaged.target, stack=elsewhere)

    with pytest.raises(SystemExit, match="no log of this stack"):
        restore.main(["bring-back", "--at", damaged.at], unlogged, damaged.clock)

    restore.main(["bring-back", "--at", damaged.at, "--no-log", "--apply"], unlogged, damaged.clock)
    assert damaged.inbox() == [event.id]


def test_a_log_that_has_lost_its_first_lines_stops_it(
    damaged: Damaged, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    damaged.parameters["LogRetentionDays"] = "7"
    event = damaged.post()
    damaged.remember()
    damaged.lose(Part.EVENTS)
    damaged.clock.advance(days=8)

    with pytest.raises(SystemExit, match="kept for 7 days"):
        damaged.bring_back()
    assert damaged.inbox() == []

    exported = tmp_path / "lines.jsonl"
    exported.write_text("")
    damaged.bring_back("--lines", str(exported))
    assert damaged.inbox() == [event.id]
    capsys.readouterr()


def test_lines_that_were_exported_count_as_those_of_the_log(
    damaged: Damaged, tmp_path: Path
) -> None:
    event = damaged.post()
    damaged.remember()
    damaged.lose(Part.EVENTS)
    line = {
        "message": "request.completed",
        "timestamp": "2026-11-21T22:56:00+00:00",
        "method": "POST",
        "route": "/events/{event_id}/acknowledge",
        "status": 204,
        "tenant": TENANT,
        "event_id": event.id,
    }
    file = tmp_path / "lines.jsonl"
    file.write_text(f"{json.dumps(line)}\n")

    damaged.bring_back("--lines", str(file))

    assert damaged.inbox() == []
