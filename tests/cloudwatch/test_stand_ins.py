"""Facts about stand-ins: the emulator can hold them, and nothing of the alarm is lost."""

from typing import Any

import yaml

from local.cloudwatch.stand_ins import metrics_of, with_stand_ins

TEMPLATE = """
Resources:
  Depth:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub ${AWS::StackName}-warning-depth
      Namespace: AWS/SQS
      MetricName: Depth
      Dimensions: [{Name: QueueName, Value: !GetAtt Queue.QueueName}]
      Period: 60
  Rate:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: rate
      Metrics:
        - Id: failed
          ReturnData: false
          MetricStat:
            Metric:
              Namespace: TriggersAPI
              MetricName: Failed
              Dimensions: [{Name: service, Value: stack}]
            Stat: Sum
            Period: 3600
        - Id: rate
          Expression: IF(failed >= 10, 100, 0)
      Threshold: 5
  Queue:
    Type: AWS::SQS::Queue
"""


class Plain(yaml.SafeLoader):
    """Takes intrinsic functions for what they are given."""


Plain.add_multi_constructor(
    "!",
    lambda loader, _, node: (
        loader.construct_sequence(node, deep=True)
        if isinstance(node, yaml.SequenceNode)
        else loader.construct_scalar(node)
    ),
)


def deployed(name: str) -> Any:
    return yaml.load(with_stand_ins(TEMPLATE), Plain)["Resources"][name]  # noqa: S506


def test_an_alarm_watches_a_namespace_in_which_nothing_is_measured() -> None:
    properties = deployed("Depth")["Properties"]
    assert properties["Namespace"] == "local:AWS/SQS"
    assert properties["MetricName"] == "Depth"
    (query,) = metrics_of(properties | {"Statistic": "Maximum"})
    assert query["MetricStat"] == {
        "Metric": {
            "Namespace": "AWS/SQS",
            "MetricName": "Depth",
            "Dimensions": [{"Name": "QueueName", "Value": "Queue.QueueName"}],
        },
        "Period": 60,
        "Stat": "Maximum",
    }


def test_metric_math_is_carried_whole() -> None:
    rate = deployed("Rate")
    assert "Metrics" not in rate["Properties"]
    original = yaml.load(TEMPLATE, Plain)["Resources"]["Rate"]["Properties"]["Metrics"]  # noqa: S506
    assert metrics_of(rate["Properties"]) == original


def test_an_extended_statistic_goes_before_the_emulators_default() -> None:
    told = {"Namespace": "local:N", "MetricName": "m", "Period": 60, "Statistic": "Average"}
    (query,) = metrics_of(told | {"ExtendedStatistic": "p99"})
    assert query["MetricStat"]["Stat"] == "p99"


def test_references_stay_for_the_emulator_to_resolve() -> None:
    text = with_stand_ins(TEMPLATE)
    assert "!GetAtt 'Queue.QueueName'" in text
    assert "!Sub '${AWS::StackName}-warning-depth'" in text


def test_everything_else_stays_as_it_was() -> None:
    before, after = (yaml.load(each, Plain) for each in (TEMPLATE, with_stand_ins(TEMPLATE)))  # noqa: S506
    for name in ("Depth", "Rate"):
        del before["Resources"][name], after["Resources"][name]
    assert after == before
