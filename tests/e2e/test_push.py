"""Facts about pushing, end to end: what is posted arrives at its receivers, once it can."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from local.clients import REGION, client
from local.mail_catcher import catching_mail
from local.received import Push, Received
from local.receiver import running_receiver
from local.seed import push_to
from local.smoke import walk
from local.stack import Stack
from tests.e2e.tenants import new_tenant
from tests.eventually import eventually
from tests.raw_http import RawApi, expect
from triggers_api.aws.task_queue import SqsDeliveryQueue
from triggers_api.push.delivery import Task
from triggers_api.settings import QueueSettings

SECONDS = 30.0


@pytest.fixture
def received() -> Received:
    return Received()


@pytest.fixture
def url(received: Received) -> Iterator[str]:
    with running_receiver(received) as url:
        yield url


def subscribe(api: RawApi, channel: str, settings: Any, **more: Any) -> dict[str, Any]:
    draft = {"name": f"to {channel}", "channel": channel, "settings": settings} | more
    config: dict[str, Any] = expect(api.post("/notifications/configs", draft), 201).json()
    return config


def post(api: RawApi, event_type: str = "invoice.failed", **more: Any) -> dict[str, Any]:
    draft = {"event_type": event_type, "payload": {"order_id": "A-1"}, "severity": "error"} | more
    event: dict[str, Any] = expect(api.post("/events", draft), 201).json()
    return event


def await_push(received: Received, channel: str, attempt: int = 1) -> Push:
    push = received.wait_for(
        lambda push: push.channel == channel and push.attempt == attempt, SECONDS
    )
    assert push is not None, received.newest_first()
    return push


def await_delivery(api: RawApi, event: dict[str, Any], status: str) -> dict[str, Any]:
    """The event's one delivery, once it has that status."""

    def find() -> dict[str, Any] | None:
        path = f"/notifications/history?event_id={event['id']}"
        for delivery in expect(api.get(path), 200).json():
            if delivery["status"] == status:
                found: dict[str, Any] = delivery
                return found
        return None

    return eventually(find, SECONDS)


def outputs(stack: Stack) -> dict[str, str]:
    (one,) = client("cloudformation", stack.aws_endpoint).describe_stacks(
        StackName=stack.stack_name
    )["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in one["Outputs"]}


def test_a_posted_event_arrives_as_it_was_answered(
    stack: Stack, received: Received, url: str
) -> None:
    api = new_tenant(stack)
    subscribe(api, "webhook", {"url": f"{url}/hook", "bearer_token": "let-me-in"})
    event = post(api, payload={"order_id": "A-1", "note": "x" * 20_000})

    push = await_push(received, "webhook")

    assert push.json() == event
    assert push.headers["authorization"] == "Bearer let-me-in"
    assert {"webhook-id", "webhook-timestamp", "webhook-signature"} <= set(push.headers)
    assert len(await_delivery(api, event, "succeeded")["attempts"]) == 1
    assert api.get(f"/events/{event['id']}").json()["status"] == "pending"


def test_people_are_told_in_their_own_channels(stack: Stack, received: Received, url: str) -> None:
    api = new_tenant(stack)
    with catching_mail(received) as port:
        subscribe(api, "slack", {"url": f"{url}/services/T0/B0/x"})
        bot = {"bot_token": f"1:{'a' * 30}", "chat_id": "42", "api_url": url}
        subscribe(api, "telegram", bot)
        mail = {"host": "127.0.0.1", "port": port, "security": "none", "from": "t@example.com"}
        subscribe(api, "email", mail | {"to": ["ops@example.com"]})
        post(api)
        for channel in ("slack", "telegram", "email"):
            assert "KONOZY" in await_push(received, channel).note


def test_only_what_the_filters_want_arrives(stack: Stack, received: Received, url: str) -> None:
    api = new_tenant(stack)
    subscribe(api, "webhook", {"url": url}, filters={"event_types": ["order.*"]})
    post(api, "invoice.failed")
    post(api, "order.failed")
    await_push(received, "webhook")
    assert [push.json()["event_type"] for push in received.newest_first()] == ["order.failed"]


def test_a_receiver_that_fails_gets_it_again(stack: Stack, received: Received, url: str) -> None:
    api = new_tenant(stack)
    subscribe(api, "webhook", {"url": f"{url}/?fail_first=2"})
    event = post(api)
    delivery = await_delivery(api, event, "succeeded")
    assert [each["status_code"] for each in delivery["attempts"]] == [500, 500, 200]
    first, second, third = reversed(received.newest_first())
    assert second.at - first.at >= timedelta(seconds=1)
    assert third.at - second.at >= timedelta(seconds=2)
    assert len({push.headers["webhook-id"] for push in (first, second, third)}) == 1


def test_what_is_refused_for_good_is_a_dead_letter_with_its_reason(stack: Stack, url: str) -> None:
    api = new_tenant(stack)
    subscribe(api, "slack", {"url": f"{url}/services/T0?status=404"})
    event = post(api)
    await_delivery(api, event, "dead")
    # Its record says so first, then the event.
    eventually(lambda: api.get(f"/events/{event['id']}").json()["status"] == "failed", SECONDS)

    sqs = client("sqs", stack.aws_endpoint)
    queue = outputs(stack)["DeadLetterQueueUrl"]

    def find() -> dict[str, Any] | None:
        messages = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=1).get("Messages", [])
        letters = [json.loads(each["Body"]) for each in messages]
        return next((each for each in letters if each["event_id"] == event["id"]), None)

    # In our words; the receiver's own are in the history alone, where erasure finds them.
    assert eventually(find, SECONDS)["reason"] == "Slack answered 404 Not Found."


def test_secrets_are_sealed_where_they_are_stored(stack: Stack, url: str) -> None:
    api = new_tenant(stack)
    config = subscribe(api, "webhook", {"url": url, "bearer_token": "let-me-in"})
    dynamodb = client("dynamodb", stack.aws_endpoint)
    stored = str(dynamodb.scan(TableName=outputs(stack)["NotificationsTableName"])["Items"])
    assert config["id"] in stored
    assert "let-me-in" not in stored
    assert config["secret"].removeprefix("whsec_") not in stored


def test_what_waits_for_hours_comes_back_by_a_schedule(
    stack: Stack, received: Received, url: str
) -> None:
    """The role may make it, and it reaches the worker; only the hours are seconds here."""
    api = new_tenant(stack)
    config = subscribe(api, "webhook", {"url": url}, filters={"event_types": ["never.posted"]})
    event = post(api)
    function = client("lambda", stack.aws_endpoint).get_function_configuration(
        FunctionName=outputs(stack)["DeliveryFunctionName"]
    )
    settings = QueueSettings.from_environment(function["Environment"]["Variables"])
    role = client("sts", stack.aws_endpoint).assume_role(
        RoleArn=function["Role"], RoleSessionName="test"
    )["Credentials"]
    session: Any = boto3.Session(
        role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"], REGION
    )
    scheduler = session.client("scheduler", endpoint_url=stack.aws_endpoint)
    hours_ago = datetime.now(UTC) - timedelta(hours=6)
    tenant = expect(api.get("/me"), 200).json()["tenant"]
    task = Task(tenant=tenant, event_id=event["id"], config_id=config["id"])

    queue = SqsDeliveryQueue(None, scheduler, settings, lambda: hours_ago)
    queue.send_later(task, datetime.now(UTC) + timedelta(seconds=1))

    assert await_push(received, "webhook").json()["id"] == event["id"]


def test_the_local_receiver_is_subscribed_once_wherever_it_is(stack: Stack) -> None:
    api = new_tenant(stack)
    push_to("http://127.0.0.1:4567", api.client)
    (config,) = expect(api.get("/notifications/configs"), 200).json()
    asked = {"url": "http://127.0.0.1:4567/demo?fail_first=3"}
    draft = {"name": config["name"], "channel": "webhook", "settings": asked}
    path = f"/notifications/configs/{config['id']}"
    expect(api.send("PUT", path, json.dumps(draft).encode()), 200)

    push_to("http://127.0.0.1:4600", api.client)

    (moved,) = expect(api.get("/notifications/configs"), 200).json()
    assert moved["id"] == config["id"]
    assert moved["settings"]["url"] == "http://127.0.0.1:4600/demo?fail_first=3"


def test_make_smoke_pushes_an_event_and_leaves_no_subscriber(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    api = new_tenant(stack)
    walk(api.client)
    assert "end to end" in capsys.readouterr().out
    assert api.get("/notifications/configs").json() == []
