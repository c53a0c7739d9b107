"""Facts about what `make preflight` finds; botocore holds the answers here to AWS's own shapes."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber

from admin.plan import plan_of
from admin.preflight import Level, findings, main

Answers = Mapping[str, dict[str, Any] | str]  # by operation; a text is an error's code

ROOMY: Mapping[str, Answers] = {
    "sts": {"get_caller_identity": {"Account": "123456789012"}},
    "lambda": {
        "get_account_settings": {
            "AccountLimit": {"ConcurrentExecutions": 190, "UnreservedConcurrentExecutions": 190}
        },
        "get_function_concurrency": {},
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


@cache
def any_client(service: str) -> Any:
    """One that is never called: it knows the shapes of a service's answers."""
    return boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]  # any


class Account:
    """An AWS account that answers every call of an operation alike."""

    def __init__(self, **answers: Answers) -> None:
        self._answers = {
            service: dict(told) | dict(answers.get(service.replace("-", "_"), {}))
            for service, told in ROOMY.items()
        }
        self._clients: dict[str, Any] = {}

    def connect(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._client(service)
        return self._clients[service]

    def _client(self, service: str) -> Any:
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
        Stubber(any_client(service)).add_response(operation, answer)  # refuses what AWS never says
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


def stack(status: str = "UPDATE_COMPLETE", *tables: str, **parameters: str) -> Answers:
    """A stack that is there, with its tables, and what its parameters are."""
    named = {"ApiFunctionName": "api", **{f"Table{n}": name for n, name in enumerate(tables)}}
    told = {
        "StackName": "triggers-prod",
        "CreationTime": "2026-11-29",
        "StackStatus": status,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in named.items()],
    }
    return {"describe_stacks": {"Stacks": [told]}}


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
    assert "Set DeliveryConcurrency to 32" in sentence
    fits = told(Account(**{"lambda": limits(100)}), DeliveryConcurrency="32")
    assert {level for level, _ in fits} == {Level.FINE}


@pytest.mark.parametrize(("whole", "expected"), [(167, Level.WARNING), (168, Level.FINE)])
def test_the_streams_are_read_by_so_many_for_each_of_their_shards(
    whole: int, expected: Level
) -> None:
    """100 workers, 20 for the API, and at each of four shards ten dispatchers and two counters."""
    assert worst(Account(**{"lambda": limits(whole)}))[0] is expected


def test_an_account_where_a_table_of_one_shard_has_room_is_not_stopped() -> None:
    level, sentence = worst(Account(**{"lambda": limits(50)}))
    assert level is Level.WARNING
    assert "Set DeliveryConcurrency to 2," in sentence


def test_an_account_with_much_room_is_told_to_reserve_some_for_the_api() -> None:
    level, sentence = worst(Account(**{"lambda": limits(1000)}))
    assert "set ApiReservedConcurrency" in sentence
    most = sentence.rpartition("up to ")[2].rstrip(".")
    assert (level, most) == (Level.WARNING, "852")
    fits = told(Account(**{"lambda": limits(1000)}), ApiReservedConcurrency=most)
    assert {level for level, _ in fits} == {Level.FINE}


def test_nothing_is_advised_to_be_reserved_where_others_have_reserved_all_that_there_was() -> None:
    found = told(Account(**{"lambda": limits(1000, 100)}), DeliveryConcurrency="2")
    assert {level for level, _ in found} == {Level.FINE}


@pytest.mark.parametrize(
    ("free", "workers", "expected"),
    [
        (599, "2", Level.STOP),
        (600, "2", Level.FINE),
        (600, "52", Level.FINE),
        (600, "53", Level.WARNING),  # 48 read the streams
    ],
)
def test_a_reservation_leaves_a_hundred_and_room_for_workers(
    free: int, workers: str, expected: Level
) -> None:
    account = Account(**{"lambda": limits(1000, free)})
    found = worst(account, ApiReservedConcurrency="500", DeliveryConcurrency=workers)
    assert found[0] is expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("500", Level.FINE), ("700", Level.FINE), ("901", Level.STOP), ("0", Level.WARNING)],
)
def test_what_the_stack_reserved_before_is_free_for_what_it_reserves_now(
    wanted: str, expected: Level
) -> None:
    """500 of 1,000 are the stack's: to AWS 500 are free, and an update to 700 leaves 300."""
    held: Answers = {"get_function_concurrency": {"ReservedConcurrentExecutions": 500}}
    account = Account(**{"lambda": {**limits(1000, 500), **held}}, cloudformation=stack())

    level, sentence = worst(account, ApiReservedConcurrency=wanted)

    assert level is expected
    if wanted == "0":
        assert "up to 852" in sentence


def test_a_reservation_of_a_stack_that_is_gone_is_not_counted_twice() -> None:
    held: Answers = {"get_function_concurrency": {"ReservedConcurrentExecutions": 500}}
    account = Account(**{"lambda": {**limits(1000, 500), **held}})
    assert worst(account, ApiReservedConcurrency="500")[0] is Level.STOP


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("CREATE_COMPLETE", Level.FINE),
        ("UPDATE_COMPLETE", Level.FINE),
        ("UPDATE_ROLLBACK_COMPLETE", Level.FINE),
        ("REVIEW_IN_PROGRESS", Level.FINE),
        ("UPDATE_IN_PROGRESS", Level.STOP),
        ("UPDATE_FAILED", Level.STOP),
        ("UPDATE_ROLLBACK_FAILED", Level.STOP),
        ("ROLLBACK_COMPLETE", Level.STOP),
        ("DELETE_FAILED", Level.STOP),
        ("IMPORT_ROLLBACK_FAILED", Level.STOP),
    ],
)
def test_a_stack_that_takes_no_update_stops_it(status: str, expected: Level) -> None:
    assert worst(Account(cloudformation=stack(status)))[0] is expected


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name triggers-prod"),
        ("UPDATE_FAILED", "rollback-stack --stack-name triggers-prod"),
    ],
)
def test_a_stack_with_data_is_mended_and_never_deleted(status: str, command: str) -> None:
    _, sentence = worst(Account(cloudformation=stack(status)))
    assert f"`aws cloudformation {command}`" in sentence
    assert "delete" not in sentence


def test_a_stack_whose_change_set_nobody_executed_is_new() -> None:
    """It stays so for ever; a log group that is in the way is in the way of its creation, too."""
    group = {"logGroupName": "/aws/lambda/triggers-prod/api"}
    logs: Answers = {"describe_log_groups": {"logGroups": [group]}}
    found = told(Account(cloudformation=stack("REVIEW_IN_PROGRESS"), logs=logs))

    assert (Level.FINE, "triggers-prod is new.") in found
    assert any(level is Level.STOP and group["logGroupName"] in text for level, text in found)


def test_what_the_stack_has_and_this_does_not_is_told_before_it_goes() -> None:
    settings = {"Rollout": "AllAtOnce", "AlarmEmail": "a@example.com", "LogRetentionDays": "90"}
    account = Account(cloudformation=stack(Release="0" * 64, Retired="1", **settings))
    notes = [sentence for level, sentence in told(account) if level is Level.WARNING]

    assert len(notes) == 2
    assert "Rollout is 'AllAtOnce' on the stack, and this makes it 'Canary" in notes[0]
    assert "AlarmEmail is 'a@example.com' on the stack, and this makes it ''" in notes[1]
    assert all("samconfig.toml" in note for note in notes)


def test_a_log_group_of_a_stack_that_is_gone_stops_it() -> None:
    group = {"logGroupName": "/aws/lambda/triggers-prod/api"}
    level, sentence = worst(Account(logs={"describe_log_groups": {"logGroups": [group]}}))
    assert (level, "/aws/lambda/triggers-prod/api" in sentence) == (Level.STOP, True)


def test_no_room_for_the_tables_stops_it() -> None:
    quotas: Answers = {"get_service_quota": {"Quota": {"Value": 4.0}}}
    levels = {sentence: level for level, sentence in told(Account(service_quotas=quotas))}
    assert levels["DynamoDB has room for 3 tables of this stack, which needs 4."] is Level.STOP


def test_the_tables_that_the_stack_has_take_no_more_room() -> None:
    quotas: Answers = {"get_service_quota": {"Quota": {"Value": 5.0}}}
    there: Answers = {"list_tables": {"TableNames": ["one", "events", "keys", "usage", "pushes"]}}
    ours = stack("UPDATE_COMPLETE", "events", "keys", "usage", "pushes")
    account = Account(service_quotas=quotas, dynamodb=there, cloudformation=ours)

    assert (Level.FINE, "DynamoDB has room for 4 tables of this stack, which needs 4.") in told(
        account
    )


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


def test_how_it_takes_over_this_time_is_what_preflight_looks_at(
    capsys: pytest.CaptureFixture[str],
) -> None:
    account = Account(cloudformation=stack(Rollout="AllAtOnce"))
    main(["--stage", "prod", "--rollout", "AllAtOnce"], account.connect)
    assert "Rollout" not in capsys.readouterr().out


def test_a_way_to_take_over_that_is_none_is_refused_before_anything_is_built(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--stage", "prod", "--rollout", "AllAtonce"], Account().connect)
    assert "AllAtOnce" in capsys.readouterr().err
