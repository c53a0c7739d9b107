"""Which events a config wants; an absent filter matches all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from triggers_api.events.event import MetadataValue, Severity, is_of_type

_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_GRAVEST = len(_RANK)


class Described(Protocol):
    """What filters look at."""

    @property
    def event_type(self) -> str:
        """As it was posted."""
        ...

    @property
    def severity(self) -> Severity:
        """As it was posted."""
        ...

    @property
    def metadata(self) -> Mapping[str, MetadataValue]:
        """As it was posted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """All filters that are given must match; within one, any of its values."""

    event_types: frozenset[str] = frozenset()  # exact, or a prefix that ends in `.*`
    min_severity: Severity | None = None
    connectors: frozenset[str] = frozenset()
    entity_types: frozenset[str] = frozenset()
    error_types: frozenset[str] = frozenset()
    expression: str | None = None  # `match`: see `expressions.py`, which judges it

    def match(self, event: Described) -> bool:
        """Whether the config wants this event, as far as its expression does not decide."""
        return next(self._unmet(event), None) is None

    def unmet(self, event: Described) -> tuple[str, ...]:
        """The names of the filters that leave this event out."""
        return tuple(self._unmet(event))

    def _unmet(self, event: Described) -> Iterator[str]:
        if not self.match_type(event.event_type):
            yield "event_types"
        if not self._match_severity(event.severity):
            yield "min_severity"
        if not _match_metadata(self.connectors, event, "connector"):
            yield "connectors"
        if not _match_metadata(self.entity_types, event, "entity_type"):
            yield "entity_types"
        if not _match_metadata(self.error_types, event, "error_type"):
            yield "error_types"

    def _match_severity(self, severity: Severity) -> bool:
        """What another release calls grave cannot be judged here: better pushed than missed."""
        least = 0 if self.min_severity is None else _RANK.get(self.min_severity, 0)
        return _RANK.get(severity, _GRAVEST) >= least

    def match_type(self, event_type: str) -> bool:
        """Whether the config may want events of this type."""
        if not self.event_types:
            return True
        return any(is_of_type(event_type, wanted) for wanted in self.event_types)


def _match_metadata(wanted: frozenset[str], event: Described, key: str) -> bool:
    return not wanted or event.metadata.get(key) in wanted
