"""A client of the Triggers API: post events, consume an inbox, be pushed to."""

from triggers_client.batch import Refused, Stored, Unfinished
from triggers_client.client import Client
from triggers_client.encoding import RawJson
from triggers_client.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    GoneError,
    InvalidRequestError,
    MissingMemberError,
    NotFoundError,
    RateLimitedError,
    ScopeError,
    ServerError,
    TriggersError,
    UnexpectedAnswerError,
    UnreachableError,
)
from triggers_client.models import Event, EventDraft, payload_json
from triggers_client.paging import Page
from triggers_client.retry import Retry
from triggers_client.version import VERSION
from triggers_client.webhooks import WebhookKeyError, WebhookVerificationError, verify_webhook

__version__ = VERSION
__all__ = [
    "ApiError",
    "AuthenticationError",
    "Client",
    "ConflictError",
    "Event",
    "EventDraft",
    "GoneError",
    "InvalidRequestError",
    "MissingMemberError",
    "NotFoundError",
    "Page",
    "RateLimitedError",
    "RawJson",
    "Refused",
    "Retry",
    "ScopeError",
    "ServerError",
    "Stored",
    "TriggersError",
    "UnexpectedAnswerError",
    "Unfinished",
    "UnreachableError",
    "WebhookKeyError",
    "WebhookVerificationError",
    "payload_json",
    "verify_webhook",
]
