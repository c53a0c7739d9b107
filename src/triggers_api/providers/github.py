"""GitHub: the signature covers the body; the kind of event and the delivery's id stand beside it.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from typing import Final

from triggers_api.providers.content import content_of, fitted, plain, with_body
from triggers_api.providers.proof import check_signature, header_of, hex_of
from triggers_api.providers.secrets import hex_secret, secret_text
from triggers_api.sources.provider import Agreement, Arrived, ForeignRequest, Provider, Secret

_PREFIX: Final = "sha256="


def _verify(request: ForeignRequest, agreed: Agreement) -> None:
    """Nothing that is signed tells the time, so a request is genuine for ever."""
    check_signature(
        agreed,
        [header_of(request, "X-Hub-Signature-256")],
        lambda secret: _PREFIX + hex_of("sha256", secret.encode(), request.body),
    )


def _read(request: ForeignRequest, agreed: Agreement) -> Arrived:
    content = content_of(request, json_in="payload")
    kind = request.headers.get("x-github-event", "")
    delivery_id = request.headers.get("x-github-delivery", "")
    return Arrived(
        event_type=fitted("github", kind or "event", content.text_at("action")),
        payload=content.payload(),
        delivery_id=with_body(delivery_id, request),
        metadata=plain(entity_type=kind, delivery_id=delivery_id),
    )


PROVIDER: Final = Provider(
    name="github",
    words="Webhooks of GitHub repositories, organisations and Apps.",
    steps=(
        "Open Settings, then Webhooks, of the repository or organisation, and press Add webhook.",
        "Paste the source's URL as Payload URL, its secret as Secret; choose application/json.",
        "Choose which events you want and press Add webhook: GitHub sends github.ping at once.",
        "To rotate, rotate the source's secret here and paste the new one there.",
        "If nothing comes, compare Recent Deliveries there with the source's refusals here.",
    ),
    documentation=(
        "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"
    ),
    example_type="github.pull_request.opened",
    secret=Secret(
        rule=secret_text(),
        words="Any text of your own, the same here and at GitHub.",
        example="an-example-of-a-secret",
        make=hex_secret,
    ),
    verify=_verify,
    read=_read,
)
