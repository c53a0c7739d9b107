"""The token buckets: what any adapter promises, and what the one on DynamoDB costs."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.clock import FixedClock
from tests.contract.clients import before_call, failing, recorded
from tests.contract.conftest import create_table
from triggers_api.access.ports import TokenBuckets
from triggers_api.access.token_bucket import RateLimit, TokensTaken
from triggers_api.errors import StoreUnavailableError
from triggers_api.store.token_buckets import DynamoTokenBuckets, beside_deliveries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LIMIT = RateLimit(per_second=10, burst=20)


def test_a_bucket_that_was_never_seen_is_full(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    assert token_buckets.take(TENANT, LIMIT, 5, clock()) == TokensTaken(5, 15, clock())


def test_a_bucket_gives_what_it_has_and_no_more(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    given = [token_buckets.take(TENANT, LIMIT, 8, clock()) for _ in range(4)]

    assert [(taken.tokens, taken.left) for taken in given] == [(8, 12), (8, 4), (4, 0), (0, 0)]


def test_an_empty_bucket_tells_when_there_is_a_token_again(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    token_buckets.take(TENANT, LIMIT, 20, clock())

    refused = token_buckets.take(TENANT, LIMIT, 1, clock())

    assert refused.tokens == 0
    assert refused.next_at == clock.advance(seconds=0.1)
    assert token_buckets.take(TENANT, LIMIT, 1, clock()).tokens == 1


def test_nobody_is_given_more_than_the_burst(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    assert token_buckets.take(TENANT, LIMIT, 1000, clock()).tokens == 20


def test_tokens_come_back_with_time_up_to_the_burst(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    token_buckets.take(TENANT, LIMIT, 20, clock())

    clock.advance(seconds=1)
    assert token_buckets.take(TENANT, LIMIT, 100, clock()).tokens == 10
    clock.advance(hours=1)
    assert token_buckets.take(TENANT, LIMIT, 100, clock()).tokens == 20


def test_every_tenant_has_a_bucket_of_its_own(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    token_buckets.take(TENANT, LIMIT, 20, clock())

    assert token_buckets.take(OTHER_TENANT, LIMIT, 20, clock()).tokens == 20


def test_a_clock_that_is_behind_gives_nothing_twice(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    behind = clock()
    token_buckets.take(TENANT, LIMIT, 20, clock.advance(seconds=1))

    assert token_buckets.take(TENANT, LIMIT, 20, behind).tokens == 0


def test_a_limit_that_was_changed_holds_at_once(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    token_buckets.take(TENANT, LIMIT, 20, clock())

    assert token_buckets.take(TENANT, RateLimit(100, 1000), 500, clock()).tokens == 500
    assert token_buckets.take(TENANT, RateLimit(1, 1), 1, clock()).tokens == 0


def test_a_bucket_with_less_than_is_needed_gives_nothing_and_tells_when_it_has_that(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    token_buckets.take(TENANT, LIMIT, 12, clock())

    refused = token_buckets.take(TENANT, LIMIT, 10, clock(), at_least=10)

    assert refused == TokensTaken(0, 8, clock() + LIMIT.time_of(2))
    assert token_buckets.take(TENANT, LIMIT, 10, refused.next_at, at_least=10).tokens == 10


def test_what_was_not_needed_can_be_taken_again(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    token_buckets.take(TENANT, LIMIT, 20, clock())

    token_buckets.give_back(TENANT, LIMIT, 15, clock())

    assert token_buckets.take(TENANT, LIMIT, 20, clock()).tokens == 15


def test_what_is_given_back_to_a_bucket_that_owes_lessens_its_debt(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    token_buckets.owe(TENANT, LIMIT, 1000, clock())

    token_buckets.give_back(TENANT, LIMIT, 985, clock())

    assert token_buckets.take(TENANT, LIMIT, 20, clock()).tokens == 5


def test_what_is_given_back_to_a_full_bucket_runs_over(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    token_buckets.take(TENANT, LIMIT, 10, clock())

    token_buckets.give_back(TENANT, LIMIT, 10, clock.advance(seconds=0.5))
    token_buckets.take(TENANT, LIMIT, 5, clock())
    token_buckets.give_back(TENANT, LIMIT, 5, clock.advance(hours=1))

    assert token_buckets.take(TENANT, LIMIT, 100, clock()).tokens == 20


@pytest.fixture
def table(dynamodb: "DynamoDBClient") -> str:
    return create_table(dynamodb, "KeysTable")


def test_a_take_is_one_write_whether_the_bucket_is_full_or_not(
    dynamodb: "DynamoDBClient", table: str, clock: FixedClock
) -> None:
    buckets = DynamoTokenBuckets(dynamodb, table)

    with recorded(dynamodb) as calls:
        for _ in range(3):
            assert buckets.take(TENANT, LIMIT, 5, clock()).tokens == 5
        clock.advance(hours=1)
        buckets.take(TENANT, LIMIT, 5, clock())  # the guess is wrong once

    assert [name for name, _ in calls] == ["UpdateItem"] * 5


def test_a_process_that_comes_later_learns_with_its_first_take(
    dynamodb: "DynamoDBClient", table: str, clock: FixedClock
) -> None:
    DynamoTokenBuckets(dynamodb, table).take(TENANT, LIMIT, 15, clock())
    other = DynamoTokenBuckets(dynamodb, table)

    assert other.take(TENANT, LIMIT, 10, clock()).tokens == 5


@pytest.mark.parametrize("number", [1, 2])
def test_what_another_takes_meanwhile_is_not_given_twice(
    dynamodb: "DynamoDBClient", table: str, clock: FixedClock, number: int
) -> None:
    one, other = (DynamoTokenBuckets(dynamodb, table) for _ in range(2))
    one.take(TENANT, LIMIT, 5, clock())
    taken: list[int] = []

    def take() -> None:
        taken.append(other.take(TENANT, LIMIT, 6, clock()).tokens)

    with before_call(dynamodb, "UpdateItem", take, number):
        taken += [one.take(TENANT, LIMIT, 6, clock()).tokens for _ in range(3)]

    assert sum(taken) == 15


def test_a_bucket_that_changes_again_and_again_is_given_up(
    dynamodb: "DynamoDBClient", table: str, clock: FixedClock
) -> None:
    buckets = DynamoTokenBuckets(dynamodb, table)
    with failing(dynamodb, "UpdateItem", 400, "ConditionalCheckFailedException"):
        assert buckets.take(TENANT, LIMIT, 6, clock()).tokens == 0


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "InternalServerError"),
        (400, "ThrottlingException"),
        (400, "AccessDeniedException"),
        (400, "ResourceNotFoundException"),
    ],
)
def test_a_store_that_fails_in_any_way_is_unavailable(
    dynamodb: "DynamoDBClient", table: str, clock: FixedClock, status: int, code: str
) -> None:
    buckets = DynamoTokenBuckets(dynamodb, table)

    with failing(dynamodb, "UpdateItem", status, code), pytest.raises(StoreUnavailableError):
        buckets.take(TENANT, LIMIT, 1, clock())


def test_a_bucket_is_no_api_key_and_in_no_list_of_them(
    dynamodb: "DynamoDBClient", table: str, clock: FixedClock
) -> None:
    DynamoTokenBuckets(dynamodb, table).take(TENANT, LIMIT, 1, clock())

    (item,) = dynamodb.scan(TableName=table)["Items"]
    assert item.keys() == {"key_id", "spent_until"}  # so TenantIndex does not hold it
    assert item["key_id"]["S"] == f"rate#{TENANT}"


def test_what_is_owed_closes_a_bucket_until_it_has_come_back(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    token_buckets.take(TENANT, LIMIT, 5, clock())

    owing = token_buckets.owe(TENANT, LIMIT, 45, clock())

    assert owing == TokensTaken(45, 0, clock() + LIMIT.time_of(31))
    assert token_buckets.take(TENANT, LIMIT, 1, clock()).next_at == owing.next_at
    assert token_buckets.owe(TENANT, LIMIT, 1, clock()).next_at == clock() + LIMIT.time_of(32)
    clock.advance(seconds=3.2)
    assert token_buckets.take(TENANT, LIMIT, 5, clock()).tokens == 1


def test_what_is_owed_is_paid_by_what_a_bucket_has(
    token_buckets: TokenBuckets, clock: FixedClock
) -> None:
    assert token_buckets.owe(TENANT, LIMIT, 5, clock()) == TokensTaken(5, 15, clock())
    clock.advance(hours=1)
    assert token_buckets.owe(TENANT, LIMIT, 8, clock()) == TokensTaken(8, 12, clock())


def test_owing_is_one_write_and_two_where_another_process_was_busy(
    dynamodb: "DynamoDBClient", table: str, clock: FixedClock
) -> None:
    one, other = (DynamoTokenBuckets(dynamodb, table) for _ in range(2))

    with recorded(dynamodb) as calls:
        one.owe(TENANT, LIMIT, 5, clock())
        one.owe(TENANT, LIMIT, 50, clock())
        other.owe(TENANT, LIMIT, 5, clock())

    assert len(calls) == 1 + 1 + 2
    assert one.take(TENANT, LIMIT, 1, clock()).next_at == clock() + LIMIT.time_of(41)


def test_the_turns_of_pushes_are_kept_beside_their_deliveries(
    dynamodb: "DynamoDBClient", clock: FixedClock
) -> None:
    table = create_table(dynamodb, "NotificationsTable")
    buckets = DynamoTokenBuckets(dynamodb, table, beside_deliveries, kept_for=timedelta(days=30))

    buckets.owe(f"{TENANT}#pace/5", RateLimit(5, 5), 6, clock())

    (item,) = dynamodb.scan(TableName=table)["Items"]
    assert item.keys() == {"pk", "sk", "spent_until", "expires_at"}  # so no index holds it
    assert item["expires_at"]["N"] == str(int(clock().timestamp()) + 30 * 86_400)
    assert (item["pk"]["S"], item["sk"]["S"]) == (f"{TENANT}#pace", "5")
    assert buckets.take(f"{TENANT}#pace/5", RateLimit(5, 5), 1, clock()).tokens == 0
