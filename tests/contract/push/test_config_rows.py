"""Notification configs in DynamoDB: what is at rest, and writes whose answers are lost."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidTag

from tests.builders.events import OTHER_TENANT, TENANT
from tests.builders.push import a_config
from tests.clock import FixedClock
from tests.contract.clients import before_call
from tests.contract.push.calls import answers_lost, heard, operations, recorded
from tests.contract.push.conftest import Table
from triggers_api.aws.secret_box import KmsSecretBox
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.config import NotificationConfig

pytestmark = pytest.mark.usefixtures("no_waiting")

PRISTINE, ONE = CircuitBreaker(), CircuitBreaker(failures=1)
Write = Callable[[Table, NotificationConfig, FixedClock], bool]


def put_new(table: Table, _: NotificationConfig, clock: FixedClock) -> bool:
    return table.configs.put(a_config(clock()))


def put_again(table: Table, known: NotificationConfig, clock: FixedClock) -> bool:
    new = replace(known, name="new", updated_at=clock.advance(seconds=1))
    return table.configs.put(new, known_updated_at=known.updated_at)


def delete(table: Table, known: NotificationConfig, _: FixedClock) -> bool:
    return table.configs.delete(TENANT, known.id)


def change_breaker(table: Table, known: NotificationConfig, _: FixedClock) -> bool:
    return table.configs.change_breaker(TENANT, known.id, PRISTINE, ONE)


@pytest.mark.parametrize(
    ("operation", "write"),
    [
        ("TransactWriteItems", put_new),
        *[("UpdateItem", each) for each in (put_again, delete, change_breaker)],
    ],
)
def test_a_write_that_is_sent_again_because_its_answer_was_lost_has_succeeded(
    table: Table, clock: FixedClock, operation: str, write: Write
) -> None:
    known = a_config(clock())
    table.configs.put(known)

    with answers_lost(table.client, operation, 1) as lost:
        assert write(table, known, clock)

    assert len(lost) == 1


@pytest.mark.parametrize("write", [put_again, delete, change_breaker])
def test_what_another_worker_did_meanwhile_is_not_taken_for_our_own_write(
    table: Table, clock: FixedClock, write: Write
) -> None:
    known = a_config(clock())
    table.configs.put(known)

    with before_call(table.client, "UpdateItem", lambda: write(table, known, clock)):
        assert not write(table, known, clock)


def test_a_kept_config_holds_its_secrets_sealed_only(table: Table) -> None:
    secret = "123:a-token-that-nobody-may-read"
    table.configs.put(a_config(secrets={"bot_token": secret}))

    (item,) = table.items()

    assert item["secret_names"] == {"SS": ["bot_token"]}
    assert secret not in repr(item)
    assert secret.encode() not in item["sealed"]["B"]


def test_a_deleted_config_leaves_a_row_without_settings_and_secrets(
    table: Table, clock: FixedClock
) -> None:
    config = a_config(
        settings={"url": "https://PRIVATE.example.com"},
        secrets={"bot_token": "PRIVATE"},
        message_template="PRIVATE",
    )
    table.configs.put(config)

    table.configs.delete(TENANT, config.id)

    (item,) = table.items()
    private = {"settings", "sealed", "secret_names", "filters", "message_template"}
    assert not private & item.keys()
    assert "PRIVATE" not in repr(item)
    assert int(item["expires_at"]["N"]) == int(clock().timestamp()) + 30 * 86400


def test_deleted_configs_are_not_among_what_a_dispatch_reads(
    table: Table, clock: FixedClock
) -> None:
    for _ in range(20):
        config = a_config(clock.advance(seconds=1))
        table.configs.put(config)
        table.configs.delete(TENANT, config.id)

    with heard(table.client) as answers:
        assert table.configs.list_configs(TENANT) == ()

    assert [answer["ScannedCount"] for answer in answers] == [0]


@pytest.mark.parametrize("tidying", ["PutItem", "DeleteItem"])
def test_a_config_whose_row_could_not_be_moved_away_is_deleted_all_the_same(
    table: Table, tidying: str
) -> None:
    config = a_config(settings={"url": "https://example.com"}, secrets={"bot_token": "x"})
    table.configs.put(config)

    with answers_lost(table.client, tidying, 2):
        assert table.configs.delete(TENANT, config.id)

    assert all({"settings", "sealed"}.isdisjoint(item) for item in table.items())
    assert table.configs.list_configs(TENANT) == ()
    assert table.configs.find(TENANT, config.id) is None
    assert table.configs.ids_with_history(TENANT) == [config.id]


def test_the_history_knows_the_last_hundred_that_were_deleted(
    table: Table, clock: FixedClock
) -> None:
    made = [a_config(clock()) for _ in range(103)]
    for config in made:
        table.configs.put(config)
    for config in made[:-1]:
        clock.advance(seconds=1)
        table.configs.delete(TENANT, config.id)

    known = table.configs.ids_with_history(TENANT)

    assert known == [made[-1].id, *(config.id for config in made[101:1:-1])]


@pytest.mark.parametrize("change", ["disable", "breaker"])
def test_the_row_of_a_deleted_config_stays_as_it_is(table: Table, change: str) -> None:
    config = a_config()
    table.configs.put(config)
    table.configs.delete(TENANT, config.id)
    before = table.items()

    if change == "disable":
        table.configs.disable(config, "the receiver answered 410 Gone")
    else:
        assert not table.configs.change_breaker(TENANT, config.id, PRISTINE, ONE)

    assert table.items() == before


def test_a_replaced_config_leaves_no_old_secret_behind(table: Table, clock: FixedClock) -> None:
    config = a_config(clock())
    table.configs.put(config)
    bare = replace(config, secrets={}, updated_at=clock.advance(seconds=1))

    table.configs.put(bare, known_updated_at=config.updated_at)

    (item,) = table.items()
    assert not {"sealed", "secret_names"} & item.keys()


def test_the_sealed_secret_of_another_config_does_not_open(table: Table) -> None:
    config, other = a_config(), a_config()
    for each in (config, other):
        table.configs.put(each)
    _copy_sealed(table, (TENANT, config.id), (TENANT, other.id))

    with pytest.raises(InvalidTag):
        table.configs.find(TENANT, other.id)


@pytest.mark.parametrize("is_fresh", [True, False], ids=["fresh", "key known"])
def test_the_sealed_secret_of_another_tenant_does_not_open(
    table: Table, kms: Any, key_id: str, clock: FixedClock, *, is_fresh: bool
) -> None:
    config = a_config()
    other = a_config(tenant=OTHER_TENANT, id=config.id)
    table.configs.put(config)
    table.configs.put(other)
    _copy_sealed(table, (TENANT, config.id), (OTHER_TENANT, other.id))
    reader = table.configs
    if is_fresh:  # KMS refuses to open the data key for this tenant
        box = KmsSecretBox(kms, key_id, clock)
        reader = type(reader)(table.client, table.name, box, clock)
    else:  # the data key is open already; the config's own seal holds
        table.configs.find(TENANT, config.id)

    with pytest.raises(ClientError if is_fresh else InvalidTag):
        reader.find(OTHER_TENANT, other.id)


def test_the_secrets_of_many_configs_are_one_call_to_seal_and_one_to_open(
    table: Table, kms: Any
) -> None:
    made = [a_config() for _ in range(20)]

    with recorded(kms) as calls:
        for config in made:
            table.configs.put(config)
        for config in made:
            assert table.configs.find(TENANT, config.id) == config

    assert operations(calls) == ["GenerateDataKey", "Decrypt"]


def test_listing_opens_no_secret_and_is_one_query(table: Table, kms: Any) -> None:
    for _ in range(20):
        table.configs.put(a_config())

    with recorded(kms, table.client) as calls:
        assert len(table.configs.list_configs(TENANT)) == 20

    assert operations(calls) == ["Query"]
    assert calls[0][1]["ConsistentRead"]


def test_a_dispatch_of_many_configs_reads_neither_settings_nor_secrets(table: Table) -> None:
    made = [a_config(settings={"text": "x" * 10_000}) for _ in range(20)]
    for config in (*made, a_config(enabled=False)):
        table.configs.put(config)

    with recorded(table.client) as calls:
        found = table.configs.list_subscriptions(TENANT)

    assert {each.config_id for each in found} == {each.id for each in made}
    ((operation, request),) = calls
    assert (operation, request["ConsistentRead"]) == ("Query", True)
    names = request["ExpressionAttributeNames"]
    read = {
        names.get(each.strip(), each.strip()) for each in request["ProjectionExpression"].split(",")
    }
    assert read == {"sk", "filters", "match", "enabled"}


def test_more_configs_than_one_answer_holds_are_listed_all(table: Table) -> None:
    made = [a_config(settings={"text": "x" * 150_000}) for _ in range(16)]
    for config in made:
        table.configs.put(config)

    with recorded(table.client) as calls:
        listed = table.configs.list_configs(TENANT)

    assert [each.id for each in listed] == [each.id for each in made]
    assert len(calls) > 1


def _copy_sealed(table: Table, source: tuple[str, str], target: tuple[str, str]) -> None:
    """As somebody would who may write the table but has no key."""
    keys = [
        {"pk": {"S": f"{tenant}#configs"}, "sk": {"S": config_id}}
        for tenant, config_id in (source, target)
    ]
    row = table.client.get_item(TableName=table.name, Key=keys[0])["Item"]
    assert json.loads(row["settings"]["S"])
    table.client.update_item(
        TableName=table.name,
        Key=keys[1],
        UpdateExpression="SET sealed = :sealed",
        ExpressionAttributeValues={":sealed": row["sealed"]},
    )
