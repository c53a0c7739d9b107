"""Facts about posting again what was given up: nothing is stored twice."""

import json
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.client.command_line import KEY, Ended, Triggers, environment, start
from tests.client.scripted_api import LOST, Asked, Said, ScriptedApi, problem
from tests.eventually import eventually
from triggers_client import (
    EventDraft,
    Refused,
    ServerError,
    Stored,
    TriggersError,
    UnexpectedAnswerError,
    UnreachableError,
)
from triggers_client.cli import exit_codes

LINE = '{"event_type":"order.fetched","payload":{"n":%d}}\n'
AWAY = problem(503, "store_unavailable", Retry_After="3600")  # longer than anybody's patience


def drafts(number: int) -> list[EventDraft]:
    return [{"event_type": "order.fetched", "payload": {"n": n}} for n in range(number)]


def stored(api: ScriptedApi) -> list[int]:
    return sorted(each["payload"]["n"] for each in api.stored.values())


def stored_but(said: Said | str, api: ScriptedApi) -> Callable[[Asked], Said | str]:
    """The API does what it is asked, and answers something else."""

    def answer(asked: Asked) -> Said | str:
        for each in asked.body.get("events", []):
            api.store(each)
        if "events" not in asked.body:
            api.store(asked.body | {"idempotency_key": asked.headers["idempotency-key"]})
        return said

    return answer


@pytest.mark.parametrize("said", [LOST, problem(503, "busy"), problem(429, "slow"), Said(302, "")])
def test_an_error_has_the_key_to_post_the_event_again_with(
    api: ScriptedApi, said: Said | str
) -> None:
    api.script = stored_but(said, api)
    events = api.client(budget_seconds=0).events
    with pytest.raises(TriggersError) as raised:
        events.post("order.fetched", {"n": 1})

    api.script = lambda _asked: None
    events.post("order.fetched", {"n": 1}, idempotency_key=raised.value.idempotency_key)

    assert stored(api) == [1]


def test_an_error_has_the_key_that_was_given(api: ScriptedApi) -> None:
    api.script = lambda _asked: AWAY
    with pytest.raises(ServerError) as raised:
        api.client().events.post("a", {}, idempotency_key="mine")
    assert raised.value.idempotency_key == "mine"


@pytest.mark.parametrize("said", [LOST, problem(503, "busy"), Said(200, {"results": []})])
def test_an_error_of_many_tells_what_is_stored_and_how_to_post_the_rest(
    api: ScriptedApi, said: Said | str
) -> None:
    misbehaving = stored_but(said, api)
    api.script = lambda asked: misbehaving(asked) if len(api.asked) > 1 else None
    events = api.client(budget_seconds=0).events
    with pytest.raises((UnreachableError, ServerError, UnexpectedAnswerError)) as raised:
        events.post_many(drafts(250))

    unfinished = raised.value.unfinished
    assert unfinished is not None
    known = [each is not None for each in unfinished.results]
    assert known == [True] * 100 + [False] * 150
    assert all(isinstance(each, Stored) for each in unfinished.results[:100])

    api.script = lambda _asked: None
    again = events.post_many(unfinished.drafts)

    assert stored(api) == list(range(250))
    assert again[:100] == [Stored(each.event, replayed=True) for each in unfinished.results[:100]]  # type: ignore[union-attr]


def test_what_one_half_of_a_batch_became_is_not_lost_with_the_other(api: ScriptedApi) -> None:
    def spoilt(asked: Asked) -> Said | None:
        places = [each["payload"]["n"] for each in asked.body["events"]]
        if places == [2, 3]:
            return AWAY
        return problem(400, "malformed_json") if 0 in places else None

    api.script = spoilt
    with pytest.raises(ServerError) as raised:
        api.client().events.post_many(drafts(4))

    assert raised.value.unfinished is not None
    first, second, *others = raised.value.unfinished.results
    assert isinstance(first, Refused)
    assert isinstance(second, Stored)
    assert others == [None, None]


def repeated(triggers: Triggers, ended: Ended, *arguments: str, stdin: str = "") -> Ended:
    """The same command as it was told to be repeated."""
    ((option, value),) = json.loads(ended.err)["repeat_with"].items()
    assert f"{option} {value}" in json.loads(ended.err)["message"]
    return triggers(*arguments, option, value, stdin=stdin)


def test_a_stream_whose_key_dies_on_the_way_says_it_too(
    api: ScriptedApi, triggers: Triggers
) -> None:
    api.script = lambda _asked: problem(401, "unauthorized") if len(api.asked) > 1 else None
    stdin = "".join(LINE % n for n in range(150))

    ended = triggers("post", "--file", "-", "--in-flight", "1", "--json", stdin=stdin)

    assert ended.code == 3
    assert "--key-prefix" in json.loads(ended.err)["repeat_with"]


@pytest.mark.parametrize(("said", "code"), [(AWAY, 4), (Said(302, ""), 1)])
def test_a_command_that_posted_an_event_in_vain_says_how_to_repeat_it(
    api: ScriptedApi, triggers: Triggers, said: Said, code: int
) -> None:
    api.script = stored_but(said, api)
    line = ("post", "order.fetched", "--payload", '{"n":1}', "--json")
    ended = triggers(*line)
    api.script = lambda _asked: None

    assert ended.code == code
    assert repeated(triggers, ended, *line).code == 0
    assert stored(api) == [1]


def test_so_does_one_that_posted_a_stream(api: ScriptedApi, triggers: Triggers) -> None:
    stdin = "".join(LINE % n for n in range(250))
    misbehaving = stored_but(AWAY, api)
    api.script = lambda asked: misbehaving(asked) if len(api.asked) > 1 else None
    line = ("post", "--file", "-", "--in-flight", "1", "--json")
    ended = triggers(*line, stdin=stdin)
    api.script = lambda _asked: None

    assert ended.code == 4
    assert repeated(triggers, ended, *line, stdin=stdin).code == 0
    assert stored(api) == list(range(250))


@pytest.mark.parametrize(
    "line",
    [
        "post order.fetched --idempotency-key mine",
        "post --file - --key-prefix mine",
        "post --file events.jsonl",
        "get evt_1",
    ],
)
def test_where_the_same_command_is_safe_nothing_more_is_said(
    api: ScriptedApi, triggers: Triggers, line: str
) -> None:
    Path("events.jsonl").write_text(LINE % 1)
    api.script = lambda asked: None if asked.path == "/base/me" else AWAY

    ended = triggers(*line.split(), stdin=LINE % 1)

    assert (ended.code, ended.err) == (4, "It is store_unavailable.\n")


def test_an_event_that_was_refused_is_not_to_be_repeated(
    api: ScriptedApi, triggers: Triggers
) -> None:
    api.script = lambda _asked: problem(422, "invalid_event")

    assert triggers("post", "a").err == "It is invalid_event.\n"


@pytest.mark.parametrize(
    ("line", "option"),
    [("post order.fetched", "--idempotency-key"), ("post --file -", "--key-prefix")],
)
def test_who_loses_patience_is_told_it_too(
    api: ScriptedApi, tmp_path: Path, line: str, option: str
) -> None:
    api.script = lambda _asked: problem(503, "store_unavailable", Retry_After="20")
    process = a_process(api, tmp_path, line)
    eventually(lambda: bool(api.asked))
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=30)

    assert process.returncode in {exit_codes.INTERRUPTED, exit_codes.TEMPORARY}
    assert option in err


def test_so_is_who_asks_a_stream_twice_to_end(api: ScriptedApi, tmp_path: Path) -> None:
    answers = threading.Event()

    def slow(_asked: Asked) -> None:
        answers.wait(30)

    api.script = slow
    process = a_process(api, tmp_path, "post --file -")
    assert process.stderr is not None
    eventually(lambda: bool(api.asked))
    process.send_signal(signal.SIGINT)
    while "Finishing" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=30)
    answers.set()

    assert (process.returncode, "--key-prefix" in err) == (exit_codes.INTERRUPTED, True)


def a_process(api: ScriptedApi, folder: Path, line: str) -> subprocess.Popen[str]:
    path = folder / "lines"
    path.write_text(LINE % 1)
    with path.open() as lines:
        return start(*line.split(), env=environment(api.url, KEY), cwd=folder, stdin=lines)
