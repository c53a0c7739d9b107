"""Facts about requests: tried again where that does no harm, and never twice where it does."""

import pytest

from tests.client.scripted_api import LOST, Said, ScriptedApi, problem
from triggers_client import (
    AuthenticationError,
    Client,
    ConflictError,
    GoneError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    Retry,
    ScopeError,
    ServerError,
    Stored,
    TriggersError,
    UnexpectedAnswerError,
    UnreachableError,
)


class Waits:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waited: list[float] = []

    def pause(self, seconds: float) -> bool:
        self.waited.append(seconds)
        self.now += seconds
        return False

    def retry(self, budget_seconds: float = 30.0) -> Retry:
        return Retry(budget_seconds, clock=lambda: self.now, pause=self.pause, chance=lambda: 1.0)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_succeed_later_is_tried_again(api: ScriptedApi, status: int) -> None:
    api.play(problem(status, "busy"), problem(status, "busy"))

    assert api.client().me()["tenant"] == "demo"
    assert len(api.asked) == 3


def test_a_lost_answer_stores_the_event_once(api: ScriptedApi) -> None:
    api.play(LOST, LOST)

    event = api.client().events.post("order.fetched", {"n": 1})

    assert event["payload"] == {"n": 1}
    assert len(api.stored) == 1
    assert len({asked.headers["idempotency-key"] for asked in api.asked}) == 1


def test_two_events_have_two_keys(api: ScriptedApi) -> None:
    client = api.client()
    client.events.post("order.fetched", {})
    client.events.post("order.fetched", {})

    assert len(api.stored) == 2


@pytest.mark.parametrize("key", ["A-1,B-2", ",", 'a"b', "mine"])
def test_one_key_is_one_event_whether_it_is_posted_alone_or_among_many(
    api: ScriptedApi, key: str
) -> None:
    events = api.client().events
    alone = events.post("order.fetched", {}, idempotency_key=key)
    (among_many,) = events.post_many(
        [{"event_type": "order.fetched", "payload": {}, "idempotency_key": key}]
    )

    assert list(api.stored) == [key]
    assert among_many == Stored(dict(alone), replayed=True)


def test_a_key_that_was_put_in_quotes_stays_in_one_pair(api: ScriptedApi) -> None:
    api.client().events.post("order.fetched", {}, idempotency_key='"A-1,B-2"')

    assert list(api.stored) == ["A-1,B-2"]


def test_what_would_happen_twice_is_not_sent_again_after_a_lost_answer(api: ScriptedApi) -> None:
    api.script = lambda _asked: LOST
    client = api.client().notifications

    for call in (
        lambda: client.create_config({"name": "x"}),
        lambda: client.rotate_secret("cfg_1"),
        lambda: client.test_config("cfg_1"),
        lambda: client.replay_delivery("dlv_1"),
        client.replay_dead_letters,
        lambda: api.client().events.replay("evt_1"),
    ):
        api.asked.clear()
        with pytest.raises(UnreachableError):
            call()
        assert len(api.asked) == 1


def test_what_is_not_sent_again_never_travels_on_a_used_connection(api: ScriptedApi) -> None:
    api.closes_late = True
    api.play(*[Said(200, {"matched": 0, "replayed": 0, "skipped": 0, "next_cursor": None})] * 2)
    client = api.client()
    client.notifications.replay_dead_letters()
    client.notifications.replay_dead_letters()
    first, second = (asked.from_port for asked in api.asked)
    assert first != second


def test_but_after_429_it_is_because_nothing_was_done(api: ScriptedApi) -> None:
    api.play(problem(429, "rate_limited"), Said(202, {"id": "evt_1"}))

    assert api.client().events.replay("evt_1")["id"] == "evt_1"


def test_a_wait_is_never_shorter_than_the_api_asked_for(api: ScriptedApi) -> None:
    waits = Waits()
    api.play(problem(429, "rate_limited", Retry_After="7"), problem(503, "busy"))

    Client(api.url, "k", retry=waits.retry()).me()

    assert waits.waited == [7 + 0.5 / 4, 1.0]


def test_a_wait_longer_than_the_budget_is_an_error_at_once(api: ScriptedApi) -> None:
    waits = Waits()
    api.play(problem(429, "rate_limited", Retry_After="3600"))

    with pytest.raises(RateLimitedError) as refused:
        Client(api.url, "k", retry=waits.retry()).me()

    assert refused.value.retry_after_seconds == 3600
    assert waits.waited == []


def test_a_machine_that_slept_during_a_wait_does_not_send_again(api: ScriptedApi) -> None:
    waits = Waits()

    def sleeps(_seconds: float) -> bool:
        waits.now += 100_000
        return False

    api.script = lambda _asked: LOST
    retry = Retry(clock=lambda: waits.now, pause=sleeps)
    with pytest.raises(UnreachableError):
        Client(api.url, "k", retry=retry).events.post("a", {})
    assert len(api.asked) == 1


def test_waits_double_and_stop_growing() -> None:
    retry = Retry(chance=lambda: 1.0)
    assert [retry.wait_seconds(n, None) for n in (0, 1, 2, 6, 500)] == [0.5, 1, 2, 30, 30]
    assert Retry(chance=lambda: 0.0).wait_seconds(0, None) == 0.25


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequestError),
        (401, AuthenticationError),
        (403, ScopeError),
        (404, NotFoundError),
        (409, ConflictError),
        (410, GoneError),
        (413, InvalidRequestError),
        (422, InvalidRequestError),
        (429, RateLimitedError),
        (500, ServerError),
        (503, ServerError),
    ],
)
def test_every_refusal_is_an_error_of_its_own(
    api: ScriptedApi, status: int, error: type[TriggersError]
) -> None:
    api.script = lambda _asked: problem(status, "some_code")

    with pytest.raises(error) as refused:
        api.client(budget_seconds=0).me()

    assert isinstance(refused.value, TriggersError)
    assert vars(refused.value) | {"problem": None} == {
        "problem": None,
        "status": status,
        "code": "some_code",
        "message": "It is some_code.",
        "details": (),
        "request_id": "r-1",
        "retry_after_seconds": None,
    }


@pytest.mark.parametrize("body", ["<html>", '{"message": "Too Many"}', "[]", ""])
def test_what_the_gateway_says_is_an_error_without_a_code(api: ScriptedApi, body: str) -> None:
    api.script = lambda _asked: Said(413, body)

    with pytest.raises(InvalidRequestError) as refused:
        api.client().me()

    assert refused.value.code is None
    assert refused.value.message


@pytest.mark.parametrize("said", [Said(200, "<html>"), Said(200, "[1]"), Said(302, "")])
def test_what_is_not_the_api_is_recognized(api: ScriptedApi, said: Said) -> None:
    api.script = lambda _asked: said

    with pytest.raises(UnexpectedAnswerError, match="Is the URL that of the API"):
        api.client().me()


def test_a_redirect_is_not_followed_with_the_key(api: ScriptedApi) -> None:
    api.script = lambda _asked: Said(302, "", {"Location": f"{api.url}/elsewhere"})

    with pytest.raises(UnexpectedAnswerError):
        api.client().me()
    assert len(api.asked) == 1


@pytest.mark.parametrize("url", ["http://api.example.com", "http://127.0.0.1.example.com"])
def test_a_key_does_not_travel_in_the_clear(url: str) -> None:
    with pytest.raises(TriggersError, match="not https"):
        Client(url, "k")
    Client(url, "k", allow_http=True)


@pytest.mark.parametrize("url", ["", "api.example.com", "ftp://a", "https://", "https://a?b=c"])
def test_what_is_no_url_is_said_to_be_none(url: str) -> None:
    with pytest.raises(TriggersError, match="no URL"):
        Client(url, "k")


@pytest.mark.parametrize("key", ["", " ", "a\r\nX-Evil: 1", "ключ"])
def test_a_key_cannot_break_out_of_its_header(key: str) -> None:
    with pytest.raises(TriggersError, match="key"):
        Client("https://api.example.com", key)


def test_nothing_shows_the_key() -> None:
    client = Client("https://api.example.com", "trg_very_secret")
    assert "very_secret" not in repr(client) + repr(client.transport) + str(vars(client))
