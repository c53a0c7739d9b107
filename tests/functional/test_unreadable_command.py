"""`make unreadable`: what keeps an alarm up because nobody can read it is saved, and deleted."""

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from admin import unreadable
from admin.target import Stack, Target
from tests.cloudformation import table_definition
from tests.functional.conftest import LogLines
from tests.quick_moto import mock_aws
from triggers_api.push.config import NotificationConfig
from triggers_api.store import items
from triggers_api.store.notification_configs import DynamoConfigList
from triggers_api.store.stream_changes import change_of
from triggers_api.store.table import create_client

TABLES = ("EventsTable", "KeysTable", "NotificationsTable", "UsageTable")
KEY = {"pk": {"S": "acme#configs"}, "sk": {"S": "cfg_0123456789abcdef01234567"}}
BROKEN = KEY | {"channel": {"B": b"\0 a secret"}, "tickets": {"N": "7"}}
WORDS = ("acme#configs", "cfg_0123456789abcdef01234567")


@pytest.fixture
def deployment() -> Iterator[Target]:
    with mock_aws():
        dynamodb: Any = boto3.client("dynamodb")
        for table in TABLES:
            dynamodb.create_table(**table_definition(table))
        dynamodb.put_item(TableName="NotificationsTable", Item=BROKEN)
        stack = Stack("test", {f"{each}Name": each for each in TABLES}, {}, lambda _: None)
        yield Target(dynamodb, "EventsTable", "KeysTable", "a test", "", stack=stack)


def kept(deployment: Target) -> Any:
    return deployment.dynamodb.get_item(TableName="NotificationsTable", Key=KEY).get("Item")


def configs() -> tuple[NotificationConfig, ...]:
    return DynamoConfigList(create_client(), "NotificationsTable").list_configs("acme")


def test_its_form_is_shown_without_what_it_holds(
    deployment: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    unreadable.main(WORDS, deployment)

    shown = capsys.readouterr().out
    assert shown.splitlines()[:3] == ["table NotificationsTable", "channel B 10", "pk S 12"]
    assert "a secret" not in shown
    assert kept(deployment) == BROKEN


def test_after_it_was_saved_and_deleted_nobody_tells_of_it_and_it_can_be_put_back(
    deployment: Target, tmp_path: Path, log_lines: LogLines
) -> None:
    file = tmp_path / "item.json"
    configs()
    assert [each["message"] for each in log_lines()] == ["item.unreadable"]

    unreadable.main([*WORDS, "--save", str(file), "--delete"], deployment)

    assert kept(deployment) is None
    assert file.stat().st_mode & 0o777 == 0o600
    configs()
    assert len(log_lines()) == 1
    unreadable.main(["--put-back", str(file)], deployment)
    assert kept(deployment) == BROKEN


def test_a_saved_item_is_put_back_mended(deployment: Target, tmp_path: Path) -> None:
    file = tmp_path / "item.json"
    unreadable.main([*WORDS, "--save", str(file), "--delete"], deployment)
    saved = json.loads(file.read_text())
    at = {"S": "2026-11-21T22:55:18.123456Z"}
    saved["item"] |= {"channel": {"S": "slack"}, "created_at": at, "updated_at": at}
    file.write_text(json.dumps(saved))

    unreadable.main(["--put-back", str(file)], deployment)

    assert [each.channel for each in configs()] == ["slack"]


def test_nothing_that_is_there_again_is_written_over(deployment: Target, tmp_path: Path) -> None:
    file = tmp_path / "item.json"
    unreadable.main([*WORDS, "--save", str(file)], deployment)

    with pytest.raises(SystemExit, match="left as it is"):
        unreadable.main(["--put-back", str(file)], deployment)
    with pytest.raises(SystemExit, match="cannot be written"):
        unreadable.main([*WORDS, "--save", str(file), "--delete"], deployment)
    assert kept(deployment) == BROKEN


@pytest.mark.parametrize(
    "arguments",
    [(), ("a", "b", "c"), ("nobody#configs", "x"), (*WORDS, "--delete"), ("--put-back", "nowhere")],
)
def test_what_it_cannot_do_it_says(deployment: Target, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        unreadable.main(arguments, deployment)

    assert kept(deployment) == BROKEN


def test_the_file_has_what_was_deleted_also_if_it_was_written_meanwhile(
    deployment: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, written = tmp_path / "item.json", BROKEN | {"tickets": {"N": "8"}}
    delete = deployment.dynamodb.delete_item

    def write_before(**request: Any) -> Any:
        deployment.dynamodb.put_item(TableName="NotificationsTable", Item=written)
        return delete(**request)

    monkeypatch.setattr(deployment.dynamodb, "delete_item", write_before)
    unreadable.main([*WORDS, "--save", str(file), "--delete"], deployment)

    unreadable.main(["--put-back", str(file)], deployment)
    assert kept(deployment) == written
    assert list(tmp_path.iterdir()) == [file]


def test_what_was_saved_is_not_lost_with_a_disk_that_fills_up_after_the_deletion(
    deployment: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, delete = tmp_path / "item.json", deployment.dynamodb.delete_item

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fill_before(**request: Any) -> Any:
        monkeypatch.setattr("admin.unreadable.os.open", no_room)
        written = BROKEN | {"tickets": {"N": "8"}}
        deployment.dynamodb.put_item(TableName="NotificationsTable", Item=written)
        return delete(**request)

    monkeypatch.setattr(deployment.dynamodb, "delete_item", fill_before)
    with pytest.raises(SystemExit, match="No space left"):
        unreadable.main([*WORDS, "--save", str(file), "--delete"], deployment)

    monkeypatch.undo()
    unreadable.main(["--put-back", str(file)], deployment)
    assert kept(deployment) == BROKEN


def test_whatever_an_item_holds_is_put_back_as_it_was(deployment: Target, tmp_path: Path) -> None:
    file = tmp_path / "item.json"
    odd = BROKEN | {
        "settings": {"M": {"base64": {"S": "a name"}}},
        "boxes": {"BS": [b"\x00", b"\xff"]},
        "places": {"L": [{"NULL": True}, {"BOOL": False}, {"SS": ["生産"]}]},
    }
    deployment.dynamodb.put_item(TableName="NotificationsTable", Item=odd)

    unreadable.main([*WORDS, "--save", str(file), "--delete"], deployment)
    unreadable.main(["--put-back", str(file)], deployment)

    assert kept(deployment) == odd


@pytest.mark.parametrize(
    ("table", "key", "holds"),
    [
        ("EventsTable", ("acme#evt_1", "event"), items.IS_NEW),
        ("NotificationsTable", ("acme#evt_1", "1#dlv_1"), {"attempt_count": {"N": "0"}}),
    ],
    ids=["event", "delivery"],
)
def test_what_is_put_back_is_neither_pushed_nor_counted_again(
    deployment: Target, tmp_path: Path, table: str, key: tuple[str, str], holds: dict[str, Any]
) -> None:
    file, place = tmp_path / "item.json", {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
    names = ("tenant", "id", "event_type", "config_id", "status")
    item = place | {name: {"S": "a word"} for name in names} | holds
    deployment.dynamodb.put_item(TableName=table, Item=item)

    unreadable.main([*key, "--save", str(file), "--delete"], deployment)
    unreadable.main(["--put-back", str(file)], deployment)

    back = deployment.dynamodb.get_item(TableName=table, Key=place)["Item"]
    told = {"NewImage": back, "SequenceNumber": "1", "ApproximateCreationDateTime": 0}
    assert change_of({"dynamodb": told}) is None
    assert back.keys() - {items.RESTORED_AT} == item.keys() - items.IS_NEW.keys()


@pytest.mark.parametrize("said", ["[]", "{}", '{"table": "EventsTable", "item": []}', "{", "7"])
def test_a_file_that_holds_no_item_is_said_to_hold_none(
    deployment: Target, tmp_path: Path, said: str
) -> None:
    file = tmp_path / "item.json"
    file.write_text(said)

    with pytest.raises(SystemExit, match="holds no item"):
        unreadable.main(["--put-back", str(file)], deployment)
