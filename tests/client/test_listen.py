"""Facts about `listen`: new events reach a program on this machine, each once, in order, signed."""

import io
import json
import signal
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console
from standardwebhooks.webhooks import Webhook

from tests.client.command_line import KEY, Triggers, environment, start
from tests.client.feed import Feed
from tests.client.receiver import Receiver
from tests.client.scripted_api import Asked, Said, ScriptedApi, an_event
from triggers_client.cli.command import Session
from triggers_client.cli.listen import show as show_forwarded
from triggers_client.cli.output import Output
from triggers_client.cli.tail import show as show_followed
from triggers_client.errors import TriggersError
from triggers_client.follow import Follow
from triggers_client.listen import LONGEST_SECONDS, Forward, Forwarded, Waits, is_of_type, listen
from triggers_client.webhooks import key_of, new_secret

SECRET = new_secret()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


def ids_of(receiver: Receiver) -> list[str]:
    """Of what it got, once the signatures are verified by the standard's own library."""
    verified = [Webhook(SECRET).verify(body, headers) for headers, body in receiver.got]
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [e["id"] for e in verified]
    return [each["id"] for each in verified]


def test_five_hundred_events_and_two_restarts_of_the_receiver(
    api: ScriptedApi, receiver: Receiver
) -> None:
    feed, told, outages = Feed(api), list[Forwarded](), list[str | None]()
    feed.add(0, 0)  # before it listens
    numbers = iter(range(1, 501))

    def wait_for_events(_seconds: float) -> bool:
        batch = [*islice(numbers, 70)]
        for number in batch:
            feed.add(number, number)
        return not batch

    def restart(_seconds: float) -> bool:
        receiver.start()
        return False

    def tell(done: Forwarded) -> None:
        told.append(done)
        if len(told) in {150, 333}:
            receiver.stop()

    follow = Follow(api.client(budget_seconds=0), Waits(wait_for_events))
    follow.begin(0)
    forward = Forward(receiver.url, key_of(SECRET), restart, outages.append)
    listen(follow, forward, tell, Waits(restart))

    assert ids_of(receiver) == [f"evt_{number}" for number in range(1, 501)]
    assert [done.tries for done in told if done.tries > 1] == [2, 2]
    assert [error is None for error in outages] == [False, True] * 2


def test_the_body_is_the_event_byte_for_byte(api: ScriptedApi, receiver: Receiver) -> None:
    text = (
        '{"id":"evt_1","event_type":"a","payload":{"n":1.10,"e":1E2,"s":"\\u00e9é","b":{"z":1,"a":2}},'
        '"created_at":"2026-11-22T01:18:17.430673Z"}'
    )
    api.script = lambda _asked: Said(200, f"[{text}]")
    follow = Follow(api.client(), iter([False, True]).__next__)
    forward = Forward(receiver.url, key_of(SECRET), lambda _seconds: True)

    listen(follow, forward, lambda _done: None, Waits(lambda _seconds: True))

    ((headers, body),) = receiver.got
    assert body == text.encode()
    assert headers["content-type"] == "application/json"
    assert KEY not in str(headers)
    assert "authorization" not in headers


@pytest.mark.parametrize("status", [400, 404, 410, 500, 302])
def test_an_answer_is_told_and_not_asked_for_again(receiver: Receiver, status: int) -> None:
    receiver.answers = [status]
    forward = Forward(receiver.url, key_of(SECRET), lambda _seconds: True)

    done = forward(an_event("evt_1"))  # type: ignore[arg-type]  # as it came

    assert done is not None
    assert (done.status, done.tries, len(receiver.got)) == (status, 1, 1)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_program_that_is_starting_is_waited_for(receiver: Receiver, status: int) -> None:
    receiver.answers = [status, status]
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return False

    done = Forward(receiver.url, key_of(SECRET), wait)(an_event("evt_1"))  # type: ignore[arg-type]

    assert done is not None
    assert (done.status, done.tries, waited) == (204, 3, [0.5, 1.0])
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_a_program_that_does_not_answer_in_time_has_the_event_once(receiver: Receiver) -> None:
    """It may stand at a breakpoint: those behind it are not held up either."""
    receiver.answers_when = threading.Event()
    told: list[Forwarded] = []
    forward = Forward(
        receiver.url, key_of(SECRET), lambda _seconds: False, answers_within_seconds=0.1
    )
    events: Any = [an_event("evt_1"), an_event("evt_2")]

    listen(events, forward, told.append, Waits(lambda _: True))
    receiver.answers_when.set()

    assert ids_of(receiver) == ["evt_1", "evt_2"]
    assert [(done.status, done.tries) for done in told] == [(None, 1), (None, 1)]


def test_who_stops_while_the_receiver_is_away_is_not_kept_waiting(receiver: Receiver) -> None:
    receiver.stop()

    forward = Forward(receiver.url, key_of(SECRET), lambda _seconds: True)

    assert forward(an_event("evt_1")) is None  # type: ignore[arg-type]
    receiver.start()


def test_only_the_types_that_are_wanted_are_forwarded(receiver: Receiver) -> None:
    types = ["invoice.failed", "order.failed", "order.fetched", "invoices.x"]
    events: Any = [an_event(f"evt_{each}", event_type=each) for each in types]
    forward = Forward(receiver.url, key_of(SECRET), lambda _seconds: True)

    listen(events, forward, lambda _: None, Waits(lambda _: True), ["invoice.*", "order.failed"])

    assert ids_of(receiver) == ["evt_invoice.failed", "evt_order.failed"]
    assert not is_of_type("invoice", "invoice.*")


def test_questions_become_rarer_while_nothing_happens_and_frequent_when_it_does() -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return False

    waits = Waits(wait)
    for _ in range(6):
        waits()
    waits.begin_anew()
    waits()

    assert waited == [0.5, 1.0, 2.0, 4.0, LONGEST_SECONDS, LONGEST_SECONDS, 0.5]


@pytest.mark.parametrize("url", ["127.0.0.1:3000", "ftp://127.0.0.1/x", "http://", "not a url"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(TriggersError):
        Forward(url, key_of(SECRET), lambda _seconds: True)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_AAAA", "secret", "whsec_" + "é" * 40])
def test_what_is_no_secret_is_a_wrong_command_line(triggers: Triggers, secret: str) -> None:
    ended = triggers("listen", "--forward-to", "http://127.0.0.1:1", "--secret", secret)

    assert ended.code == 2
    assert "no signing secret" in ended.err


@pytest.mark.parametrize("given", ["-", "@secret", SECRET], ids=["-", "@FILE", "text"])
def test_the_secret_need_not_be_an_argument(
    api: ScriptedApi, triggers: Triggers, given: str
) -> None:
    Path("secret").write_text(f"{SECRET}\n")
    api.script = lambda _asked: Said(503, {"error": "store_unavailable", "message": "Away."})
    line = ("listen", "--forward-to", "http://127.0.0.1:1", "--secret", given)

    assert triggers(*line, stdin=f"{SECRET}\n").code == 4  # it is a secret: the API is asked
    assert triggers(*line[:-1], "").code == 2


def test_an_api_that_is_not_there_ends_it_with_4(api: ScriptedApi, triggers: Triggers) -> None:
    api.script = lambda _asked: Said(503, {"error": "store_unavailable", "message": "Away."})

    assert triggers("listen", "--forward-to", "http://127.0.0.1:1").code == 4


@pytest.mark.parametrize("show", [show_forwarded, show_followed], ids=["listen", "tail"])
def test_an_id_is_whole_in_80_columns_whatever_the_type(
    show: Callable[[Session, Any], None],
) -> None:
    event: Any = an_event("evt_01M8M76ABEM0S3PH922K9060X4", event_type="shops." * 20)
    console = Console(file=io.StringIO(), width=80)
    session = Session(output=Output(_consoles={False: console}))
    done = Forwarded(event, 204, 12_345, 1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Output, "is_for_people", True)
        show(session, done if show is show_forwarded else event)

    (line,) = cast("io.StringIO", console.file).getvalue().splitlines()
    assert event["id"] in line[:80].split()


def test_the_command_shows_its_secret_a_line_for_each_event_and_ends_cleanly(
    api: ScriptedApi, receiver: Receiver, tmp_path: Path
) -> None:
    feed, asked_types = Feed(api), list[str]()

    def answer(asked: Asked) -> Said:
        asked_types.append(asked.path)
        if len(asked_types) == 2:
            feed.add(1, 1)
        return feed.answer(asked)

    api.script = answer
    process = start(
        *("listen", "--forward-to", receiver.url, "--event-types", "order.*"),
        env=environment(api.url, KEY),
        cwd=tmp_path,
    )
    assert process.stdout is not None
    begun = json.loads(process.stdout.readline())
    done = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    ((headers, body),) = receiver.got
    assert Webhook(begun["secret"]).verify(body, headers)["id"] == "evt_1"
    assert (done["event_id"], done["status"], done["tries"]) == ("evt_1", 204, 1)
    assert (process.returncode, out, err) == (0, "", "")
    assert "event_type=order.%2A" in asked_types[0]
