"""Secrets at rest: sealed for one config, with few calls of the key service."""

import os
from collections import Counter
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from tests.builders.events import OTHER_TENANT, TENANT
from tests.clock import FixedClock
from triggers_api.aws.secret_box import KmsSecretBox
from triggers_api.errors import UnreadableError

ONE, OTHER = "cfg_000000000000000000000001", "cfg_000000000000000000000002"
SECRET = b'{"bot_token": "123:a-token-that-nobody-may-read"}'


class RefusedError(Exception):
    """What the key service says to a wrong context or key."""


class FakeKms:
    """A key service: data keys are wrapped by remembering them."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._wrapped: dict[bytes, tuple[bytes, str, dict[str, str]]] = {}

    def generate_data_key(self, **asked: Any) -> dict[str, bytes]:
        self.calls["generate"] += 1
        assert asked["KeySpec"] == "AES_256"
        key, wrapped = os.urandom(32), os.urandom(184)
        self._wrapped[wrapped] = (key, asked["KeyId"], asked["EncryptionContext"])
        return {"Plaintext": key, "CiphertextBlob": wrapped}

    def decrypt(self, **asked: Any) -> dict[str, bytes]:
        self.calls["decrypt"] += 1
        key, key_id, context = self._wrapped[asked["CiphertextBlob"]]
        if (asked["KeyId"], asked["EncryptionContext"]) != (key_id, context):
            raise RefusedError
        return {"Plaintext": key}


@pytest.fixture
def kms() -> FakeKms:
    return FakeKms()


@pytest.fixture
def box(kms: FakeKms, clock: FixedClock) -> KmsSecretBox:
    return KmsSecretBox(kms, "alias/secrets", clock)


@pytest.fixture
def reader(kms: FakeKms, clock: FixedClock) -> KmsSecretBox:
    """Another process: it has no keys yet."""
    return KmsSecretBox(kms, "alias/secrets", clock)


@pytest.mark.parametrize("plain", [SECRET, b"", b"\0" * 100_000], ids=["some", "empty", "large"])
def test_what_is_sealed_is_opened_as_it_was(
    box: KmsSecretBox, reader: KmsSecretBox, plain: bytes
) -> None:
    assert reader.open(TENANT, ONE, box.seal(TENANT, ONE, plain)) == plain


def test_what_is_sealed_does_not_show_the_plain_text(box: KmsSecretBox) -> None:
    sealed = box.seal(TENANT, ONE, SECRET)

    shown = [SECRET[start : start + 4] for start in range(len(SECRET) - 3)]
    assert [each for each in shown if each in sealed] == []


def test_the_same_secret_is_sealed_differently_each_time(box: KmsSecretBox) -> None:
    assert len({box.seal(TENANT, ONE, SECRET) for _ in range(100)}) == 100


@pytest.mark.parametrize("knows_key", [True, False])
def test_a_secret_opens_for_no_other_config(
    box: KmsSecretBox, reader: KmsSecretBox, *, knows_key: bool
) -> None:
    sealed = box.seal(TENANT, ONE, SECRET)
    if knows_key:
        reader.open(TENANT, ONE, sealed)

    with pytest.raises(InvalidTag):
        reader.open(TENANT, OTHER, sealed)


@pytest.mark.parametrize("knows_key", [True, False])
def test_a_secret_opens_for_no_other_tenant(
    box: KmsSecretBox, reader: KmsSecretBox, *, knows_key: bool
) -> None:
    sealed = box.seal(TENANT, ONE, SECRET)
    if knows_key:
        reader.open(TENANT, ONE, sealed)

    with pytest.raises(InvalidTag if knows_key else RefusedError):
        reader.open(OTHER_TENANT, ONE, sealed)


def test_a_changed_byte_is_noticed(box: KmsSecretBox) -> None:
    sealed = bytearray(box.seal(TENANT, ONE, SECRET))
    sealed[-20] ^= 1

    with pytest.raises(InvalidTag):
        box.open(TENANT, ONE, bytes(sealed))


def test_many_secrets_of_a_tenant_are_one_call_to_seal_and_one_to_open(
    kms: FakeKms, box: KmsSecretBox, reader: KmsSecretBox
) -> None:
    sealed = [box.seal(TENANT, f"cfg_{number:024x}", SECRET) for number in range(50)]

    for number, each in enumerate(sealed):
        reader.open(TENANT, f"cfg_{number:024x}", each)

    assert kms.calls == {"generate": 1, "decrypt": 1}


def test_no_two_tenants_share_a_data_key(kms: FakeKms, box: KmsSecretBox) -> None:
    for tenant in (TENANT, OTHER_TENANT, TENANT):
        box.seal(tenant, ONE, SECRET)

    assert kms.calls["generate"] == 3


@pytest.mark.parametrize(("seconds", "calls"), [(299.999, 1), (300, 2)])
def test_a_data_key_seals_and_stays_open_for_five_minutes(
    kms: FakeKms,
    box: KmsSecretBox,
    reader: KmsSecretBox,
    clock: FixedClock,
    seconds: float,
    calls: int,
) -> None:
    sealed = box.seal(TENANT, ONE, SECRET)
    reader.open(TENANT, ONE, sealed)
    clock.advance(seconds=seconds)

    box.seal(TENANT, ONE, SECRET)
    assert reader.open(TENANT, ONE, sealed) == SECRET

    assert kms.calls == {"generate": calls, "decrypt": calls}


def test_a_secret_outlives_the_key_that_seals_now(
    box: KmsSecretBox, reader: KmsSecretBox, clock: FixedClock
) -> None:
    old = box.seal(TENANT, ONE, SECRET)
    clock.advance(days=400)
    new = box.seal(TENANT, ONE, b"new")

    assert reader.open(TENANT, ONE, old) == SECRET
    assert reader.open(TENANT, ONE, new) == b"new"


def test_a_worker_that_serves_very_many_tenants_keeps_no_key_for_ever(
    kms: FakeKms, box: KmsSecretBox, reader: KmsSecretBox
) -> None:
    sealed = {f"tenant-{n}": box.seal(f"tenant-{n}", ONE, SECRET) for n in range(1200)}

    for tenant, each in sealed.items():
        assert reader.open(tenant, ONE, each) == SECRET

    assert len(reader._opened) <= 500  # noqa: SLF001  # what it holds in memory
    assert kms.calls["decrypt"] == 1200


def test_what_another_release_sealed_in_another_way_is_known_for_that(
    kms: FakeKms, box: KmsSecretBox, reader: KmsSecretBox
) -> None:
    sealed = b"\x02" + box.seal(TENANT, ONE, SECRET)[1:]

    with pytest.raises(UnreadableError):
        reader.open(TENANT, ONE, sealed)

    assert kms.calls["decrypt"] == 0
