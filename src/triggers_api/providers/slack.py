"""Slack: the signature covers a time and the body: events, slash commands and interactions.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from typing import Final

from triggers_api.providers.content import (
    Content,
    content_of,
    fitted,
    form_fields,
    is_form,
    plain,
)
from triggers_api.providers.proof import (
    as_bytes,
    check_age,
    check_signature,
    header_of,
    hex_of,
    seal_of,
)
from triggers_api.providers.secrets import secret_text
from triggers_api.sources.provider import (
    Agreement,
    Arrived,
    ForeignRequest,
    Provider,
    Reply,
    Secret,
)

_TIME: Final = "X-Slack-Request-Timestamp"
_HANDSHAKE: Final = "url_verification"
_CERTIFICATE: Final = ("ssl_check", "1")


def _greet(request: ForeignRequest, agreed: Agreement) -> Reply | None:
    """Slack's question whether the URL is its app's, signed like everything that tells anything.

    Of a slash command's URL it also looks at the certificate, unsigned, and wants a 200 only.
    """
    if request.method != "POST":
        return None
    if b"ssl_check=1" in request.body and is_form(request):
        return Reply() if _CERTIFICATE in form_fields(request.body, errors="replace") else None
    if _HANDSHAKE.encode() not in request.body:
        return None
    _verify(request, agreed)
    content = content_of(request)
    if content.text_at("type") != _HANDSHAKE:
        return None
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return Reply(body=content.text_at("challenge").encode(), headers=headers)


def _verify(request: ForeignRequest, agreed: Agreement) -> None:
    signature = header_of(request, "X-Slack-Signature")
    signed = _signed(request)
    check_signature(
        agreed, [signature], lambda secret: "v0=" + hex_of("sha256", secret.encode(), signed)
    )
    check_age(header_of(request, _TIME), request.received_at)


def _signed(request: ForeignRequest) -> bytes:
    return b"v0:%s:%s" % (as_bytes(header_of(request, _TIME)), request.body)


def _read(request: ForeignRequest, agreed: Agreement) -> Arrived:
    content = content_of(request, json_in="payload")
    event_id = content.text_at("event_id")
    is_for_a_person = is_form(request)
    return Arrived(
        event_type=fitted("slack", *_kind_of(content, is_for_a_person=is_for_a_person)),
        payload=content.payload(),
        delivery_id=event_id or seal_of(_signed(request)),
        metadata=plain(
            delivery_id=event_id, team=content.text_at("team_id") or content.text_at("team", "id")
        ),
        # Slack shows a person whatever a command or an interaction is answered.
        answer=Reply() if is_for_a_person else None,
    )


def _kind_of(content: Content, *, is_for_a_person: bool) -> tuple[str, str]:
    if command := content.text_at("command"):
        return "command", command
    kind = content.text_at("type")
    if is_for_a_person:
        return "interaction", kind
    return "event", content.text_at("event", "type") or kind


PROVIDER: Final = Provider(
    name="slack",
    words="Events, slash commands and interactions of a Slack app.",
    steps=(
        "At api.slack.com/apps, open your app and copy the Signing Secret of Basic Information.",
        "Make the source with that secret: Slack tests the URL as soon as it has it.",
        "Open Event Subscriptions, switch it on and paste the source's URL as Request URL.",
        "To rotate, regenerate the Signing Secret and give the new one to rotate-secret.",
        "If the URL is not verified or nothing comes, look at the source's refusals.",
    ),
    documentation="https://docs.slack.dev/authentication/verifying-requests-from-slack",
    example_type="slack.event.message",
    secret=Secret(
        rule=secret_text(),
        words="The app's Signing Secret, of its Basic Information.",
        example="an-example-of-a-secret",
    ),
    greet=_greet,
    verify=_verify,
    read=_read,
)
