"""The cases that every client of the API passes: clients/conformance."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest
import standardwebhooks.webhooks
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.client.scripted_api import LOST, Said, ScriptedApi
from tests.cloudformation import ROOT
from triggers_client import ApiError, Client, TriggersError, WebhookKeyError, verify_webhook
from triggers_client import WebhookVerificationError as RefusedError
from triggers_client.encoding import read_document
from triggers_client.models import payload_json
from triggers_client.paging import fetch

CASES = ROOT / "clients" / "conformance"
Case = dict[str, Any]


def cases(name: str) -> list[Any]:
    found: list[Case] = json.loads((CASES / f"{name}.json").read_text())
    return [pytest.param(each, id=each["name"]) for each in found]


def said(answer: Case | str) -> Said | str:
    if isinstance(answer, str):
        return LOST
    return Said(answer["status"], answer["body"], answer.get("headers", {}))


class Waits:
    """Waits that take no time, but count."""

    def __init__(self) -> None:
        self.now = 0.0

    def pause(self, seconds: float) -> bool:
        self.now += seconds
        return False


def waiting(api: ScriptedApi, **more: Any) -> Client:
    waits = Waits()
    return api.client(clock=lambda: waits.now, pause=waits.pause, chance=lambda: 0.5, **more)


@pytest.mark.parametrize("case", cases("answers"))
def test_an_answer_is_the_error_that_it_says(api: ScriptedApi, case: Case) -> None:
    api.script = lambda _asked: said(case)

    with pytest.raises(TriggersError) as raised:
        waiting(api, budget_seconds=0).me()

    error = raised.value
    assert type(error).__name__ == case["error"]
    if "code" in case:
        assert isinstance(error, ApiError)
        assert (error.code, error.message) == (case["code"], case["message"])
        assert error.request_id == case["request_id"]
        assert error.retry_after_seconds == case["retry_after_seconds"]
        assert list(error.details) == case.get("details", [])


@pytest.mark.parametrize("case", cases("retries"))
def test_a_request_is_sent_as_often_as_it_should_be(api: ScriptedApi, case: Case) -> None:
    answers: Iterator[Case | str] = iter([*case["answers"], *[case["answers"][-1]] * 50])
    api.script = lambda _asked: said(next(answers))

    try:
        call(waiting(api), case["path"])
        outcome = "ok"
    except TriggersError:
        outcome = "error"

    assert outcome == case["outcome"]
    if case["requests"] is None:
        assert 1 < len(api.asked) < len(case["answers"])
    else:
        assert len(api.asked) == case["requests"]
    assert len({asked.headers.get("idempotency-key") for asked in api.asked}) == 1


def call(client: Client, path: str) -> None:
    if path == "/me":
        client.me()
    elif path == "/events":
        client.events.post("a", {})
    else:
        assert path == "/notifications/test"
        client.notifications.test_config("cfg_1")


@pytest.mark.parametrize("case", cases("paging"))
def test_a_link_leads_to_the_next_page(api: ScriptedApi, case: Case) -> None:
    headers = {} if case["link"] is None else {"Link": case["link"]}
    api.script = lambda _asked: Said(200, "[]", headers)

    page = fetch(api.client().transport, "/events")

    assert page is not None
    assert page.next_path == (None if case["next"] is None else f"/events{case['next']}")


@pytest.mark.parametrize("case", cases("numbers"))
def test_numbers_say_what_they_said(case: Case) -> None:
    event: Any = read_document(f'{{"payload":{case["json"]}}}')

    assert payload_json(event) == case["json"]


@pytest.mark.parametrize("case", cases("webhooks"))
def test_a_push_is_genuine_or_not(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    class Then(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Then":
            return cls.fromtimestamp(case["now"], tz or UTC)

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Then)

    def is_genuine(secret: str) -> bool:
        try:
            Webhook(secret).verify(case["body"], case["headers"])
        except (WebhookVerificationError, ValueError):
            return False
        return True

    is_misconfigured = case.get("error") == "WebhookKeyError"
    if not is_misconfigured and not any(key.startswith("whpk_") for key in case["secrets"]):
        assert any(map(is_genuine, case["secrets"])) == case["genuine"]
    body = case["body"].encode()
    refused = pytest.raises(WebhookKeyError if is_misconfigured else RefusedError)
    with nullcontext() if case["genuine"] else refused:
        verify_webhook(body, case["headers"], case["secrets"], now=case["now"])


def test_what_is_no_key_is_not_shown_in_the_error() -> None:
    with pytest.raises(WebhookKeyError) as raised:
        verify_webhook(b"{}", {}, ["whsec_hunter2"])

    assert "hunter2" not in str(raised.value)
