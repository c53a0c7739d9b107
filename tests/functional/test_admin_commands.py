"""Facts about the commands for the people who run the service: `make key`, `make shards`."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from moto import mock_aws

from admin import keys, shards
from admin.target import Target
from tests.cloudformation import ROOT, table_definition
from triggers_api.access.keys import ApiKey, Scope, split_token
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.table import create_client
from triggers_api.timestamps import now

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
    with mock_aws():
        dynamodb = create_client()
        for table in ("EventsTable", "KeysTable"):
            dynamodb.create_table(**table_definition(table))
        yield Target(dynamodb, "EventsTable", "KeysTable", "a test")


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


def test_a_list_shows_every_key_of_the_tenant_and_no_secret(run: Run) -> None:
    tokens = [made(run), made(run)]
    run(keys.main, "revoke", tokens[0].split("_")[1])

    result = run(keys.main, "list", "--tenant", "acme")

    rows = result.output.splitlines()
    for token in tokens:
        _, key_id, secret = token.split("_", 2)
        (row,) = (row for row in rows if key_id in row)
        assert ("revoked" in row, "alive" in row) == (token == tokens[0], token == tokens[1])
        assert secret not in result.output + result.words


def test_the_first_operator_key_is_made_in_the_table(run: Run, deployment: Target) -> None:
    result = run(keys.main, "create", "--operator", "--name", "ops")

    key = record(deployment, result.output.strip())
    assert key.tenant is None
    assert key.scopes == {Scope.OPERATOR, Scope.METRICS_READ}
    assert "of an operator" in result.words
    assert key.key_id in run(keys.main, "list", "--operator").output
    assert run(keys.main, "revoke", key.key_id).status == 0
    assert not opens(deployment, result.output.strip())


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


def test_operators_without_a_key_are_said_to_have_none(run: Run) -> None:
    assert run(keys.main, "list", "--operator") == Result(0, "", "No operator has a key.\n")


def test_a_tenants_last_admin_key_is_not_revoked(run: Run, deployment: Target) -> None:
    admin = ("create", "--tenant", "acme", "--name", "boss", "--scopes", "admin")
    first = run(keys.main, *admin).output.strip()

    refused = run(keys.main, "revoke", first.split("_")[1])

    assert (refused.status, refused.output) == (1, "")
    assert_is_a_sentence(refused.words)
    assert opens(deployment, first)
    run(keys.main, *admin)
    assert run(keys.main, "revoke", first.split("_")[1]).status == 0


def test_a_name_is_shown_as_it_was_given(run: Run) -> None:
    run(keys.main, "create", "--tenant", "acme", "--name", " [/] [red] ", "--scopes", "inbox")

    assert "[/] [red]" in run(keys.main, "list", "--tenant", "acme").output


def test_a_tenant_without_keys_is_said_to_have_none(run: Run) -> None:
    assert run(keys.main, "list", "--tenant", "acme") == Result(0, "", "Tenant acme has no keys.\n")


@pytest.mark.parametrize(("options", "old_works"), [((), False), (("--overlap-hours", "1"), True)])
def test_a_rotated_key_has_a_new_secret_and_the_old_one_only_for_the_overlap(
    run: Run, deployment: Target, options: tuple[str, ...], *, old_works: bool
) -> None:
    old = made(run)

    result = run(keys.main, "rotate", old.split("_")[1], *options)

    assert TOKEN.fullmatch(result.output)
    new = result.output.strip()
    assert new.split("_", 2)[2] not in result.words
    assert opens(deployment, new)
    assert opens(deployment, old) == old_works
    assert ("works until" in result.words) == old_works


def test_a_revoked_key_opens_nothing_and_cannot_be_rotated(run: Run, deployment: Target) -> None:
    token = made(run)
    key_id = token.split("_")[1]

    assert run(keys.main, "revoke", key_id).output == ""
    assert not opens(deployment, token)
    again = run(keys.main, "rotate", key_id)

    assert (again.status, again.output) == (1, "")
    assert_is_a_sentence(again.words)


@pytest.mark.parametrize("command", ["rotate", "revoke"])
def test_a_key_that_does_not_exist_is_an_error_in_a_sentence(run: Run, command: str) -> None:
    result = run(keys.main, command, "000000000000")

    assert (result.status, result.output) == (1, "")
    assert "There is no key '000000000000'." in result.words
    assert_is_a_sentence(result.words)


@pytest.mark.parametrize(
    ("wrong", "explanation"),
    [
        ((*CREATE, "--tenant", "Acme Inc"), "a tenant is up to 63 of"),
        ((*CREATE, "--name", " "), "a name is one line of text, and not empty"),
        ((*CREATE, "--name", "two\nlines"), "a name is one line of text, and not empty"),
        ((*CREATE, "--scopes", "everything"), "known scopes: events:write, "),
        *(
            (("rotate", "x", f"--overlap-hours={hours}"), "is no whole number from 0 to 8760")
            for hours in ("-1", "8761", "1.5", "a day", "9" * 5000, "²")
        ),
    ],
)
def test_an_argument_out_of_range_is_refused_with_what_is_in_range(
    run: Run, wrong: tuple[str, ...], explanation: str
) -> None:
    result = run(keys.main, *wrong)

    assert (result.status, result.output) == (2, "")
    assert explanation in result.words


@pytest.mark.parametrize(
    ("command", "arguments"), [(keys.main, ("revoke", "x")), (shards.main, ("acme",))]
)
def test_what_aws_refuses_is_told_in_one_line(
    run: Run, deployment: Target, command: Callable[..., None], arguments: tuple[str, ...]
) -> None:
    gone = Target(deployment.dynamodb, "gone", "gone", "the stack gone")

    result = run(command, *arguments, on=gone)

    assert (result.status, result.output) == (1, "")
    assert result.words.startswith("The tables of the stack gone cannot be used: ")
    assert len(result.words.splitlines()) == 1


def test_a_stack_that_cannot_be_read_is_an_error_in_a_sentence(run: Run) -> None:
    where = ("--stack", "acme-prod", "--profile", "no such profile")

    result = run(keys.main, "list", "--tenant", "acme", *where, on=None)

    assert (result.status, result.output) == (1, "")
    assert result.words.startswith("The stack 'acme-prod' cannot be read: ")


def test_without_a_local_stack_it_says_how_to_start_one(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "admin.keys", "list", "--tenant", "acme"],
        cwd=ROOT,
        env=os.environ | {"TRIGGERS_STATE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("No local stack has run here. Start one with `make run`")


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
