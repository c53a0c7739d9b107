import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.unit.channels.aws_accounts import ROLE, Accounts
from tests.unit.channels.pushes import DELIVERY_ID, a_push
from triggers_api.aws.clients import ClientMaker
from triggers_api.channels.receivers_roles import ReceiversRoles
from triggers_api.channels.sns import SnsChannel
from triggers_api.push.channel import Push, Receipt

TOPIC = "arn:aws:sns:eu-central-1:123456789012:events"


def to_topic(arn: str = TOPIC, **event: Any) -> Push:
    return a_push({"topic_arn": arn, "role_arn": ROLE}, **event)


def test_a_topic_gets_the_event_and_what_subscriptions_filter_by() -> None:
    accounts = Accounts()
    channel = SnsChannel(ReceiversRoles(accounts, longest_seconds=1))
    push = to_topic()

    assert channel.send(push) == Receipt(status_code=200, answer="m-1")

    (sent,) = accounts.sent
    attributes = sent.pop("MessageAttributes")
    assert sent == {"TopicArn": TOPIC, "Message": push.event.as_json().decode()}
    assert attributes.keys() == {"event_type", "severity", "event_id", "delivery_id"}


def test_a_repeated_push_is_one_message_of_a_fifo_topic() -> None:
    accounts = Accounts()
    SnsChannel(ReceiversRoles(accounts, longest_seconds=1)).send(to_topic(f"{TOPIC}.fifo"))

    (sent,) = accounts.sent
    assert sent["MessageDeduplicationId"] == DELIVERY_ID
    assert sent["MessageGroupId"] == "order.fetched"


@pytest.mark.parametrize("suffix", ["", ".fifo"])
def test_the_message_is_one_that_aws_takes(suffix: str) -> None:
    with mock_aws():
        fifo = {"FifoQueue": "true"} if suffix else {}
        sqs = boto3.client("sqs", region_name="eu-central-1")
        sns = boto3.client("sns", region_name="eu-central-1")
        queue = sqs.create_queue(QueueName=f"events{suffix}", Attributes=fifo)["QueueUrl"]
        fifo = {"FifoTopic": "true"} if suffix else {}
        topic = sns.create_topic(Name=f"events{suffix}", Attributes=fifo)["TopicArn"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])
        accounts, maker = Accounts(), ClientMaker(one_try_of_seconds=1)
        roles = ReceiversRoles(
            lambda service, *of: (accounts if service == "sts" else maker)(service, *of),
            longest_seconds=1,
            clock=accounts.clock,
        )
        push = to_topic(topic)

        assert SnsChannel(roles).send(push).accepted

        (got,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    envelope = json.loads(got["Body"])
    assert json.loads(envelope["Message"])["id"] == push.event.id
    assert envelope["MessageAttributes"]["event_type"]["Value"] == "order.fetched"
