"""`/sources`: made, replaced, changed, rotated and deleted by whoever holds `sources:manage`."""

from typing import Any

import pytest

from tests.builders.sources import SECRET, path_of, push_from_github
from tests.clock import FixedClock
from tests.functional.conftest import assert_is_error
from tests.http_api import Api
from triggers_api.sources.source import MAX_SOURCES

GITHUB = {"name": "GitHub", "provider": "github", "secret": SECRET}


def made(api: Api, **fields: Any) -> dict[str, Any]:
    answer = api.post("/sources", GITHUB | fields)
    assert answer.status == 201, answer.body
    source: dict[str, Any] = answer.json()
    return source


def without(source: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in source.items() if name not in names}


def test_a_source_is_shown_with_its_url_and_listed_without(api: Api) -> None:
    source = made(api)

    assert api.get(f"/sources/{source['id']}").json() == without(source, "secret")
    assert api.get("/sources").json() == [without(source, "secret", "url")]
    assert source["secret"] is None  # it was given
    assert source["secrets_set"] == ["secret"]


def test_what_was_answered_can_be_sent_back(api: Api, clock: FixedClock) -> None:
    source = made(api, event_type="code.changed")
    clock.advance(seconds=1)

    again = api.send("PUT", f"/sources/{source['id']}", without(source, "secret")).json()

    assert without(again, "updated_at") == without(source, "updated_at")
    assert push_from_github(api, source).status == 200


def test_a_url_survives_every_change(api: Api, clock: FixedClock) -> None:
    source = made(api)
    at = f"/sources/{source['id']}"
    for change in ({"name": "Other"}, {"secret": "another-secret"}, {"event_type": "a.b"}):
        clock.advance(seconds=1)
        assert api.send("PATCH", at, change).json()["url"] == source["url"]

    changed = api.get(at).json()
    assert (changed["name"], changed["event_type"]) == ("Other", "a.b")
    assert push_from_github(api, source, secret="another-secret").status == 200
    assert push_from_github(api, source).status == 401


def test_a_null_brings_back_a_default(api: Api, clock: FixedClock) -> None:
    source = made(api, event_type="a.b", enabled=False)
    clock.advance(seconds=1)

    change = {"event_type": None, "enabled": None, "secret": None}
    changed = api.send("PATCH", f"/sources/{source['id']}", change).json()

    assert (changed["event_type"], changed["enabled"]) == (None, True)
    assert changed["secrets_set"] == ["secret"]


def test_another_provider_begins_without_the_old_ones_secret(api: Api, clock: FixedClock) -> None:
    source = made(api)
    clock.advance(seconds=1)

    changed = api.send("PATCH", f"/sources/{source['id']}", {"provider": "stripe"}).json()

    assert changed["secrets_set"] == []
    assert changed["url"] == source["url"]
    assert push_from_github(api, source).status == 401
    assert api.get(f"/sources/{source['id']}").json()["last_refusal"] == "no_signature"


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"provider": "nobody"}, "provider", "unknown_provider"),
        ({"secret": "a b"}, "secret", "invalid_value"),
        ({"settings": {"colour": "red"}}, "settings.colour", "unknown_field"),
        ({"event_type": "notifications.own"}, "event_type", "value_error"),
        ({"name": ""}, "name", "string_too_short"),
        ({"more": 1}, "more", "extra_forbidden"),
        ({"provider": "none"}, "secret", "not_applicable"),
    ],
)
def test_a_fault_is_told_by_its_field(
    api: Api, change: dict[str, Any], field: str, code: str
) -> None:
    source = made(api)
    for answer in (
        api.post("/sources", GITHUB | change),
        api.send("PUT", f"/sources/{source['id']}", GITHUB | change),
    ):
        assert_is_error(answer, 422, "invalid_source")
        assert (field, code) in {(each["field"], each["code"]) for each in answer.json()["details"]}
        assert b"a b" not in answer.body


def test_all_faults_are_told_at_once(api: Api) -> None:
    answer = api.post("/sources", {"name": "", "provider": "github", "settings": {"x": 1}})

    assert {each["field"] for each in answer.json()["details"]} == {"name", "settings.x"}


def test_a_tenant_has_fifty_sources_at_most(api: Api, other_api: Api) -> None:
    sources = [made(api) for _ in range(MAX_SOURCES)]

    assert_is_error(api.post("/sources", GITHUB), 409, "limit_reached")

    assert made(other_api)
    api.send("DELETE", f"/sources/{sources[0]['id']}")
    assert made(api)


def test_a_rotation_sent_again_changes_nothing(api: Api, clock: FixedClock) -> None:
    source = made(api)
    at = f"/sources/{source['id']}/rotate-secret"
    clock.advance(seconds=1)
    first = api.post(at, {"secret": "the-next-secret"}).json()
    clock.advance(seconds=1)

    assert api.post(at, {"secret": "the-next-secret"}).json() == first

    assert first["secret"] is None
    assert first["previous_secret_until"] is not None
    assert push_from_github(api, source).status == 200


@pytest.mark.parametrize("times", [2, 3, 6])
def test_a_rotation_whose_answer_was_lost_shuts_no_sender_out(
    api: Api, clock: FixedClock, times: int
) -> None:
    """Nobody has the secrets of the lost answers, and the sender still has the one before."""
    source = made(api)
    rotated = {}
    for _ in range(times):
        clock.advance(seconds=61)
        rotated = api.post(f"/sources/{source['id']}/rotate-secret").json()
    clock.advance(seconds=61)

    assert push_from_github(api, source).status == 200
    assert push_from_github(api, source, secret=rotated["secret"]).status == 200
    clock.advance(hours=24)
    assert push_from_github(api, source).status == 401


def test_a_secret_that_is_put_in_place_ends_all_before_it(api: Api, clock: FixedClock) -> None:
    source = made(api)
    for secret in ("the-second-secret", "the-third-secret"):
        clock.advance(seconds=1)
        api.post(f"/sources/{source['id']}/rotate-secret", {"secret": secret})
    clock.advance(seconds=1)
    api.send("PATCH", f"/sources/{source['id']}", {"secret": "the-fourth-secret"})
    clock.advance(seconds=61)

    old = [SECRET, "the-second-secret", "the-third-secret"]
    assert [push_from_github(api, source, secret=each).status for each in old] == [401] * 3
    assert push_from_github(api, source, secret="the-fourth-secret").status == 200


def test_a_made_secret_is_told_once(api: Api) -> None:
    source = made(api)

    rotated = api.post(f"/sources/{source['id']}/rotate-secret").json()

    assert push_from_github(api, source, secret=rotated["secret"]).status == 200
    assert rotated["secret"].encode() not in api.get(f"/sources/{source['id']}").body


@pytest.mark.parametrize(
    ("provider", "status", "code"),
    [("none", 409, "no_signing_secret"), ("stripe", 422, "invalid_source")],
)
def test_a_secret_that_is_not_ours_to_make_is_asked_for(
    api: Api, provider: str, status: int, code: str
) -> None:
    source = api.post("/sources", {"name": "x", "provider": provider}).json()

    assert_is_error(api.post(f"/sources/{source['id']}/rotate-secret"), status, code)


def test_two_changes_at_once_both_hold(api: Api, clock: FixedClock) -> None:
    source = made(api)
    at = f"/sources/{source['id']}"
    for change in ({"name": "Other"}, {"enabled": False}):
        clock.advance(seconds=1)
        api.send("PATCH", at, change)

    changed = api.get(at).json()
    assert (changed["name"], changed["enabled"]) == ("Other", False)


def test_what_came_to_a_source_outlives_its_changes(api: Api, clock: FixedClock) -> None:
    source = made(api)
    push_from_github(api, source)
    clock.advance(seconds=1)

    changed = api.send("PATCH", f"/sources/{source['id']}", {"name": "Other"}).json()

    assert changed["arrived"] == 1 or api.get(f"/sources/{source['id']}").json()["arrived"] == 1


def test_every_provider_can_be_drawn_from_its_declaration(api: Api) -> None:
    told = {each["provider"]: each for each in api.get("/sources/providers").json()}

    assert {"github", "stripe", "none", "standard-webhooks"} <= told.keys()
    for provider in told.values():
        assert provider["description"]
        assert len(provider["steps"]) >= 3
        assert provider["settings"]["additionalProperties"] is False
    assert told["none"]["secret"] is None
    assert told["github"]["makes_secret"]
    assert told["github"]["secret"]["writeOnly"]


def test_a_source_of_none_takes_whoever_knows_its_url(api: Api) -> None:
    source = api.post("/sources", {"name": "Sensor", "provider": "none"}).json()

    answer = api.calling_with(None).post(path_of(source), {"celsius": 21})

    assert answer.status == 200
    (event,) = api.walk("/events")
    assert event["metadata"]["connector"] == "none"


def test_a_refusal_is_shown_to_its_owner_alone(api: Api, other_api: Api) -> None:
    source = made(api)
    push_from_github(api, source, secret="wrong-one")

    assert_is_error(other_api.get(f"/sources/{source['id']}/refusals"), 404, "source_not_found")
    assert len(api.get(f"/sources/{source['id']}/refusals").json()) == 1


def test_a_flood_of_refusals_is_shown_by_a_few_and_counted(api: Api, clock: FixedClock) -> None:
    source = made(api)
    for number in range(400):
        clock.advance(seconds=0.1)
        push_from_github(api, source, {"n": number}, secret="wrong-one")

    shown = api.get(f"/sources/{source['id']}").json()
    refusals = api.get(f"/sources/{source['id']}/refusals").json()
    assert 250 < shown["refused"] <= 400
    assert 3 <= len(refusals) <= 8
    assert [each["at"] for each in refusals] == sorted(
        (each["at"] for each in refusals), reverse=True
    )
