"""CloudEvents 1.0, structured and binary, read as drafts.

Both modes of one CloudEvent make the same draft under the same idempotency key.
"""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from fastapi import Request

from triggers_api.api.drafts import packed
from triggers_api.api.json_body import JSON, JsonBody, MediaType, read_json, validated
from triggers_api.api.schemas.cloud_events import NAME, CloudEventIn
from triggers_api.api.schemas.events import check_metadata
from triggers_api.errors import Detail, InvalidContentError
from triggers_api.events.accept import Draft
from triggers_api.events.accept_many import KeyedDraft
from triggers_api.events.event import MetadataValue, Severity
from triggers_api.events.ids import IdempotencyKey, Origin

STRUCTURED: Final = MediaType.matching(
    "application/cloudevents+json", r"application/cloudevents\+json"
)
BATCH: Final = MediaType.matching(
    "application/cloudevents-batch+json", r"application/cloudevents-batch\+json"
)
_ANY_JSON: Final = MediaType.matching(JSON.name, r"[\w.+-]+/([\w.+-]+\+)?json")
_ANY_CLOUD_EVENT: Final = "application/cloudevents"
_PREFIX: Final = "ce-"
_TELLING: Final = frozenset({"ce-specversion", "ce-type", "ce-source", "ce-id"})
_EXAMPLE: Final = (
    '{"specversion": "1.0", "type": "invoice.failed", "source": "/shops/42", "id": "1", "data": {}}'
)
# Attributes with a meaning of ours, whose names have no underscore in a CloudEvent.
_OUR_NAMES: Final = {"entitytype": "entity_type", "errortype": "error_type"}
_KEPT_AS_METADATA: Final = ("source", "id", "time", "subject", "dataschema")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
# What a server or gateway makes of a header that came twice. A space within a value is
# percent-encoded, says the binding, so this is no value; a comma alone may be a part of one.
_JOINED: Final = re.compile(r',[ \t]|","')
_NO_DATA: Final = JsonBody({}, b"{}")
_NO_ATTRIBUTES: Final = frozenset({"data", "datacontenttype"})


def is_cloud_event(request: Request) -> bool:
    """Whether a request is a CloudEvent, by its media type or a header that all of them have."""
    headers = request.headers
    if headers.get("content-type", "")[: len(_ANY_CLOUD_EVENT)].lower() == _ANY_CLOUD_EVENT:
        return True
    return any(name in _TELLING for name in headers.keys())  # noqa: SIM118  # they are no mapping


async def read_cloud_event(request: Request) -> KeyedDraft:
    """The one CloudEvent of a request. Raises an error that says what is wrong with it."""
    content_type = request.headers.get("content-type", "")
    if content_type[: len(_ANY_CLOUD_EVENT)].lower() == _ANY_CLOUD_EVENT:
        return keyed_draft_of(await read_json(request, STRUCTURED))
    attributes: dict[str, Any] = dict(_attributes(request))
    data = _NO_DATA
    if await request.body():
        data = await read_json(request, _ANY_JSON, levels=0)
        attributes |= {"datacontenttype": content_type or None, "data": data.value}
        if data.value is None:
            data = _NO_DATA
    return _keyed_draft(_checked(JsonBody(attributes, b"")), data.text)


def keyed_draft_of(body: JsonBody) -> KeyedDraft:
    """A CloudEvent in JSON. Raises `InvalidContentError` with every fault in it."""
    if isinstance(body.value, dict) and body.value.get("data_base64") is not None:
        raise _invalid("data_base64", "send a JSON object as 'data': binary data is not taken")
    event = _checked(body)
    return _keyed_draft(event, b"{}" if body.value.get("data") is None else body.text_of("data"))


def _checked(body: JsonBody) -> CloudEventIn:
    value = body.value
    if isinstance(value, dict):
        # The JSON format treats null as absent; members that must not be absent are refused.
        value = {n: each for n, each in value.items() if each is not None or not _may_be_unset(n)}
    return validated(
        JsonBody(value, body.text),
        CloudEventIn,
        code="invalid_event",
        example=_EXAMPLE,
        called="CloudEvent",
    )


def _may_be_unset(name: str) -> bool:
    return name == "data_base64" or re.match(NAME, name) is not None


def _keyed_draft(event: CloudEventIn, data: bytes) -> KeyedDraft:
    metadata = _metadata(event)
    try:
        check_metadata(metadata)
    except ValueError as error:
        raise _invalid("attributes", f"{error}: they are kept as metadata") from None
    draft = Draft(
        event_type=event.type,
        payload=packed(data),
        metadata=metadata,
        severity=event.severity or Severity.INFO,
        execution_id=event.executionid,
    )
    return KeyedDraft(draft, IdempotencyKey(Origin.CLOUD_EVENT, (event.source, event.id)))


def _metadata(event: CloudEventIn) -> dict[str, MetadataValue]:
    """The attributes; the specification's as `ce_…`, a name that no extension can have."""
    named = {f"ce_{name}": getattr(event, name) for name in _KEPT_AS_METADATA}
    if event.datacontenttype is not None and _is_special(event.datacontenttype):
        named["ce_datacontenttype"] = event.datacontenttype
    known: dict[str, MetadataValue] = {
        name: value for name, value in named.items() if value is not None
    }
    extensions = event.__pydantic_extra__ or {}
    return known | {_OUR_NAMES.get(name, name): value for name, value in extensions.items()}


def _is_special(media_type: str) -> bool:
    """Whether it says more than that the data is JSON, which is the default."""
    return media_type.partition(";")[0].strip().lower() != JSON.name


def _attributes(request: Request) -> Iterator[tuple[str, str]]:
    """The attributes in the headers of binary mode."""
    for header, text in request.headers.items():
        if not header.startswith(_PREFIX):
            continue
        name = header.removeprefix(_PREFIX)
        if name in _NO_ATTRIBUTES:
            raise _invalid(header, "is no header of a CloudEvent: send Content-Type and a body")
        yield name, _decoded(header, text)


def _decoded(header: str, text: str) -> str:
    """A header value decoded as the HTTP binding says: unquoted, then percent-decoded once."""
    if _QUOTED.fullmatch(text):
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    elif _JOINED.search(text):
        raise _invalid(header, "give it once, and percent-encode a space that follows a comma")
    try:
        return unquote_to_bytes(text.encode("ascii")).decode()
    except UnicodeError:
        raise _invalid(header, "percent-encode what is not ASCII, as UTF-8") from None


def _invalid(field: str, sentence: str) -> InvalidContentError:
    message = f"The CloudEvent has a fault: {field}: {sentence}."
    details = (Detail(field, sentence, "invalid_value"),)
    return InvalidContentError(message, code="invalid_event", details=details)
