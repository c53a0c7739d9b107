"""Facts about which records a mapping wants, and how the template's own one is read."""

import json
from typing import Any

import pytest

from local.stream_mapping import FOR_EVER, StreamMapping
from tests.cloudformation import properties
from tests.fakes.stream import ARN, NOW, a_mapping, a_record


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, True),
        ({"kind": "MODIFY"}, True),  # put over the head of an expired event
        ({"kind": "MODIFY", "is_new": False}, False),
        ({"kind": "REMOVE", "is_new": False}, False),
        ({"sk": "payload#evt_1"}, False),
        ({"sk": "tenant", "is_new": False}, False),
    ],
)
def test_only_heads_that_say_they_are_new_are_wanted(
    fields: dict[str, Any],
    wanted: bool,  # noqa: FBT001
) -> None:
    assert a_mapping().wants(a_record("1", **fields)) is wanted


def test_a_pattern_asks_for_what_is_not_there_in_vain() -> None:
    assert not a_mapping(patterns=({"dynamodb": {"NewImage": {"a": ["b"]}}},)).wants(a_record("1"))
    assert a_mapping(patterns=()).wants(a_record("1"))


def test_a_pattern_with_an_operator_is_refused_rather_than_misread() -> None:
    mapping = a_mapping(patterns=({"eventName": [{"prefix": "IN"}]},))
    with pytest.raises(NotImplementedError, match="operators"):
        mapping.wants(a_record("1"))


def test_the_mapping_of_the_template_is_understood() -> None:
    wanted = properties("DispatcherMapping")
    answer = wanted | {
        "EventSourceArn": ARN,
        "FunctionArn": "arn:function",
        "DestinationConfig": {"OnFailure": {"Destination": "arn:topic"}},
    }
    mapping = StreamMapping.of(answer)
    assert mapping.patterns == (json.loads(wanted["FilterCriteria"]["Filters"][0]["Pattern"]),)
    assert mapping.wants(a_record("1"))
    assert (mapping.bisects, mapping.reports_failures) == (True, True)
    assert mapping.failures_topic_arn == "arn:topic"
    assert not mapping.is_exhausted(10_000)
    assert mapping.is_too_old(a_record("1", at=0), wanted["MaximumRecordAgeInSeconds"] + 1)


def test_what_a_mapping_does_not_say_is_as_aws_has_it() -> None:
    mapping = StreamMapping.of({"EventSourceArn": ARN, "FunctionArn": "f", "BatchSize": 100})
    assert (mapping.max_retries, mapping.max_age_seconds) == (FOR_EVER, FOR_EVER)
    assert not mapping.is_exhausted(10_000)
    assert not mapping.is_too_old(a_record("1", at=0), NOW)
    assert (mapping.bisects, mapping.reports_failures, mapping.failures_topic_arn) == (
        False,
        False,
        None,
    )
