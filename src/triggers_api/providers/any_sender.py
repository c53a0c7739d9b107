"""What senders of no kind in particular say, and where: by settings, or as a CloudEvent."""

import json
import re
from typing import Final

from triggers_api.providers.content import Content, as_sent, content_of, plain, with_body
from triggers_api.push.settings_fields import Field, Fields
from triggers_api.push.settings_rules import pattern
from triggers_api.sources.provider import Agreement, Arrived, ForeignRequest, Reply

_USUAL_TYPES: Final = ("type", "event_type", "event")
_CLOUD_EVENT: Final = "application/cloudevents+json"
_ATTRIBUTES: Final = ("type", "source", "id")
_ORIGIN: Final = re.compile(r"[A-Za-z0-9._:-]{1,253}")

header_name: Final = pattern(
    r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", "the name of a header is needed", max_length=64
)
_path: Final = pattern(
    r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*",
    "the name of a member of the body is needed, or a path of names joined by dots",
    max_length=128,
)

FIELDS: Final[Fields] = {
    "type_header": Field(
        rule=header_name,
        words="The header that tells what kind of event it is.",
        example="X-Event-Key",
    ),
    "type_field": Field(
        rule=_path,
        words="The member of the body that tells it; without either, `type`, `event_type` or "
        "`event` is looked for.",
        example="data.kind",
    ),
    "id_header": Field(
        rule=header_name,
        words="The header with the delivery's own id, by which a repetition is recognised.",
        example="X-Request-Id",
    ),
    "id_field": Field(
        rule=_path,
        words="The member of the body that has it.",
        example="data.id",
    ),
}


def read_any(
    request: ForeignRequest, agreed: Agreement, provider: str, *, names_itself: bool
) -> Arrived:
    """What a request says; `names_itself` if the sender vouches for its headers, too."""
    content = content_of(request)
    attributes = _attributes_of(request, content)
    type_header, type_field, id_header, id_field = (_setting(agreed, name) for name in FIELDS)
    kind = (
        request.headers.get(type_header.lower())
        or (type_field and content.text_at(*type_field.split(".")))
        or attributes.get("type")
        or next(filter(None, map(content.text_at, _USUAL_TYPES)), "")
    )
    in_body = id_field and content.text_at(*id_field.split("."))
    beside = request.headers.get(id_header.lower(), "") if id_header else attributes.get("id", "")
    delivery_id = in_body or beside
    if delivery_id and not in_body:
        # Beside a header that the settings name, nothing tells a delivery: it may be unsigned.
        source = "" if id_header else attributes.get("source", "")
        delivery_id = json.dumps([source, delivery_id])  # neither part can run over into the other
        delivery_id = delivery_id if names_itself else with_body(delivery_id, request)
    return Arrived(
        event_type=as_sent(kind, provider),
        payload=content.payload(),
        delivery_id=delivery_id or None,
        metadata=plain(delivery_id=in_body or beside),
    )


def greet_cloud_events(request: ForeignRequest, agreed: Agreement) -> Reply | None:
    """The answer to a CloudEvents sender that asks, before it sends, whether it may.

    https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md
    """
    if request.method != "OPTIONS":
        return None
    origin = request.headers.get("webhook-request-origin", "")
    if not _ORIGIN.fullmatch(origin):
        return None
    # Whoever is too fast is answered 429 with a Retry-After, so no rate is promised.
    return Reply(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})


def _setting(agreed: Agreement, name: str) -> str:
    return agreed.settings.get(name) or ""


def _attributes_of(request: ForeignRequest, content: Content) -> dict[str, str]:
    """Of a CloudEvent: what tells its type and which it is.

    The body says that it is one: it may be signed, and no header beside it is.
    """
    if request.content_type == _CLOUD_EVENT or content.text_at("specversion"):
        return {name: content.text_at(name) for name in _ATTRIBUTES}
    if "ce-specversion" in request.headers:
        return {name: request.headers.get(f"ce-{name}", "") for name in _ATTRIBUTES}
    return {}
