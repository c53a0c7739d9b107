"""`/keys`: a tenant's keys, made and ended by those who hold one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.clock import FixedClock
from tests.fakes.events import InMemoryApiKeyStore
from tests.functional.conftest import NewToken, assert_is_error
from tests.functional.security_cases import own_id
from tests.http_api import Answer, Api
from triggers_api.access.keys import MAX_KEYS, Scope, new_api_key
from triggers_api.timestamps import to_text

HERE = "203.0.113.7"  # what the gateway sees, in `tests/http_api.py`


@pytest.fixture
def key(api: Api) -> dict[str, Any]:
    """A key of the tenant, as it was answered."""
    return made(api)


def made(api: Api, **fields: Any) -> dict[str, Any]:
    answer = api.post("/keys", {"name": "order sync", "scopes": ["inbox"]} | fields)
    assert answer.status == 201, answer.body
    key: dict[str, Any] = answer.json()
    return key


def rotate(api: Api, key_id: str, body: object = None) -> Answer:
    return api.post(f"/keys/{key_id}/rotate", body)


def revoke(api: Api, key_id: str) -> Answer:
    return api.send("DELETE", f"/keys/{key_id}")


def lives(api: Api, token: str) -> bool:
    return api.calling_with(token).get("/me").status == 200


def listed(api: Api) -> dict[str, dict[str, Any]]:
    return {key["key_id"]: key for key in api.walk("/keys?limit=100")}


def test_a_new_key_works_and_its_secret_is_told_once(api: Api, key: dict[str, Any]) -> None:
    assert key["api_key"].split("_")[1] == key["key_id"]
    me = api.calling_with(key["api_key"]).get("/me").json()
    assert (me["key_id"], me["key_name"], me["scopes"]) == (key["key_id"], "order sync", ["inbox"])

    answer = api.get("/keys")

    assert key["api_key"].split("_", 2)[2] not in answer.body.decode()
    assert not {"api_key", "secret", "salt", "digest"} & set().union(*answer.json())


def test_a_key_is_listed_as_it_was_made(api: Api, clock: FixedClock) -> None:
    end = to_text(clock() + timedelta(days=1))
    wanted = {
        "name": " Büro 生産 ",
        "scopes": ["inbox", "events:read", "inbox"],
        "expires_at": end,
        "allowed_ips": ["2001:DB8::/32", "203.0.113.0/24", "203.0.113.7"],
    }

    key = made(api, **wanted)

    del key["api_key"]
    assert key == {
        "key_id": key["key_id"],
        "name": "Büro 生産",
        "scopes": ["events:read", "inbox"],
        "state": "live",
        "created_at": to_text(clock()),
        "last_used_at": None,
        "expires_at": end,
        "revoked_at": None,
        "overlap_ends_at": None,
        "allowed_ips": ["203.0.113.0/24", "2001:db8::/32"],
    }
    assert listed(api)[key["key_id"]] == key


def test_keys_are_listed_newest_first_in_pages_with_how_each_stands(
    api: Api, clock: FixedClock
) -> None:
    ids = []
    for _ in range(3):
        clock.advance(seconds=1)
        ids.append(made(api, expires_at=to_text(clock() + timedelta(minutes=1)))["key_id"])
    revoke(api, ids[0])

    clock.advance(seconds=59)
    found = api.walk("/keys?limit=1")

    assert [key["key_id"] for key in found] == [*reversed(ids), own_id(api)]
    assert [key["state"] for key in found] == ["live", "expired", "revoked", "live"]


def test_a_tenant_sees_and_ends_its_own_keys_only(
    api: Api, other_api: Api, key: dict[str, Any]
) -> None:
    assert list(listed(other_api)) == [own_id(other_api)]
    for answer in (rotate(other_api, key["key_id"]), revoke(other_api, key["key_id"])):
        assert_is_error(answer, 404, "key_not_found")
    cursor = (api.get("/keys?limit=1").next_url or "").partition("cursor=")[2]
    assert_is_error(other_api.get(f"/keys?limit=1&cursor={cursor}"), 400, "invalid_cursor")

    assert lives(api, key["api_key"])


@pytest.mark.parametrize("key_id", ["unknown", "000000000000", "rate%23acme", "keys%23acme"])
def test_what_is_no_key_of_the_tenant_is_not_found(api: Api, key_id: str) -> None:
    assert_is_error(rotate(api, key_id), 404, "key_not_found")
    assert_is_error(revoke(api, key_id), 404, "key_not_found")


@pytest.mark.parametrize("scope", sorted(set(Scope) - {Scope.INBOX, Scope.KEYS_MANAGE}))
def test_nobody_gives_a_scope_he_has_not(api: Api, new_token: NewToken, scope: Scope) -> None:
    limited = api.calling_with(new_token(Scope.KEYS_MANAGE, Scope.INBOX))
    assert made(limited, scopes=["inbox", "keys:manage"])["state"] == "live"

    answer = limited.post("/keys", {"name": "more", "scopes": ["inbox", scope]})

    assert_is_error(answer, 403, "missing_scope")
    assert f"'{scope}'" in answer.json()["message"]


@pytest.mark.parametrize("scope", [Scope.OPERATOR, Scope.METRICS_READ])
def test_a_tenants_admin_gives_nothing_of_the_deployments(
    api: Api, new_token: NewToken, scope: Scope
) -> None:
    admin = api.calling_with(new_token(Scope.ADMIN))

    assert made(admin, scopes=["admin"])["scopes"] == ["admin"]
    assert_is_error(admin.post("/keys", {"name": "x", "scopes": [scope]}), 403, "missing_scope")


def test_nobody_is_told_the_secret_of_a_key_that_may_do_more(api: Api, new_token: NewToken) -> None:
    limited = api.calling_with(new_token(Scope.KEYS_MANAGE, Scope.INBOX))

    assert_is_error(rotate(limited, own_id(api)), 403, "missing_scope")
    assert rotate(limited, own_id(limited)).status == 200
    assert lives(api, api.token or "")


def test_a_key_that_expires_makes_none_that_lives_longer(api: Api, clock: FixedClock) -> None:
    end = clock() + timedelta(days=1)
    expiring = api.calling_with(made(api, scopes=["admin"], expires_at=to_text(end))["api_key"])

    assert made(expiring, expires_at=to_text(end))["state"] == "live"
    for later in (None, to_text(end + timedelta(microseconds=1))):
        body = {"name": "x", "scopes": ["inbox"], "expires_at": later}
        assert_is_error(expiring.post("/keys", body), 403, "key_limited")
    assert_is_error(rotate(expiring, made(api)["key_id"]), 403, "key_limited")


def test_a_key_of_some_addresses_makes_none_for_others(api: Api) -> None:
    bound = api.calling_with(made(api, scopes=["admin"], allowed_ips=[f"{HERE}/32"])["api_key"])

    assert made(bound, allowed_ips=[HERE])["allowed_ips"] == [f"{HERE}/32"]
    for wider in (None, ["203.0.113.0/24"], ["::/0"]):
        body = {"name": "x", "scopes": ["inbox"], "allowed_ips": wider}
        assert_is_error(bound.post("/keys", body), 403, "key_limited")
    assert_is_error(rotate(bound, made(api)["key_id"]), 403, "key_limited")


def test_a_key_is_dead_from_the_moment_it_expires(api: Api, clock: FixedClock) -> None:
    key = made(api, expires_at=to_text(clock() + timedelta(seconds=10)))
    clock.advance(seconds=9.999999)
    assert lives(api, key["api_key"])

    clock.advance(seconds=0.000001)

    assert_is_error(api.calling_with(key["api_key"]).get("/me"), 401, "unauthenticated")
    assert listed(api)[key["key_id"]]["state"] == "expired"


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip"])
def test_a_key_works_from_its_addresses_whatever_a_header_says(api: Api, header: str) -> None:
    here = api.calling_with(made(api, allowed_ips=[f"::ffff:{HERE}", "2001:db8::/32"])["api_key"])
    elsewhere = api.calling_with(made(api, allowed_ips=["198.51.100.0/24"])["api_key"])

    for headers in ({}, {header: "198.51.100.7"}, {header: f"for={HERE}"}):
        assert here.send("GET", "/me", headers=headers).status == 200
        answer = elsewhere.send("GET", "/me", headers=headers)
        assert_is_error(answer, 403, "address_not_allowed")
        assert HERE in answer.json()["message"]


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": None}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": "inbox"}, "scopes"),
        ({"scopes": ["inbox"] * 100}, "scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": 4102444800}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-10:00"}, "expires_at"),
        ({"allowed_ips": []}, "allowed_ips"),
        ({"allowed_ips": [HERE] * 21}, "allowed_ips"),
        ({"allowed_ips": "203.0.113.0/24"}, "allowed_ips"),
        ({"allowed_ips": ["203.0.113.7/24"]}, "allowed_ips"),
        ({"allowed_ips": [3405803783]}, "allowed_ips"),
        ({"allowed_ips": ["1" * 10_000]}, "allowed_ips"),
        ({"tenant": "globex"}, "tenant"),
    ],
)
def test_a_key_that_is_not_acceptable_is_refused_with_what_is_wrong(
    api: Api, fields: dict[str, Any], at_fault: str
) -> None:
    answer = api.post("/keys", {"name": "order sync", "scopes": ["inbox"]} | fields)

    assert_is_error(answer, 422, "invalid_key")
    assert {each["field"].partition(".")[0] for each in answer.json()["details"]} == {at_fault}
    assert list(listed(api)) == [own_id(api)]


def test_a_rotated_key_takes_both_secrets_for_the_overlap_to_the_moment(
    api: Api, clock: FixedClock, key: dict[str, Any]
) -> None:
    answer = rotate(api, key["key_id"], {"overlap_seconds": 90})

    assert answer.status == 200
    rotated = answer.json()
    assert rotated["overlap_ends_at"] == to_text(clock() + timedelta(seconds=90))
    assert rotated == key | {name: rotated[name] for name in ("api_key", "overlap_ends_at")}
    clock.advance(seconds=89)
    assert [lives(api, each["api_key"]) for each in (key, rotated)] == [True, True]
    clock.advance(seconds=1)
    assert [lives(api, each["api_key"]) for each in (key, rotated)] == [False, True]
    assert listed(api)[key["key_id"]]["overlap_ends_at"] is None


@pytest.mark.parametrize("body", [None, {}, {"overlap_seconds": 0}])
def test_without_an_overlap_the_old_secret_dies_within_a_minute(
    api: Api, clock: FixedClock, key: dict[str, Any], body: object
) -> None:
    assert lives(api, key["api_key"])
    rotated = rotate(api, key["key_id"], body).json()
    assert rotated["overlap_ends_at"] is None

    clock.advance(seconds=60)

    assert [lives(api, each["api_key"]) for each in (key, rotated)] == [False, True]


@pytest.mark.parametrize("seconds", [-1, 86_401, 1.5, "60", None, True, 10**30])
def test_an_overlap_out_of_range_is_refused(api: Api, key: dict[str, Any], seconds: object) -> None:
    answer = rotate(api, key["key_id"], {"overlap_seconds": seconds})

    assert_is_error(answer, 422, "invalid_key")
    assert lives(api, key["api_key"])


def test_a_key_that_rotates_itself_can_ask_again_if_the_answer_is_lost(
    api: Api, clock: FixedClock
) -> None:
    """Or a tenant with one key would be locked out by one lost answer."""
    own = made(api, scopes=["admin"])
    caller = api.calling_with(own["api_key"])
    rotate(caller, own["key_id"])  # and nobody reads the answer

    clock.advance(seconds=59)
    again = rotate(caller, own["key_id"]).json()

    clock.advance(seconds=60)
    assert [lives(api, each["api_key"]) for each in (own, again)] == [False, True]


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_a_dead_key_is_not_rotated_back_to_life(api: Api, clock: FixedClock, end: str) -> None:
    key = made(api, expires_at=to_text(clock() + timedelta(hours=1)))
    if end == "revoked":
        revoke(api, key["key_id"])
    else:
        clock.advance(hours=1)

    answer = rotate(api, key["key_id"])

    assert_is_error(answer, 409, "key_not_live")
    assert end in answer.json()["message"]


def test_a_revoked_key_is_dead_within_a_minute_and_revoked_again_as_before(
    api: Api, clock: FixedClock, key: dict[str, Any]
) -> None:
    rotated = rotate(api, key["key_id"], {"overlap_seconds": 3600}).json()
    assert lives(api, key["api_key"])
    revoked_at = to_text(clock())

    assert revoke(api, key["key_id"]).status == 204

    clock.advance(seconds=60)
    assert [lives(api, each["api_key"]) for each in (key, rotated)] == [False, False]
    assert revoke(api, key["key_id"]).status == 204
    shown = listed(api)[key["key_id"]]
    assert (shown["state"], shown["revoked_at"]) == ("revoked", revoked_at)


def test_a_key_that_only_manages_keys_ends_any_of_them(api: Api, new_token: NewToken) -> None:
    """Whoever finds a leaked key must not have to look for a stronger one first."""
    limited = api.calling_with(new_token(Scope.KEYS_MANAGE))
    strong = made(api, scopes=["admin"])

    assert revoke(limited, strong["key_id"]).status == 204


def test_the_last_admin_key_stays(api: Api, clock: FixedClock) -> None:
    assert_is_error(revoke(api, own_id(api)), 409, "last_admin_key")
    second = made(api, scopes=["admin"])

    assert revoke(api, own_id(api)).status == 204
    caller = api.calling_with(second["api_key"])
    assert_is_error(revoke(caller, second["key_id"]), 409, "last_admin_key")

    clock.advance(seconds=60)
    assert lives(api, second["api_key"])


def test_an_admin_key_that_expires_does_not_stand_in_for_one_that_does_not(
    api: Api, clock: FixedClock
) -> None:
    soon, later = (
        made(api, scopes=["admin"], expires_at=to_text(clock() + timedelta(hours=hours)))
        for hours in (1, 2)
    )

    assert_is_error(revoke(api, own_id(api)), 409, "last_admin_key")
    assert revoke(api, later["key_id"]).status == 204  # the one without an end lives longer
    clock.advance(hours=1)
    assert revoke(api, soon["key_id"]).status == 204  # it is dead already


def test_of_admin_keys_that_all_expire_the_one_that_lives_longest_stays(
    api: Api, fake_api_keys: InMemoryApiKeyStore, clock: FixedClock, new_token: NewToken
) -> None:
    tokens = [new_token(Scope.ADMIN, tenant="initech") for _ in range(2)]
    for hours, token in enumerate(tokens, start=1):
        key = fake_api_keys.find(token[4:16])
        assert key is not None
        fake_api_keys._keys[key.key_id] = replace(  # noqa: SLF001  # as an operator made it
            key, expires_at=clock() + timedelta(hours=hours)
        )
    soon, later = (api.calling_with(token) for token in tokens)

    assert_is_error(revoke(soon, own_id(later)), 409, "last_admin_key")
    assert revoke(later, own_id(soon)).status == 204
    assert_is_error(revoke(later, own_id(later)), 409, "last_admin_key")


def test_an_admin_key_of_some_addresses_is_one(api: Api) -> None:
    """All keys of a tenant may be bound to its office."""
    bound = made(api, scopes=["admin"], allowed_ips=[HERE])

    assert revoke(api, own_id(api)).status == 204
    caller = api.calling_with(bound["api_key"])
    assert_is_error(revoke(caller, bound["key_id"]), 409, "last_admin_key")


def test_a_tenant_has_a_bounded_number_of_keys(
    api: Api, fake_api_keys: InMemoryApiKeyStore, clock: FixedClock
) -> None:
    for _ in range(MAX_KEYS - 1):
        fake_api_keys.add(new_api_key("acme", "one", frozenset({Scope.INBOX}), clock())[0])

    answer = api.post("/keys", {"name": "one more", "scopes": ["inbox"]})

    assert_is_error(answer, 409, "limit_reached")
    revoke(api, next(key_id for key_id, key in listed(api).items() if key["name"] == "one"))
    assert made(api)["state"] == "live"


def test_no_key_is_in_the_log(api: Api, log_lines: Any) -> None:
    key = made(api)
    rotated = rotate(api, key["key_id"]).json()

    said = str(log_lines())

    assert all(each["api_key"].split("_", 2)[2] not in said for each in (key, rotated))


@pytest.mark.parametrize(("overlap", "status"), [(60.0, 200), (60.5, 422), (True, 422)])
def test_a_whole_number_is_one_however_json_writes_it(
    api: Api, overlap: object, status: int
) -> None:
    key = api.post("/keys", {"name": "sync", "scopes": ["inbox"]}).json()

    answer = api.post(f"/keys/{key['key_id']}/rotate", {"overlap_seconds": overlap})

    assert answer.status == status
