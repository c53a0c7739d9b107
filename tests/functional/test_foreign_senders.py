"""`POST /in/{token}` for every provider: what its sender posts over HTTP, and what is stored."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.builders.sources import path_of
from tests.clock import FixedClock
from tests.functional.conftest import assert_is_error
from tests.http_api import Answer, Api
from tests.unit.providers.senders import FORM, JSON, SENDERS, Sender
from triggers_api.sources.provider import ForeignRequest

each_sender = pytest.mark.parametrize("name", SENDERS)
each_that_proves = pytest.mark.parametrize(
    "name", [name for name, sender in SENDERS.items() if sender.signature]
)
Source = dict[str, Any]


class Connected:
    """A source, and the sender that posts to it."""

    def __init__(self, api: Api, clock: FixedClock, name: str, **fields: Any) -> None:
        sender = SENDERS[name]
        body: dict[str, Any] = {"name": name, "provider": name, "settings": dict(sender.settings)}
        if sender.provider.secret is not None:
            body["secret"] = sender.secret
        answer = api.post("/sources", body | fields)
        assert answer.status == 201, answer.body
        self.api, self.clock, self.source = api, clock, answer.json()
        self.sender: Sender = replace(sender, url=self.source["url"])

    def post(self, body: bytes | None = None, **how: Any) -> Answer:
        """A genuine request, signed now unless it is said otherwise."""
        return self.send(self.sender.request(body, **{"signed_at": self.clock()} | how))

    def send(self, request: ForeignRequest) -> Answer:
        path = path_of({"url": request.url})
        return self.api.calling_with(None).send("POST", path, request.body, request.headers)

    @property
    def events(self) -> list[dict[str, Any]]:
        return self.api.walk("/events")

    def seen(self) -> Source:
        found: Source = self.api.get(f"/sources/{self.source['id']}").json()
        return found

    def refusals(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.get(f"/sources/{self.source['id']}/refusals").json()
        return found


@each_sender
def test_what_a_sender_posts_is_an_event(api: Api, clock: FixedClock, name: str) -> None:
    connected = Connected(api, clock, name)
    answer = connected.post()

    (event,) = connected.events
    assert answer.status == 200
    if name != "twilio":
        assert answer.json() == {"id": event["id"]}
    assert event["event_type"] == connected.sender.event_type
    assert event["metadata"]["connector"] == name
    assert event["metadata"]["source_id"] == connected.source["id"]


@each_sender
def test_what_is_sent_again_is_the_same_event(api: Api, clock: FixedClock, name: str) -> None:
    """Signed anew, as a sender does that lost the answer."""
    connected = Connected(api, clock, name)
    connected.post()
    clock.advance(seconds=90)
    answer = connected.post()

    assert answer.status == 200
    assert len(connected.events) == 1


@each_that_proves
@pytest.mark.parametrize("how", ["forged", "changed", "unsigned"])
def test_of_what_is_not_genuine_nothing_is_stored_and_its_owner_is_told_why(
    api: Api, clock: FixedClock, name: str, how: str
) -> None:
    connected = Connected(api, clock, name)
    sender = connected.sender
    request = sender.request(signed_at=clock())
    if how == "forged":
        request = sender.request(signed_at=clock(), secret=sender.former_secret)
    elif how == "changed":
        if not sender.signs_body:
            pytest.skip("its body is not signed")
        request = replace(request, body=request.body + b" ")
    else:
        rest = {n: v for n, v in request.headers.items() if n != sender.signature}
        request = replace(request, headers=rest)

    assert_is_error(connected.send(request), 401, "unverified")
    assert connected.events == []
    wanted = "no_signature" if how == "unsigned" else "wrong_signature"
    assert [each["reason"] for each in connected.refusals()] == [wanted]
    assert connected.seen()["refused"] == 1


@pytest.mark.parametrize("name", [name for name, sender in SENDERS.items() if sender.signs_time])
def test_what_was_signed_ten_minutes_ago_or_hence_is_refused(
    api: Api, clock: FixedClock, name: str
) -> None:
    connected = Connected(api, clock, name)
    for distance in (timedelta(minutes=-10), timedelta(minutes=10)):
        assert_is_error(connected.post(signed_at=clock() + distance), 401, "unverified")

    assert connected.events == []
    assert {each["reason"] for each in connected.refusals()} == {"too_old", "in_the_future"}


@each_that_proves
def test_while_a_secret_is_rotated_both_count_and_then_one(
    api: Api, clock: FixedClock, name: str
) -> None:
    connected = Connected(api, clock, name)
    new = connected.sender.former_secret
    answer = api.post(f"/sources/{connected.source['id']}/rotate-secret", {"secret": new})
    assert answer.status == 200, answer.body
    clock.advance(seconds=61)

    assert connected.post().status == 200
    assert connected.post(secret=new).status == 200
    clock.advance(hours=24, seconds=61)
    assert_is_error(connected.post(), 401, "unverified")
    assert connected.post(secret=new).status == 200


@each_sender
@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"<order/>", "text/xml", 415, "unsupported_media_type"),
        (b'{"a": NaN}', JSON, 400, "malformed_request"),
        (b'{"a": ', JSON, 400, "malformed_request"),
        (b"a=%FF", FORM, 400, "malformed_request"),
        (b'"%s"' % (b"x" * 300_000), JSON, 413, "payload_too_large"),
    ],
)
def test_what_is_genuine_but_no_event_is_refused_in_words(
    api: Api, clock: FixedClock, name: str, body: bytes, content_type: str, status: int, code: str
) -> None:
    if name == "twilio" and body == b"a=%FF":
        pytest.skip("no genuine one: its scheme signs text")
    connected = Connected(api, clock, name)

    assert_is_error(connected.post(body, content_type=content_type), status, code)
    assert connected.events == []
    assert len(connected.refusals()) == 1


@pytest.mark.parametrize("name", ["stripe", "shopify", "slack", "twilio"])
def test_a_source_may_be_made_before_its_sender_tells_a_secret(
    api: Api, clock: FixedClock, name: str
) -> None:
    connected = Connected(api, clock, name, secret=None)
    assert_is_error(connected.post(), 401, "unverified")
    assert [each["reason"] for each in connected.refusals()] == ["no_secret"]

    path = f"/sources/{connected.source['id']}/rotate-secret"
    assert api.post(path, {"secret": connected.sender.secret}).status == 200
    clock.advance(seconds=61)
    assert connected.post().status == 200


@pytest.mark.parametrize("name", ["standard-webhooks", "github", "hmac", "basic"])
def test_a_secret_of_ours_is_told_once_and_is_the_one_that_counts(
    api: Api, clock: FixedClock, name: str
) -> None:
    connected = Connected(api, clock, name, secret=None)

    assert connected.post(secret=connected.source["secret"]).status == 200
    assert "secret" not in connected.seen()


def test_twilio_is_told_to_do_nothing_and_slack_shows_nobody_anything(
    api: Api, clock: FixedClock
) -> None:
    to_twilio = Connected(api, clock, "twilio").post()
    slack = Connected(api, clock, "slack")
    command = slack.post(b"command=%2Fdeploy&text=now", content_type=FORM)

    assert to_twilio.body.endswith(b"<Response/>")
    assert to_twilio.headers["content-type"].startswith("text/xml")
    assert (command.status, command.body) == (200, b"")
    assert {event["event_type"] for event in slack.events} == {
        "twilio.message.delivered",
        "slack.command.deploy",
    }


def test_slacks_question_is_answered_and_stores_nothing(api: Api, clock: FixedClock) -> None:
    connected = Connected(api, clock, "slack")
    question = b'{"type":"url_verification","challenge":"3eZbrw1aB"}'

    answer = connected.post(question)

    assert (answer.status, answer.body) == (200, b"3eZbrw1aB")
    assert answer.headers["content-type"].startswith("text/plain")
    assert_is_error(connected.post(question, secret="another-secret"), 401, "unverified")
    assert connected.events == []


def test_metas_question_is_answered_if_it_has_the_token(api: Api, clock: FixedClock) -> None:
    settings = {"header": "X-Hub-Signature-256", "verify_token": "a-token-of-ours"}
    connected = Connected(api, clock, "hmac", settings=settings)
    asked = {"hub.mode": "subscribe", "hub.challenge": "115", "hub.verify_token": "a-token-of-ours"}
    path, nobody = path_of(connected.source), api.calling_with(None)

    answer = nobody.get(f"{path}?{urlencode(asked)}")
    assert (answer.status, answer.body) == (200, b"115")
    wrong = urlencode(asked | {"hub.verify_token": "another"})
    assert_is_error(nobody.get(f"{path}?{wrong}"), 401, "unverified")
    assert "a-token-of-ours" not in str(connected.seen()) + str(connected.refusals())


def test_a_sender_of_cloud_events_is_allowed_to_send(api: Api, clock: FixedClock) -> None:
    connected = Connected(api, clock, "basic")
    headers = {"webhook_request_origin": "eventemitter.example.com"}

    answer = api.calling_with(None).send("OPTIONS", path_of(connected.source), None, headers)

    assert answer.status == 200
    assert answer.headers["webhook-allowed-origin"] == "eventemitter.example.com"
    assert answer.headers["webhook-allowed-rate"] == "*"
