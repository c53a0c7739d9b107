"""Which events a config wants; an absent filter matches all."""

from dataclasses import dataclass

from triggers_api.events.event import Event, Severity, is_of_type

_RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """All filters that are given must match; within one, any of its values."""

    event_types: frozenset[str] = frozenset()  # exact, or a prefix that ends in `.*`
    min_severity: Severity | None = None
    connectors: frozenset[str] = frozenset()
    entity_types: frozenset[str] = frozenset()
    error_types: frozenset[str] = frozenset()

    def match(self, event: Event) -> bool:
        """Whether the config wants this event."""
        return (
            self.match_type(event.event_type)
            and (self.min_severity is None or _RANK[event.severity] >= _RANK[self.min_severity])
            and _match_metadata(self.connectors, event, "connector")
            and _match_metadata(self.entity_types, event, "entity_type")
            and _match_metadata(self.error_types, event, "error_type")
        )

    def match_type(self, event_type: str) -> bool:
        """Whether the config may want events of this type."""
        if not self.event_types:
            return True
        return any(is_of_type(event_type, wanted) for wanted in self.event_types)


def _match_metadata(wanted: frozenset[str], event: Event, key: str) -> bool:
    return not wanted or event.metadata.get(key) in wanted
