"""Handshakes: a sender that asks first is answered as it wants, and nothing is stored."""

import hashlib
import hmac
import json
from typing import Any

from tests.builders.sources import path_of
from tests.clock import FixedClock
from tests.functional.conftest import assert_is_error
from tests.http_api import Answer, Api

META = {
    "name": "Meta",
    "provider": "hmac",
    "secret": "an-example-of-a-secret",
    "settings": {"header": "X-Hub-Signature-256", "verify_token": "an-example-of-a-token"},
}


def made(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post("/sources", body)
    assert answer.status == 201, answer.body
    source: dict[str, Any] = answer.json()
    return source


def asked_by_slack(api: Api, source: dict[str, Any], clock: FixedClock, secret: str) -> Answer:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB10F"}).encode()
    at = str(int(clock().timestamp()))
    signed = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256)
    headers = {
        "x_slack_request_timestamp": at,
        "x_slack_signature": f"v0={signed.hexdigest()}",
        "content_type": "application/json",
    }
    return api.calling_with(None).post(path_of(source), body, **headers)


def test_slacks_question_is_answered_if_it_is_signed(api: Api, clock: FixedClock) -> None:
    secret = "8f742231b10e8888abcd99yyyzzz85a5"  # of Slack's documentation
    source = made(api, {"name": "Slack", "provider": "slack", "secret": secret})

    answer = asked_by_slack(api, source, clock, secret)

    assert (answer.status, answer.body) == (200, b"3eZbrw1aB10F")
    assert answer.headers["content-type"].startswith("text/plain")
    assert_is_error(asked_by_slack(api, source, clock, "another-secret"), 401, "unverified")
    assert api.walk("/events") == []


def test_metas_challenge_is_sent_back_to_who_knows_the_token(api: Api) -> None:
    source, nobody = made(api, META), api.calling_with(None)
    path = f"{path_of(source)}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="

    answer = nobody.get(f"{path}an-example-of-a-token")

    assert (answer.status, answer.body) == (200, b"1158201444")
    assert_is_error(nobody.get(f"{path}another"), 401, "unverified")
    assert api.get(f"/sources/{source['id']}").json()["refused"] == 1


def test_a_secret_setting_is_neither_shown_nor_lost(api: Api, clock: FixedClock) -> None:
    source = made(api, META)
    clock.advance(seconds=1)

    changed = api.send("PATCH", f"/sources/{source['id']}", {"name": "Other"})

    assert b"an-example-of-a-token" not in changed.body
    assert changed.json()["secrets_set"] == ["secret", "verify_token"]
    query = "hub.mode=subscribe&hub.challenge=1&hub.verify_token=an-example-of-a-token"
    assert api.calling_with(None).get(f"{path_of(source)}?{query}").status == 200


def test_cloud_events_ask_for_leave_by_options(api: Api) -> None:
    source = made(api, {"name": "Events", "provider": "none"})
    asking = {"webhook_request_origin": "events.example.com"}

    answer = api.calling_with(None).send("OPTIONS", path_of(source), None, asking)

    assert answer.status == 200
    assert answer.headers["webhook-allowed-origin"] == "events.example.com"


def test_a_disabled_source_answers_handshakes_and_takes_nothing(api: Api) -> None:
    """It may be connected first, and enabled then."""
    source = made(api, META | {"enabled": False})
    query = "hub.mode=subscribe&hub.challenge=1&hub.verify_token=an-example-of-a-token"

    assert api.calling_with(None).get(f"{path_of(source)}?{query}").status == 200
