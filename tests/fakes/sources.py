"""The port of sources in memory."""

from dataclasses import replace
from datetime import datetime

from triggers_api.sources.source import Refused, Secrets, Source, Traffic

REFUSED_KEPT = 20


class InMemorySourceStore:
    """A `SourceStore`."""

    def __init__(self) -> None:
        self._sources: dict[tuple[str, str], tuple[Source, Secrets]] = {}
        self._refused: dict[tuple[str, str], dict[int, Refused]] = {}
        self.reads = 0
        self.writes = 0

    def find(self, tenant: str, source_id: str) -> Source | None:
        self.reads += 1
        found = self._sources.get((tenant, source_id))
        return None if found is None else found[0]

    def open(self, source: Source) -> Secrets:
        return self._sources[source.tenant, source.id][1]

    def list_sources(self, tenant: str) -> tuple[Source, ...]:
        found = [source for source, _ in self._sources.values() if source.tenant == tenant]
        return tuple(sorted(found, key=lambda each: (each.created_at, each.id)))

    def put(
        self, source: Source, secrets: Secrets, *, known_updated_at: datetime | None = None
    ) -> bool:
        self.writes += 1
        key = (source.tenant, source.id)
        stored = self._sources.get(key)
        if (stored and stored[0].updated_at) != known_updated_at:
            return False
        traffic = stored[0].traffic if stored else Traffic()
        kept = replace(source, secrets_set=secrets.names, traffic=traffic)
        self._sources[key] = (kept, secrets)
        return True

    def delete(self, tenant: str, source_id: str) -> bool:
        self.writes += 1
        self._refused.pop((tenant, source_id), None)
        return self._sources.pop((tenant, source_id), None) is not None

    def note_traffic(self, tenant: str, source_id: str, more: Traffic) -> int | None:
        self.writes += 1
        found = self._sources.get((tenant, source_id))
        if found is None:
            return None
        source, secrets = found
        known = source.traffic
        traffic = Traffic(
            arrived=known.arrived + more.arrived,
            refused=known.refused + more.refused,
            last_arrived_at=more.last_arrived_at or known.last_arrived_at,
            last_refused_at=more.last_refused_at or known.last_refused_at,
            last_refusal=more.last_refusal or known.last_refusal,
        )
        self._sources[tenant, source_id] = (replace(source, traffic=traffic), secrets)
        return traffic.refused

    def keep_refused(self, tenant: str, source_id: str, number: int, refused: Refused) -> None:
        self.writes += 1
        kept = self._refused.setdefault((tenant, source_id), {})
        kept[number % REFUSED_KEPT] = refused

    def list_refused(self, tenant: str, source_id: str) -> tuple[Refused, ...]:
        kept = self._refused.get((tenant, source_id), {}).values()
        return tuple(sorted(kept, key=lambda each: each.at, reverse=True))
