"""What is read from a genuine request: type, payload, identity, metadata."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.providers.cases import answer, with_headers
from tests.unit.providers.senders import FORM, SENDERS, Sender
from triggers_api.api.schemas.events import EventIn
from triggers_api.events.event import is_systems_own
from triggers_api.sources.provider import Arrived, Refusal, RefusedError

JSON = "application/json"


def read(name: str, body: bytes, *, content_type: str = JSON) -> Arrived:
    sender = SENDERS[name]
    return sender.take(sender.request(body, content_type=content_type))


def posted(arrived: Arrived) -> EventIn:
    """What `POST /events` makes of it: raises if it would not be taken."""
    return EventIn.model_validate(
        {
            "event_type": arrived.event_type,
            "payload": json.loads(arrived.payload),
            "metadata": dict(arrived.metadata),
        }
    )


@pytest.mark.parametrize("name", SENDERS)
def test_a_genuine_request_becomes_an_event_of_its_providers_type(name: str) -> None:
    sender = SENDERS[name]
    arrived = sender.take(sender.request())

    assert posted(arrived).event_type == sender.event_type
    assert arrived.delivery_id


@pytest.mark.parametrize(
    ("name", "metadata"),
    [
        ("standard-webhooks", {"delivery_id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"}),
        ("stripe", {"entity_type": "invoice", "delivery_id": "evt_1MqqbKLt4dXK03v5qaIbiNCC"}),
        (
            "github",
            {"entity_type": "pull_request", "delivery_id": "72d3162e-cc78-11e3-81ab-4c9367dc0958"},
        ),
        (
            "shopify",
            {
                "entity_type": "orders",
                "delivery_id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
                "shop": "acme.myshopify.com",
            },
        ),
        ("slack", {"team": "T123ABC456", "delivery_id": "Ev123ABC456"}),
        (
            "twilio",
            {"entity_type": "message", "delivery_id": "SM1234567890abcdef1234567890abcdef"},
        ),
        ("hmac", {"delivery_id": "d-17"}),
        ("basic", {"delivery_id": "d-17"}),
        ("none", {"delivery_id": "d-17"}),
    ],
)
def test_filters_find_what_the_provider_tells_beside(name: str, metadata: dict[str, Any]) -> None:
    sender = SENDERS[name]

    assert sender.take(sender.request()).metadata == metadata


@pytest.mark.parametrize("name", SENDERS)
@pytest.mark.parametrize(
    ("sent", "payload"),
    [
        (b'{ "total": 1.10, "id": 820982911946154508123456789 }',) * 2,
        (b"\xef\xbb\xbf{}", b"{}"),
        (b'[{"a":1}]', b'{"body":[{"a":1}]}'),
        (b"1e400000", None),
        (b"12.500", b'{"body":12.500}'),
        (b'"text"', b'{"body":"text"}'),
        (b"null", b'{"body":null}'),
        (b"", b"{}"),
        (b'{"a":"\\ud800"}', None),
        (b"{" * 5000, None),
        (b'{"a":' * 64 + b"1" + b"}" * 64,) * 2,
        (b'{"a":' * 65 + b"1" + b"}" * 65, None),
        (b"[" * 63 + b"]" * 63, b'{"body":' + b"[" * 63 + b"]" * 63 + b"}"),
        (b"[" * 64 + b"]" * 64, None),
    ],
)
def test_json_is_judged_as_a_payload_is_and_kept_as_it_was_sent(
    name: str, sent: bytes, payload: bytes | None
) -> None:
    if payload is None:
        with pytest.raises(RefusedError) as refused:
            read(name, sent)
        assert refused.value.refusal is Refusal.MALFORMED
    else:
        kept = read(name, sent).payload
        assert kept == payload.replace(b" ", b"")
        assert len(kept) <= max(len(payload), len(sent) + 9)


@pytest.mark.parametrize("name", ["github", "shopify", "none"])  # whose senders sign bytes
def test_json_that_is_not_utf_8_is_malformed(name: str) -> None:
    sender = SENDERS[name]

    assert answer(sender, sender.request(b'{"a":"\xff"}')) == "`malformed`"


def test_a_form_becomes_an_object_and_a_repeated_name_a_list() -> None:
    form = b"a=1&b=&a=2&%C3%BC=%F0%9F%98%80&c&a=3"

    kept = json.loads(read("none", form, content_type=FORM).payload)

    assert kept == {"a": ["1", "2", "3"], "b": "", "ü": "😀", "c": ""}


@pytest.mark.parametrize("form", [b"a=%FF", b"\xff=1", b"a=%ED%A0%80"])
def test_a_form_that_is_not_utf_8_is_malformed(form: bytes) -> None:
    sender = SENDERS["none"]

    assert answer(sender, sender.request(form, content_type=FORM)) == "`malformed`"


@pytest.mark.parametrize("name", ["none", "twilio"])
def test_a_form_of_very_many_fields_is_not_even_split(name: str) -> None:
    sender = SENDERS[name]
    fields = [f"a{number}=1" for number in range(1001)]
    most = sender.request("&".join(fields[1:]).encode(), content_type=FORM)

    assert answer(sender, most) == "taken"
    more = replace(most, body="&".join(fields).encode())
    assert answer(sender, more) == "`malformed`"


def test_an_empty_form_is_an_empty_object() -> None:
    assert read("none", b"", content_type=FORM).payload == b"{}"


@pytest.mark.parametrize(
    ("content_type", "is_taken"),
    [
        ("application/json; charset=utf-8", True),
        ("APPLICATION/JSON", True),
        ("application/cloudevents+json", True),
        ("text/json", True),
        ("text/plain", True),
        ("text/plain;charset=utf-8", True),
        ("application/xml", False),
        ("multipart/form-data; boundary=x", False),
        ("application/octet-stream", False),
        ("é\udce9", False),
        ("json", False),
    ],
)
def test_json_and_forms_are_read_whatever_their_type_is_called(
    content_type: str, *, is_taken: bool
) -> None:
    sender = SENDERS["none"]
    answered = answer(sender, sender.request(b"{}", content_type=content_type))

    assert answered == ("taken" if is_taken else "`wrong_content_type`")


def test_a_body_without_a_type_is_read_as_json() -> None:
    sender = SENDERS["none"]
    request = replace(sender.request(b'{"a":1}'), headers={})

    assert sender.take(request).payload == b'{"a":1}'


def test_github_may_send_its_json_in_a_form() -> None:
    inner = SENDERS["github"].body
    form = b"payload=" + quote_plus(inner).encode()

    arrived = read("github", form, content_type=FORM)

    assert arrived.event_type == "github.pull_request.opened"
    assert json.loads(arrived.payload) == json.loads(inner)


@pytest.mark.parametrize("name", ["github", "slack", "none"])
@pytest.mark.parametrize("before", [b"", b" ", b"\r\n", b"\xef\xbb\xbf"])
def test_what_somebody_wrote_into_json_is_never_read_as_fields_of_a_form(
    name: str, before: bytes
) -> None:
    """`Content-Type` is not signed: whoever has got hold of a request could choose it."""
    text = "&payload=%7B%22type%22:%22forged%22%7D&command=/forged&"
    body = before + json.dumps({"type": "event_callback", "event": {"text": text}}).encode()

    as_form = read(name, body, content_type=FORM)

    assert as_form == read(name, body)
    assert json.loads(as_form.payload)["event"] == {"text": text}
    assert as_form.answer is None


@pytest.mark.parametrize("body", [b'{"a":1}', b'[{"a":1}]', b'"text"'])
def test_json_that_curl_calls_a_form_is_json(body: bytes) -> None:
    assert read("none", body, content_type=FORM) == read("none", body)


@pytest.mark.parametrize(
    ("body", "content_type", "event_type", "delivery_id"),
    [
        ({"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_mention"}}, JSON,
         "slack.event.app_mention", "Ev1"),
        ({"type": "app_rate_limited"}, JSON, "slack.event.app_rate_limited", None),
        ({"command": "/deploy", "text": "now", "team_id": "T1"}, FORM,
         "slack.command.deploy", None),
        ({"payload": '{"type":"block_actions","team":{"id":"T1"}}'}, FORM,
         "slack.interaction.block_actions", None),
        ({"payload": "{}"}, FORM, "slack.interaction", None),
        ({}, JSON, "slack.event", None),
    ],
)  # fmt: skip
def test_slack_sends_events_commands_and_interactions(
    body: dict[str, Any], content_type: str, event_type: str, delivery_id: str | None
) -> None:
    text = urlencode(body) if content_type == FORM else json.dumps(body)

    arrived = read("slack", text.encode(), content_type=content_type)

    assert arrived.event_type == event_type
    if delivery_id is not None:
        assert arrived.delivery_id == delivery_id
    assert (arrived.answer is not None) == (content_type == FORM)


def test_a_person_in_slack_is_shown_nothing() -> None:
    arrived = read("slack", b"command=%2Fdeploy", content_type=FORM)

    assert arrived.answer is not None
    assert (arrived.answer.status, arrived.answer.body) == (200, b"")


@pytest.mark.parametrize(
    ("form", "event_type"),
    [
        ({"MessageSid": "SM1", "MessageStatus": "delivered"}, "twilio.message.delivered"),
        ({"MessageSid": "SM1", "SmsSid": "SM1", "SmsStatus": "received"}, "twilio.message.received"),
        ({"SmsSid": "SM1", "SmsStatus": "sent"}, "twilio.message.sent"),
        ({"CallSid": "CA1", "CallStatus": "no-answer"}, "twilio.call.no-answer"),
        ({"CallSid": "CA1", "RecordingSid": "RE1", "RecordingStatus": "completed"},
         "twilio.recording.completed"),
        ({"MessageSid": "SM1"}, "twilio.message.updated"),
        ({"AccountSid": "AC1"}, "twilio.event"),
    ],
)  # fmt: skip
def test_twilio_tells_what_an_event_is_about_by_its_parameters(
    form: dict[str, str], event_type: str
) -> None:
    arrived = read("twilio", urlencode(form).encode(), content_type=FORM)

    assert arrived.event_type == event_type
    assert arrived.answer is not None
    assert arrived.answer.headers == {"Content-Type": "text/xml"}


def test_twilios_streams_send_cloud_events() -> None:
    body = b'{"type":"com.twilio.messaging.message.delivered","id":"EZ1"}'

    assert read("twilio", body).event_type == "twilio.messaging.message.delivered"
    assert read("twilio", b"[]").event_type == "twilio.event"


def test_a_form_of_twilios_is_one_delivery_however_it_is_ordered_and_escaped() -> None:
    """The signature covers no more than the sorted parameters: neither may the identity."""
    sender = SENDERS["twilio"]
    genuine = sender.request(b"A=1%2B&B=2")
    again = [replace(genuine, body=body) for body in (b"B=2&A=1%2b", b"A=1%2B&B=2&B=2", b"A1%2BB2")]

    assert {sender.take(each).delivery_id for each in again} == {sender.take(genuine).delivery_id}


@pytest.mark.parametrize("name", ["github", "shopify"])
def test_under_a_captured_id_no_other_body_is_lost(name: str) -> None:
    sender = SENDERS[name]
    first, second = (sender.take(sender.request(body)) for body in (b'{"a":1}', b'{"a":2}'))

    assert first.delivery_id != second.delivery_id


@pytest.mark.parametrize("name", ["github", "shopify"])
def test_a_delivery_that_lost_its_headers_is_known_by_its_body(name: str) -> None:
    sender = replace(SENDERS[name], headers={})
    arrived = sender.take(sender.request())

    assert arrived.event_type.startswith(f"{name}.event")
    assert arrived.delivery_id == sender.take(sender.request()).delivery_id
    assert arrived.metadata == {}


ANYTHING = st.text(st.characters(codec=None), max_size=200)


@pytest.mark.parametrize("name", ["github", "shopify", "none"])
@settings(max_examples=100)
@given(kind=ANYTHING, identity=ANYTHING)
def test_whatever_a_header_says_the_event_would_be_taken(
    name: str, kind: str, identity: str
) -> None:
    sender = SENDERS[name]
    of_none = {"type_header": "X-GitHub-Event", "id_header": "X-GitHub-Delivery"}
    sender = replace(sender, settings=of_none if name == "none" else {})
    headers = {
        "x-github-event": kind,
        "x-github-delivery": identity,
        "x-shopify-topic": kind,
        "x-shopify-webhook-id": identity,
        "x-shopify-shop-domain": kind,
    }
    event = posted(sender.take(with_headers(sender.request(b"{}"), headers)))

    assert not is_systems_own(event.event_type)


@pytest.mark.parametrize("name", [n for n in SENDERS if n != "twilio"])
@settings(max_examples=60)
@given(kind=st.text(max_size=200))
def test_whatever_a_body_says_the_event_would_be_taken(name: str, kind: str) -> None:
    members = ("type", "action", "id", "event_id", "event", "kind", "command", "event_type")
    body = json.dumps(dict.fromkeys(members, kind)).encode()

    assert not is_systems_own(posted(read(name, body)).event_type)


@pytest.mark.parametrize("name", ["standard-webhooks", "basic", "none"])
@pytest.mark.parametrize(
    "kind",
    ["notifications", "Notifications.config_disabled", "/notifications/test", "notifications:x"],
)
def test_no_sender_can_pretend_to_be_the_system(name: str, kind: str) -> None:
    event_type = read(name, json.dumps({"type": kind}).encode()).event_type

    assert event_type.lower().startswith(f"{name}.notifications")


@pytest.mark.parametrize(
    ("sent", "event_type"),
    [
        ("orders/create", "orders.create"),
        ("repo:push", "repo.push"),
        ("  Order   paid ", "Order.paid"),
        ("a..b.", "a.b"),
        ("naïve", "na_ve"),
        ("x" * 200, "x" * 128),
        ("x" * 127 + ".y", "x" * 127),
        ("...", "none.event"),
        ("", "none.event"),
    ],
)
def test_a_senders_type_is_made_of_dotted_words(sent: str, event_type: str) -> None:
    assert read("none", json.dumps({"type": sent}).encode()).event_type == event_type


def test_an_event_shows_nobody_its_payload_by_accident() -> None:
    sender: Sender = SENDERS["stripe"]

    assert "amount_paid" not in repr(sender.take(sender.request()))


def test_a_request_shows_nobody_its_url_by_accident() -> None:
    """Its end is a token: all that a source of `none` asks for."""
    assert "src_abc" not in repr(SENDERS["none"].request())
