"""Facts about roles: a function may do what it does, and nothing that it never does.

A day in the life of a deployment, of which each call is held against the role of the function
that made it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from tests.builders.events import (
    DELIVERED_RETENTION,
    TENANT,
    UNDELIVERED_RETENTION,
    a_fingerprint,
    a_keyed_event,
    incompressible_payload,
)
from tests.functional.role_journey import prepare_senders, travel
from tests.functional.traced_journey import answering_one_at_a_time
from tests.functional.whole_deployment import ROLES, WholeDeployment, whole_deployment
from tests.quick_moto import mock_aws
from tests.roles import Acting, Asked, grants_of
from triggers_api.aws import clients
from triggers_api.settings import EventsSettings
from triggers_api.store.event_items import EventItems
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.items import event_key
from triggers_api.timestamps import now

pytestmark = pytest.mark.xdist_group("roles")

RETENTION: Mapping[str, Any] = {
    "undelivered_retention": UNDELIVERED_RETENTION,
    "delivered_retention": DELIVERED_RETENTION,
}

# What is granted, and not seen on that day, with the reason.
OTHERWISE = {
    ("ApiRole", "dynamodb:DeleteItem", "KeysTable"): "a key that another took the last place from",
    **{
        (role, "dynamodb:DeleteItem", "EventsTable"): "a payload that lost its place, see below"
        for role in ("DeliveryRole", "DispatcherRole")
    },
    ("CounterRole", "dynamodb:GetItem", "EventsTable"): "for what it meets minutes late",
    ("CounterRole", "dynamodb:GetItem", "NotificationsTable"): "for what it meets minutes late",
    ("DeliveryRole", "sqs:DeleteMessage", "DeliveryQueue"): "the mapping's",
    ("DeliveryRole", "sqs:GetQueueAttributes", "DeliveryQueue"): "the mapping's",
    ("DeliveryRole", "sqs:ReceiveMessage", "DeliveryQueue"): "the mapping's",
    **{
        ("RescuerRole", action, resource): "for what is late and held by no receiver: a later day"
        for action, resource in (
            ("dynamodb:PutItem", "NotificationsTable"),
            ("dynamodb:UpdateItem", "NotificationsTable"),
            ("sqs:GetQueueAttributes", "DeliveryQueue"),
            ("sqs:SendMessage", "DeliveryQueue"),
        )
    },
}


@pytest.fixture(scope="module")
def travelled() -> Iterator[WholeDeployment]:
    with answering_one_at_a_time(), mock_aws(), whole_deployment() as deployment:
        prepare_senders()
        travel(deployment)
        yield deployment


@pytest.mark.parametrize("role", ROLES)
def test_a_function_may_do_what_it_does(travelled: WholeDeployment, role: str) -> None:
    acting = travelled.acting[role]

    assert acting.used, "it did nothing"
    assert acting.refused == set()


# The remover's day is long: `test_deleting_a_tenant.py` knows each of its calls.
@pytest.mark.parametrize("role", [each for each in ROLES if each != "RemoverRole"])
def test_a_function_may_do_nothing_that_it_never_does(
    travelled: WholeDeployment, role: str
) -> None:
    never = {(role, each.action, each.resource) for each in travelled.acting[role].unused}

    assert never == {each for each in OTHERWISE if each[0] == role}


@pytest.mark.parametrize("role", ["ApiRole", "DeliveryRole", "DispatcherRole"])
def test_who_stores_an_event_may_delete_its_payload_when_another_was_faster(
    travelled: WholeDeployment, role: str
) -> None:
    """Workers that tell the same news at once each see its place free, and put its payload."""
    table = travelled.tables["EventsTable"]
    acting = Acting(role, {table: "EventsTable"})
    event = a_keyed_event(now(), role, payload=incompressible_payload(9_000))
    with acting.at_work():
        client, settings = (
            clients.create_client("dynamodb"),
            EventsSettings(table=table, **RETENTION),
        )
        events = DynamoEventStore(client, settings, now)
        events.add(TENANT, event, a_fingerprint())
        with patch.object(EventItems, "at_place", lambda *_: None):
            slower = replace(event, created_at=now())
            assert events.add(TENANT, slower, a_fingerprint()).replayed

    own = event_key(TENANT, event.id)["pk"]
    kept = [each["sk"]["S"] for each in travelled.items("EventsTable") if each["pk"] == own]
    assert len(kept) == 2, "the head, and its payload"


@pytest.mark.parametrize("role", ["DeliveryRole", "DispatcherRole"])
@pytest.mark.parametrize("partition", ["acme", "acme#leases", "acme#execution#42"])
def test_who_stores_events_deletes_nothing_but_what_lies_beside_them(
    role: str, partition: str
) -> None:
    asked = Asked("dynamodb:DeleteItem", "EventsTable", (("dynamodb:LeadingKeys", (partition,)),))

    assert not any(each.allows(asked) for each in grants_of(role))
