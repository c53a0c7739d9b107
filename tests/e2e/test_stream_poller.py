"""Facts about the stand-in for a stream's mapping, on a real stream and a function that fails."""

import io
import json
import time
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest

from local.clients import client
from local.stack import Stack
from local.stream_poller import polling
from tests.eventually import eventually

# Fails the batch at the first bad record; a killer ends the process, as a lack of memory does.
FUNCTION = """
import os

def handler(event, context):
    for record in event["Records"]:
        name = record["dynamodb"]["NewImage"]["pk"]["S"]
        if name == "killer":
            os._exit(1)
        if name == "bad":
            return {"batchItemFailures": [
                {"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        print("HEARD", name)
    return {"batchItemFailures": []}
"""


class Pipe:
    """A table whose stream calls the function, with a queue for what fails; names of its own."""

    def __init__(self, stack: Stack) -> None:
        self.name = f"pipe-{uuid.uuid4().hex[:8]}"
        self.dynamodb = client("dynamodb", stack.aws_endpoint)
        self.lambda_ = client("lambda", stack.aws_endpoint)
        self.sqs = client("sqs", stack.aws_endpoint)
        self.logs = client("logs", stack.aws_endpoint)
        self.logs.create_log_group(logGroupName=f"/aws/lambda/{self.name}")
        self.role = client("iam", stack.aws_endpoint).list_roles()["Roles"][0]["Arn"]
        self.queue = self.sqs.create_queue(QueueName=self.name)["QueueUrl"]
        self.mapping_id = self._map(self._stream(), self._function(), self._topic(stack))

    def insert(self, *names: str) -> None:
        for name in names:
            item = {"pk": {"S": name}, "created_at": {"S": "2026-11-21T22:55:18.123456Z"}}
            self.dynamodb.put_item(TableName=self.name, Item=item)

    def heard(self) -> list[str]:
        """What the function processed, in order."""
        pages = self.logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{self.name}"
        )
        lines = [event["message"] for page in pages for event in page["events"]]
        return [line.split()[1] for line in lines if line.startswith("HEARD")]

    def given_up(self) -> list[dict[str, Any]]:
        """What was sent to the failure destination since the last look."""
        messages = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in messages.get("Messages", [])]

    def _stream(self) -> str:
        table = self.dynamodb.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )["TableDescription"]
        return str(table["LatestStreamArn"])

    def _function(self) -> str:
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("function.py", FUNCTION)
        created = self.lambda_.create_function(
            FunctionName=self.name,
            Runtime="python3.13",
            Role=self.role,
            Handler="function.handler",
            Code={"ZipFile": code.getvalue()},
        )
        return str(created["FunctionArn"])

    def _topic(self, stack: Stack) -> str:
        """The failure destination, whose messages the queue takes as they are."""
        asked = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        sns = client("sns", stack.aws_endpoint)
        topic = sns.create_topic(Name=self.name)["TopicArn"]
        policy = {  # as the template's: without it, nothing arrives
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": asked["Attributes"]["QueueArn"],
                    "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
                }
            ],
        }
        self.sqs.set_queue_attributes(
            QueueUrl=self.queue, Attributes={"Policy": json.dumps(policy)}
        )
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=asked["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )
        return str(topic)

    def _map(self, stream: str, function: str, topic: str) -> str:
        mapping = self.lambda_.create_event_source_mapping(
            EventSourceArn=stream,
            FunctionName=function,
            Enabled=False,
            StartingPosition="TRIM_HORIZON",
            BatchSize=100,
            MaximumRetryAttempts=1,
            BisectBatchOnFunctionError=True,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            FilterCriteria={"Filters": [{"Pattern": '{"eventName":["INSERT"]}'}]},
            DestinationConfig={"OnFailure": {"Destination": topic}},
        )
        return str(mapping["UUID"])


@pytest.mark.parametrize("poison", ["bad", "killer"])
def test_one_record_that_always_fails_costs_none_of_the_others(
    stack: Stack, tmp_path: Path, poison: str
) -> None:
    pipe = Pipe(stack)
    pipe.insert("1", "2", poison, "3", "4")
    with polling(stack.aws_endpoint, pipe.mapping_id, tmp_path / "stream.json"):
        (given_up,) = eventually(pipe.given_up)
        eventually(lambda: "4" in pipe.heard())
    assert given_up["DDBStreamBatchInfo"]["batchSize"] == 1
    assert given_up["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert sorted(set(pipe.heard())) == ["1", "2", "3", "4"]
    assert pipe.given_up() == []


def test_a_second_run_goes_on_where_the_first_was_stopped(stack: Stack, tmp_path: Path) -> None:
    pipe = Pipe(stack)
    checkpoint = tmp_path / "stream.json"
    pipe.insert("1")
    with polling(stack.aws_endpoint, pipe.mapping_id, checkpoint):
        eventually(lambda: pipe.heard() == ["1"])
    pipe.insert("2")
    time.sleep(0.5)  # nobody listens
    assert pipe.heard() == ["1"]
    with polling(stack.aws_endpoint, pipe.mapping_id, checkpoint):
        eventually(lambda: pipe.heard() == ["1", "2"])
