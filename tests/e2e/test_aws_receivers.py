"""Facts about queues, topics and buses of receivers: reached by their role, under IAM."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

import pytest

from local.clients import REGION, client
from local.stack import Stack
from tests.e2e.tenants import new_tenant
from tests.eventually import eventually
from tests.raw_http import RawApi, expect

SECONDS = 30.0


@dataclass(frozen=True)
class Account:
    """What a receiver has made in its account: a role that trusts us for one tenant."""

    stack: Stack
    name: str
    role_arn: str

    def aws(self, service: str) -> Any:
        return client(service, self.stack.aws_endpoint)

    def queue(self, suffix: str = "", **attributes: str) -> tuple[str, str]:
        """A queue's URL and ARN."""
        sqs = self.aws("sqs")
        url = sqs.create_queue(QueueName=f"{self.name}{suffix}", Attributes=attributes)["QueueUrl"]
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, told["Attributes"]["QueueArn"]

    def takes_from(self, service: str, queue_url: str, queue_arn: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.aws("sqs").set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": policy})

    def may(self, action: str, arn: str) -> None:
        statement = {"Effect": "Allow", "Action": action, "Resource": arn}
        self.aws("iam").put_role_policy(
            RoleName=self.name,
            PolicyName=action.replace(":", "-"),
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )

    def await_message(self, queue_url: str) -> dict[str, Any]:
        def receive() -> dict[str, Any] | None:
            answer = self.aws("sqs").receive_message(
                QueueUrl=queue_url, MessageAttributeNames=["All"]
            )
            found: dict[str, Any] | None = next(iter(answer.get("Messages", [])), None)
            return found

        return eventually(receive, SECONDS)


def an_account(stack: Stack, api: RawApi, external_id: str | None = None) -> Account:
    """With a role for that tenant, or for that external id."""
    me = expect(api.get("/me"), 200).json()
    name = f"triggers-delivery-{secrets.token_hex(4)}"
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{me['aws_account_id']}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringLike": {"sts:ExternalId": external_id or me["aws_external_id"]}},
    }
    role = client("iam", stack.aws_endpoint).create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    return Account(stack, name, role["Role"]["Arn"])


def subscribe(api: RawApi, channel: str, **settings: str) -> str:
    draft = {"name": f"to {channel}", "channel": channel, "settings": settings}
    config_id: str = expect(api.post("/notifications/configs", draft), 201).json()["id"]
    return config_id


def post(api: RawApi) -> dict[str, Any]:
    draft = {"event_type": "invoice.failed", "payload": {"total": 1.10}, "severity": "error"}
    event: dict[str, Any] = expect(api.post("/events", draft), 201).json()
    return event


def tried(api: RawApi, config_id: str) -> dict[str, Any]:
    answer = expect(api.post("/notifications/test", {"config_id": config_id}), 200)
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize("suffix", ["", ".fifo"])
def test_an_event_arrives_in_a_queue(stack: Stack, suffix: str) -> None:
    api = new_tenant(stack)
    account = an_account(stack, api)
    url, arn = account.queue(suffix, **({"FifoQueue": "true"} if suffix else {}))
    account.may("sqs:SendMessage", arn)
    subscribe(api, "sqs", queue_arn=arn, role_arn=account.role_arn)

    event = post(api)

    message = account.await_message(url)
    assert json.loads(message["Body"]) == event
    assert message["MessageAttributes"]["event_type"]["StringValue"] == "invoice.failed"


def test_an_event_arrives_in_a_queue_that_has_subscribed_to_a_topic(stack: Stack) -> None:
    api = new_tenant(stack)
    account = an_account(stack, api)
    url, queue_arn = account.queue()
    account.takes_from("sns", url, queue_arn)
    sns = account.aws("sns")
    topic_arn = sns.create_topic(Name=account.name)["TopicArn"]
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)
    account.may("sns:Publish", topic_arn)
    subscribe(api, "sns", topic_arn=topic_arn, role_arn=account.role_arn)

    event = post(api)

    envelope = json.loads(account.await_message(url)["Body"])
    assert json.loads(envelope["Message"]) == event


def test_an_event_arrives_where_a_rule_of_a_bus_leads(stack: Stack) -> None:
    api = new_tenant(stack)
    account = an_account(stack, api)
    url, queue_arn = account.queue()
    account.takes_from("events", url, queue_arn)
    events = account.aws("events")
    bus_arn = events.create_event_bus(Name=account.name)["EventBusArn"]
    pattern = {"source": ["com.example.shop"], "detail": {"severity": ["error"]}}
    of = {"EventBusName": account.name}
    events.put_rule(Name=account.name, EventPattern=json.dumps(pattern), **of)
    events.put_targets(Rule=account.name, Targets=[{"Id": "1", "Arn": queue_arn}], **of)
    account.may("events:PutEvents", bus_arn)
    bus = {"event_bus_arn": bus_arn, "role_arn": account.role_arn}
    subscribe(api, "eventbridge", source="com.example.shop", **bus)

    event = post(api)

    put = json.loads(account.await_message(url)["Body"])
    assert (put["detail-type"], put["detail"]) == ("invoice.failed", event)


def test_no_tenant_reaches_the_queue_of_another_by_its_role(stack: Stack) -> None:
    """Both may name the role; it trusts us for one of them."""
    api, mallory = new_tenant(stack), new_tenant(stack)
    account = an_account(stack, api)
    _, arn = account.queue()
    account.may("sqs:SendMessage", arn)
    target = {"queue_arn": arn, "role_arn": account.role_arn}

    refused = tried(mallory, subscribe(mallory, "sqs", **target))

    assert not refused["accepted"]
    assert "external id" in refused["error"]
    assert tried(api, subscribe(api, "sqs", **target))["accepted"]


def test_a_role_that_any_external_id_opens_is_not_used(stack: Stack) -> None:
    api = new_tenant(stack)
    account = an_account(stack, api, external_id="*")
    _, arn = account.queue()
    account.may("sqs:SendMessage", arn)

    refused = tried(api, subscribe(api, "sqs", queue_arn=arn, role_arn=account.role_arn))

    assert not refused["accepted"]
    assert "any external id" in refused["error"]


def test_a_role_is_lent_for_the_one_target_of_its_config(stack: Stack) -> None:
    """What the role may not do is refused, and told by AWS's word for it."""
    api = new_tenant(stack)
    account = an_account(stack, api)
    _, arn = account.queue()

    refused = tried(api, subscribe(api, "sqs", queue_arn=arn, role_arn=account.role_arn))

    assert not refused["accepted"]
    assert refused["error"].startswith("Amazon SQS answered AccessDenied")
    assert REGION in arn
