"""Facts about time: what the API says and what has elapsed, never the clock on the wall."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.client.scripted_api import Asked, Said, ScriptedApi, an_event, problem
from tests.client.test_transport import Waits
from triggers_client import Client, Retry, UnreachableError
from triggers_client.clocks import elapsed, retry_after_seconds
from triggers_client.worker import Outcome, Worker

NOW = datetime(2026, 11, 22, 1, 18, 17, tzinfo=UTC)


def http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("4", 4.0),
        ("4.5", 4.5),
        (" 4 ", 4.0),
        (http_date(NOW + timedelta(seconds=7)), 7.0),
        (http_date(NOW - timedelta(seconds=7)), 0.0),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("nan", None),
        ("٤", None),
    ],
)
def test_a_wait_is_asked_for_in_seconds_or_until_a_date_by_the_answers_own_clock(
    said: str, seconds: float | None
) -> None:
    assert retry_after_seconds({"retry-after": said, "date": http_date(NOW)}) == seconds


def test_a_request_waits_as_long_as_a_fraction_says(api: ScriptedApi) -> None:
    waits = Waits()
    api.play(problem(429, "rate_limited", Retry_After="4.5"))
    Client(api.url, "k", retry=waits.retry()).me()
    assert waits.waited == [4.5 + 0.5 / 4]


@pytest.mark.parametrize("ahead_seconds", [-86_400, -90, 90, 86_400])
def test_a_worker_does_the_same_whatever_the_clock_on_its_wall_says(
    api: ScriptedApi, monkeypatch: pytest.MonkeyPatch, ahead_seconds: float
) -> None:
    wall = datetime.now(UTC).timestamp() + ahead_seconds
    monkeypatch.setattr("time.time", lambda: wall)
    assert worked(api, [0.0] * 3, lease_seconds=60) == [Outcome.DONE] * 3


def test_nothing_is_begun_when_the_lease_may_have_ended_since_it_was_asked_for(
    api: ScriptedApi,
) -> None:
    assert worked(api, [0.0, 59.0, 61.0], lease_seconds=60) == [Outcome.DONE] * 2


def worked(api: ScriptedApi, after: list[float], lease_seconds: int) -> list[Outcome]:
    """Outcomes of three leased events, each looked at so long after the question."""
    expires_at = "2026-11-22T01:18:17.430673Z"  # of no use to anybody whose clock is wrong
    leases = iter(
        [
            {"lease_id": "l", "expires_at": expires_at, "events": [an_event(n) for n in "abc"]},
            {"lease_id": None, "expires_at": None, "events": []},
        ]
    )

    def answer(asked: Asked) -> Said:
        return Said(200, next(leases)) if asked.path.endswith("/lease") else Said(204)

    api.script = answer
    outcomes: list[Outcome] = []
    begun, waits = elapsed(), iter(after)
    Worker(
        api.client(),
        do=lambda _event: True,
        told=lambda _event, outcome: outcomes.append(outcome),
        stop=threading.Event(),
        lease_seconds=lease_seconds,
        once=True,
        clock=lambda: begun + next(waits),
    ).run()
    return outcomes


def test_the_time_is_the_apis_own_once_it_has_told_it(api: ScriptedApi) -> None:
    client = api.client()
    past = datetime.now(UTC) - timedelta(days=3)
    api.script = lambda _asked: Said(200, {}, {"X-Nothing": ""})
    client.me()
    assert abs(client.transport.now() - datetime.now(UTC).timestamp()) < 60
    client.transport.take_time_from({"date": http_date(past)})
    assert abs(client.transport.now() - past.timestamp()) < 60


@contextmanager
def closing_what_is_kept(answers: int) -> Iterator[tuple[str, list[bytes]]]:
    """A server that ends each connection at its second request; then it is gone altogether."""
    asked: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            for _ in range(answers):
                connection, _address = server.accept()
                with connection:
                    asked.append(connection.recv(65_536))
                    body = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
                    connection.sendall(body)
                    asked.append(connection.recv(65_536))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            thread.join(10)


def test_a_kept_connection_that_the_server_closed_is_no_failure() -> None:
    with closing_what_is_kept(answers=2) as (url, asked):
        client = Client(url, "k", retry=Retry(budget_seconds=0), timeout_seconds=5)
        client.me()
        client.me()
    assert len([each for each in asked if each]) == 3
    assert b"connection: close" in asked[2].lower()


def test_what_must_not_be_sent_twice_goes_over_a_connection_of_its_own(api: ScriptedApi) -> None:
    client = api.client()
    client.me()
    api.script = lambda _asked: Said(200, {})
    client.events.replay("evt_1")
    assert [asked.headers.get("connection") for asked in api.asked] == [None, "close"]


def test_a_new_connection_that_fails_is_a_failure(api: ScriptedApi) -> None:
    api.script = lambda _asked: "lost"
    with pytest.raises(UnreachableError):
        api.client(budget_seconds=0).me()
    assert len(api.asked) == 1
