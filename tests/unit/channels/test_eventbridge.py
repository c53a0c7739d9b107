from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.clock import START
from tests.unit.channels.aws_accounts import ROLE, Accounts
from tests.unit.channels.pushes import a_push
from triggers_api.aws.clients import ClientMaker
from triggers_api.channels.eventbridge import EventBridgeChannel
from triggers_api.channels.receivers_roles import ReceiversRoles
from triggers_api.errors import InvalidContentError
from triggers_api.push.channel import Push, Receipt, Refusal
from triggers_api.push.settings_fields import read_settings

MAX_ENTRY_BYTES = 1_000_000
BUS = "arn:aws:events:eu-central-1:123456789012:event-bus/events"
PUT = {"FailedEntryCount": 0, "Entries": [{"EventId": "e-1"}]}


def to_bus(arn: str = BUS, **event: Any) -> Push:
    return a_push({"event_bus_arn": arn, "role_arn": ROLE, "source": "triggers-api"}, **event)


def channel_on(accounts: Accounts) -> EventBridgeChannel:
    return EventBridgeChannel(ReceiversRoles(accounts, longest_seconds=1, clock=accounts.clock))


def entry_size(entry: dict[str, Any]) -> int:
    """As EventBridge counts it."""
    return 14 + sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))


def test_a_bus_gets_the_event_as_the_detail_of_its_type() -> None:
    accounts = Accounts(answer=PUT)
    push = to_bus()

    assert channel_on(accounts).send(push) == Receipt(status_code=200, answer="e-1")

    assert accounts.sent == [
        {
            "Entries": [
                {
                    "EventBusName": BUS,
                    "Source": "triggers-api",
                    "DetailType": "order.fetched",
                    "Detail": push.event.as_json().decode(),
                    "Time": START,
                }
            ]
        }
    ]


def test_the_largest_event_fits() -> None:
    largest = b'{"note":"%s"}' % (b"x" * 262_000)
    push = to_bus(
        payload=largest, event_type="x" * 128, metadata={f"k{n}": "ü" * 100 for n in range(50)}
    )

    entry = channel_on(Accounts()).message(push)

    assert entry_size(entry) < MAX_ENTRY_BYTES
    assert len(entry["DetailType"]) <= 128


@pytest.mark.parametrize(
    ("code", "message", "error", "meaning"),
    [
        ("ThrottlingException", "", "answered ThrottlingException.", Refusal.TOO_FAST),
        ("InternalFailure", "", "answered InternalFailure.", Refusal.DOWN),
        ("AccessDeniedException", "", "answered AccessDeniedException.", Refusal.DOWN),
        ("NotAuthorizedForSourceException", "", "answered NotAuthorizedForSourceException.", Refusal.DOWN),
        ("MalformedDetail", "s3cr3t", "answered MalformedDetail.", Refusal.NOT_THIS_EVENT),
    ],
)  # fmt: skip
def test_what_failed_behind_a_200_has_failed(
    code: str, message: str, error: str, meaning: Refusal
) -> None:
    failed = {"ErrorCode": code, "ErrorMessage": message}
    accounts = Accounts(answer={"FailedEntryCount": 1, "Entries": [failed]})

    receipt = channel_on(accounts).send(to_bus())

    assert receipt == Receipt(status_code=200, error=f"Amazon EventBridge {error}", refusal=meaning)


def test_a_failed_entry_without_a_word_is_a_failure() -> None:
    receipt = channel_on(Accounts(answer={"FailedEntryCount": 1, "Entries": [{}]})).send(to_bus())

    assert receipt.error == "Amazon EventBridge answered an error."


@pytest.mark.parametrize(
    ("source", "kept"),
    [(None, "triggers-api"), ("com.example.shop", "com.example.shop"), ("aws.s3", None), ("a b", None)],
)  # fmt: skip
def test_a_source_is_anybodys_but_awss(source: str | None, kept: str | None) -> None:
    settings = {"event_bus_arn": BUS, "role_arn": ROLE, "source": source}
    fields = channel_on(Accounts()).fields

    if kept is None:
        with pytest.raises(InvalidContentError):
            read_settings(fields, settings)
    else:
        assert read_settings(fields, settings).shown["source"] == kept


def test_the_entry_is_one_that_aws_takes() -> None:
    with mock_aws():
        events = boto3.client("events", region_name="eu-central-1")
        bus = events.create_event_bus(Name="events")["EventBusArn"]
        accounts, maker = Accounts(), ClientMaker(one_try_of_seconds=1)
        roles = ReceiversRoles(
            lambda service, *of: (accounts if service == "sts" else maker)(service, *of),
            longest_seconds=1,
            clock=accounts.clock,
        )

        receipt = EventBridgeChannel(roles).send(to_bus(bus))

    assert receipt.accepted
    assert receipt.answer
