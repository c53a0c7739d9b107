"""What a tenant stored before it was suspended goes on to its receivers, and stays in its inbox."""

from collections.abc import Iterator

import pytest

from local.received import Received
from local.receiver import running_receiver
from tests.builders.events import TENANT, a_tenant
from tests.clock import FixedClock
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.fakes.tenants import InMemoryTenantStore
from tests.functional.conftest import NewToken, assert_is_error, post_event
from tests.functional.whole_system import System
from tests.http_api import Api
from triggers_api.access.keys import Scope


@pytest.fixture
def system(
    fake_events: InMemoryEventStore,
    fake_api_keys: InMemoryApiKeyStore,
    fake_tenants: InMemoryTenantStore,
    clock: FixedClock,
) -> System:
    fake_tenants.add(a_tenant(clock()))
    return System(fake_events, fake_api_keys, clock, fake_tenants)


@pytest.fixture
def tenant(system: System, new_token: NewToken) -> Api:
    return system.api.calling_with(new_token())


@pytest.fixture
def operator(system: System, new_token: NewToken) -> Api:
    return system.api.calling_with(new_token(Scope.OPERATOR))


@pytest.fixture
def received() -> Received:
    return Received()


@pytest.fixture
def webhook(received: Received) -> Iterator[str]:
    with running_receiver(received) as url:
        yield url


def suspend(operator: Api, clock: FixedClock, *, suspended: bool = True) -> None:
    answer = operator.send("PATCH", f"/tenants/{TENANT}", {"suspended": suspended})
    assert answer.status == 200
    clock.advance(seconds=60)


def test_a_suspended_tenants_events_are_pushed_on_and_kept(
    system: System,
    tenant: Api,
    operator: Api,
    received: Received,
    webhook: str,
    clock: FixedClock,
) -> None:
    config = {"name": "shop", "channel": "webhook", "settings": {"url": webhook}}
    assert tenant.post("/notifications/configs", config).status == 201
    event = post_event(tenant)
    suspend(operator, clock)

    system.dispatch()
    system.deliver()

    assert_is_error(
        tenant.post("/events", {"event_type": "a.b", "payload": {}}), 403, "tenant_suspended"
    )
    assert len(received.newest_first()) == 1
    suspend(operator, clock, suspended=False)
    (delivery,) = tenant.get("/notifications/history").json()
    assert (delivery["event_id"], delivery["status"]) == (event["id"], "succeeded")
    assert tenant.get("/inbox").json() == [event]
