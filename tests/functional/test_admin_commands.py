"""Facts about the commands for the people who run the service: `make key`, `make shards`."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from admin import keys, shards, target
from admin.target import Target
from tests.client.scripted_api import Asked, Said, scripted_api
from tests.cloudformation import ROOT, table_definition
from tests.conftest import ENVIRONMENT
from tests.dependencies import dependencies
from tests.fakes.events import InMemoryEventStore
from tests.http_api import Api
from tests.quick_moto import mock_aws
from triggers_api.access.keys import OPERATORS_MAY, ApiKey, Scope, new_api_key, split_token
from triggers_api.handlers.api import build
from triggers_api.settings import ApiSettings
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.table import create_client
from triggers_api.store.tenant_records import DynamoTenantStore
from triggers_api.timestamps import now
from triggers_client import Client

CREATE = ("create", "--tenant", "acme", "--name", "order sync", "--scopes", "events:write,inbox")
TOKEN = re.compile(r"trg_[0-9a-z]{12}_[\w-]{43}\n")


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    status: int
    output: str
    words: str  # what it said to people


Run = Callable[..., Result]


@pytest.fixture
def deployment() -> Iterator[Target]:
    """Tables, and the API on them at a URL; an operator has a key."""
    with mock_aws(), scripted_api() as served:
        dynamodb = create_client()
        for table in ("EventsTable", "KeysTable"):
            dynamodb.create_table(**table_definition(table))
        keys_in_table = DynamoApiKeyStore(dynamodb, "KeysTable")
        key, token = new_api_key(None, "ops", OPERATORS_MAY, now())
        keys_in_table.add(key)
        tenants = DynamoTenantStore(dynamodb, "KeysTable")
        behind = dependencies(InMemoryEventStore(now), keys_in_table, tenants=tenants)
        api = Api(build(ApiSettings.from_environment(ENVIRONMENT), behind, now))

        def said(asked: Asked) -> Said:
            authorization = {"authorization": asked.headers["authorization"]}
            path = asked.path.removeprefix("/base")
            with asyncio.Runner() as runner:  # each request has a thread of its own
                asyncio.set_event_loop(runner.get_loop())
                answer = api.send(asked.method, path, asked.text or None, authorization)
            return Said(answer.status, answer.body.decode() or None)

        served.script = said
        yield Target(dynamodb, "EventsTable", "KeysTable", "a test", served.url, token)


@pytest.fixture
def run(deployment: Target, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command as a shell does: `sys.exit` with words prints them and answers 1."""

    def ran(
        command: Callable[..., None], *arguments: str, on: Target | None = deployment
    ) -> Result:
        status = 0
        said = ""
        try:
            command(arguments, on)
        except SystemExit as end:
            status, said = (
                (1, f"{end.code}\n") if isinstance(end.code, str) else (end.code or 0, "")
            )
        output, words = capsys.readouterr()
        return Result(status, output, words + said)

    return ran


def made(run: Run) -> str:
    """The token of a new key."""
    return run(keys.main, *CREATE).output.strip()


def record(deployment: Target, token: str) -> ApiKey:
    parts = split_token(token)
    assert parts is not None
    key = DynamoApiKeyStore(deployment.dynamodb, deployment.keys_table).find(parts[0])
    assert key is not None
    return key


def opens(deployment: Target, token: str) -> bool:
    parts = split_token(token)
    assert parts is not None
    return record(deployment, token).accepts(parts[1], now())


def without_api(deployment: Target) -> Target:
    """Its tables alone: nobody listens at the API's address."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return replace(deployment, api_url=f"http://127.0.0.1:{unused.getsockname()[1]}")


def assert_is_a_sentence(words: str) -> None:
    assert words.strip().endswith(".")
    assert "Traceback" not in words


def test_a_new_key_is_alone_on_standard_output_and_nowhere_else(
    run: Run, deployment: Target
) -> None:
    result = run(keys.main, *CREATE)

    assert result.status == 0
    assert TOKEN.fullmatch(result.output)
    token = result.output.strip()
    assert token.split("_", 2)[2] not in result.words
    key = record(deployment, token)
    assert (key.tenant, key.name) == ("acme", "order sync")
    assert key.scopes == {Scope.EVENTS_WRITE, Scope.INBOX}
    assert opens(deployment, token)


def test_a_tenants_key_is_made_over_http_and_takes_no_table(run: Run, deployment: Target) -> None:
    without_tables = replace(deployment, dynamodb=None)

    first = run(keys.main, *CREATE, on=without_tables)
    second = run(keys.main, *CREATE, on=without_tables)

    assert (first.status, second.status) == (0, 0)
    assert "Tenant acme was created." in first.words
    assert "Tenant acme was created." not in second.words
    assert Client(deployment.api_url, deployment.operator_key).tenants.get("acme")["name"] == "acme"
    tokens = {first.output.strip(), second.output.strip()}
    assert len(tokens) == 2
    assert all(opens(deployment, token) for token in tokens)


def test_the_first_operator_key_is_made_in_the_table_and_makes_a_tenants(
    run: Run, deployment: Target
) -> None:
    result = run(keys.main, "create", "--operator", "--name", "first", on=without_api(deployment))

    token = result.output.strip()
    key = record(deployment, token)
    assert key.tenant is None
    assert key.scopes == {Scope.OPERATOR, Scope.METRICS_READ}
    assert "of an operator" in result.words
    made_with_it = run(keys.main, *CREATE, on=replace(deployment, operator_key=token))
    assert TOKEN.fullmatch(made_with_it.output)


def test_operators_keys_are_listed_and_revoked_in_the_table(run: Run, deployment: Target) -> None:
    on = without_api(deployment)
    tokens = [
        run(keys.main, "create", "--operator", "--name", " [/] [red] ", on=on).output.strip()
        for _ in range(2)
    ]

    revoked = run(keys.main, "revoke", "--operator", tokens[0].split("_")[1], on=on)
    listed = run(keys.main, "list", "--operator", on=on)

    assert (revoked.status, revoked.output) == (0, "")
    assert [opens(deployment, token) for token in tokens] == [False, True]
    for token, state in zip(tokens, ("revoked", "live"), strict=True):
        _, key_id, secret = token.split("_", 2)
        (row,) = (row for row in listed.output.splitlines() if key_id in row)
        assert state in row
        assert "[/] [red]" in row
        assert secret not in listed.output + listed.words


def test_operators_without_a_key_are_said_to_have_none(run: Run, deployment: Target) -> None:
    deployment.dynamodb.create_table(**table_definition("KeysTable") | {"TableName": "Empty"})

    listed = run(keys.main, "list", "--operator", on=replace(deployment, keys_table="Empty"))

    assert listed == Result(0, "", "No operator has a key.\n")


@pytest.mark.parametrize(
    "wrong",
    [
        ("--operator", "--scopes", "inbox"),
        ("--operator", "--scopes", "operator,admin"),
        ("--tenant", "acme", "--scopes", "admin,operator"),
        ("--tenant", "acme"),
    ],
)
def test_no_key_has_the_scopes_of_an_operator_and_of_a_tenant(
    run: Run, wrong: tuple[str, ...]
) -> None:
    result = run(keys.main, "create", "--name", "mixed", *wrong)

    assert (result.status, result.output) == (1, "")
    assert_is_a_sentence(result.words)


@pytest.mark.parametrize(
    "of_a_tenant", [("list", "--tenant", "acme"), ("list",), ("revoke", "kwmq2yba66dz")]
)
def test_who_means_a_tenants_keys_is_told_what_lists_and_revokes_them(
    run: Run, of_a_tenant: tuple[str, ...]
) -> None:
    result = run(keys.main, *of_a_tenant, on=None)

    assert (result.status, result.output) == (1, "")
    assert "`triggers keys`" in result.words
    assert_is_a_sentence(result.words)


def test_a_tenants_key_is_not_revoked_past_the_api(run: Run, deployment: Target) -> None:
    token = made(run)

    result = run(keys.main, "revoke", "--operator", token.split("_")[1])

    assert (result.status, result.output) == (1, "")
    assert result.words == f"There is no API key '{token.split('_')[1]}'.\n"
    assert opens(deployment, token)


def test_without_an_operators_key_it_says_where_one_is_looked_for(
    run: Run, deployment: Target
) -> None:
    result = run(keys.main, *CREATE, on=replace(deployment, operator_key=None))

    assert (result.status, result.output) == (1, "")
    assert "Set TRIGGERS_OPERATOR_KEY" in result.words
    assert_is_a_sentence(result.words)


def test_what_the_api_refuses_is_told_in_its_words(run: Run, deployment: Target) -> None:
    a_tenants = run(keys.main, *CREATE, on=replace(deployment, operator_key=made(run)))
    too_long = run(keys.main, *CREATE, "--name", "n" * 101)
    Client(deployment.api_url, deployment.operator_key).tenants.delete("acme")
    going = run(keys.main, *CREATE)

    for refused, words in ((a_tenants, "operator"), (too_long, "name: "), (going, "deleted")):
        assert (refused.status, refused.output) == (1, "")
        assert words in refused.words
        assert_is_a_sentence(refused.words)


def test_an_api_that_is_away_is_told_in_one_line(run: Run, deployment: Target) -> None:
    result = run(keys.main, *CREATE, on=without_api(deployment))

    assert (result.status, result.output) == (1, "")
    assert "does not answer" in result.words
    assert len(result.words.splitlines()) == 1


@pytest.mark.parametrize(
    ("wrong", "explanation"),
    [
        ((*CREATE, "--tenant", "Acme Inc"), "a tenant is up to 63 of"),
        ((*CREATE, "--name", " "), "a name is one line of text, and not empty"),
        ((*CREATE, "--name", "two\nlines"), "a name is one line of text, and not empty"),
        ((*CREATE, "--scopes", "everything"), "known scopes: events:write, "),
        (("rotate", "kwmq2yba66dz"), "invalid choice: 'rotate'"),
    ],
)
def test_an_argument_out_of_range_is_refused_with_what_is_in_range(
    run: Run, wrong: tuple[str, ...], explanation: str
) -> None:
    result = run(keys.main, *wrong)

    assert (result.status, result.output) == (2, "")
    assert explanation in result.words


@pytest.mark.parametrize(
    ("command", "arguments"), [(keys.main, ("list", "--operator")), (shards.main, ("acme",))]
)
def test_what_aws_refuses_is_told_in_one_line(
    run: Run, deployment: Target, command: Callable[..., None], arguments: tuple[str, ...]
) -> None:
    gone = replace(deployment, events_table="gone", keys_table="gone", place="the stack gone")

    result = run(command, *arguments, on=gone)

    assert (result.status, result.output) == (1, "")
    assert result.words.startswith("The tables of the stack gone cannot be used: ")
    assert len(result.words.splitlines()) == 1


def test_a_stack_that_cannot_be_read_is_an_error_in_a_sentence(run: Run) -> None:
    where = ("--stack", "acme-prod", "--profile", "no such profile")

    result = run(keys.main, *CREATE, *where, on=None)

    assert (result.status, result.output) == (1, "")
    assert result.words.startswith("The stack 'acme-prod' cannot be read: ")


def test_on_aws_the_key_comes_from_the_environment_and_the_url_from_the_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRIGGERS_OPERATOR_KEY", "trg_of_an_operator")
    outputs = {"ApiUrl": "https://api.example.com", "EventsTableName": "e", "KeysTableName": "k"}
    told = [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()]
    created_at = datetime(2026, 11, 22, tzinfo=UTC)
    stack = {"StackName": "acme-prod", "CreationTime": created_at, "StackStatus": "CREATE_COMPLETE"}
    session = boto3.Session("test", "test", region_name="eu-west-1")
    cloudformation = session.client("cloudformation")
    monkeypatch.setattr(session, "client", lambda _service: cloudformation)
    monkeypatch.setattr(boto3, "Session", lambda **_: session)

    with Stubber(cloudformation) as aws:
        aws.add_response("describe_stacks", {"Stacks": [stack | {"Outputs": told}]})
        found = target.find(Namespace(stack="acme-prod", region="eu-west-1", profile=None))

    assert (found.api_url, found.operator_key) == ("https://api.example.com", "trg_of_an_operator")
    assert "trg_of_an_operator" not in repr(found)


def test_without_a_local_stack_it_says_how_to_start_one(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "admin.keys", "list", "--operator"],
        cwd=ROOT,
        env=os.environ | {"TRIGGERS_STATE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("No local stack runs here. Start one with `make run`")


def test_shards_are_shown_and_added(run: Run) -> None:
    assert run(shards.main, "acme") == Result(0, "shards of acme: 1\n", "")
    assert run(shards.main, "acme", "--raise-to", "3") == Result(0, "shards of acme: 3\n", "")
    assert run(shards.main, "acme") == Result(0, "shards of acme: 3\n", "")


@pytest.mark.parametrize("number", ["1", "3"])
def test_shards_that_are_there_already_are_kept(run: Run, number: str) -> None:
    run(shards.main, "acme", "--raise-to", "3")

    result = run(shards.main, "acme", "--raise-to", number)

    assert (result.status, result.output) == (0, "shards of acme: 3\n")
    assert result.words == "There are that many already, and shards are only ever added.\n"


@pytest.mark.parametrize("number", ["0", "-1", "65", "many"])
def test_a_number_of_shards_out_of_range_changes_nothing(run: Run, number: str) -> None:
    result = run(shards.main, "acme", f"--raise-to={number}")

    assert (result.status, result.output) == (2, "")
    assert "is no whole number from 1 to 64" in result.words
    assert run(shards.main, "acme").output == "shards of acme: 1\n"
