"""Facts about what `make preflight` finds; botocore holds the answers here to AWS's own shapes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber

from admin.preflight import Level, findings, main, plan_of

Answers = Mapping[str, dict[str, Any] | str]  # by operation; a text is an error's code

ROOMY: Mapping[str, Answers] = {
    "sts": {"get_caller_identity": {"Account": "123456789012"}},
    "lambda": {
        "get_account_settings": {
            "AccountLimit": {"ConcurrentExecutions": 150, "UnreservedConcurrentExecutions": 150}
        }
    },
    "cloudformation": {"describe_stacks": "ValidationError"},
    "logs": {"describe_log_groups": {"logGroups": []}},
    "dynamodb": {"list_tables": {"TableNames": ["one"]}},
    "sesv2": {
        "get_account": {"ProductionAccessEnabled": True},
        "get_email_identity": {"VerifiedForSendingStatus": True},
    },
    "service-quotas": {
        "get_service_quota": {"Quota": {"Value": 10_000.0}},
        "list_service_quotas": {"Quotas": [{"QuotaName": "Number of schedules", "Value": 1e7}]},
    },
}


class Account:
    """An AWS account that answers every call of an operation alike."""

    def __init__(self, **answers: Answers) -> None:
        self._answers = {
            service: dict(told) | dict(answers.get(service.replace("-", "_"), {}))
            for service, told in ROOMY.items()
        }

    def connect(self, service: str) -> Any:
        client = boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]  # any
        client.meta.events.register_first("before-call", self._answer)
        return client

    def _answer(self, model: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
        service = model.service_model.service_name
        operation = next(
            name for name in self._answers[service] if name.replace("_", "") == model.name.lower()
        )
        answer = self._answers[service][operation]
        if isinstance(answer, str):
            error = {"Error": {"Code": answer, "Message": "It does not exist"}}
            return _Http(400), error
        checked = boto3.client(service, region_name="us-east-1")
        Stubber(checked).add_response(operation, answer)  # which refuses what AWS would not say
        return _Http(200), answer


class _Http:
    def __init__(self, status_code: int) -> None:
        self.status_code = status_code


def told(account: Account, **parameters: str) -> list[tuple[Level, str]]:
    plan = plan_of("prod")
    plan = replace(plan, parameters={**plan.parameters, **parameters})
    return [(each.level, each.sentence) for each in findings(plan, account.connect)]


def worst(account: Account, **parameters: str) -> tuple[Level, str]:
    order = list(Level)
    return max(told(account, **parameters), key=lambda each: order.index(each[0]))


def limits(whole: int, free: int | None = None) -> Answers:
    settings = {
        "ConcurrentExecutions": whole,
        "UnreservedConcurrentExecutions": whole if free is None else free,
    }
    return {"get_account_settings": {"AccountLimit": settings}}


def test_an_account_with_room_stops_nothing() -> None:
    assert {level for level, _ in told(Account())} == {Level.FINE}


def test_an_account_of_ten_executions_must_ask_for_more_first() -> None:
    level, sentence = worst(Account(**{"lambda": limits(10)}))
    assert level is Level.STOP
    assert "Lambda runs 10 at once" in sentence


def test_an_account_with_little_room_is_told_how_many_workers_fit() -> None:
    level, sentence = worst(Account(**{"lambda": limits(100)}))
    assert level is Level.WARNING
    assert "Set DeliveryConcurrency to 70" in sentence
    fits = told(Account(**{"lambda": limits(100)}), DeliveryConcurrency="70")
    assert {level for level, _ in fits} == {Level.FINE}


def test_an_account_with_much_room_is_told_to_reserve_some_for_the_api() -> None:
    _, sentence = worst(Account(**{"lambda": limits(1000)}))
    assert "ApiReservedConcurrency" in sentence
    assert "900" in sentence


@pytest.mark.parametrize(("free", "expected"), [(599, Level.STOP), (600, Level.FINE)])
def test_a_reservation_leaves_a_hundred(free: int, expected: Level) -> None:
    account = Account(**{"lambda": limits(1000, free)})
    assert worst(account, ApiReservedConcurrency="500")[0] is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("UPDATE_COMPLETE", Level.FINE),
        ("UPDATE_ROLLBACK_COMPLETE", Level.FINE),
        ("UPDATE_IN_PROGRESS", Level.STOP),
        ("ROLLBACK_COMPLETE", Level.STOP),
        ("DELETE_FAILED", Level.STOP),
    ],
)
def test_a_stack_that_takes_no_update_stops_it(status: str, expected: Level) -> None:
    stack = {"StackName": "triggers-prod", "CreationTime": "2026-11-29", "StackStatus": status}
    account = Account(cloudformation={"describe_stacks": {"Stacks": [stack]}})
    assert worst(account)[0] is expected


def test_a_log_group_of_a_stack_that_is_gone_stops_it() -> None:
    group = {"logGroupName": "/aws/lambda/triggers-prod/api"}
    level, sentence = worst(Account(logs={"describe_log_groups": {"logGroups": [group]}}))
    assert (level, "/aws/lambda/triggers-prod/api" in sentence) == (Level.STOP, True)


def test_no_room_for_the_tables_stops_it() -> None:
    quotas: Answers = {"get_service_quota": {"Quota": {"Value": 4.0}}}
    levels = {sentence: level for level, sentence in told(Account(service_quotas=quotas))}
    assert levels["DynamoDB has room for 3 more tables; a stack needs 4."] is Level.STOP


@pytest.mark.parametrize(
    ("in_production", "verified", "expected"),
    [(True, True, Level.FINE), (False, True, Level.WARNING), (True, False, Level.STOP)],
)
def test_emails_need_a_verified_identity_and_production_access(
    *, in_production: bool, verified: bool, expected: Level
) -> None:
    ses: Answers = {
        "get_account": {"ProductionAccessEnabled": in_production},
        "get_email_identity": {"VerifiedForSendingStatus": verified},
    }
    assert worst(Account(sesv2=ses), SesIdentity="example.com")[0] is expected


def test_what_may_not_be_read_is_told_and_stops_nothing() -> None:
    account = Account(dynamodb={"list_tables": "AccessDeniedException"})
    level, sentence = worst(account)
    assert level is Level.WARNING
    assert sentence.startswith("tables: could not be read")


def test_without_credentials_it_says_only_how_to_get_some(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def connect(_service: str) -> Any:
        raise NoCredentialsError

    with pytest.raises(SystemExit) as ended:
        main(["--stage", "prod"], connect)
    assert ended.value.code == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("STOP  No AWS credentials were found. Run `aws configure`")
    assert "AWS_PROFILE" in line


def test_with_credentials_that_are_refused_that_is_all_it_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    account = Account(sts={"get_caller_identity": "ExpiredToken"})
    with pytest.raises(SystemExit) as ended:
        main(["--stage", "prod"], account.connect)
    assert ended.value.code == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("STOP  AWS does not know you")
    assert "`aws sso login`" in line


@pytest.mark.parametrize("by_option", [True, False])
def test_a_profile_that_is_not_there_is_a_sentence(
    by_option: bool,  # noqa: FBT001  # or by the environment
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if not by_option:
        monkeypatch.setenv("AWS_PROFILE", "nobodys")
    with pytest.raises(SystemExit) as ended:
        main(["--profile", "nobodys"] if by_option else [])
    assert ended.value.code == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("STOP  The config profile (nobodys) could not be found. `aws configure")


def test_a_stage_is_what_samconfig_says_over_the_templates_defaults() -> None:
    plan = plan_of("prod")
    assert (plan.stack, plan.parameters["Stage"]) == ("triggers-prod", "prod")
    assert plan.number("DeliveryConcurrency") == 100
