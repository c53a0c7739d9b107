"""Shopify: the signature covers the body; topic, shop and the delivery's id stand beside it.

https://shopify.dev/docs/apps/build/webhooks/subscribe/https
"""

from typing import Final

from triggers_api.providers.content import content_of, fitted, plain, with_body
from triggers_api.providers.proof import b64_of, check_signature, header_of
from triggers_api.providers.secrets import secret_text
from triggers_api.sources.provider import Agreement, Arrived, ForeignRequest, Provider, Secret


def _verify(request: ForeignRequest, agreed: Agreement) -> None:
    """Nothing that is signed tells the time, so a request is genuine for ever."""
    check_signature(
        agreed,
        [header_of(request, "X-Shopify-Hmac-SHA256")],
        lambda secret: b64_of("sha256", secret.encode(), request.body),
    )


def _read(request: ForeignRequest, agreed: Agreement) -> Arrived:
    content = content_of(request)
    topic = request.headers.get("x-shopify-topic", "")
    webhook_id = request.headers.get("x-shopify-webhook-id", "")
    delivery_id = webhook_id or request.headers.get("x-shopify-event-id", "")
    return Arrived(
        event_type=fitted("shopify", topic or "event"),
        payload=content.payload(),
        delivery_id=with_body(delivery_id, request),
        metadata=plain(
            entity_type=topic.partition("/")[0],
            delivery_id=delivery_id,
            shop=request.headers.get("x-shopify-shop-domain", ""),
        ),
    )


PROVIDER: Final = Provider(
    name="shopify",
    words="Webhooks of a Shopify shop or app.",
    steps=(
        "In the shop's admin, open Settings, then Notifications, then Webhooks.",
        "Save the key that is shown there as the source's secret; an app's is its client secret.",
        "Press Create webhook, choose an event and the format JSON, and paste the source's URL.",
        "To rotate, rotate the app's client secret and give the new one to rotate-secret.",
        "If nothing comes, press Send test and look at the source's refusals.",
    ),
    documentation="https://shopify.dev/docs/apps/build/webhooks/subscribe/https",
    example_type="shopify.orders.create",
    secret=Secret(
        rule=secret_text(),
        words="The key shown beside the shop's webhooks, or the app's client secret.",
        example="an-example-of-a-secret",
    ),
    verify=_verify,
    read=_read,
)
