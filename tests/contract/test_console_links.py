"""Console links on DynamoDB: at once, stopped half-way, and what each call costs."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import TENANT, a_tenant
from tests.clock import FixedClock
from tests.contract.clients import before_call, failing, recorded
from tests.contract.conftest import create_table
from tests.contract.test_dynamodb_key_races import StoppedError, stop
from triggers_api.access.console_links import ConsoleLinks
from triggers_api.access.keys import Scope, split_token
from triggers_api.errors import UnauthenticatedError
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.tenant_records import DynamoTenantStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.usefixtures("no_waiting")
INBOX = frozenset({Scope.INBOX})


@pytest.fixture
def table(dynamodb: "DynamoDBClient") -> str:
    return create_table(dynamodb, "KeysTable")


@pytest.fixture
def store(dynamodb: "DynamoDBClient", table: str) -> DynamoApiKeyStore:
    return DynamoApiKeyStore(dynamodb, table)


@pytest.fixture
def links(
    dynamodb: "DynamoDBClient", store: DynamoApiKeyStore, table: str, clock: FixedClock
) -> ConsoleLinks:
    tenants = DynamoTenantStore(dynamodb, table)
    tenants.add(a_tenant(clock()))
    return ConsoleLinks(store, tenants, clock)


def a_link(links: ConsoleLinks) -> str:
    return links.make(TENANT, INBOX, timedelta(hours=2)).token


def works(store: DynamoApiKeyStore, token: str, clock: FixedClock) -> bool:
    parts = split_token(token)
    assert parts is not None
    key = store.find(parts[0])
    return key is not None and key.accepts(parts[1], clock())


@pytest.mark.parametrize(("call", "number"), [("GetItem", 1), ("GetItem", 2), ("UpdateItem", 1)])
def test_of_two_exchanges_at_once_one_wins(
    dynamodb: "DynamoDBClient",
    store: DynamoApiKeyStore,
    links: ConsoleLinks,
    clock: FixedClock,
    call: str,
    number: int,
) -> None:
    token, won = a_link(links), []

    with (
        before_call(dynamodb, call, lambda: won.append(links.exchange(token).token), number),
        pytest.raises(UnauthenticatedError),
    ):
        links.exchange(token)

    assert [works(store, each, clock) for each in won] == [True]


@pytest.mark.parametrize(("call", "number"), [("GetItem", 1), ("GetItem", 2), ("UpdateItem", 1)])
def test_an_exchange_that_stops_half_way_leaves_the_link_as_it_was(
    dynamodb: "DynamoDBClient", links: ConsoleLinks, call: str, number: int
) -> None:
    token = a_link(links)
    with before_call(dynamodb, call, stop, number), pytest.raises(StoppedError):
        links.exchange(token)

    assert links.exchange(token).key.tenant == TENANT


def test_an_exchange_whose_first_answer_is_lost_is_won_all_the_same(
    dynamodb: "DynamoDBClient",
    store: DynamoApiKeyStore,
    links: ConsoleLinks,
    clock: FixedClock,
) -> None:
    token = a_link(links)

    with failing(dynamodb, "UpdateItem", 500, "InternalServerError", times=1):
        issued = links.exchange(token)

    assert works(store, issued.token, clock)
    with pytest.raises(UnauthenticatedError):
        links.exchange(token)


def test_a_link_is_one_write_and_a_forged_one_at_most_one_read(
    dynamodb: "DynamoDBClient", links: ConsoleLinks
) -> None:
    with recorded(dynamodb) as made:
        token = a_link(links)
    with recorded(dynamodb) as unknown, pytest.raises(UnauthenticatedError):
        links.exchange(f"trl_000000000000_{token[-43:]}")
    with recorded(dynamodb) as malformed, pytest.raises(UnauthenticatedError):
        links.exchange("x" * 64)
    with recorded(dynamodb) as opened:
        links.exchange(token)

    assert [name for name, _ in made] == ["PutItem"]
    assert [name for name, _ in unknown] == ["GetItem"]
    assert not malformed
    assert [name for name, _ in opened] == ["GetItem", "GetItem", "UpdateItem"]


def test_a_session_is_swept_after_it_has_expired(
    dynamodb: "DynamoDBClient",
    table: str,
    links: ConsoleLinks,
    clock: FixedClock,
) -> None:
    key = links.exchange(a_link(links)).key

    stored = dynamodb.get_item(TableName=table, Key={"key_id": {"S": key.key_id}})
    swept_after = int(stored["Item"]["swept_after"]["N"])
    assert 0 <= swept_after - (clock() + timedelta(hours=2)).timestamp() < 1
