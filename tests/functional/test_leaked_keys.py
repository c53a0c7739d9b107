"""A leaked key that was ended: what else it may do is remembered for a minute, giving access not."""

from datetime import timedelta

import pytest

from tests.builders.events import TENANT
from tests.clock import FixedClock
from tests.fakes.events import InMemoryApiKeyStore
from tests.functional.conftest import NewToken
from tests.functional.test_keys import listed, lives, made, revoke, rotate
from tests.http_api import Api
from triggers_api.access.keys import Scope
from triggers_api.timestamps import to_text

A_MOMENT = timedelta(seconds=1)
ANOTHER = {"name": "survives", "scopes": ["admin"]}


@pytest.fixture
def operator(api: Api, new_token: NewToken) -> Api:
    return api.calling_with(new_token(Scope.OPERATOR))


def test_a_key_that_was_revoked_a_moment_ago_gives_nobody_access_and_takes_nobodys(
    api: Api, clock: FixedClock
) -> None:
    leaked, kept = made(api, scopes=["admin"]), made(api, scopes=["admin"])
    thief = api.calling_with(leaked["api_key"])
    assert thief.get("/me").status == 200  # remembered from now on
    assert revoke(api, leaked["key_id"]).status == 204
    clock.at += A_MOMENT
    keys = listed(api).keys()

    answers = [
        thief.post("/keys", ANOTHER),
        rotate(thief, kept["key_id"]),
        revoke(thief, kept["key_id"]),
    ]

    assert [answer.status for answer in answers] == [401] * 3
    assert listed(api).keys() == keys
    assert lives(api, kept["api_key"])


def test_the_secret_from_before_a_rotation_makes_no_key_a_moment_later(
    api: Api, clock: FixedClock
) -> None:
    leaked = made(api, scopes=["admin"])
    thief = api.calling_with(leaked["api_key"])
    assert thief.get("/me").status == 200
    rotate(api, leaked["key_id"])
    clock.at += A_MOMENT

    assert thief.post("/keys", ANOTHER).status == 401
    assert rotate(thief, leaked["key_id"]).status == 401


def test_an_operator_key_that_was_revoked_a_moment_ago_gives_nobody_access(
    operator: Api, fake_api_keys: InMemoryApiKeyStore, clock: FixedClock
) -> None:
    assert operator.post("/tenants", {"tenant": TENANT}).status == 201
    assert operator.token is not None
    key = fake_api_keys.find(operator.token.split("_")[1])
    assert key is not None
    known = frozenset(each.key_id for each in fake_api_keys.list_unrevoked(key.tenant).keys)
    assert fake_api_keys.revoke(key.tenant, key.key_id, clock(), known=known)

    answers = [
        operator.post(f"/tenants/{TENANT}/keys", ANOTHER),
        operator.post(
            f"/tenants/{TENANT}/console-links", {"scopes": ["admin"], "expires_in_seconds": 60}
        ),
        operator.send("PATCH", f"/tenants/{TENANT}", {"suspended": True}),
        operator.send("DELETE", f"/tenants/{TENANT}"),
    ]

    assert [answer.status for answer in answers] == [401] * 4


def test_a_key_that_rotates_itself_without_an_overlap_ends_one_that_runs(
    api: Api, clock: FixedClock
) -> None:
    leaked = made(api, scopes=["admin"])
    known = rotate(api, leaked["key_id"], {"overlap_seconds": 86_400}).json()

    kept = rotate(api.calling_with(known["api_key"]), leaked["key_id"]).json()

    assert kept["overlap_ends_at"] == to_text(clock() + timedelta(seconds=60))
    clock.advance(seconds=60)
    assert [lives(api, each["api_key"]) for each in (leaked, known, kept)] == [False, False, True]
