import json
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from tests.unit.channels.longest import MARKUP, the_longest_push
from tests.unit.channels.pushes import a_http, a_push
from tests.unit.channels.receivers import Receiver, answer_of, answering, unused_port
from tests.unit.channels.schemas import PAGERDUTY
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.pagerduty import API_URL, MAX_SUMMARY, PagerDutyChannel
from triggers_api.channels.suggestions import BY_ERROR_TYPE
from triggers_api.errors import InvalidContentError
from triggers_api.events.event import Severity
from triggers_api.push.channel import Push, Receipt, Refusal
from triggers_api.push.settings_fields import read_settings

KEY = "s3cr3ts3cr3ts3cr3ts3cr3ts3cr3t00"
OK = answer_of("202 Accepted", b'{"status":"success","message":"Event processed"}')
MAX_DETAILS_BYTES = 512 * 1024


@pytest.fixture
def channel(http: GuardedHttp) -> PagerDutyChannel:
    return PagerDutyChannel(http)


@pytest.fixture
def strict_channel() -> PagerDutyChannel:
    return PagerDutyChannel(a_http(allow_private=False, resolver=lambda _host, _port: ["1.1.1.1"]))


def of_every_failure(**fields: Any) -> Push:
    return a_push({"trigger_on": "every_failure"}, {"routing_key": KEY}, **fields)


def to(
    receiver: Receiver, event_type: str, trigger_on: str = "failures_in_a_row", **fields: Any
) -> Push:
    settings = {"api_url": f"http://127.0.0.1:{receiver.port}", "trigger_on": trigger_on}
    return a_push(settings, {"routing_key": KEY}, event_type=event_type, **fields)


def sent(
    event_type: str, trigger_on: str = "failures_in_a_row", **fields: Any
) -> list[dict[str, Any]]:
    """What PagerDuty gets for an event, held against its schema."""
    with answering(OK) as receiver:
        push = to(receiver, event_type, trigger_on, **fields)
        assert PagerDutyChannel(a_http()).send(push).accepted
        messages = [json.loads(request.body) for request in receiver.requests]
        assert {request.line for request in receiver.requests} <= {"POST /v2/enqueue HTTP/1.1"}
    for message in messages:
        jsonschema_rs.validate(PAGERDUTY, message)
        details = json.dumps(message.get("payload", {}).get("custom_details", {}))
        assert len(details) < MAX_DETAILS_BYTES
    return messages


def actions(event_type: str, trigger_on: str = "failures_in_a_row", **fields: Any) -> list[str]:
    return [message["event_action"] for message in sent(event_type, trigger_on, **fields)]


@pytest.mark.parametrize(
    ("event_type", "in_a_row", "every"),
    [
        ("notifications.consecutive_failures", ["trigger"], ["trigger"]),
        ("sync.completed", ["resolve"], ["resolve"]),
        ("payment.succeeded", ["resolve"], ["resolve"]),
        ("invoice.failed", [], ["trigger"]),
        ("order.fetched", [], []),
        ("notifications.config_failing", ["trigger"], ["trigger"]),
        ("notifications.config_disabled", ["trigger"], ["trigger"]),
        ("notifications.config_recovered", ["resolve"], ["resolve"]),
        ("notifications.test", ["trigger", "resolve"], ["trigger", "resolve"]),
    ],
)
def test_what_an_event_does_to_an_incident(
    event_type: str, in_a_row: list[str], every: list[str]
) -> None:
    assert actions(event_type) == in_a_row
    assert actions(event_type, "every_failure") == every


def test_what_is_none_of_its_business_is_taken_and_not_sent(channel: PagerDutyChannel) -> None:
    with unused_port() as port:
        settings = {"api_url": f"http://127.0.0.1:{port}", "trigger_on": "failures_in_a_row"}
        receipt = channel.send(a_push(settings, {"routing_key": KEY}))

    assert receipt.accepted
    assert receipt.status_code is None


def incident(event_type: str, metadata: dict[str, Any], **fields: Any) -> str:
    (message,) = sent(event_type, "every_failure", metadata=metadata, **fields)
    key: str = message["dedup_key"]
    return key


def test_what_a_connector_breaks_its_success_resolves() -> None:
    amazon, ebay = {"connector": "amazon"}, {"connector": "ebay"}
    opened = incident("invoice.failed", amazon | {"error_type": "timeout"})

    assert incident("notifications.consecutive_failures", amazon) == opened
    assert incident("sync.completed", amazon) == opened
    assert incident("sync.completed", ebay) != opened


def test_a_config_that_fails_has_an_incident_of_its_own() -> None:
    about = {"config_id": "cfg_1", "connector": "amazon"}
    opened = incident("notifications.config_failing", about)

    assert incident("notifications.config_recovered", about) == opened
    assert incident("sync.completed", {"connector": "amazon"}) != opened
    assert incident("notifications.config_failing", {"config_id": "cfg_2"}) != opened


def test_what_is_posted_resolves_no_incident_of_a_config() -> None:
    """A producer may have a `config_id` of its own among its metadata, or mean to."""
    (failing,) = sent("notifications.config_failing", metadata={"config_id": "cfg_1"})
    (broken,) = sent("notifications.consecutive_failures", metadata={"connector": "amazon"})
    (mended,) = sent("sync.completed", metadata={"config_id": "cfg_1", "connector": "amazon"})

    assert mended["dedup_key"] == broken["dedup_key"] != failing["dedup_key"]


def test_a_failure_without_a_connector_is_an_incident_of_its_own_that_nothing_resolves() -> None:
    keys = {incident("invoice.failed", {}, id=f"evt_{number}") for number in range(2)}

    assert len(keys) == 2
    assert actions("sync.completed", metadata={}) == []


def test_tenants_that_share_a_service_share_no_incident(channel: PagerDutyChannel) -> None:
    push = of_every_failure(event_type="invoice.failed")
    other = replace(push, config=replace(push.config, tenant="other"))

    keys = {channel.message(each, "trigger")["dedup_key"] for each in (push, other)}

    assert len(keys) == 2
    assert all(len(key) <= 255 for key in keys)


def test_the_incident_says_what_happened_where_and_what_to_do() -> None:
    (message,) = sent(
        "invoice.failed",
        "every_failure",
        metadata={"connector": "amazon", "entity_type": "invoice", "error_type": "rate_limit"},
        payload=b'{"message":"429 from Amazon"}',
        severity=Severity.ERROR,
    )

    assert message["client"] == "KONOZY"
    payload = message["payload"]
    details = payload.pop("custom_details")
    assert payload == {
        "summary": "[KONOZY] Amazon invoice failed: 429 from Amazon",
        "source": "amazon",
        "severity": "error",
        "timestamp": payload["timestamp"],
        "component": "amazon",
        "group": "invoice",
        "class": "invoice.failed",
    }
    assert details["Message"] == "429 from Amazon"
    assert details["Suggested action"] == BY_ERROR_TYPE["rate_limit"]


@pytest.mark.parametrize("severity", Severity)
def test_every_severity_is_one_of_pagerdutys(severity: Severity) -> None:
    (message,) = sent("a.failed", "every_failure", severity=severity, metadata={})

    assert message["payload"]["severity"] == severity
    assert message["payload"]["source"] == "triggers-api"


@pytest.mark.parametrize("template", [None, "${message}\n" * 100])
@pytest.mark.parametrize("said", ["😀", MARKUP])
def test_even_the_longest_event_fits(
    said: str, template: str | None, channel: PagerDutyChannel
) -> None:
    message = channel.message(the_longest_push(said, template=template), "trigger")

    jsonschema_rs.validate(PAGERDUTY, {"routing_key": KEY} | message)
    assert "\n" not in message["payload"]["summary"]
    if template is not None:
        assert len(message["payload"]["summary"]) == MAX_SUMMARY


def test_a_template_is_the_summary() -> None:
    (message,) = sent("a.failed", "every_failure", message_template="${event_type}\nbroke")

    assert message["payload"]["summary"] == "a.failed broke"
    assert message["payload"]["custom_details"] == {"Text": "a.failed\nbroke"}


INVALID = b'{"status":"invalid event","message":"Event object is invalid","errors":["s3cr3t"]}'


@pytest.mark.parametrize(
    ("answer", "error", "meaning"),
    [
        (answer_of("400 N", INVALID), "400 Bad Request: invalid event", Refusal.FINAL),
        (answer_of("400 N", b'{"status":"odd"}'), "400 Bad Request", Refusal.NOT_THIS_EVENT),
        (answer_of("400 N", b"[]"), "400 Bad Request", Refusal.NOT_THIS_EVENT),
        (answer_of("403 N", INVALID), "403 Forbidden", Refusal.DOWN),
        (answer_of("429 N"), "429 Too Many Requests", Refusal.TOO_FAST),
        (answer_of("500 N", INVALID), "500 Internal Server Error", Refusal.DOWN),
    ],
)
def test_only_an_invalid_event_is_final(
    answer: bytes, error: str, meaning: Refusal, channel: PagerDutyChannel
) -> None:
    with answering(answer) as receiver:
        receipt = channel.send(to(receiver, "sync.completed"))

    assert receipt.in_words == f"PagerDuty answered {error}."
    assert receipt.refusal is meaning


def test_a_test_that_is_refused_is_not_resolved(channel: PagerDutyChannel) -> None:
    with answering(answer_of("400 N", INVALID)) as receiver:
        receipt = channel.send(to(receiver, "notifications.test"))

    assert receipt.refusal is Refusal.FINAL
    assert len(receiver.requests) == 1


def test_what_pagerduty_takes_is_taken(channel: PagerDutyChannel) -> None:
    with answering(OK) as receiver:
        receipt = channel.send(to(receiver, "sync.completed"))

    assert receipt == Receipt(status_code=202, answer=receipt.answer)
    assert json.loads(receiver.requests[0].body)["routing_key"] == KEY


def test_the_key_is_a_secret(strict_channel: PagerDutyChannel) -> None:
    shown, secrets = read_settings(strict_channel.fields, {"routing_key": KEY})

    assert shown == {"trigger_on": "failures_in_a_row", "api_url": API_URL}
    assert secrets == {"routing_key": KEY}


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "routing_key"),
        ({"routing_key": KEY[1:]}, "routing_key"),
        ({"routing_key": KEY, "trigger_on": "always"}, "trigger_on"),
        ({"routing_key": KEY, "api_url": "https://127.0.0.1"}, "api_url"),
        ({"routing_key": KEY, "api_url": "https://events.pagerduty.com?x"}, "api_url"),
    ],
)
def test_wrong_settings_are_named(
    settings: dict[str, Any], field: str, strict_channel: PagerDutyChannel
) -> None:
    with pytest.raises(InvalidContentError) as refused:
        read_settings(strict_channel.fields, settings)

    assert [detail.field for detail in refused.value.details] == [f"settings.{field}"]
    assert "s3cr3t" not in str(refused.value.details)
