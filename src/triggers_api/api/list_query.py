"""The parameters that lists share, and the Link header to their next page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Query, Response
from pydantic import BeforeValidator, Field

from triggers_api.answers import fitting
from triggers_api.api.call import Call
from triggers_api.api.cursor import ListQuery
from triggers_api.api.faults import PATTERN_HINTS
from triggers_api.events.event import events_as_json
from triggers_api.events.ports import EventQuery, Position
from triggers_api.timestamps import from_text

MAX_LIMIT = 100


class Order(StrEnum):
    """By creation: oldest or newest first."""

    ASC = "asc"
    DESC = "desc"


def whole_number(text: object) -> object:
    """Digits only: `+5`, `5.0` and `1_0` are numbers to Python, but to nobody's API."""
    if isinstance(text, str) and not (text.isascii() and text.isdigit()):
        message = "give a whole number"
        raise ValueError(message)
    return text


def _moment(text: object) -> object:
    """Read a time; a space stands for a `+` that the client forgot to encode."""
    if not isinstance(text, str):
        return text
    try:
        return from_text(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        message = "give an ISO 8601 time such as 2026-11-21T22:55:18Z"
        raise ValueError(message) from None


_TYPE_OR_PREFIX = r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.\*)?$"
PATTERN_HINTS[_TYPE_OR_PREFIX] = "give an event type such as invoice.failed, or a prefix: invoice.*"

# The range belongs to the number itself: after the validator, OpenAPI would not show it.
LimitNumber = Annotated[int, Field(ge=1, le=MAX_LIMIT), BeforeValidator(whole_number)]
Limit = Annotated[LimitNumber, Query(description="Events on a page.")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=200,
        description="Where the page begins: from the Link header of the page before, as it is.",
    ),
]
EventTypeFilter = Annotated[
    str | None,
    Query(
        max_length=130,
        pattern=_TYPE_OR_PREFIX,
        description="Only this type; `invoice.*` takes all that begin so.",
        examples=["invoice.*"],
    ),
]
Moment = Annotated[
    Annotated[datetime, Field(strict=True)] | None,  # in a body, no number is a time
    BeforeValidator(_moment),
]
A_TIME = ["2026-11-21T22:55:18Z"]
Since = Annotated[
    Moment, Query(description="Only events created then or later (ISO 8601).", examples=A_TIME)
]
Until = Annotated[
    Moment, Query(description="Only events created before (ISO 8601).", examples=A_TIME)
]


_NO_MOMENT: Final = datetime(1970, 1, 1, tzinfo=UTC)  # names alone tell who comes after whom


def list_answer(call: Call, query: EventQuery, *, limit: int, cursor: str | None) -> Response:
    """A page of events as a JSON array, with an ETag, and a `Link` if there is a next page."""
    after = position_of(call, query, cursor)
    page = call.services.events.list_events(call.tenant, query, limit=limit, after=after)
    call.charge_read(page.read_units)
    return call.tagged(events_as_json(page.events), link_header(call, query, page.next_after))


def as_many_as_fit(
    call: Call, query: ListQuery, found: Sequence[tuple[Position, bytes]], cursor: str | None
) -> Response:
    """All that was found behind the cursor, as JSON, and a `Link` if an answer carries no more."""
    after = position_of(call, query, cursor)
    rest = [each for each in found if after is None or each[0] > after]
    shown = rest[: fitting(len(text) for _, text in rest)]
    end = shown[-1][0] if len(shown) < len(rest) else None
    body = b"[%s]" % b",".join(text for _, text in shown)
    return call.answer(body, headers=link_header(call, query, end))


def position_of(call: Call, query: ListQuery, cursor: str | None) -> Position | None:
    """Where the page begins. Raises `InvalidRequestError` for a cursor of another list."""
    if cursor is None:
        return None
    return call.services.cursors.decode(call.principal.tenant, query, cursor)


def after_name(name: str | None) -> Position | None:
    """The position of a name in a list that is in order of names; None where there is none."""
    return None if name is None else Position(_NO_MOMENT, name)


def cursor_of(call: Call, query: ListQuery, next_after: Position | None) -> str | None:
    """Where the next page begins, if there is one."""
    if next_after is None:
        return None
    return call.services.cursors.encode(call.principal.tenant, query, next_after)


def link_header(call: Call, query: ListQuery, next_after: Position | None) -> dict[str, str]:
    """The header that leads to the next page, if any: `Link: <?…>; rel="next"` (RFC 8288).

    It is relative, so that it holds behind any base path, and repeats the query.
    """
    cursor = cursor_of(call, query, next_after)
    if cursor is None:
        return {}
    parameters = dict(call.request.query_params) | {"cursor": cursor}
    return {"Link": f'<?{urlencode(parameters)}>; rel="next"'}
