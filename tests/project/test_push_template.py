"""Facts about the Dispatch and Deliver chapters of template.yaml that no linter knows."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from admin.template import template
from tests.cloudformation import properties, resources
from tests.conftest import ENVIRONMENT
from triggers_api.handlers.rescuer import WITHIN
from triggers_api.push.deliver import WAITS_AT_MOST
from triggers_api.push.rescue import LATE_AFTER, LATE_BEHIND_OTHERS_AFTER
from triggers_api.push.retry import DEFAULT_DELAYS
from triggers_api.settings import DeliverySettings
from triggers_api.store.items import IS_NEW

QUEUES = resources("AWS::SQS::Queue")
MAPPINGS = resources("AWS::Lambda::EventSourceMapping")
STREAM_MAPPINGS = [name for name in MAPPINGS if name != "DeliveryMapping"]
FAILURE_QUEUES = {  # by their topics
    each["Properties"]["TopicArn"]["Ref"]: each["Properties"]["Endpoint"]["Fn::GetAtt"][0]
    for each in resources("AWS::SNS::Subscription").values()
    if each["Properties"]["Protocol"] == "sqs"
}
DAY_SECONDS = 86_400


def test_private_targets_cannot_be_allowed_on_aws() -> None:
    conditions = template()["Conditions"]
    account = {"Ref": "AWS::AccountId"}
    assert conditions["OnTheEmulator"] == {
        "Fn::Or": [
            {"Fn::Equals": [account, "000000000000"]},
            {"Fn::Equals": [account, "AWS::AccountId"]},
        ]
    }
    assert {"Condition": "OnTheEmulator"} in conditions["RunsLocally"]["Fn::And"]
    assert {"Condition": "RunsLocally"} in conditions["PushesToPrivateTargets"]["Fn::And"]
    for function in ("ApiFunction", "DeliveryFunction"):
        assert properties(function)["Environment"]["Variables"]["ALLOW_PRIVATE_TARGETS"] == {
            "Fn::If": ["PushesToPrivateTargets", "1", "0"]
        }


def test_the_default_schedule_is_the_codes_own() -> None:
    text = template()["Parameters"]["RetryScheduleSeconds"]["Default"]
    environment = ENVIRONMENT | {"RETRY_SCHEDULE_SECONDS": text}

    assert DeliverySettings.from_environment(environment).retry_delays == DEFAULT_DELAYS


def test_a_batch_stays_hidden_six_times_as_long_as_its_function_may_run() -> None:
    visibility = properties("DeliveryQueue")["VisibilityTimeout"]
    window = properties("DeliveryMapping").get("MaximumBatchingWindowInSeconds", 0)
    assert visibility >= 6 * properties("DeliveryFunction")["Timeout"] + window


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_has_a_dead_letter_queue_or_is_one(queue: str) -> None:
    wanted = properties(queue)
    ends = {json.dumps({"Fn::GetAtt": [queue, "Arn"]})}
    takes_failures = queue in FAILURE_QUEUES.values() or any(
        ends & {json.dumps(dead_letters(other))} for other in QUEUES
    )
    assert takes_failures != ("RedrivePolicy" in wanted)
    assert wanted["SqsManagedSseEnabled"] is True
    if takes_failures:
        assert wanted["MessageRetentionPeriod"] == 14 * DAY_SECONDS
    else:  # a message's age is counted on from the first queue
        assert wanted["MessageRetentionPeriod"] <= 7 * DAY_SECONDS
        assert wanted["RedrivePolicy"]["maxReceiveCount"] > 5 * len(DEFAULT_DELAYS)


def destinations(mapping: Mapping[str, Any]) -> list[Any]:
    return [one["Destination"] for one in mapping.get("DestinationConfig", {}).values()]


def dead_letters(queue: str) -> Any:
    return properties(queue).get("RedrivePolicy", {}).get("deadLetterTargetArn")


@pytest.mark.parametrize("mapping", STREAM_MAPPINGS)
def test_what_a_mapping_gives_up_survives_an_outage_of_queues(mapping: str) -> None:
    """Such an outage may be why it was given up, and only a topic keeps trying for days."""
    (destination,) = destinations(properties(mapping))
    assert destination["Ref"] in FAILURE_QUEUES
    assert template()["Resources"][destination["Ref"]]["Type"] == "AWS::SNS::Topic"


@pytest.mark.parametrize(("topic", "queue"), FAILURE_QUEUES.items())
def test_a_queue_takes_what_was_given_up_from_its_topic_alone(topic: str, queue: str) -> None:
    (policy,) = (
        each["Properties"]["PolicyDocument"]["Statement"]
        for each in resources("AWS::SQS::QueuePolicy").values()
        if each["Properties"]["Queues"] == [{"Ref": queue}]
    )
    (statement,) = policy
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": topic}}}


def test_calls_side_by_side_dispatch_what_a_shard_takes() -> None:
    """One at a time is 50 to 100 events a second; a shard takes 500 events of two writes."""
    assert properties("DispatcherMapping")["ParallelizationFactor"] * 50 >= 500


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_mapping_retries_what_failed_and_not_for_ever(mapping: str) -> None:
    wanted = properties(mapping)
    assert wanted["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    source, _ = wanted["EventSourceArn"]["Fn::GetAtt"]
    if source in QUEUES:
        assert "RedrivePolicy" in properties(source)
        return
    assert (
        wanted["MaximumRetryAttempts"] == -1
    )  # whichever comes first would end it: age alone does
    assert 0 < wanted["MaximumRecordAgeInSeconds"] <= DAY_SECONDS / 4
    assert wanted["BisectBatchOnFunctionError"] is True
    assert destinations(wanted)


def test_only_new_events_are_dispatched_and_none_is_left_out() -> None:
    wanted = properties("DispatcherMapping")
    (one,) = wanted["FilterCriteria"]["Filters"]
    marker = [(name, tuple(value.items())) for name, value in IS_NEW.items()]
    assert json.loads(one["Pattern"]) == {
        "dynamodb": {
            "Keys": {"sk": {"S": ["event"]}},
            "NewImage": {name: {kind: [value]} for name, ((kind, value),) in marker},
        }
    }
    assert wanted["StartingPosition"] == "TRIM_HORIZON"
    assert wanted["Enabled"] == {"Fn::If": ["RunsLocally", False, True]}


def test_sending_again_is_no_loop_and_no_function_can_be_starved_of_workers() -> None:
    assert properties("DeliveryFunction")["RecursiveLoop"] == "Allow"
    assert properties("DeliveryMapping")["ScalingConfig"] == {
        "MaximumConcurrency": {"Fn::If": ["RunsLocally", 4, {"Ref": "DeliveryConcurrency"}]}
    }
    for function in ("DispatcherFunction", "DeliveryFunction"):
        assert "ReservedConcurrentExecutions" not in properties(function)


def test_the_api_keeps_executions_for_itself_where_the_account_has_enough() -> None:
    """A reservation is refused by an account that would be left with less than a hundred."""
    assert properties("ApiFunction")["ReservedConcurrentExecutions"] == {
        "Fn::If": ["ReservesForTheApi", {"Ref": "ApiReservedConcurrency"}, {"Ref": "AWS::NoValue"}]
    }
    assert template()["Parameters"]["ApiReservedConcurrency"]["Default"] == 0


def test_the_history_is_spread_over_configs_in_order_of_time() -> None:
    index, *_ = properties("NotificationsTable")["GlobalSecondaryIndexes"]
    keys = [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
    assert index["IndexName"] == "HistoryIndex"
    assert index["Projection"] == {"ProjectionType": "ALL"}
    assert keys == [
        ("tenant", "HASH"),
        ("config_id", "HASH"),
        ("created_at", "RANGE"),
        ("id", "RANGE"),
    ]


def test_a_tenants_failures_lie_together_by_status_and_sorted_by_config() -> None:
    _, index, _ = properties("NotificationsTable")["GlobalSecondaryIndexes"]
    keys = [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
    assert index["IndexName"] == "UnsuccessfulIndex"
    assert index["Projection"]["NonKeyAttributes"] == ["event_type"]
    assert keys == [
        ("tenant", "HASH"),
        ("unsuccessful", "HASH"),
        ("config_id", "RANGE"),
        ("created_at", "RANGE"),
        ("id", "RANGE"),
    ]


def test_public_keys_are_found_by_an_index_that_no_breaker_writes() -> None:
    *_, index = properties("NotificationsTable")["GlobalSecondaryIndexes"]
    assert index["KeySchema"] == [{"AttributeName": "key_set", "KeyType": "HASH"}]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_the_key_of_the_secrets_is_rotated_and_outlives_the_stack() -> None:
    key = template()["Resources"]["SecretsKey"]
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert key["Properties"]["EnableKeyRotation"] is True


def test_the_rescuer_ends_by_itself_and_an_old_run_is_not_made_up_for() -> None:
    function, slowest_page_seconds = properties("RescuerFunction"), 14

    assert WITHIN.total_seconds() + slowest_page_seconds < function["Timeout"]
    assert properties("RescuerSchedule")["ScheduleExpression"] == "rate(15 minutes)"
    assert function["EventInvokeConfig"]["MaximumRetryAttempts"] == 0


def test_nothing_is_called_late_that_the_queue_itself_delays() -> None:
    longest_delay, crash = 900, properties("DeliveryQueue")["VisibilityTimeout"]

    assert LATE_AFTER.total_seconds() > 2 * (longest_delay + crash)
    assert LATE_BEHIND_OTHERS_AFTER > WAITS_AT_MOST
