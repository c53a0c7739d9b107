"""When an event is over."""

from datetime import UTC, datetime, timedelta

import pytest

from triggers_api.store.items import has_expired, may_be_swept, number

END = datetime(2026, 11, 21, tzinfo=UTC)
HEAD = {"expires_at": number(END.timestamp())}
A_SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("at", "is_over"), [(END - A_SECOND, False), (END, True)])
def test_an_event_is_over_at_the_very_second_that_its_head_names(
    at: datetime, *, is_over: bool
) -> None:
    assert has_expired(HEAD, at) == may_be_swept(HEAD, at) == is_over


def test_an_event_is_seen_no_longer_than_it_would_be_without_a_key_that_keeps_its_head() -> None:
    kept = HEAD | {"visible_until": number((END - A_SECOND).timestamp())}

    assert has_expired(kept, END - A_SECOND)
    assert not may_be_swept(kept, END - A_SECOND)
