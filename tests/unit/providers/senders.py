"""What each provider's sender posts, signed by its own public library or by its documents."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

from triggers_api.providers import all_providers
from triggers_api.push.settings_fields import read_settings
from triggers_api.sources.provider import Agreement, Arrived, ForeignRequest, Provider

AT: Final = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
URL: Final = "https://api.example.com/in/src_abc?from=a%20test"
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
Headers = dict[str, str]
PROVIDERS: Final = all_providers()


@dataclass(frozen=True, kw_only=True)
class Sender:
    """One provider's, with a body that it might send."""

    name: str
    body: bytes
    sign: Callable[["Sender", bytes, datetime, str], Headers]  # body, time, secret: the proof
    event_type: str
    signature: str = ""  # the header that has it
    before: str = ""  # what stands in that header before the signature itself
    id_header: str | None = None  # where the delivery's id is, if it is beside the body
    secret: str = "the-present-secret"
    former_secret: str = "the-former-secret"
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    url: str = URL
    signs_time: bool = False
    signs_body: bool = True

    @property
    def provider(self) -> Provider:
        return PROVIDERS[self.name]

    def agreed(self, *secrets: str) -> Agreement:
        kept = read_settings(self.provider.fields, self.settings)
        return Agreement(secrets=secrets or (self.secret,), settings=kept.shown | kept.secrets)

    def request(
        self,
        body: bytes | None = None,
        *,
        signed_at: datetime = AT,
        secret: str | None = None,
        content_type: str | None = None,
    ) -> ForeignRequest:
        """A genuine one."""
        body = self.body if body is None else body
        content_type = content_type or self.content_type
        told = {"content-type": content_type, **self.headers}
        # Twilio signs a form otherwise than any other body.
        by = replace(self, content_type=content_type)
        proof = self.sign(by, body, signed_at, secret or self.secret)
        url = proof.pop("url", self.url)
        return ForeignRequest(
            method="POST", url=url, headers=told | proof, body=body, received_at=AT
        )

    def take(self, request: ForeignRequest, secrets: Sequence[str] = ()) -> Arrived:
        """What a source does."""
        agreed = self.agreed(*secrets)
        self.provider.verify(request, agreed)
        return self.provider.read(request, agreed)


def by_standard_webhooks(sender: Sender, body: bytes, at: datetime, secret: str) -> Headers:
    from standardwebhooks import Webhook  # noqa: PLC0415  # only where it is used

    message_id = sender.headers.get("webhook-id", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body.decode()),
    }


def by_stripe(_: Sender, body: bytes, at: datetime, secret: str) -> Headers:
    from stripe import WebhookSignature  # noqa: PLC0415

    header = WebhookSignature.generate_signature_header(body.decode(), secret, int(at.timestamp()))
    return {"stripe-signature": header}


def by_slack(_: Sender, body: bytes, at: datetime, secret: str) -> Headers:
    from slack_sdk.signature import SignatureVerifier  # noqa: PLC0415

    timestamp = str(int(at.timestamp()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    assert signature is not None
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": signature}


def by_twilio(sender: Sender, body: bytes, _: datetime, secret: str) -> Headers:
    from twilio.request_validator import RequestValidator  # noqa: PLC0415

    validator = RequestValidator(secret)
    if sender.content_type == FORM:
        # Its library takes a form as frameworks give it: each name once, with one value.
        form = {
            name: values[-1]
            for name, values in parse_qs(body.decode(), keep_blank_values=True).items()
        }
        return {"x-twilio-signature": validator.compute_signature(sender.url, form)}
    joint = "&" if "?" in sender.url else "?"
    url = f"{sender.url}{joint}bodySHA256={validator.compute_hash(body.decode())}"
    return {"url": url, "x-twilio-signature": validator.compute_signature(url, {})}


def by_github(_: Sender, body: bytes, __: datetime, secret: str) -> Headers:
    """As GitHub documents it in Python; a test holds it to GitHub's own example."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}"}


def by_shopify(_: Sender, body: bytes, __: datetime, secret: str) -> Headers:
    """As Shopify documents it in Python."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"x-shopify-hmac-sha256": base64.b64encode(digest).decode()}


def by_hmac(_: Sender, body: bytes, at: datetime, secret: str) -> Headers:
    """SHA-512 in base64 over a time and the body, as no sender above."""
    milliseconds = str(int(at.timestamp() * 1000))
    digest = hmac.new(secret.encode(), milliseconds.encode() + b":" + body, "sha512").digest()
    return {
        "x-acme-time": milliseconds,
        "x-acme-signature": f"v1={base64.b64encode(digest).decode()}",
    }


def by_basic(_: Sender, __: bytes, ___: datetime, secret: str) -> Headers:
    return {"authorization": f"Basic {base64.b64encode(f'acme:{secret}'.encode()).decode()}"}


def by_nothing(_: Sender, __: bytes, ___: datetime, ____: str) -> Headers:
    return {}


def dumped(value: Any) -> bytes:
    return json.dumps(value, indent=2).encode()  # as Stripe sends it: with spaces


SENDERS: Final = {
    sender.name: sender
    for sender in (
        Sender(
            name="standard-webhooks",
            body=dumped({"type": "invoice.paid", "data": {"total": 12.50}}),
            sign=by_standard_webhooks,
            event_type="invoice.paid",
            signature="webhook-signature",
            before="v1,",
            id_header="webhook-id",
            secret="whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            former_secret="whsec_//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=",
            signs_time=True,
        ),
        Sender(
            name="stripe",
            body=dumped(
                {
                    "id": "evt_1MqqbKLt4dXK03v5qaIbiNCC",
                    "object": "event",
                    "type": "invoice.paid",
                    "data": {"object": {"object": "invoice", "amount_paid": 1250}},
                }
            ),
            sign=by_stripe,
            event_type="stripe.invoice.paid",
            signature="stripe-signature",
            before="v1=",
            signs_time=True,
        ),
        Sender(
            name="github",
            body=dumped({"action": "opened", "number": 2, "pull_request": {"id": 279147437}}),
            sign=by_github,
            event_type="github.pull_request.opened",
            signature="x-hub-signature-256",
            before="sha256=",
            id_header="x-github-delivery",
            headers={
                "x-github-event": "pull_request",
                "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            },
        ),
        Sender(
            name="shopify",
            body=dumped({"id": 820982911946154508, "total_price": "403.00"}),
            sign=by_shopify,
            event_type="shopify.orders.create",
            signature="x-shopify-hmac-sha256",
            id_header="x-shopify-webhook-id",
            headers={
                "x-shopify-topic": "orders/create",
                "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
                "x-shopify-shop-domain": "acme.myshopify.com",
            },
        ),
        Sender(
            name="slack",
            body=dumped(
                {
                    "type": "event_callback",
                    "team_id": "T123ABC456",
                    "event_id": "Ev123ABC456",
                    "event": {"type": "message", "text": "Hello"},
                }
            ),
            sign=by_slack,
            event_type="slack.event.message",
            signature="x-slack-signature",
            before="v0=",
            signs_time=True,
        ),
        Sender(
            name="twilio",
            body=urlencode(
                {
                    "MessageSid": "SM1234567890abcdef1234567890abcdef",
                    "MessageStatus": "delivered",
                    "To": "+15558675310",
                    "Body": "Grüße & more",
                    "Empty": "",
                }
            ).encode(),
            sign=by_twilio,
            event_type="twilio.message.delivered",
            signature="x-twilio-signature",
            id_header="i-twilio-idempotency-token",
            content_type=FORM,
            headers={"i-twilio-idempotency-token": "0b8a2f4e-1"},
        ),
        Sender(
            name="hmac",
            body=dumped({"kind": "order.shipped", "meta": {"id": "d-17"}}),
            sign=by_hmac,
            event_type="order.shipped",
            signature="x-acme-signature",
            before="v1=",
            settings={
                "header": "X-Acme-Signature",
                "algorithm": "sha512",
                "encoding": "base64",
                "prefix": "v1=",
                "signed_text": "{timestamp}:{body}",
                "timestamp_header": "X-Acme-Time",
                "type_field": "kind",
                "id_field": "meta.id",
            },
            signs_time=True,
        ),
        Sender(
            name="basic",
            body=dumped({"event_type": "order.shipped", "id": "d-17"}),
            sign=by_basic,
            event_type="order.shipped",
            signature="authorization",
            before="Basic ",
            settings={"username": "acme", "id_field": "id"},
            signs_body=False,
        ),
        Sender(
            name="none",
            body=dumped({"event": "order.shipped", "id": "d-17"}),
            sign=by_nothing,
            event_type="order.shipped",
            settings={"id_field": "id"},
            signs_body=False,
        ),
    )
}
