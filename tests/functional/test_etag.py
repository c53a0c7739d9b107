"""`ETag`, `If-None-Match` and 304."""

import pytest

from tests.clock import FixedClock
from tests.functional.conftest import post_event
from tests.http_api import Api

LISTS = pytest.mark.parametrize("path", ["/inbox", "/events"])


def tag_of(api: Api, path: str) -> str:
    return api.get(path).headers["etag"]


@LISTS
def test_a_page_that_has_not_changed_is_not_sent_again(api: Api, path: str) -> None:
    post_event(api)
    first = api.get(path)

    again = api.get(path, if_none_match=first.headers["etag"])

    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "private, no-cache"


@LISTS
def test_an_empty_page_has_a_tag_too(api: Api, path: str) -> None:
    assert api.get(path, if_none_match=tag_of(api, path)).status == 304


def test_an_event_more_or_less_is_another_page(api: Api, clock: FixedClock) -> None:
    tags = [tag_of(api, "/inbox")]
    event = post_event(api)
    tags.append(tag_of(api, "/inbox"))
    clock.advance(seconds=1)
    post_event(api)
    tags.append(tag_of(api, "/inbox"))
    api.post(f"/events/{event['id']}/acknowledge")
    tags.append(tag_of(api, "/inbox"))

    assert len(set(tags)) == 4
    assert [api.get("/inbox", if_none_match=tag).status for tag in tags] == [200, 200, 200, 304]


def test_the_same_events_with_another_link_are_another_page(api: Api, clock: FixedClock) -> None:
    post_event(api)
    alone = api.get("/inbox?limit=1")
    clock.advance(seconds=1)
    post_event(api)

    followed = api.get("/inbox?limit=1", if_none_match=alone.headers["etag"])

    assert followed.status == 200
    assert followed.body == alone.body
    assert followed.next_url is not None


def test_a_304_still_leads_to_the_next_page(api: Api, clock: FixedClock) -> None:
    for _ in range(2):
        post_event(api)
        clock.advance(seconds=1)
    first = api.get("/inbox?limit=1")

    again = api.get("/inbox?limit=1", if_none_match=first.headers["etag"])

    assert (again.status, again.next_url) == (304, first.next_url)


def test_an_event_changes_its_tag_when_it_is_acknowledged(api: Api) -> None:
    path = f"/events/{post_event(api)['id']}"
    tag = tag_of(api, path)

    assert api.get(path, if_none_match=tag).status == 304
    api.post(f"{path}/acknowledge")
    assert api.get(path, if_none_match=tag).status == 200


@pytest.mark.parametrize("written", ["{0}", "W/{0}", '"other", {0}', '{0},W/"x"', "*", " * "])
def test_a_tag_may_come_in_any_form_that_http_knows(api: Api, written: str) -> None:
    tag = tag_of(api, "/inbox")

    assert api.get("/inbox", if_none_match=written.format(tag)).status == 304


@pytest.mark.parametrize("written", ["", '"other"', "other", '"', "W/*", "{0}"])
def test_anything_else_gets_the_page(api: Api, written: str) -> None:
    bare = tag_of(api, "/inbox").strip('"')

    assert api.get("/inbox", if_none_match=written.format(bare)).status == 200


def test_who_may_not_read_learns_nothing_from_a_tag(api: Api) -> None:
    tag = tag_of(api, "/inbox")

    assert api.calling_with(None).get("/inbox", if_none_match=tag).status == 401
    assert api.get("/events/evt_unknown", if_none_match="*").status == 404


def test_another_tenants_tag_is_of_use_for_the_same_bytes_only(api: Api, other_api: Api) -> None:
    post_event(api)

    assert other_api.get("/inbox", if_none_match=tag_of(api, "/inbox")).status == 200
