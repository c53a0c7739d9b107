"""The headers of a refused request as its source's owner may see them.

Every name is told, but only values of headers that are known to hold no secret: what is not
known may be a token, whatever it is called.
"""

from collections.abc import Mapping
from typing import Final

from triggers_api.push.settings_fields import HIDDEN

_MOST: Final = 40
_LONGEST_NAME: Final = 64
_LONGEST_VALUE: Final = 200
_SHOWN: Final = frozenset(
    {
        *("accept", "accept-encoding", "content-encoding", "content-length", "content-type"),
        *("date", "host", "transfer-encoding", "user-agent", "x-forwarded-for"),
        *("x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"),
        # What known senders say beside their signatures.
        *("ce-id", "ce-source", "ce-specversion", "ce-subject", "ce-time", "ce-type"),
        *("webhook-request-origin", "webhook-id", "webhook-timestamp", "svix-id", "svix-timestamp"),
        *("x-github-delivery", "x-github-event", "x-github-hook-id"),
        *("x-github-hook-installation-target-id", "x-github-hook-installation-target-type"),
        *("x-shopify-api-version", "x-shopify-event-id", "x-shopify-shop-domain"),
        *("x-shopify-topic", "x-shopify-triggered-at", "x-shopify-webhook-id"),
        *("x-slack-request-timestamp", "x-slack-retry-num", "x-slack-retry-reason"),
        *("i-twilio-idempotency-token",),
    }
)


def shown(headers: Mapping[str, str]) -> dict[str, str]:
    """At most forty headers, each cut to what tells what it is."""
    names = sorted(headers, key=lambda name: (name not in _SHOWN, name))[:_MOST]
    return {
        name[:_LONGEST_NAME]: headers[name][:_LONGEST_VALUE] if name in _SHOWN else HIDDEN
        for name in names
    }
