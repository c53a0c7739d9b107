"""Facts about the emulator's saved queues, made good for its next start."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.saved_state import prepare
from local.state_file import StateFileError
from local.stream_checkpoint import Checkpoint

QUEUE = "http://localhost:4566/000000000000/deliveries"
MOVED = "http://localhost:4600/000000000000/deliveries"


def save(state: Path, *messages: dict[str, Any]) -> None:
    queues = {f"000000000000\0us-east-1\0'{QUEUE}'": {"url": QUEUE, "messages": messages}}
    (state / "sqs.json").write_text(json.dumps({"payload": {"queues": {"data": queues}}}))


def only_queue(state: Path) -> tuple[str, dict[str, Any]]:
    ((key, queue),) = json.loads((state / "sqs.json").read_text())["payload"]["queues"][
        "data"
    ].items()
    return key, queue


def test_queues_and_who_is_told_of_them_move_to_the_new_port(tmp_path: Path) -> None:
    save(tmp_path)
    told = {"payload": {"DELIVERY_QUEUE_URL": QUEUE}}
    (tmp_path / "lambda.json").write_text(json.dumps(told))
    somebodys_data = json.dumps({"payload": {"events": QUEUE}})
    (tmp_path / "dynamodb.json").write_text(somebodys_data)
    prepare(tmp_path, 4600)
    key, queue = only_queue(tmp_path)
    assert MOVED in key
    assert queue["url"] == MOVED
    moved = {"payload": {"DELIVERY_QUEUE_URL": MOVED}}
    assert json.loads((tmp_path / "lambda.json").read_text()) == moved
    assert (tmp_path / "dynamodb.json").read_text() == somebodys_data


def test_a_message_in_a_dead_workers_hands_waits_again_and_a_delayed_one_still(
    tmp_path: Path,
) -> None:
    held = {"id": "held", "receive_count": 2, "visible_at": 9_999_999_999}
    delayed = {"id": "delayed", "receive_count": 0, "visible_at": 9_999_999_999}
    save(tmp_path, held, delayed)
    prepare(tmp_path, 4566)
    assert only_queue(tmp_path)[1]["messages"] == [held | {"visible_at": 0}, delayed]


@pytest.mark.parametrize(
    "left",
    ["", '{"__ministack_format__": 2, "payl', "[]", "{}", '{"payload": null}'],
)
def test_a_file_that_the_emulator_cannot_read_is_named_and_left_as_it_is(
    tmp_path: Path, left: str
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    save(state)
    damaged = state / "dynamodb.json"
    damaged.write_text(left)
    with pytest.raises(StateFileError) as refusal:
        prepare(state, 4566)
    assert str(refusal.value).startswith(f"{damaged} is damaged (")
    assert f"Put back a copy of {tmp_path}, or start over" in str(refusal.value)
    assert damaged.read_text() == left


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    file = tmp_path / "stream.json"
    Checkpoint("arn", 17.5, "1").save(file)
    assert Checkpoint.load(file, "arn") == Checkpoint("arn", 17.5, "1")
    file.write_text(file.read_text()[:-5])
    with pytest.raises(StateFileError, match=r"stream\.json is damaged \(.+\)\. Remove it: "):
        Checkpoint.load(file, "arn")


def test_a_first_start_has_nothing_to_prepare(tmp_path: Path) -> None:
    prepare(tmp_path, 4566)
    assert list(tmp_path.iterdir()) == []
