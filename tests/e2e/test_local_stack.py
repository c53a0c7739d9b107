"""Facts about the system as a stranger runs it: the real template, served on this machine."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from local.clients import REGION, client
from local.seed import STORY, post_story
from local.stack import Stack, stack_file
from tests.invocations import SAMPLES, invocation
from tests.raw_http import RawApi, expect

CHAPTERS = sorted(STORY.glob("*.json"))

STATUSES = {
    "post-event": 201,
    "get-inbox": 200,
    "acknowledge": 204,
    "unknown-route": 404,
    "malformed-body": 400,
}


def inbox(stack: Stack) -> dict[str, dict[str, Any]]:
    """What waits, by id; the newest hundred, which holds what a test has just posted."""
    page = expect(RawApi.of(stack).get("/inbox?order=desc"), 200).json()
    return {event["id"]: event for event in page}


def dynamodb_as(stack: Stack, access_key: str, secret_key: str, token: str | None = None) -> Any:
    session: Any = boto3.Session(access_key, secret_key, token, REGION)
    return session.client("dynamodb", endpoint_url=stack.aws_endpoint)


def resource_name(stack: Stack, logical_id: str) -> str:
    found = client("cloudformation", stack.aws_endpoint).describe_stack_resource(
        StackName=stack.stack_name, LogicalResourceId=logical_id
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_an_event_of_the_story_comes_back_as_posted_until_it_is_acknowledged(
    stack: Stack, chapter: Path
) -> None:
    posted = json.loads(chapter.read_bytes())
    event = expect(RawApi.of(stack).post("/events", chapter.read_bytes()), 201).json()
    waiting = inbox(stack)[event["id"]]
    assert waiting == event
    assert {name: waiting[name] for name in posted} == posted
    expect(RawApi.of(stack).post(f"/events/{event['id']}/acknowledge"), 204)
    assert event["id"] not in inbox(stack)


def test_the_story_posted_twice_doubles_nothing(stack: Stack) -> None:
    assert post_story(stack.api) == len(CHAPTERS)
    once = set(inbox(stack))
    assert post_story(stack.api) == len(CHAPTERS)
    assert set(inbox(stack)) == once


@pytest.mark.parametrize(("sample", "status"), STATUSES.items())
def test_a_sample_invocation_is_answered(stack: Stack, sample: str, status: int) -> None:
    draft = {"event_type": "order.fetched", "payload": {}}
    event_id = expect(RawApi.of(stack).post("/events", draft), 201).json()["id"]
    event = invocation(sample, api_key=stack.api_key, event_id=event_id)
    answer = client("lambda", stack.aws_endpoint).invoke(
        FunctionName=resource_name(stack, "ApiFunction"), Payload=json.dumps(event)
    )
    assert "FunctionError" not in answer
    assert json.load(answer["Payload"])["statusCode"] == status


def test_every_sample_invocation_is_tested() -> None:
    assert set(STATUSES) == {path.stem for path in SAMPLES.glob("*.json")}


def test_an_unknown_path_is_answered_in_the_shape_of_every_error(stack: Stack) -> None:
    answer = RawApi.of(stack).get("/no/such/path")
    assert answer.status == 404
    assert set(answer.json()) == {"error", "message", "details", "request_id"}


def test_only_its_user_can_read_the_key(stack: Stack, tmp_path: Path) -> None:
    stack_file(tmp_path).touch(mode=0o644)
    stack.save(stack_file(tmp_path))
    assert stack_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert Stack.load(stack_file(tmp_path)) == stack


def test_an_unsigned_call_of_aws_is_refused(stack: Stack) -> None:
    session: Any = boto3.Session(region_name=REGION)
    unsigned = session.client(
        "dynamodb", endpoint_url=stack.aws_endpoint, config=Config(signature_version=UNSIGNED)
    )
    with pytest.raises(ClientError) as refusal:
        unsigned.list_tables()
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)


def test_a_call_of_aws_with_an_unknown_key_is_refused(stack: Stack) -> None:
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        dynamodb_as(stack, "AKIAIOSFODNN7EXAMPLE", "x").list_tables()


def test_the_functions_role_may_do_what_it_names_and_nothing_else(stack: Stack) -> None:
    role = resource_name(stack, "ApiRole")
    session = client("sts", stack.aws_endpoint).assume_role(
        RoleArn=f"arn:aws:iam::000000000000:role/{role}", RoleSessionName="test"
    )["Credentials"]
    dynamodb = dynamodb_as(
        stack, session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]
    )
    table = resource_name(stack, "EventsTable")
    nothing = {"pk": {"S": "nobody"}, "sk": {"S": "nothing"}}
    assert "Item" not in dynamodb.get_item(TableName=table, Key=nothing)
    for unlisted in ("EventsTable", "KeysTable"):
        with pytest.raises(ClientError, match="AccessDenied"):
            dynamodb.scan(TableName=resource_name(stack, unlisted))
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.put_item(
            TableName=resource_name(stack, "UsageTable"), Item=nothing | {"events": {"N": "0"}}
        )
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.delete_item(TableName=resource_name(stack, "UsageTable"), Key=nothing)
