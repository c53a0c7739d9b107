"""Bodies that are made to cost: many faults, many keys, long names, odd encodings."""

import pytest

from tests.http_api import Api
from triggers_api.api.faults import MAX_DETAILS


@pytest.mark.parametrize(
    "body",
    [
        {"event_type": "a", "payload": {}, "metadata": {f"{n:03x}": [] for n in range(30_000)}},
        {"event_type": "a", "payload": {}} | {f"key{n}": 1 for n in range(30_000)},
        {"event_type": "a", "payload": {}, "k" * 400_000: 1},
        {"event_ids": [None] * 60_000},
        {"channel": "webhook", "settings": {f"{n:x}": 0 for n in range(40_000)}},
        {"channel": "webhook", "name": "a", "settings": {f"{n:x}": 0 for n in range(1_000)}},
        {"provider": "github", "settings": {f"{n:x}": 0 for n in range(40_000)}},
    ],
    ids=[
        *("wrong members", "unknown fields", "a long name", "wrong items"),
        *("a config's unknown settings", "no other fault", "a source's unknown settings"),
    ],
)
def test_a_body_of_many_faults_gets_a_short_answer(api: Api, body: dict[str, object]) -> None:
    paths = {
        "event_ids": "/inbox/acknowledge",
        "channel": "/notifications/configs",
        "provider": "/sources",
    }
    path = next((path for member, path in paths.items() if member in body), "/events")

    answer = api.post(path, body)

    assert answer.status == 422
    assert len(answer.json()["details"]) <= MAX_DETAILS
    assert len(answer.body) < 10_000


def test_the_one_repeated_key_of_sixty_thousand_is_named(api: Api) -> None:
    """In the time of one look at each: the square of it would be an hour's work."""
    keys = [*(f'"k{number}":1' for number in range(40_000)), '"k39999":2']

    answer = api.post("/events", '{"event_type":"a","payload":{' + ",".join(keys) + "}}")

    assert answer.status == 400
    assert '"k39999" is given twice' in answer.json()["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "application/json; charset=latin1"},
        {"content_type": "application/json; charset=utf-16"},
        {"content_type": "application/json; charset=utf-8; charset=utf-16"},
        {"content_encoding": "gzip"},
        {"content_encoding": "gzip, identity"},
    ],
)
def test_another_encoding_than_plain_utf_8_is_refused(api: Api, headers: dict[str, str]) -> None:
    answer = api.post("/events", {"event_type": "a", "payload": {}}, **headers)

    assert answer.status == 415


@pytest.mark.parametrize("limit", ["+5", "5.0", "1_0", " 5", "\u0665", "1e1"])
def test_a_limit_is_written_in_digits(api: Api, limit: str) -> None:
    assert api.get(f"/inbox?limit={limit}").status == 400


def test_a_name_that_a_caller_made_up_is_not_repeated_in_full(api: Api) -> None:
    answer = api.get(f"/inbox?limit=1&{'n' * 5000}=1")

    assert answer.status == 400
    assert len(answer.body) < 1000


def test_a_next_page_repeats_the_query(api: Api) -> None:
    for _ in range(2):
        api.post("/events", {"event_type": "a", "payload": {}})

    answer = api.get("/inbox?limit=1&order=desc")

    assert answer.headers["link"].startswith("<?limit=1&order=desc&cursor=")


def test_metadata_come_back_as_they_were_sent(api: Api) -> None:
    metadata = {"über": "größe 🦑", "n": 12345678901234567890, "f": 0.5, "b": True, "null": None}

    answer = api.post("/events", {"event_type": "a", "payload": {}, "metadata": metadata})

    assert answer.json()["metadata"] == metadata
    assert api.get("/inbox").json()[0]["metadata"] == metadata
