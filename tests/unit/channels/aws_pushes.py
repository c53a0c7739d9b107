"""Pushes to accounts of receivers, through each channel to AWS."""

from collections.abc import Callable
from dataclasses import replace

from tests.unit.channels.aws_accounts import ROLE, Accounts
from tests.unit.channels.pushes import a_push
from triggers_api.channels.eventbridge import EventBridgeChannel
from triggers_api.channels.receivers_roles import ReceiversRoles
from triggers_api.channels.sns import SnsChannel
from triggers_api.channels.sqs import SqsChannel
from triggers_api.push.channel import Channel, Push, Receipt

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:events"
CHANNELS: dict[Callable[[ReceiversRoles], Channel], tuple[str, str, str]] = {
    SqsChannel: ("queue_arn", QUEUE, "sqs:SendMessage"),
    SnsChannel: ("topic_arn", "arn:aws:sns:eu-central-1:123456789012:events", "sns:Publish"),
    EventBridgeChannel: (
        "event_bus_arn",
        "arn:aws:events:eu-central-1:123456789012:event-bus/events",
        "events:PutEvents",
    ),
}


def open_channel(kind: Callable[[ReceiversRoles], Channel], accounts: Accounts) -> Channel:
    return kind(ReceiversRoles(accounts, longest_seconds=5, clock=accounts.clock))


def to_queue(arn: str = QUEUE, role: str = ROLE, tenant: str = "acme") -> Push:
    push = a_push({"queue_arn": arn, "role_arn": role})
    return replace(push, config=replace(push.config, tenant=tenant))


def sent(accounts: Accounts, push: Push | None = None) -> Receipt:
    return open_channel(SqsChannel, accounts).send(push or to_queue())
