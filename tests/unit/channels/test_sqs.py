import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.unit.channels.aws_accounts import ROLE, Accounts
from tests.unit.channels.pushes import DELIVERY_ID, a_push
from triggers_api.aws.clients import ClientMaker
from triggers_api.channels.receivers_roles import ReceiversRoles
from triggers_api.channels.sqs import SqsChannel
from triggers_api.events.event import Severity
from triggers_api.push.channel import Push, Receipt

MAX_BYTES = 1024 * 1024
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:events"


def to_queue(arn: str = QUEUE, **event: Any) -> Push:
    return a_push({"queue_arn": arn, "role_arn": ROLE}, **event)


def message(push: Push) -> dict[str, Any]:
    return SqsChannel(ReceiversRoles(Accounts(), longest_seconds=1)).message(push)


def test_a_queue_gets_the_event_and_what_filters_look_at() -> None:
    push = to_queue(severity=Severity.ERROR)
    told = {name: each["StringValue"] for name, each in message(push)["MessageAttributes"].items()}

    assert message(push)["MessageBody"] == push.event.as_json().decode()
    assert told == {
        "event_type": "order.fetched",
        "severity": "error",
        "event_id": push.event.id,
        "delivery_id": DELIVERY_ID,
    }


def test_the_id_of_the_message_is_what_the_queue_answered() -> None:
    channel = SqsChannel(ReceiversRoles(Accounts(), longest_seconds=1))

    assert channel.send(to_queue()) == Receipt(status_code=200, answer="m-1")


def test_a_repeated_push_is_one_message_of_a_fifo_queue() -> None:
    sent = message(to_queue(f"{QUEUE}.fifo"))

    assert sent["MessageDeduplicationId"] == DELIVERY_ID
    assert sent["MessageGroupId"] == "order.fetched"
    assert "MessageGroupId" not in message(to_queue())


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "us-east-1", "sqs.us-east-1.amazonaws.com"),
        ("aws-us-gov", "us-gov-west-1", "sqs.us-gov-west-1.amazonaws.com"),
        ("aws-cn", "cn-north-1", "sqs.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_a_queue_is_where_its_arn_says(partition: str, region: str, host: str) -> None:
    sent = message(to_queue(f"arn:{partition}:sqs:{region}:123456789012:events"))

    assert sent["QueueUrl"] == f"https://{host}/123456789012/events"


def test_characters_that_sqs_does_not_take_mean_the_same_escaped() -> None:
    payload = '{"note":"\ufffe \uffff \U0001f600"}'
    body = message(to_queue(payload=payload.encode()))["MessageBody"]

    assert not {"\ufffe", "\uffff"} & {*body}
    assert json.loads(body)["payload"] == json.loads(payload)


def test_the_largest_event_fits() -> None:
    largest = b'{"note":"%s"}' % (b"x" * 262_000)
    sent = message(to_queue(payload=largest, metadata={f"k{n}": "ü" * 100 for n in range(50)}))

    attributes = sum(
        len(name) + len("String") + len(each["StringValue"])
        for name, each in sent["MessageAttributes"].items()
    )
    assert len(sent["MessageBody"].encode()) + attributes < MAX_BYTES


@pytest.mark.parametrize("suffix", ["", ".fifo"])
def test_the_message_is_one_that_aws_takes(suffix: str) -> None:
    with mock_aws():
        fifo = {"FifoQueue": "true"} if suffix else {}
        sqs = boto3.client("sqs", region_name="eu-central-1")
        queue = sqs.create_queue(QueueName=f"events{suffix}", Attributes=fifo)["QueueUrl"]
        accounts, maker = Accounts(), ClientMaker(one_try_of_seconds=1)
        roles = ReceiversRoles(
            lambda service, *of: (accounts if service == "sts" else maker)(service, *of),
            longest_seconds=1,
            clock=accounts.clock,
        )
        push = to_queue(f"{QUEUE}{suffix}")

        assert SqsChannel(roles).send(push).accepted

        (got,) = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"]
    assert json.loads(got["Body"])["id"] == push.event.id
    assert got["MessageAttributes"]["severity"]["StringValue"] == "info"
