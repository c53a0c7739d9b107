"""`GET /inbox/stats`."""

from tests.clock import FixedClock
from tests.functional.conftest import post_event
from tests.http_api import Api


def test_an_empty_inbox_has_all_members(api: Api) -> None:
    assert api.get("/inbox/stats").json() == {
        "pending": 0,
        "failed": 0,
        "leased": 0,
        "oldest_pending_at": None,
        "is_capped": False,
    }


def test_what_waits_is_counted_as_the_inbox_shows_it(
    api: Api, other_api: Api, clock: FixedClock
) -> None:
    done, oldest = post_event(api), post_event(api)
    clock.advance(seconds=1)
    post_event(api)
    post_event(other_api)
    api.post("/inbox/lease", {"limit": 2})
    api.post(f"/events/{done['id']}/acknowledge")

    stats = api.get("/inbox/stats").json()

    assert stats["pending"] == len(api.get("/inbox").json()) == 2
    assert stats["leased"] == 1
    assert stats["oldest_pending_at"] == oldest["created_at"]
    assert other_api.get("/inbox/stats").json()["leased"] == 0
