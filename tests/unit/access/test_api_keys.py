import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.events import an_api_key
from tests.clock import START
from triggers_api.access.keys import (
    TENANT,
    ApiKey,
    KeyState,
    Scope,
    SecretHash,
    new_api_key,
    split_token,
)
from triggers_api.rotation import MOST_OLD


def secret_of(token: str) -> str:
    parts = split_token(token)
    assert parts is not None
    return parts[1]


def test_a_token_names_its_key_and_holds_a_long_secret() -> None:
    key, token = an_api_key(START)

    key_id, secret = split_token(token) or ("", "")

    assert token == f"trg_{key.key_id}_{secret}"
    assert key_id == key.key_id
    assert len(secret) == 43


def test_a_key_is_what_it_was_made_as() -> None:
    scopes = frozenset({Scope.INBOX, Scope.EVENTS_READ})

    key, _ = new_api_key("acme", "Zapier", scopes, START)

    assert (key.tenant, key.name, key.scopes) == ("acme", "Zapier", scopes)
    assert (key.created_at, key.last_used_at, key.revoked_at) == (START, None, None)


def test_no_two_keys_are_alike() -> None:
    made = [an_api_key(START) for _ in range(50)]

    assert len({key.key_id for key, _ in made}) == 50
    assert len({secret_of(token) for _, token in made}) == 50


def test_a_record_holds_nothing_of_the_secret() -> None:
    key, token = an_api_key(START)

    kept = repr(key)

    assert secret_of(token) not in kept
    assert secret_of(token).encode() not in key.secret_hash.digest + key.secret_hash.salt


def test_one_secret_hashes_differently_each_time() -> None:
    one, other = SecretHash.of("secret"), SecretHash.of("secret")

    assert one.digest != other.digest
    assert one.matches("secret")
    assert other.matches("secret")


@pytest.mark.parametrize("wrong", ["", "Secret", "secret ", "secre", "sécret"])
def test_no_other_secret_matches(wrong: str) -> None:
    assert not SecretHash.of("secret").matches(wrong)


def test_a_key_accepts_its_secret_and_no_other() -> None:
    key, token = an_api_key(START)
    _, other_token = an_api_key(START)

    assert key.accepts(secret_of(token), START)
    assert not key.accepts(secret_of(other_token), START)


def test_a_revoked_key_accepts_nothing() -> None:
    key, token = an_api_key(START)
    rotated, new_token = key.rotated(START, timedelta(hours=1))

    revoked = replace(rotated, revoked_at=START)

    assert not revoked.accepts(secret_of(new_token), START)
    assert not revoked.accepts(secret_of(token), START)


def accepted_after(key: ApiKey, token: str, waited: timedelta) -> bool:
    return key.accepts(secret_of(token), START + waited)


def test_the_old_secret_lives_on_for_the_overlap() -> None:
    key, old_token = an_api_key(START)
    overlap = timedelta(hours=24)

    rotated, new_token = key.rotated(START, overlap)

    assert accepted_after(rotated, old_token, overlap - timedelta(microseconds=1))
    assert not accepted_after(rotated, old_token, overlap)
    assert accepted_after(rotated, new_token, timedelta(0))
    assert accepted_after(rotated, new_token, 2 * overlap)


def test_without_overlap_the_old_secret_dies_at_once() -> None:
    key, old_token = an_api_key(START)

    rotated, _ = key.rotated(START, timedelta(0))

    assert not accepted_after(rotated, old_token, timedelta(0))
    assert rotated.old_secrets == ()


def test_rotating_again_ends_no_overlap_that_runs() -> None:
    """The answer that told the second secret may be lost, while the first is still in use."""
    key, first = an_api_key(START)
    once, second = key.rotated(START, timedelta(hours=2))

    twice, third = once.rotated(START + timedelta(hours=1), timedelta(hours=24))

    tokens = (first, second, third)
    assert [accepted_after(twice, each, timedelta(hours=1)) for each in tokens] == [True] * 3
    assert [accepted_after(twice, each, timedelta(hours=2)) for each in tokens] == [
        *(False, True, True)
    ]


def test_rotating_without_overlap_ends_every_overlap() -> None:
    key, first = an_api_key(START)
    once, second = key.rotated(START, timedelta(hours=24))

    twice, third = once.rotated(START, timedelta(0))

    accepted = [accepted_after(twice, token, timedelta(0)) for token in (first, second, third)]
    assert accepted == [False, False, True]


def test_a_key_rotated_again_and_again_keeps_its_first_and_its_last_secrets() -> None:
    key, _ = an_api_key(START)
    hashes = [key.secret_hash]

    for _ in range(10):
        key, _ = key.rotated(START, timedelta(hours=24))
        hashes.append(key.secret_hash)

    newest, first = hashes[-MOST_OLD:-1], hashes[0]
    assert [old.secret_hash for old in key.old_secrets] == [*reversed(newest), first]


def test_a_key_dies_at_the_moment_it_expires_with_every_secret_of_it() -> None:
    made, old_token = an_api_key(START)
    key, token = replace(made, expires_at=START + timedelta(hours=1)).rotated(
        START, timedelta(hours=24)
    )

    last_moment = timedelta(hours=1) - timedelta(microseconds=1)
    for each in (token, old_token):
        assert accepted_after(key, each, last_moment)
        assert not accepted_after(key, each, timedelta(hours=1))


def test_a_key_says_how_it_stands() -> None:
    key, _ = an_api_key(START)
    expiring = replace(key, expires_at=START)

    assert key.state_at(START) is KeyState.LIVE
    assert expiring.state_at(START - timedelta(microseconds=1)) is KeyState.LIVE
    assert expiring.state_at(START) is KeyState.EXPIRED
    assert replace(expiring, revoked_at=START).state_at(START) is KeyState.REVOKED


def test_a_key_tells_how_long_an_old_secret_works() -> None:
    key, _ = an_api_key(START)
    end = START + timedelta(hours=1)
    rotated, _ = key.rotated(START, timedelta(hours=1))

    assert key.overlap_ends_at(START) is None
    assert rotated.overlap_ends_at(START) == end
    assert rotated.overlap_ends_at(end) is None


def test_a_rotated_key_is_the_same_key() -> None:
    key, _ = an_api_key(START, Scope.INBOX)

    rotated, token = key.rotated(START, timedelta(0))

    assert (rotated.key_id, rotated.scopes, rotated.tenant) == (key.key_id, key.scopes, key.tenant)
    assert token.startswith(f"trg_{key.key_id}_")


@pytest.mark.parametrize(
    "text", ["", "trg_", "trg_abc_def", "Bearer x", "trg_000000000000_" + "é" * 43, "x" * 10_000]
)
def test_what_has_not_the_form_is_no_token(text: str) -> None:
    assert split_token(text) is None


def test_a_cut_or_longer_token_is_no_token() -> None:
    _, token = an_api_key(START)

    assert [split_token(each) for each in (token[:-1], token + "x", " " + token)] == [None] * 3


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("acme", True),
        ("acme-2_eu", True),
        ("a" * 63, True),
        ("", False),
        ("a" * 64, False),
        ("Acme", False),
        ("acme#1", False),
        ("-acme", False),
    ],
)
def test_a_tenants_name_cannot_break_a_key(name: str, is_one: bool) -> None:  # noqa: FBT001
    assert (re.fullmatch(TENANT, name) is not None) is is_one
