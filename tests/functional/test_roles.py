"""Facts about roles: a function may do what it does, and nothing that it never does.

A day in the life of a deployment, of which each call is held against the role of the function
that made it.
"""

from collections.abc import Iterator

import pytest

from tests.functional.role_journey import prepare_senders, travel
from tests.functional.traced_journey import answering_one_at_a_time
from tests.functional.whole_deployment import ROLES, WholeDeployment, whole_deployment
from tests.quick_moto import mock_aws

pytestmark = pytest.mark.xdist_group("roles")

# What is granted, and not seen on that day, with the reason.
OTHERWISE = {
    ("ApiRole", "dynamodb:DeleteItem", "KeysTable"): "a key that another took the last place from",
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
