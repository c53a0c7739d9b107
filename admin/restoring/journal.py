"""What was done since a point in time, as the functions' log tells: `make restore` does it again.

A copy of the tables knows nothing of what came after it. Where the live table still does, it
decides; where it has lost that too, these lines are all that is left.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

_DONE: Final = 300
_MAY_BE_DONE: Final = 500  # the answer was an error, and what was asked may have been done before
_OF_API: Final = (
    '{ $.message = "request.completed" && ($.status < 300 || $.status >= 500) && '
    '($.method = "DELETE" || $.route = "*/acknowledge" || $.route = "*/replay"'
    ' || $.route = "*/rotate") }'
)
_OF_DELIVERY: Final = "{ $.EventsAcknowledged[0] = 1 }"
_ENDING_A_KEY: Final = ("DELETE /keys/{key_id}", "POST /keys/{key_id}/rotate")
_ENDING_A_SOURCE: Final = "DELETE /sources/{source_id}"


class Deed(StrEnum):
    """What was last done with an event."""

    ACKNOWLEDGED = "acknowledged"
    REPLAYED = "replayed"
    ERASED = "erased"


@dataclass(slots=True)
class Journal:
    """By what it happened to; what is not here was not done, or is not known."""

    deeds: dict[tuple[str, str], tuple[Deed, datetime]] = field(default_factory=dict)
    ended: dict[tuple[str, str], datetime] = field(default_factory=dict)  # keys, configs, sources
    tenants: dict[str, datetime] = field(default_factory=dict)  # deleted
    unnamed: dict[str, set[str]] = field(default_factory=lambda: {"key": set(), "source": set()})
    """Tenants of which one was ended by code that did not log which."""

    def deed(self, tenant: str, event_id: str) -> tuple[Deed, datetime] | None:
        """What was last done with an event, and when."""
        return self.deeds.get((tenant, event_id))

    def ended_at(self, tenant: str, id_: str) -> datetime | None:
        """When a key, a config or a source was ended by its tenant, by an operator if there is none."""
        return self.ended.get((tenant, id_))

    def note(self, line: Mapping[str, Any], at: datetime) -> None:
        """Take one line in, in any order; those of other calls change nothing."""
        if line.get("message") != "request.completed":
            if "EventsAcknowledged" in line and "event_id" in line:  # a push did it
                self._note_events(line, Deed.ACKNOWLEDGED, at)
            return
        asked, status = f"{line.get('method')} {line.get('route')}", int(line.get("status", 0))
        if status < _DONE:
            self._note_done(asked, line, at)
        if status < _DONE or status >= _MAY_BE_DONE:
            self._note_ended(asked, line, at)

    def _note_done(self, asked: str, line: Mapping[str, Any], at: datetime) -> None:
        if asked in {"POST /events/{event_id}/acknowledge", "POST /inbox/acknowledge"}:
            self._note_events(line, Deed.ACKNOWLEDGED, at)
        elif asked == "POST /events/{event_id}/replay":
            self._note_events(line, Deed.REPLAYED, at)

    def _note_ended(self, asked: str, line: Mapping[str, Any], at: datetime) -> None:
        """What must not come back is taken for done if that may be so."""
        tenant, about = line.get("tenant") or "", line.get("about")
        if asked == "DELETE /events/{event_id}":
            self._note_events(line, Deed.ERASED, at)
        elif asked == "DELETE /notifications/configs/{config_id}" and "config_id" in line:
            self.ended[tenant, line["config_id"]] = at
        elif asked == "DELETE /tenants/{tenant}" and about:
            self.tenants[about] = at
        elif asked in {*_ENDING_A_KEY, _ENDING_A_SOURCE}:
            if about:
                self.ended[tenant, about] = at
            else:
                self.unnamed["source" if asked == _ENDING_A_SOURCE else "key"].add(tenant)

    def _note_events(self, line: Mapping[str, Any], deed: Deed, at: datetime) -> None:
        for event_id in line.get("event_ids") or [line.get("event_id", "")]:
            place = (line.get("tenant") or "", event_id)
            known, since = self.deeds.get(place, (deed, at))
            is_later = since <= at and known is not Deed.ERASED  # which is for good
            if is_later or deed is Deed.ERASED:
                self.deeds[place] = (deed, at)


def journal_of(lines: Iterable[tuple[datetime, str]]) -> Journal:
    """The journal of log lines in any order; what is no JSON object of ours is skipped."""
    journal = Journal()
    for at, text in lines:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict):
            journal.note(line, at)
    return journal


def lines_since(logs: Any, stack: str, since: datetime) -> Iterator[tuple[datetime, str]]:
    """The lines of API and workers that matter, from CloudWatch."""
    for function, pattern in (("api", _OF_API), ("delivery", _OF_DELIVERY)):
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{stack}/{function}",
            startTime=int(since.timestamp() * 1000),
            filterPattern=pattern,
        )
        for page in pages:
            for event in page["events"]:
                yield datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["message"]


def lines_in(text: str) -> Iterator[tuple[datetime, str]]:
    """The lines of a file that somebody exported; each tells its own time."""
    for line in text.splitlines():
        try:
            said = json.loads(line)
            yield datetime.fromisoformat(said["timestamp"]).astimezone(UTC), line
        except (ValueError, TypeError, KeyError):
            continue
