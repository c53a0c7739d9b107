"""Posting events, and looking at them."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import cast
from urllib.parse import quote

from triggers_client.batch import BATCH_EVENTS, Result, Unfinished, send_some
from triggers_client.encoding import RawJson, object_text
from triggers_client.errors import TriggersError
from triggers_client.models import Event, EventDraft, Order, Scalar, Severity, Story
from triggers_client.paging import Page, fetch, path_of, walk
from triggers_client.transport import Transport


def event_path(event_id: str, action: str = "") -> str:
    """Where an event is."""
    return f"/events/{quote(event_id, safe='')}{action}"


class Events:
    """`/events` of the API."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def post(
        self,
        event_type: str,
        payload: Mapping[str, object] | RawJson,
        *,
        metadata: Mapping[str, Scalar] | RawJson | None = None,
        severity: Severity | None = None,
        execution_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Event:
        """Store an event.

        Without an `idempotency_key` it gets one of its own, so that no retry doubles it; an error
        has it, to post the event again with. Give yours to be safe also when the program itself
        is run again, within 24 hours.
        """
        members: dict[str, object] = {"event_type": event_type, "payload": payload}
        given = {"metadata": metadata, "severity": severity, "execution_id": execution_id}
        members |= {name: value for name, value in given.items() if value is not None}
        key = own_key() if idempotency_key is None else idempotency_key
        text = object_text(members)
        try:
            answer = self._transport.send(
                "POST", "/events", text, headers={"Idempotency-Key": _in_header(key)}
            )
            return cast("Event", answer.document())
        except TriggersError as error:
            error.idempotency_key = key
            raise

    def post_many(self, drafts: Sequence[EventDraft]) -> list[Result]:
        """Store events, a hundred in a request; what became of each, in their order.

        An error has in `unfinished` what became of each until then, and the drafts with the keys
        that they went under: post those again, and nothing is doubled.
        """
        keyed = [_keyed(draft) for draft in drafts]
        texts = [object_text(cast("dict[str, object]", draft)) for draft in keyed]
        places, results = range(len(texts)), dict[int, Result]()
        try:
            for start in places[::BATCH_EVENTS]:
                some = places[start : start + BATCH_EVENTS]
                send_some(self._transport, texts, some, results)
        except TriggersError as error:
            error.unfinished = Unfinished(keyed, [results.get(place) for place in places])
            raise
        return [results[place] for place in places]

    def get(self, event_id: str) -> Event:
        """The event as it is at this moment."""
        return cast("Event", self._transport.send("GET", event_path(event_id)).document())

    def story(self, event_id: str, *, config_id: str | None = None) -> Story:
        """What happened to it, and what became of it for each config, or for one."""
        path = path_of(event_path(event_id, "/story"), {"config_id": config_id})
        return cast("Story", self._transport.send("GET", path).document())

    def acknowledge(self, event_id: str) -> None:
        """Say that it is processed; saying it again changes nothing."""
        self._transport.send("POST", event_path(event_id, "/acknowledge"))

    def replay(self, event_id: str) -> Event:
        """Put it back to `pending` and push it anew. Not repeated by itself: each is a round."""
        path = event_path(event_id, "/replay")
        return cast("Event", self._transport.send("POST", path, repeatable=False).document())

    def erase(self, event_id: str) -> None:
        """Erase what it said, for good."""
        self._transport.send("DELETE", event_path(event_id))

    def page(
        self,
        *,
        status: str | None = None,
        event_type: str | None = None,
        severity: Severity | None = None,
        execution_id: str | None = None,
        since: str | None = None,
        until: str | None = None,
        order: Order | None = None,
        limit: int | None = None,
        etag: str | None = None,
    ) -> Page[Event] | None:
        """A page of all events, newest first by default; None if unchanged since `etag`."""
        query = {"status": status, "event_type": event_type, "severity": severity}
        query |= {"execution_id": execution_id, "since": since, "until": until}
        path = path_of("/events", query | {"order": order, "limit": limit})
        return fetch(self._transport, path, etag)

    def walk(
        self,
        *,
        status: str | None = None,
        event_type: str | None = None,
        severity: Severity | None = None,
        execution_id: str | None = None,
        since: str | None = None,
        until: str | None = None,
        order: Order | None = None,
        limit: int | None = 100,
    ) -> Iterator[Event]:
        """All events, newest first by default; `limit` is of a page."""
        query = {"status": status, "event_type": event_type, "severity": severity}
        query |= {"execution_id": execution_id, "since": since, "until": until}
        path = path_of("/events", query | {"order": order, "limit": limit})
        return walk(self._transport, path)


def _keyed(draft: EventDraft) -> EventDraft:
    """The draft with a key, so that no retry doubles it."""
    given = draft.get("idempotency_key")
    return {**draft, "idempotency_key": own_key() if given is None else given}


def _in_header(key: str) -> str:
    """In quotes where it has a comma, for a bare one would say that the header came twice."""
    is_quoted = len(key) > 1 and key[0] == key[-1] == '"'
    return f'"{key}"' if "," in key and not is_quoted else key


def own_key() -> str:
    """An idempotency key that nobody else has."""
    return str(uuid.uuid4())
