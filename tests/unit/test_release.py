"""Facts about a release: what gives it another name, and what SAM is told to deploy."""

import tomllib
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from admin.plan import plan_of, section_of
from admin.release import name_of, taken_back_at, with_release
from admin.template import template
from tests.cloudformation import ROOT

PARAMETERS = ["Stage=prod", "LogLevel=INFO"]
SAMCONFIG = (ROOT / "samconfig.toml").read_text()

each_stage = pytest.mark.parametrize("stage", ["dev", "staging", "prod"])


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "ApiFunction").mkdir()
    (tmp_path / "ApiFunction" / "app.py").write_text("one")
    (tmp_path / "template.yaml").write_text("Timeout: 10")
    return tmp_path


def settings(samconfig: str, stage: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(samconfig)[section_of(stage)]["deploy"]["parameters"]
    return found


def deployed(built: Path, stage: str = "prod", **told: str) -> dict[str, str]:
    """The parameters that SAM is told of."""
    written = with_release(SAMCONFIG, stage, built, **told)
    found: dict[str, str] = settings(written, stage)["parameter_overrides"]
    return found


def test_the_same_code_and_parameters_have_the_same_name(built: Path) -> None:
    name = name_of(built, PARAMETERS)
    (built / "ApiFunction" / "app.pyc").write_bytes(b"compiled")

    assert name_of(built, PARAMETERS[::-1]) == name


def test_other_code_another_template_and_another_parameter_have_another_name(built: Path) -> None:
    names = [name_of(built, PARAMETERS), name_of(built, ["Stage=prod", "LogLevel=DEBUG"])]
    (built / "ApiFunction" / "app.py").write_text("two")
    names.append(name_of(built, PARAMETERS))
    (built / "template.yaml").write_text("Timeout: 20")
    names.append(name_of(built, PARAMETERS))
    (built / "ApiFunction" / "app.py").rename(built / "ApiFunction" / "moved.py")
    names.append(name_of(built, PARAMETERS))

    assert len(set(names)) == len(names)


@each_stage
def test_every_parameter_is_told_for_what_is_not_stays_as_it_is_on_the_stack(
    built: Path, stage: str
) -> None:
    told = deployed(built, stage)
    planned = plan_of(stage).parameters

    assert set(told) == set(template()["Parameters"])
    assert told == {**planned, "Release": told["Release"]}
    assert told["Release"] == name_of(built, [f"{key}={value}" for key, value in planned.items()])


@each_stage
def test_but_for_its_parameters_a_stage_is_deployed_as_configured(built: Path, stage: str) -> None:
    before = settings(SAMCONFIG, stage)
    after = settings(with_release(SAMCONFIG, stage, built), stage)

    assert after == {**before, "parameter_overrides": after["parameter_overrides"]}


@each_stage
def test_this_once_it_may_take_over_in_another_way(built: Path, stage: str) -> None:
    before = deployed(built, stage)
    once = deployed(built, stage, rollout="Linear10PercentEvery1Minute")

    assert once == {**before, "Rollout": "Linear10PercentEvery1Minute"}
    assert deployed(built, stage) == before  # by name, or the stack would keep what was told once


def test_a_release_that_was_taken_back_has_another_name_when_it_is_tried_again(built: Path) -> None:
    """Its versions are still there, and Lambda publishes nothing that is as the last one."""
    names = {
        deployed(built)["Release"],
        deployed(built, taken_back_at="2026-11-29 08:00:00")["Release"],
        deployed(built, taken_back_at="2026-11-30 08:00:00")["Release"],
    }

    assert len(names) == 3


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("UPDATE_COMPLETE", None),
        ("CREATE_COMPLETE", None),
        ("REVIEW_IN_PROGRESS", None),
        ("UPDATE_ROLLBACK_COMPLETE", "2026-11-29 08:00:00"),
    ],
)
def test_an_update_that_was_taken_back_is_known_by_its_time(
    status: str, expected: str | None
) -> None:
    client: Any = boto3.client("cloudformation", region_name="us-east-1")
    times = {"CreationTime": "2026-11-01 08:00:00", "LastUpdatedTime": "2026-11-29 08:00:00"}
    with Stubber(client) as aws:
        stack = {"StackName": "triggers-prod", "StackStatus": status, **times}
        aws.add_response("describe_stacks", {"Stacks": [stack]})

        assert taken_back_at("triggers-prod", client) == expected


@pytest.mark.parametrize(
    ("override", "value"),
    [
        (r"FrameAncestors=https://a.example https://b.example", None),
        (r"FrameAncestors=\"https://a.example https://b.example\"", None),
        (r"FrameAncestors='https://a.example https://b.example'", None),
        (r"FrameAncestors=", ""),
        (r"FrameAncestors=https://a.example/?a=b", "https://a.example/?a=b"),
    ],
)
def test_a_value_is_deployed_whole_with_quotes_around_it_or_without(
    built: Path, override: str, value: str | None
) -> None:
    samconfig = SAMCONFIG.replace('"Stage=prod"', f'"Stage=prod", "{override}"')
    told = settings(with_release(samconfig, "prod", built), "prod")["parameter_overrides"]

    expected = "https://a.example https://b.example" if value is None else value
    assert told["FrameAncestors"] == expected
