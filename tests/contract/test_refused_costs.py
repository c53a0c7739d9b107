"""What a thousand requests cost that are refused at a source's URL: next to nothing.

`python -m pytest -n 0 -s` on this file prints the table.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.events import TENANT, a_tenant, an_api_key
from tests.builders.sources import SECRET, path_of, push_from_github
from tests.capacity import Bill, metered
from tests.clock import FixedClock
from tests.conftest import ENVIRONMENT
from tests.contract.conftest import create_table
from tests.dependencies import dependencies
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.fakes.tenants import InMemoryTenantStore
from tests.functional.leaving_tenant import PlainBox
from tests.http_api import Api
from triggers_api.handlers.api import build
from triggers_api.settings import ApiSettings
from triggers_api.store.sources import DynamoSourceStore
from triggers_api.store.token_buckets import DynamoTokenBuckets, beside_deliveries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REQUESTS = 1000
MILLISECONDS = 20  # from one to the next: 50 a second, as a process of Lambda's may have them
# us-east-1, in dollars: a unit written and read, a byte of a log.
WRITE, READ, LOGGED = 0.625e-6, 0.125e-6, 0.50 / 2**30


@dataclass
class World:
    """The API with a real store of sources, and a source."""

    api: Api
    source: dict[str, Any]
    clock: FixedClock
    bill: Bill
    log: StringIO


Request = Callable[[World, int], int]


def wrong_signature(world: World, _: int) -> int:
    return push_from_github(world.api, world.source, secret="wrong-one").status


def too_large(world: World, _: int) -> int:
    return push_from_github(world.api, world.source, b"x" * 300_000).status


def one_unknown_token(world: World, _: int) -> int:
    path = path_of(world.source)[:-6] + "------"
    return world.api.calling_with(None).post(path, {}).status


def many_unknown_tokens(world: World, number: int) -> int:
    path = f"{path_of(world.source)[:-6]}-{number:05}"
    return world.api.calling_with(None).post(path, {}).status


def no_token(world: World, number: int) -> int:
    return world.api.calling_with(None).post(f"/in/{number}", {}).status


def above_the_rate(world: World, number: int) -> int:
    return push_from_github(world.api, world.source, {"n": number}).status


REFUSED: dict[Request, tuple[int, int, int]] = {  # status; units written and read, at most
    wrong_signature: (401, 24, 6),
    too_large: (413, 24, 2),
    one_unknown_token: (404, 0, 1),
    many_unknown_tokens: (404, 0, REQUESTS),
    no_token: (404, 0, 0),
    above_the_rate: (429, 140, 6),
}


@pytest.fixture
def world(
    dynamodb: "DynamoDBClient",
    clock: FixedClock,
    fake_events: InMemoryEventStore,
    fake_api_keys: InMemoryApiKeyStore,
) -> Iterator[World]:
    table = create_table(dynamodb, "NotificationsTable")
    tenants = InMemoryTenantStore()
    tenants.add(replace(a_tenant(clock()), own_limits={"requests_per_second": 2, "burst": 2}))
    key, token = an_api_key(clock(), tenant=TENANT)
    fake_api_keys.add(key)
    given = replace(
        dependencies(fake_events, fake_api_keys, tenants=tenants),
        sources=DynamoSourceStore(dynamodb, table, PlainBox()),
        source_buckets=DynamoTokenBuckets(dynamodb, table, beside_deliveries),
    )
    api = Api(build(ApiSettings.from_environment(ENVIRONMENT), given, clock), token)
    body = {"name": "GitHub", "provider": "github", "secret": SECRET}
    source = api.post("/sources", body).json()
    (output,) = logging.getLogger(ENVIRONMENT["POWERTOOLS_SERVICE_NAME"]).handlers
    assert isinstance(output, logging.StreamHandler)
    log = StringIO()
    before = output.setStream(log)
    with metered(dynamodb, "NotificationsTable") as bill:
        yield World(api, source, clock, bill, log)
    output.setStream(before)


@pytest.mark.parametrize("request_", REFUSED, ids=lambda kind: kind.__name__)
def test_a_thousand_refused_requests_write_and_log_next_to_nothing(
    world: World, request_: Request
) -> None:
    status, most_written, most_read = REFUSED[request_]

    answers = []
    for number in range(REQUESTS):
        world.clock.at += world.clock.at.resolution * 1000 * MILLISECONDS
        answers.append(request_(world, number))

    refused = answers.count(status)
    taken = answers.count(200)
    logged = len(world.log.getvalue())
    bill = world.bill
    cents = 100 * (bill.write_units * WRITE + bill.read_units * READ + logged * LOGGED)
    told = f"{bill.write_units:.0f} written, {bill.read_units:.0f} read, {logged} bytes logged"
    print(f"\n{request_.__name__}: {refused} refused, {taken} taken; {told}; {cents * 1000:.2f} cents per million")  # noqa: T201  # fmt: skip
    assert refused + taken == REQUESTS
    assert refused > REQUESTS * 0.9
    assert bill.write_units <= most_written
    assert bill.read_units <= most_read
    assert logged - taken * 1000 < 12_000
