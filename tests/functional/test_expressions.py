"""`filters.match` and `transform`, from the config's body to the receiver and the story."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.builders.events import an_event, incompressible_payload
from tests.builders.push import a_config
from tests.clock import START, FixedClock
from tests.cloudformation import ROOT
from tests.fakes.events import InMemoryEventStore
from tests.functional import delivery_bench, stream_of_events
from tests.functional.notification_api import CONFIGS, WEBHOOK, World
from tests.functional.stream_of_events import COMPRESSIBLE, a_record
from tests.functional.support_desk import Support, said
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.push.expressions import ALL_MATCHES_STEPS, MATCH_STEPS, Matching
from triggers_api.push.filters import Filters

SQUARE = "payload.list.all(a, payload.list.all(b, a + b >= 0))"
LONG_LIST = json.dumps({"list": list(range(2000))}).encode()


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


@pytest.fixture
def support(world: World) -> Support:
    return Support(world)


def matching(text: str, **fields: Any) -> Any:
    return a_config(filters=Filters(expression=text), **fields)


# Saved


def test_expressions_come_back_as_they_were_sent_and_null_takes_them_away(world: World) -> None:
    sent = {"filters": {"match": "payload.total > 100"}, "transform": "{'a': payload}"}
    config = world.call("POST", CONFIGS, WEBHOOK | sent).json()
    path = f"{CONFIGS}/{config['id']}"

    assert (config["filters"]["match"], config["transform"]) == (
        "payload.total > 100",
        "{'a': payload}",
    )
    assert world.call("PUT", path, world.call("GET", path).json()).json()["transform"] is not None
    renamed = world.call("PATCH", path, {"name": "Other"}).json()
    assert (renamed["filters"], renamed["transform"]) == (config["filters"], config["transform"])
    emptied = world.call("PATCH", path, {"filters": {"match": None}, "transform": None}).json()
    assert (emptied["filters"]["match"], emptied["transform"]) == (None, None)


@pytest.mark.parametrize(
    ("sent", "field", "told"),
    [
        ({"filters": {"match": "payload.total >"}}, "filters.match", "at character 16"),
        ({"filters": {"match": "status == 'failed'"}}, "filters.match", "there is no 'status'"),
        ({"filters": {"match": "'a'.matches('(')"}}, "filters.match", "at character 13"),
        ({"filters": {"match": "(" * 1000 + ")" * 1000}}, "filters.match", "nested"),
        ({"filters": {"match": "1"}}, "filters.match", "it gives an int, and a bool is needed"),
        ({"transform": "'text'"}, "transform", "a list or a map is needed"),
        ({"transform": "{'a': }"}, "transform", "at character 7"),
    ],
)
def test_what_is_no_expression_is_refused_when_it_is_saved(
    world: World, sent: dict[str, Any], field: str, told: str
) -> None:
    answer = world.call("POST", CONFIGS, WEBHOOK | sent)

    assert answer.status_code == 422
    (detail,) = answer.json()["details"]
    assert (detail["field"], detail["code"]) == (field, "invalid_expression")
    assert told in detail["message"]


@pytest.mark.parametrize("sent", [{"filters": {"match": "x" * 2049}}, {"transform": "x" * 4097}])
def test_long_expressions_are_refused(world: World, sent: dict[str, Any]) -> None:
    answer = world.call("POST", CONFIGS, WEBHOOK | sent)

    assert answer.status_code == 422
    assert answer.json()["error"] == "invalid_config"


def test_a_transform_is_refused_where_a_text_for_people_is_sent(world: World) -> None:
    world._channels["slack"].sends_json = False  # noqa: SLF001
    slack = WEBHOOK | {"channel": "slack", "transform": "{'a': 1}"}

    answer = world.call("POST", CONFIGS, slack)

    assert answer.status_code == 422
    (detail,) = answer.json()["details"]
    assert (detail["field"], detail["code"]) == ("transform", "not_applicable")


def test_all_faults_of_a_config_are_told_at_once(world: World) -> None:
    sent = {"filters": {"match": "("}, "transform": "[", "settings": {}, "name": ""}

    answer = world.call("POST", CONFIGS, WEBHOOK | sent)

    fields = {detail["field"] for detail in answer.json()["details"]}
    assert {"filters.match", "transform", "name"} <= fields


# Dispatched


@pytest.mark.parametrize(
    "payload",
    [b'{"total":150}', b'{"total":150,%s' % COMPRESSIBLE[1:], b""],
    ids=["text", "binary", "apart"],
)
def test_an_event_goes_to_those_whose_expression_is_true_of_it(payload: bytes) -> None:
    bench = stream_of_events.Bench()
    payload = payload or b'{"total":150,%s' % incompressible_payload(9000)[1:]
    wanted, other = matching("payload.total > 100"), matching("payload.total > 200")
    for config in (wanted, other):
        bench.configs.put(config)
    event = an_event(START, payload=payload)
    bench.events.add("acme", event, None)

    assert bench.dispatch(a_record(event, 1)) == []

    assert [task.config_id for task in bench.queue.tasks] == [wanted.id]
    assert [task.pushes for task in bench.queue.tasks] == [1]


@pytest.mark.parametrize("text", ["event_type == 'order.fetched'", "payload.total > 1"])
def test_a_payload_that_is_apart_is_read_only_for_an_expression_that_looks_at_it(text: str) -> None:
    bench = stream_of_events.Bench()
    bench.configs.put(matching(text))
    bench.configs.put(a_config(filters=Filters(min_severity=None)))
    event = an_event(START, payload=incompressible_payload(9000))
    bench.events.add("acme", event, None)
    bench.calls.clear()

    bench.dispatch(a_record(event, 1))

    assert any("events.get" in call for call in bench.calls) == ("payload" in text)


def test_other_filters_are_asked_first() -> None:
    bench = stream_of_events.Bench()
    filters = Filters(event_types=frozenset({"invoice.*"}), expression="payload.total > 1")
    bench.configs.put(a_config(filters=filters))
    event = an_event(START, payload=incompressible_payload(9000))

    bench.dispatch(a_record(event, 1))

    assert not any("events.get" in call for call in bench.calls)


def test_an_expression_that_fails_or_never_ends_holds_nobody_up() -> None:
    bench = stream_of_events.Bench()
    hostile = [matching(SQUARE) for _ in range(50)] + [
        matching("payload.x.y"),
        matching("1 / 0 > 1"),
    ]
    plain, wanted = a_config(), matching("payload.list.size() == 2000")
    for config in (wanted, *hostile, plain):
        bench.configs.put(config)
    event, next_one = an_event(START, payload=LONG_LIST), an_event(START)
    bench.events.add("acme", event, None)

    assert bench.dispatch(a_record(event, 1), a_record(next_one, 2)) == []

    ids = [task.config_id for task in bench.queue.tasks if task.event_id == event.id]
    assert plain.id in ids
    assert not {config.id for config in hostile} & set(ids)
    assert next_one.id in bench.pushed()


def test_all_expressions_of_an_event_together_are_bounded() -> None:
    matching_of = Matching("acme", an_event(START, payload=LONG_LIST), lambda: LONG_LIST)
    whole = ALL_MATCHES_STEPS // MATCH_STEPS

    reasons = [matching_of.why_not(SQUARE) for _ in range(whole + 2)]

    assert f"{MATCH_STEPS:,} steps" in (reasons[0] or "")
    assert "0 steps" in (reasons[-1] or "")


# Delivered


def test_the_body_is_what_the_transform_makes_of_the_event() -> None:
    bench = delivery_bench.Bench(transform="{'n': payload.total, 'type': event_type}")
    event, task = bench.post(payload=b'{"total": 1.10}')

    assert bench.work(task) == []

    (push,) = bench.channel.pushes
    assert push.as_json() == b'{"n":1.10,"type":"%s"}' % event.event_type.encode()


def test_without_a_transform_the_body_is_the_event() -> None:
    bench = delivery_bench.Bench()
    event, task = bench.post()

    bench.work(task)

    assert bench.channel.pushes[0].as_json() == event.as_json()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{'a': payload.nothing}", "no such key: nothing"),
        (f"{{'a': {SQUARE}}}", "more than 200,000 steps"),
        ("[payload.text, payload.text]", "more than 262,144 bytes"),
        ("payload.total", "it gives an int"),
    ],
)
def test_a_transform_without_a_value_is_a_dead_letter_with_the_reason(
    text: str, reason: str
) -> None:
    bench = delivery_bench.Bench(transform=text)
    payload = {"total": 1, "list": list(range(1000)), "text": "x" * 200_000}
    hostile, task = bench.post(payload=json.dumps(payload).encode())

    assert bench.work(task) == []

    record = bench.record_of(task)
    assert record.status is DeliveryStatus.DEAD
    assert reason in (record.reason or "")
    assert bench.channel.pushes == []
    assert len(bench.queue.dead_letters) == 1
    found = bench.configs.find(task.tenant, task.config_id)
    assert found is not None
    assert found.breaker.failures == 0
    assert hostile.id == task.event_id


# Told


def test_the_story_says_that_match_left_it_out_and_why(support: Support) -> None:
    config = support.config(filters={"match": "payload.total > 100"})
    small, without = support.post(payload={"total": 5}), support.post(payload={})
    for event in (small, without):
        support.push(event)

    fate = support.fate(small, config)

    assert said(fate) == ("not_sent", "filtered")
    assert fate["filters"] == ["match"]
    assert "match (it is false)" in fate["because"]
    assert "match (no such key: total)" in support.fate(without, config)["because"]


def test_the_story_knows_what_an_expression_wanted(support: Support) -> None:
    config = support.config(filters={"match": "payload.total > 100"})
    event = support.post(payload={"total": 500})
    support.push(event)

    assert said(support.fate(event, config)) == ("delivered", None)


def test_an_erased_event_is_asked_no_expression(support: Support, world: World) -> None:
    config = support.config(filters={"match": "payload.total > 100"})
    event = support.post(payload={"total": 5})
    support.push(event)
    world.call("DELETE", f"/events/{event}")

    assert said(support.fate(event, config)) == ("not_sent", "erased")


def test_a_replay_of_what_was_missed_asks_the_expression(support: Support, world: World) -> None:
    large, small = support.post(payload={"total": 500}), support.post(payload={"total": 5})
    config = support.config(filters={"match": "payload.total > 100"})

    answer = world.call("POST", f"{CONFIGS}/{config}/replay", {})

    assert answer.json()["replayed"] == 1
    assert [task.event_id for task in world.queue.tasks] == [large]
    assert small != large


# Loaded


@pytest.mark.parametrize("handler", ["api", "dispatcher", "delivery"])
def test_no_function_loads_expressions_before_a_config_has_one(handler: str) -> None:
    code = (
        f"import sys, triggers_api.handlers.{handler};"
        "print(*[m for m in sys.modules if m == 're2' or m.startswith('triggers_api.expressions')])"
    )
    environment = os.environ | {"PYTHONPATH": "src", "TRACING": "off"}
    run = subprocess.run(  # noqa: S603  # our own code
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout.split() == []
