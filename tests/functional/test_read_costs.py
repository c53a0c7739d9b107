"""What reads much costs what it reads; which operations do is declared."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.builders.events import an_event, incompressible_payload, store_event
from tests.builders.push import a_config, a_delivery, a_task
from tests.clock import START, FixedClock
from tests.conftest import ENVIRONMENT
from tests.dependencies import dependencies
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.fakes.push import InMemoryConfigStore
from tests.fakes.rate import InMemoryTokenBuckets
from tests.fakes.sources import InMemorySourceStore
from tests.functional.conftest import NewToken
from tests.http_api import Api
from triggers_api.api.app import SUBJECTS
from triggers_api.api.operation import Cost
from triggers_api.errors import StoreUnavailableError
from triggers_api.handlers.api import build
from triggers_api.push.config import NotificationConfig, Subscription
from triggers_api.read_meter import note_read
from triggers_api.settings import ApiSettings
from triggers_api.sources.source import Source

# Each reads a few rows by their keys, or no table of ours; operators have no limit.
READS_FEW_UNITS = {
    "get_event",
    "get_health",
    "get_key_set",
    "get_me",
    "get_config",
    "list_channels",
    "list_providers",
    "get_source",
    "greet_foreign",
    "get_alerts",
    "get_daily_events",
    "get_dashboard",
    "get_success_rate",
    "get_status_changes",
    "get_summary",
    "list_tenants",
    "get_tenant",
    "get_tenant_usage",
}


DRAFT = {
    "name": "Shop",
    "channel": "webhook",
    "settings": {"url": "https://hooks.example.com"},
    "filters": {"match": "payload.total > 10"},
}
CONFIG = a_config()
DEAD = a_delivery(a_task(an_event(START), CONFIG))


class Dear(InMemoryEventStore):
    """Reads 30 units to count, and may fail afterwards."""

    fails = False

    def count_undelivered(self, *arguments: Any, **more: Any) -> Any:
        note_read(30)
        if self.fails:
            message = "The store is busy. Try again."
            raise StoreUnavailableError(message)
        return super().count_undelivered(*arguments, **more)


class ManyConfigs(InMemoryConfigStore):
    """Reads 30 units to tell which configs there are."""

    def list_configs(self, tenant: str) -> tuple[NotificationConfig, ...]:
        note_read(30)
        return super().list_configs(tenant)

    def list_subscriptions(self, tenant: str) -> tuple[Subscription, ...]:
        note_read(30)
        return super().list_subscriptions(tenant)


class ManySources(InMemorySourceStore):
    """Reads 30 units to tell which sources there are."""

    def list_sources(self, tenant: str) -> tuple[Source, ...]:
        note_read(30)
        return super().list_sources(tenant)


@pytest.fixture
def store(clock: FixedClock) -> Dear:
    return Dear(clock)


@pytest.fixture
def limited(
    store: Dear, fake_api_keys: InMemoryApiKeyStore, clock: FixedClock, new_token: NewToken
) -> Api:
    limit = {"RATE_LIMIT_PER_SECOND": "5", "RATE_LIMIT_BURST": "10"}
    given = replace(
        dependencies(store, fake_api_keys),
        token_buckets=InMemoryTokenBuckets(),
        configs=ManyConfigs(),
        sources=ManySources(),
    )
    given.configs.put(CONFIG)
    given.deliveries.record(DEAD, known_attempts=None)
    return Api(build(ApiSettings.from_environment(ENVIRONMENT | limit), given, clock), new_token())


def test_counting_an_inbox_owes_what_it_read(limited: Api) -> None:
    assert limited.get("/inbox/stats").status == 200

    assert limited.get("/me").status == 429


def test_a_lease_of_large_events_owes_their_payloads(
    limited: Api, store: Dear, clock: FixedClock
) -> None:
    store_event(store, clock(), payload=incompressible_payload(60_000))
    assert len(limited.post("/inbox/lease").json()["events"]) == 1

    assert limited.get("/me").status == 429


def test_leases_of_small_events_owe_what_a_page_of_them_does(
    limited: Api, store: Dear, clock: FixedClock
) -> None:
    for _ in range(10):
        store_event(store, clock())
    for _ in range(3):
        assert len(limited.post("/inbox/lease", {"limit": 3}).json()["events"]) == 3

    assert limited.get("/me").status == 200


@pytest.mark.parametrize(
    "path", ["/notifications/dead-letters/replay", f"/notifications/configs/{a_config().id}/replay"]
)
def test_a_replay_of_many_owes_what_it_read_to_know_its_configs(limited: Api, path: str) -> None:
    assert limited.post(path, {"dry_run": True}).status in {200, 404}

    assert limited.get("/me").status == 429


@pytest.mark.parametrize(
    ("asked", "body", "status"),
    [
        ("POST /events/{event_id}/replay", None, 202),
        (f"POST /notifications/history/{DEAD.id}/replay", None, 202),
        ("POST /notifications/configs", DRAFT, 201),
        (f"PUT /notifications/configs/{CONFIG.id}", DRAFT, 200),
        (f"PATCH /notifications/configs/{CONFIG.id}", {"filters": DRAFT["filters"]}, 200),
        ("POST /sources", {"name": "Shop", "provider": "github"}, 201),
    ],
)
def test_whatever_reads_all_configs_or_sources_for_its_answer_owes_that(
    limited: Api, store: Dear, clock: FixedClock, asked: str, body: Any, status: int
) -> None:
    method, path = asked.format(event_id=store_event(store, clock()).id).split()
    raw = None if body is None else json.dumps(body).encode()
    assert limited.send(method, path, raw).status == status

    assert limited.get("/me").status == 429


def test_what_was_read_before_a_failure_is_owed_as_well(limited: Api, store: Dear) -> None:
    store.fails = True
    assert limited.get("/inbox/stats").status == 503

    assert limited.get("/me").status == 429


def test_whatever_only_reads_declares_that_it_may_read_much_or_is_known_to_read_little() -> None:
    charged_as_one = {
        each.id
        for subject in SUBJECTS
        for each in subject.declared
        if each.method == "GET" and each.cost is Cost.CALL
    }

    assert charged_as_one == READS_FEW_UNITS
