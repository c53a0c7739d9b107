"""Facts about what comes back: number for number, page by page."""

import pytest

from tests.client.scripted_api import Asked, Said, ScriptedApi
from triggers_client import NotFoundError, RawJson


def test_a_payload_goes_and_comes_number_for_number(api: ScriptedApi) -> None:
    text = '{"id":"evt_1","payload":{"total":31.80,"big":123456789012345678901234567890}}'
    api.script = lambda _asked: Said(200, f"[{text}, {text}]")

    page = api.client().events.page()

    assert page is not None
    assert [getattr(event, "text", None) for event in page.items] == [text, text]
    api.script = lambda _asked: None
    api.client().events.post("a", RawJson('{"total":31.80}'))
    assert api.asked[-1].headers["content-length"] == str(
        len('{"event_type":"a","payload":{"total":31.80}}')
    )


def test_a_walk_follows_every_link_as_it_is(api: ScriptedApi) -> None:
    def said(asked: Asked) -> Said:
        number = asked.path.count("cursor=")
        pages = {
            0: Said(200, [{"id": "a"}], {"Link": '<?limit=2&cursor=x%2A>; rel="next"'}),
            1: Said(200, [], {"Link": '<?limit=2&cursor=x&cursor=y>; rel="next"'}),
            2: Said(200, [{"id": "b"}]),
        }
        return pages[number]

    api.script = said

    assert [each["id"] for each in api.client().inbox.walk(limit=2)] == ["a", "b"]
    assert [asked.path for asked in api.asked] == [
        "/base/inbox?limit=2",
        "/base/inbox?limit=2&cursor=x%2A",
        "/base/inbox?limit=2&cursor=x&cursor=y",
    ]


def test_an_unchanged_page_is_none(api: ScriptedApi) -> None:
    api.play(Said(200, [], {"ETag": '"t"'}), Said(304))
    client = api.client()

    page = client.inbox.page()
    assert page is not None
    assert client.inbox.page(etag=page.etag) is None
    assert api.asked[-1].headers["if-none-match"] == '"t"'


def test_an_id_cannot_lead_to_another_path(api: ScriptedApi) -> None:
    with pytest.raises(NotFoundError):
        api.client().events.get("../me?x=/#")
    assert api.asked[-1].path == "/base/events/..%2Fme%3Fx%3D%2F%23"


def test_an_unhealthy_answer_is_an_answer(api: ScriptedApi) -> None:
    api.script = lambda _asked: Said(503, {"status": "unhealthy", "checks": {"store": "failing"}})
    assert api.client().health()["checks"] == {"store": "failing"}
