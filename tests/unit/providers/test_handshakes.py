"""What is asked before anything is sent, and what is answered."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.unit.providers.senders import AT, FORM, SENDERS
from triggers_api.sources.provider import ForeignRequest, Refusal, RefusedError, Reply

SLACK = SENDERS["slack"]
FORM_ONLY = {"content-type": FORM}
HMAC = replace(SENDERS["hmac"], settings={"verify_token": "a-token-of-ours"})
META = {
    "hub.mode": "subscribe",
    "hub.verify_token": "a-token-of-ours",
    "hub.challenge": "1158201444",
}


def asked(method: str, query: str = "", **headers: str) -> ForeignRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"https://api.example.com/in/src_abc{query and '?' + query}"
    return ForeignRequest(method=method, url=url, headers=named, received_at=AT)


def slacks_question(**members: Any) -> bytes:
    return json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB", **members}).encode()


def greeted(request: ForeignRequest) -> Reply | None:
    return SLACK.provider.greet(request, SLACK.agreed())


def test_slack_is_sent_its_challenge_back_once_it_has_proved_itself() -> None:
    reply = greeted(SLACK.request(slacks_question()))

    assert reply is not None
    assert (reply.status, reply.body) == (200, b"3eZbrw1aB")
    assert reply.headers["Content-Type"].startswith("text/plain")


def test_a_challenge_that_slack_did_not_sign_is_refused() -> None:
    forged = SLACK.request(slacks_question(), secret="somebody-elses-secret")
    with pytest.raises(RefusedError) as refused:
        greeted(forged)
    assert refused.value.refusal is Refusal.WRONG_SIGNATURE

    with pytest.raises(RefusedError) as refused:
        greeted(replace(forged, headers={}))
    assert refused.value.refusal is Refusal.NO_SIGNATURE


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"event_callback","event":{"text":"url_verification"}}',
        b'"url_verification"',
        b'{"type":["url_verification"]}',
        b"{}",
    ],
)
def test_an_event_that_only_speaks_of_a_handshake_is_none(body: bytes) -> None:
    assert greeted(SLACK.request(body)) is None


@pytest.mark.parametrize("challenge", [None, {"a": 1}, True, ""])
def test_a_challenge_of_slacks_that_is_no_text_is_answered_by_nothing(challenge: Any) -> None:
    reply = greeted(SLACK.request(slacks_question(challenge=challenge)))

    assert reply is not None
    assert reply.body == b""


def test_slack_may_look_at_the_certificate_without_a_signature() -> None:
    """As it does now and then for the URL of a slash command, and wants nothing but a 200."""
    look = replace(SLACK.request(b"ssl_check=1&token=abc", content_type=FORM), headers=FORM_ONLY)

    assert greeted(look) == Reply()
    assert greeted(replace(look, body=b"token=abc&ssl_check=1")) == Reply()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"command=%2Fdeploy&ssl_check=0", FORM),
        (b"command=%2Fdeploy&ssl_check=10", FORM),
        (b"command=%2Fdeploy&text=ssl_check=1", FORM),
        (b'{"event":{"text":"&ssl_check=1&"}}', FORM),
        (b'{"event":{"text":"&ssl_check=1&"}}', "application/json"),
    ],
)
def test_what_only_speaks_of_the_certificate_is_taken(body: bytes, content_type: str) -> None:
    assert greeted(SLACK.request(body, content_type=content_type)) is None


def test_meta_is_sent_its_challenge_back_if_it_has_the_token() -> None:
    reply = HMAC.provider.greet(asked("GET", urlencode(META)), HMAC.agreed())

    assert reply is not None
    assert (reply.status, reply.body) == (200, b"1158201444")
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"hub.verify_token": "another"}, Refusal.WRONG_SIGNATURE),
        ({"hub.verify_token": ""}, Refusal.WRONG_SIGNATURE),
        ({"hub.verify_token": "é\u2028"}, Refusal.WRONG_SIGNATURE),
        ({"hub.challenge": "<script>alert(1)</script>"}, Refusal.MALFORMED),
        ({"hub.challenge": ""}, Refusal.MALFORMED),
        ({"hub.challenge": "1" * 257}, Refusal.MALFORMED),
    ],
)
def test_meta_is_refused_otherwise(changes: dict[str, str], refusal: Refusal) -> None:
    with pytest.raises(RefusedError) as refused:
        HMAC.provider.greet(asked("GET", urlencode(META | changes)), HMAC.agreed())

    assert refused.value.refusal is refusal


def test_without_a_token_of_ours_meta_is_refused() -> None:
    bare = replace(HMAC, settings={})
    with pytest.raises(RefusedError) as refused:
        HMAC.provider.greet(asked("GET", urlencode(META)), bare.agreed())

    assert refused.value.refusal is Refusal.NO_SECRET


@pytest.mark.parametrize("query", ["", "hub.mode=unsubscribe", "hub.challenge=1"])
def test_another_get_is_no_handshake(query: str) -> None:
    assert HMAC.provider.greet(asked("GET", query), HMAC.agreed()) is None


@pytest.mark.parametrize("name", ["hmac", "basic", "none"])
def test_a_sender_of_cloud_events_may_send_from_where_it_asks(name: str) -> None:
    sender = SENDERS[name]
    question = asked("OPTIONS", webhook_request_origin="eventemitter.example.com")
    reply = sender.provider.greet(question, sender.agreed())

    assert reply is not None
    assert reply.headers == {
        "WebHook-Allowed-Origin": "eventemitter.example.com",
        "WebHook-Allowed-Rate": "*",
    }


@pytest.mark.parametrize("origin", ["", "a b", "a\r\nSet-Cookie: x", "é", "x" * 254])
def test_an_origin_that_is_none_is_not_sent_back(origin: str) -> None:
    sender = SENDERS["none"]
    question = asked("OPTIONS", webhook_request_origin=origin)

    assert sender.provider.greet(question, sender.agreed()) is None


@pytest.mark.parametrize("name", SENDERS)
def test_what_is_posted_is_no_handshake(name: str) -> None:
    sender = SENDERS[name]

    assert sender.provider.greet(sender.request(), sender.agreed()) is None


@pytest.mark.parametrize("name", sorted(set(SENDERS) - {"hmac", "basic", "none"}))
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_the_others_answer_no_question_by_another_method(name: str, method: str) -> None:
    sender = SENDERS[name]
    question = asked(method, urlencode(META), webhook_request_origin="example.com")

    assert sender.provider.greet(question, sender.agreed()) is None
