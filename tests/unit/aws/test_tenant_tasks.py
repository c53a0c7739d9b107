"""A tenant's tasks are found wherever they wait, however many there are."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from triggers_api.aws.tenant_tasks import HIDDEN_SECONDS, DeadLetters, Schedules
from triggers_api.errors import QueueUnavailableError


def test_schedules_are_found_over_all_pages() -> None:
    """Scheduler lists up to a hundred a page; moto pages none."""
    client: Any = boto3.client("scheduler", region_name="us-east-1")
    listed = {"GroupName": "tasks", "NamePrefix": "42_"}
    with Stubber(client) as aws:
        aws.add_response("list_schedules", _page("42_a", "42_b") | {"NextToken": "more"}, listed)
        aws.add_response("list_schedules", _page("42_c"), listed | {"NextToken": "more"})
        for name in ("42_a", "42_b", "42_c"):
            aws.add_response("delete_schedule", {}, {"GroupName": "tasks", "Name": name})

        removed = list(Schedules(client, "tasks", lambda _tenant: ["cfg_42"])("shop"))

        aws.assert_no_pending_responses()
    assert removed == [1, 1, 1]


@pytest.mark.parametrize(("hidden", "is_whole"), [(1, True), (2, False)])
def test_a_letter_that_came_twice_hides_no_other(hidden: int, is_whole: bool) -> None:  # noqa: FBT001
    """SQS delivers at least once, and only the newest receipt of a letter shows it again."""
    client: Any = boto3.client("sqs", region_name="us-east-1")
    url = {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/letters"}
    asked = url | {"MaxNumberOfMessages": 10, "VisibilityTimeout": HIDDEN_SECONDS}
    name = "ApproximateNumberOfMessagesNotVisible"
    shown = [{"Id": "0", "ReceiptHandle": "new", "VisibilityTimeout": 0}]
    with Stubber(client) as aws:
        for receipts in (["old"], ["new"], []):
            letters = [
                {"MessageId": "1", "ReceiptHandle": each, "Body": '{"tenant": "bank"}'}
                for each in receipts
            ]
            aws.add_response(
                "receive_message", {"Messages": letters}, asked | {"WaitTimeSeconds": 1}
            )
        aws.add_response(
            "get_queue_attributes",
            {"Attributes": {name: str(hidden)}},
            url | {"AttributeNames": [name]},
        )
        aws.add_response(
            "change_message_visibility_batch",
            {"Successful": [], "Failed": []},
            url | {"Entries": shown},
        )

        looking = DeadLetters(client, url["QueueUrl"])("shop")
        if is_whole:
            assert list(looking) == [0, 0]
        else:
            with pytest.raises(QueueUnavailableError, match="Somebody else"):
                list(looking)

        aws.assert_no_pending_responses()


def _page(*names: str) -> dict[str, Any]:
    return {"Schedules": [{"Name": each} for each in names]}
