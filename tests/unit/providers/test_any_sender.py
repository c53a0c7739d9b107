"""What senders of no kind in particular say, and which delivery it is."""

import hmac
from dataclasses import replace

import pytest

from tests.unit.providers.cases import answer, with_headers
from tests.unit.providers.senders import SENDERS


@pytest.mark.parametrize(
    ("settings_", "headers", "body", "event_type", "delivery_id"),
    [
        ({}, {}, b'{"type":"order.paid"}', "order.paid", None),
        ({}, {}, b'{"event":{"type":"x"}}', "none.event", None),
        ({}, {}, b"[]", "none.event", None),
        ({}, {}, b'{"type":true,"event_type":7}', "7", None),
        ({"type_header": "X-Event-Key"}, {"x-event-key": "repo:push"}, b"{}", "repo.push", None),
        ({"type_header": "X-Event-Key"}, {}, b'{"type":"a"}', "a", None),
        ({"type_field": "data.kind"}, {}, b'{"type":"a","data":{"kind":"b"}}', "b", None),
        ({"id_field": "data.id"}, {}, b'{"data":{"id":17}}', "none.event", "17"),
        ({"id_header": "X-Id"}, {"x-id": "17"}, b"{}", "none.event",
         '["", "17"]'),
        ({"id_header": "X-Id", "id_field": "id"}, {"x-id": "17"}, b'{"id":"18"}', "none.event",
         "18"),
        ({}, {"ce-specversion": "1.0", "ce-type": "com.acme.paid", "ce-source": "/shops/1",
              "ce-id": "9"}, b'{"type":"x"}', "com.acme.paid", '["/shops/1", "9"]'),
        ({}, {"content-type": "application/cloudevents+json"},
         b'{"specversion":"1.0","type":"com.acme.paid","source":"/shops/1","id":"9"}',
         "com.acme.paid", '["/shops/1", "9"]'),
        ({}, {}, b'{"specversion":"1.0","type":"com.acme.paid","source":"/shops/1","id":"9"}',
         "com.acme.paid", '["/shops/1", "9"]'),
        ({}, {"ce-specversion": "1.0", "ce-source": "/x", "ce-id": "8"},
         b'{"specversion":"1.0","type":"com.acme.paid","source":"/shops/1","id":"9"}',
         "com.acme.paid", '["/shops/1", "9"]'),
        ({}, {"content-type": "application/cloudevents+json"},
         b'{"specversion":"1.0","type":"com.acme.paid","source":"/shops/1","id":null}',
         "com.acme.paid", None),
    ],
)  # fmt: skip
def test_a_sender_of_any_kind_says_type_and_id_where_its_settings_say(
    settings_: dict[str, str],
    headers: dict[str, str],
    body: bytes,
    event_type: str,
    delivery_id: str | None,
) -> None:
    sender = replace(SENDERS["none"], settings=settings_)
    arrived = sender.take(with_headers(sender.request(body), headers))

    assert (arrived.event_type, arrived.delivery_id) == (event_type, delivery_id)


def test_two_cloud_events_are_two_whatever_stands_in_their_source_and_id() -> None:
    sender = SENDERS["none"]
    names = [("a b", "c"), ("a", "b c"), ('a", "b', "c"), ("a", 'b", "c')]
    said = [{"ce-specversion": "1.0", "ce-source": source, "ce-id": id_} for source, id_ in names]

    found = {sender.take(with_headers(sender.request(b"{}"), each)).delivery_id for each in said}

    assert len(found) == len(names)


def test_a_header_that_nobody_signed_makes_no_other_delivery_of_a_captured_one() -> None:
    """Its id is signed, and what a CloudEvent calls its source is not."""
    sender = replace(
        SENDERS["hmac"],
        settings={"signed_text": "{id}.{body}", "id_header": "X-Id"},
        headers={"x-id": "17"},
        signature="x-signature",
        sign=lambda _, body, __, secret: {
            "x-signature": hmac.digest(secret.encode(), b"17." + body, "sha256").hex()
        },
    )
    captured = sender.request(b"{}")
    changed = with_headers(captured, {"ce-specversion": "1.0", "ce-source": "/x", "ce-id": "9"})

    assert sender.take(captured).delivery_id == sender.take(changed).delivery_id


@pytest.mark.parametrize("name", ["hmac", "twilio"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_url_whose_host_is_none_is_judged_like_any_other(name: str, method: str) -> None:
    """Behind some proxies the host is what the caller says."""
    sender = replace(SENDERS[name], url="https://[/in/a?hub.mode=subscribe")

    assert answer(sender, replace(sender.request(), method=method)) in {
        *("taken", "`no_secret`", "`wrong_signature`"),
    }


def test_an_id_that_an_hmac_does_not_cover_is_joined_by_the_body() -> None:
    sender = SENDERS["hmac"]
    beside = replace(
        sender,
        settings={"header": "X-Hub-Signature-256", "prefix": "sha256=", "id_header": "X-Id"},
        sign=SENDERS["github"].sign,
        headers={"x-id": "17"},
    )

    ids = [beside.take(beside.request(body)).delivery_id for body in (b"{}", b"[]", b"{}")]

    assert ids[0] != ids[1]
    assert ids[0] == ids[2]
    assert all(each is not None and each.startswith('["", "17"] ') for each in ids)
