"""A tenant has fifty sources at most, however they are made."""

from typing import Any

import pytest

from tests.builders.events import TENANT
from tests.clock import FixedClock
from tests.fakes.sources import InMemorySourceStore
from triggers_api.errors import ConflictError
from triggers_api.providers import all_providers
from triggers_api.sources.keep import KeepSources, SourceDraft
from triggers_api.sources.source import MAX_SOURCES, Source

DRAFT = SourceDraft(name="GitHub", provider="github")


@pytest.mark.parametrize("there", [MAX_SOURCES - 1, MAX_SOURCES - 3])
def test_there_are_never_more_however_many_are_made_at_the_same_moment(
    clock: FixedClock, there: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five requests find room before any of them has written its source."""
    store = InMemorySourceStore()
    sources = KeepSources(store, all_providers(), clock)
    for _ in range(there):
        sources.create(TENANT, DRAFT)
    put, begun, refused = store.put, [], []

    def others_first(source: Source, *given: Any, **known: Any) -> bool:
        begun.append(source)
        if len(begun) < 5:
            create()
        return put(source, *given, **known)

    def create() -> None:
        try:
            sources.create(TENANT, DRAFT)
        except ConflictError as error:
            refused.append(error.code)

    monkeypatch.setattr(store, "put", others_first)
    create()

    assert refused == ["limit_reached"] * (5 - MAX_SOURCES + there)
    assert len(store.list_sources(TENANT)) == MAX_SOURCES
