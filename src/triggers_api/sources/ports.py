"""What sources need from the outside."""

from datetime import datetime
from typing import Protocol

from triggers_api.sources.source import Refused, Secrets, Source, Traffic


class SourceStore(Protocol):
    """Keeps sources; secrets encrypted, and opened only when they are asked for."""

    def find(self, tenant: str, source_id: str) -> Source | None:
        """The source as it is now, read consistently."""
        ...

    def open(self, source: Source) -> Secrets:
        """The secrets of a source that was read."""
        ...

    def list_sources(self, tenant: str) -> tuple[Source, ...]:
        """All of a tenant's, oldest first, read consistently."""
        ...

    def put(
        self, source: Source, secrets: Secrets, *, known_updated_at: datetime | None = None
    ) -> bool:
        """Keep a source and its secrets; what came to it so far stays as it is.

        `known_updated_at` belongs to the source that this one replaces; None means it is new.
        False if somebody changed or deleted that one since.
        """
        ...

    def delete(self, tenant: str, source_id: str) -> bool:
        """Forget a source, its secrets and what it refused; False if there was none."""
        ...

    def note_traffic(self, tenant: str, source_id: str, more: Traffic) -> int | None:
        """Add to what came to a source; returns how much it has refused, None if it is gone."""
        ...

    def keep_refused(self, tenant: str, source_id: str, number: int, refused: Refused) -> None:
        """Keep the request that was refused as the n-th, in the place of an older one."""
        ...

    def list_refused(self, tenant: str, source_id: str) -> tuple[Refused, ...]:
        """The last requests that were refused and kept, newest first."""
        ...
