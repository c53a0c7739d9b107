"""`/me` and `/health`."""

import pytest

from tests.builders.events import TENANT
from tests.builders.keys import revoke
from tests.clock import FixedClock
from tests.fakes.events import InMemoryApiKeyStore
from tests.functional.conftest import NewToken
from tests.http_api import Api
from triggers_api.access.keys import Scope


def test_a_key_is_told_whose_it_is_and_what_it_may_do(api: Api, new_token: NewToken) -> None:
    token = new_token(Scope.INBOX, Scope.EVENTS_READ)

    answer = api.calling_with(token).get("/me")

    assert answer.status == 200
    assert answer.json() == {
        "tenant": TENANT,
        "key_id": token[4:16],
        "key_name": "a key",
        "scopes": ["events:read", "inbox"],
        "aws_account_id": "123456789012",
        "aws_external_id": f"triggers:{TENANT}",
    }


@pytest.mark.parametrize("scope", Scope)
def test_any_live_key_may_ask_who_it_is(api: Api, new_token: NewToken, scope: Scope) -> None:
    assert api.calling_with(new_token(scope)).get("/me").status == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_scheme_may_be_written_in_any_case(api: Api, scheme: str) -> None:
    answer = api.calling_with(None).get("/me", authorization=f"{scheme} {api.token}")

    assert answer.status == 200


def test_a_revoked_key_is_refused_within_a_minute(
    api: Api, fake_api_keys: InMemoryApiKeyStore, clock: FixedClock
) -> None:
    assert api.get("/me").status == 200
    revoke(fake_api_keys, (api.token or "")[4:16], clock())

    clock.advance(seconds=60)

    assert api.get("/me").status == 401


def test_a_use_is_remembered(
    api: Api, fake_api_keys: InMemoryApiKeyStore, clock: FixedClock
) -> None:
    api.get("/me")

    key = fake_api_keys.find((api.token or "")[4:16])

    assert key is not None
    assert key.last_used_at == clock()


def test_health_needs_no_key(api: Api) -> None:
    answer = api.calling_with(None).get("/health")

    assert answer.status == 200
    assert answer.json()["checks"]["store"] == "ok"
