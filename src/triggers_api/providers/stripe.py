"""Stripe: the signature covers a time and the body, which holds the event's id and type.

https://docs.stripe.com/webhooks#verify-manually
"""

from typing import Final

from triggers_api.providers.content import content_of, fitted, plain
from triggers_api.providers.proof import as_bytes, check_age, check_signature, header_of, hex_of
from triggers_api.providers.secrets import secret_text
from triggers_api.sources.provider import (
    Agreement,
    Arrived,
    ForeignRequest,
    Provider,
    Refusal,
    RefusedError,
    Secret,
)


def _verify(request: ForeignRequest, agreed: Agreement) -> None:
    """The header is `t=…,v1=…`: a signature for each secret while Stripe rotates one."""
    header = header_of(request, "Stripe-Signature")
    pairs = [part.partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    if len(times) != 1:
        raise RefusedError(Refusal.NO_SIGNATURE, "Its Stripe-Signature does not tell one time.")
    signed = b"%s.%s" % (as_bytes(times[0]), request.body)
    check_signature(
        agreed,
        [value for name, _, value in pairs if name == "v1"],
        lambda secret: hex_of("sha256", secret.encode(), signed),
    )
    check_age(times[0], request.received_at)


def _read(request: ForeignRequest, agreed: Agreement) -> Arrived:
    content = content_of(request)
    event_id = content.text_at("id")
    return Arrived(
        event_type=fitted("stripe", content.text_at("type") or "event"),
        payload=content.payload(),
        delivery_id=event_id or None,
        metadata=plain(
            entity_type=content.text_at("data", "object", "object"),
            delivery_id=event_id,
            account=content.text_at("account"),
        ),
    )


PROVIDER: Final = Provider(
    name="stripe",
    words="Events of Stripe's webhook endpoints, of your own account and of connected ones.",
    steps=(
        "Make the source without a secret: Stripe shows its own only after it has the URL.",
        "In Stripe's Workbench, open Webhooks, add a destination and paste the source's URL.",
        "Reveal the destination's signing secret and save it as the source's secret.",
        "To rotate, roll the secret at Stripe and give the new one to the source's rotate-secret.",
        "If nothing comes, compare the destination's Event deliveries with the source's refusals.",
    ),
    documentation="https://docs.stripe.com/webhooks",
    example_type="stripe.invoice.paid",
    secret=Secret(
        rule=secret_text(),
        words="The destination's signing secret, as Stripe shows it.",
        example="whsec_an-example-of-a-secret",
    ),
    verify=_verify,
    read=_read,
)
