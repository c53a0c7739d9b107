"""A tenant's tasks are found wherever they wait, however many there are."""

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from tests.clock import FixedClock
from tests.cloudformation import properties
from triggers_api.aws.tenant_tasks import HIDDEN_SECONDS, LOOKS_WITHIN, DeadLetters, Schedules
from triggers_api.errors import QueueUnavailableError, UnseenError
from triggers_api.handlers.remover import WITHIN


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

        looking = DeadLetters(client, url["QueueUrl"], FixedClock())("shop")
        if is_whole:
            assert list(looking) == [0, 0]
        else:
            with pytest.raises(UnseenError, match="Somebody else"):
                list(looking)

        aws.assert_no_pending_responses()


def test_more_letters_than_can_be_looked_at_are_neither_read_nor_shown_for_longer_than_that() -> (
    None
):
    """Showing costs as many calls as reading did, and a run has to end before it is killed."""
    client: Any = boto3.client("sqs", region_name="us-east-1")
    clock, calls = FixedClock(), list[str]()
    takes = {"ReceiveMessage": LOOKS_WITHIN / 4, "ChangeMessageVisibilityBatch": LOOKS_WITHIN / 2}

    def take_time(model: Any, **_: object) -> None:
        calls.append(model.name)
        clock.at += takes[model.name]

    client.meta.events.register("provide-client-params.sqs", take_time)
    with Stubber(client) as aws:
        for ten in range(4):
            letters = [
                {"MessageId": f"{ten}{n}", "ReceiptHandle": f"{ten}{n}", "Body": "{}"}
                for n in range(10)
            ]
            aws.add_response("receive_message", {"Messages": letters})
        for _ in range(2):
            aws.add_response("change_message_visibility_batch", {"Successful": [], "Failed": []})

        looking = DeadLetters(client, "https://sqs.us-east-1.amazonaws.com/1/letters", clock)
        with pytest.raises(UnseenError, match="more dead letters"):
            list(looking("shop"))

    assert calls == ["ReceiveMessage"] * 4 + ["ChangeMessageVisibilityBatch"] * 2
    assert _longest_run() < timedelta(seconds=properties("RemoverFunction")["Timeout"])


def _longest_run() -> timedelta:
    """Its last batch begins at its end; then it shows what it looked at."""
    return WITHIN + LOOKS_WITHIN


def test_a_letter_that_the_queue_does_not_delete_is_not_counted_as_gone() -> None:
    """SQS refuses entries behind a 200, and may tell of no hidden letter for another minute."""
    client: Any = boto3.client("sqs", region_name="us-east-1")
    url = {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/letters"}
    failed = {"Id": "0", "SenderFault": False, "Code": "InternalError"}
    letter = {"MessageId": "1", "ReceiptHandle": "r", "Body": '{"tenant": "shop"}'}
    with Stubber(client) as aws:
        aws.add_response("receive_message", {"Messages": [letter]})
        aws.add_response(
            "delete_message_batch",
            {"Successful": [], "Failed": [failed]},
            url | {"Entries": [{"Id": "0", "ReceiptHandle": "r"}]},
        )

        with pytest.raises(QueueUnavailableError, match="did not delete"):
            list(DeadLetters(client, url["QueueUrl"], FixedClock())("shop"))

        aws.assert_no_pending_responses()


def _page(*names: str) -> dict[str, Any]:
    return {"Schedules": [{"Name": each} for each in names]}
