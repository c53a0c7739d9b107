"""Standard Webhooks: the signature covers the message's id, its time and the body.

https://www.standardwebhooks.com
"""

from typing import Final

from triggers_api.providers.content import as_sent, content_of, plain
from triggers_api.providers.proof import as_bytes, b64_of, check_age, check_signature, header_of
from triggers_api.providers.secrets import key_of, standard_secret, whsec_secret
from triggers_api.sources.provider import Agreement, Arrived, ForeignRequest, Provider, Secret

_NAME: Final = "standard-webhooks"


def _verify(request: ForeignRequest, agreed: Agreement) -> None:
    """The header has `v1,…` for each secret while the sender rotates one, parted by spaces."""
    message_id, timestamp = _header(request, "id"), _header(request, "timestamp")
    signed = b"%s.%s.%s" % (as_bytes(message_id), as_bytes(timestamp), request.body)
    check_signature(
        agreed,
        _header(request, "signature").split(" "),
        lambda secret: "v1," + b64_of("sha256", key_of(secret), signed),
    )
    check_age(timestamp, request.received_at)


def _header(request: ForeignRequest, name: str) -> str:
    """One of the three, which Svix sends under its own name."""
    return header_of(request, f"Webhook-{name.title()}", f"Svix-{name.title()}")


def _read(request: ForeignRequest, agreed: Agreement) -> Arrived:
    content = content_of(request)
    message_id = _header(request, "id")
    return Arrived(
        event_type=as_sent(content.text_at("type"), _NAME),
        payload=content.payload(),
        delivery_id=message_id,
        metadata=plain(delivery_id=message_id),
    )


PROVIDER: Final = Provider(
    name=_NAME,
    words="Whoever signs after Standard Webhooks, such as Svix and all its customers.",
    steps=(
        "In the sender's settings, open Webhooks and add an endpoint.",
        "Paste the source's URL as the endpoint's URL.",
        "Save the endpoint's signing secret as the source's secret, or give the sender ours.",
        "To rotate, rotate the secret there and give the new one to the source's rotate-secret.",
        "If nothing comes, compare the sender's attempts with the source's refusals.",
    ),
    documentation="https://www.standardwebhooks.com",
    example_type="invoice.paid",
    secret=Secret(
        rule=standard_secret(),
        words="The endpoint's signing secret: `whsec_` and base64.",
        example="whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        make=whsec_secret,
    ),
    verify=_verify,
    read=_read,
)
