"""`SourceStore`: sources are kept as they are given, and count what came to them."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.builders.sources import a_refused, a_source
from tests.clock import FixedClock
from tests.contract.clients import failing, recorded
from tests.contract.conftest import create_table
from tests.fakes.sources import InMemorySourceStore
from triggers_api.aws import clients
from triggers_api.aws.secret_box import KmsSecretBox
from triggers_api.sources.ports import SourceStore
from triggers_api.sources.provider import Refusal
from triggers_api.sources.source import OldSecret, Secrets, Source, Traffic
from triggers_api.store.sources import REFUSED_KEPT, DynamoSourceStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ADAPTERS = [
    "fake",
    "dynamodb",
    *(["emulator"] if "TRIGGERS_CONTRACT_ENDPOINT" in os.environ else []),
]
pytestmark = pytest.mark.usefixtures("no_waiting")
FULL: dict[str, Any] = {
    "name": "生産, pulls",
    "provider": "hmac",
    "settings": {"header": "X-A", "to": ["ü"]},
    "event_type": "code.changed",
    "enabled": False,
}


@pytest.fixture
def kms_box(dynamodb: "DynamoDBClient", clock: FixedClock) -> KmsSecretBox:  # noqa: ARG001  # in its process
    kms = clients.create_client("kms")
    return KmsSecretBox(kms, kms.create_key()["KeyMetadata"]["KeyId"], clock)


@pytest.fixture
def table(dynamodb: "DynamoDBClient") -> str:
    return create_table(dynamodb, "NotificationsTable")


@pytest.fixture
def real(dynamodb: "DynamoDBClient", table: str, kms_box: KmsSecretBox) -> DynamoSourceStore:
    return DynamoSourceStore(dynamodb, table, kms_box)


@pytest.fixture(params=ADAPTERS)
def sources(request: pytest.FixtureRequest) -> SourceStore:
    if request.param == "fake":
        return InMemorySourceStore()
    if request.param == "dynamodb":
        found: SourceStore = request.getfixturevalue("real")
        return found
    client = request.getfixturevalue("emulator")
    box = request.getfixturevalue("kms_box")
    return DynamoSourceStore(client, create_table(client, "NotificationsTable"), box)


def kept(sources: SourceStore, source: Source) -> tuple[Source, Secrets]:
    found = sources.find(source.tenant, source.id)
    assert found is not None
    return replace(found, sealed=b""), sources.open(found)


@pytest.mark.parametrize("fields", [{}, FULL], ids=["plain", "full"])
def test_a_new_source_is_found_as_it_was_put(
    sources: SourceStore, clock: FixedClock, fields: dict[str, Any]
) -> None:
    source, secrets = a_source(clock(), **fields)
    source = replace(source, old_secret_until=clock() + timedelta(days=1))
    old = tuple(OldSecret(each, clock()) for each in ("old", "older"))
    secrets = replace(secrets, old_secrets=old, settings={"password": "ü"})

    assert sources.put(source, secrets)

    named = replace(source, secrets_set=("password", "secret"))
    assert kept(sources, source) == (named, secrets)
    assert [replace(each, sealed=b"") for each in sources.list_sources(TENANT)] == [named]


def test_another_tenant_has_no_such_source(sources: SourceStore) -> None:
    source, secrets = a_source()
    sources.put(source, secrets)

    assert sources.find(OTHER_TENANT, source.id) is None
    assert sources.list_sources(OTHER_TENANT) == ()
    assert not sources.delete(OTHER_TENANT, source.id)
    assert sources.note_traffic(OTHER_TENANT, source.id, Traffic(arrived=1)) is None


def test_they_are_listed_oldest_first(sources: SourceStore, clock: FixedClock) -> None:
    made = []
    for _ in range(5):
        source, secrets = a_source(clock.advance(seconds=1))
        sources.put(source, secrets)
        made.append(source.id)

    assert [each.id for each in sources.list_sources(TENANT)] == made


def test_a_new_source_takes_nobodys_place(sources: SourceStore) -> None:
    source, secrets = a_source(name="first")
    sources.put(source, secrets)

    assert not sources.put(replace(source, name="second"), secrets)

    assert kept(sources, source)[0].name == "first"


def test_a_source_that_replaces_another_leaves_nothing_of_it_but_its_traffic(
    sources: SourceStore, clock: FixedClock
) -> None:
    source, secrets = a_source(clock(), **FULL)
    until = clock() + timedelta(days=1)
    sources.put(
        replace(source, old_secret_until=until),
        replace(secrets, old_secrets=(OldSecret("old", clock()),)),
    )
    traffic = Traffic(arrived=2, last_arrived_at=clock())
    sources.note_traffic(TENANT, source.id, traffic)
    plain, _ = a_source(clock(), id=source.id, token_hash=source.token_hash)
    newer = replace(plain, updated_at=clock.advance(seconds=1))

    assert sources.put(
        newer, Secrets(token="t"), known_updated_at=source.updated_at
    )  # opens nothing

    assert kept(sources, source) == (replace(newer, traffic=traffic), Secrets(token="t"))


def test_whoever_was_slower_changes_nothing(sources: SourceStore, clock: FixedClock) -> None:
    source, secrets = a_source(clock())
    sources.put(source, secrets)
    first = replace(source, name="first", updated_at=clock.advance(seconds=1))
    sources.put(first, secrets, known_updated_at=source.updated_at)

    assert not sources.put(
        replace(source, name="second"), secrets, known_updated_at=source.updated_at
    )

    assert kept(sources, source)[0].name == "first"


def test_a_deleted_source_is_gone_with_what_it_refused(sources: SourceStore) -> None:
    source, secrets = a_source()
    sources.put(source, secrets)
    sources.keep_refused(TENANT, source.id, 1, a_refused())

    assert sources.delete(TENANT, source.id)

    assert not sources.delete(TENANT, source.id)
    assert sources.find(TENANT, source.id) is None
    assert sources.list_refused(TENANT, source.id) == ()
    assert not sources.put(source, secrets, known_updated_at=source.updated_at)
    assert sources.note_traffic(TENANT, source.id, Traffic(refused=1)) is None
    assert sources.list_sources(TENANT) == ()


def test_traffic_adds_up_and_is_no_change_of_the_source(
    sources: SourceStore, clock: FixedClock
) -> None:
    source, secrets = a_source(clock())
    sources.put(source, secrets)
    at, later = clock(), clock.advance(seconds=5)

    assert sources.note_traffic(TENANT, source.id, Traffic(arrived=3, last_arrived_at=at)) == 0
    more = Traffic(arrived=1, refused=2, last_refused_at=later, last_refusal=Refusal.TOO_OLD)
    assert sources.note_traffic(TENANT, source.id, more) == 2

    found, _ = kept(sources, source)
    assert found.traffic == Traffic(
        arrived=4,
        refused=2,
        last_arrived_at=at,
        last_refused_at=later,
        last_refusal=Refusal.TOO_OLD,
    )
    assert found.updated_at == source.updated_at


def test_the_last_twenty_refused_are_kept_newest_first(
    sources: SourceStore, clock: FixedClock
) -> None:
    (source, secrets), (other, others) = a_source(), a_source()
    sources.put(source, secrets)
    sources.put(other, others)
    sources.keep_refused(TENANT, other.id, 1, a_refused(message="another's"))
    made = [
        a_refused(clock.advance(seconds=1), message=str(number), headers={"a": "ü"})
        for number in range(REFUSED_KEPT + 3)
    ]
    for number, each in enumerate(made, 1):
        sources.keep_refused(TENANT, source.id, number, each)

    assert list(sources.list_refused(TENANT, source.id)) == made[:2:-1]


def test_a_write_whose_answer_was_lost_is_known_for_our_own(
    dynamodb: "DynamoDBClient", real: DynamoSourceStore
) -> None:
    source, secrets = a_source()

    with failing(dynamodb, "TransactWriteItems", 500, "InternalServerError", times=1) as failures:
        assert real.put(source, secrets)

    assert len(failures) == 1
    assert real.find(TENANT, source.id) is not None


def test_what_each_call_costs(dynamodb: "DynamoDBClient", real: DynamoSourceStore) -> None:
    source, secrets = a_source()
    real.put(source, secrets)

    def calls_of(action: Callable[[], object]) -> list[str]:
        with recorded(dynamodb) as calls:
            action()
        return [name for name, _ in calls]

    found = real.find(TENANT, source.id)
    assert found is not None
    assert calls_of(lambda: real.find(TENANT, source.id)) == ["GetItem"]
    assert calls_of(lambda: real.open(found)) == []
    assert calls_of(lambda: real.list_sources(TENANT)) == ["Query"]
    assert calls_of(lambda: real.note_traffic(TENANT, source.id, Traffic(arrived=1))) == [
        "UpdateItem"
    ]
    assert calls_of(lambda: real.keep_refused(TENANT, source.id, 1, a_refused())) == ["PutItem"]
    assert calls_of(lambda: real.list_refused(TENANT, source.id)) == ["Query"]


def test_no_secret_and_no_token_stands_in_the_table(
    dynamodb: "DynamoDBClient", real: DynamoSourceStore, table: str
) -> None:
    source, secrets = a_source(settings={"header": "X-A"})
    old = OldSecret("an-old-secret", source.created_at)
    secrets = replace(secrets, old_secrets=(old,), settings={"password": "a-password"})
    real.put(source, secrets)
    real.note_traffic(TENANT, source.id, Traffic(refused=1))

    rows = repr(dynamodb.scan(TableName=table)["Items"])

    secret = secrets.token.rpartition(".")[2]
    assert secrets.secret is not None
    for each in (secret, secrets.secret, "an-old-secret", "a-password"):
        assert each not in rows
