"""A notification config: where and when to push."""

import base64
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from triggers_api.errors import NotFoundError
from triggers_api.events.event import Event
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.expressions import Matching
from triggers_api.push.filters import Filters
from triggers_api.push.owner_events import tells_of
from triggers_api.push.policy import USUAL, Policy
from triggers_api.push.signing_keys import OF_ROTATIONS, PublicKey

OLD_SECRET_SIGNS_FOR: Final = timedelta(hours=24)
_CONFIG_ID: Final = re.compile(r"cfg_[0-9a-f]{24}")
SIGNING_SECRETS: Final = OF_ROTATIONS | {"secret"}  # beside a channel's own, if it signs


def is_config_id(text: str) -> bool:
    """Whether `text` has the form of a config id."""
    return _CONFIG_ID.fullmatch(text) is not None


def new_config_id() -> str:
    """A random id; configs are few, and listed by creation time."""
    return f"cfg_{secrets.token_hex(12)}"


def config_not_found(config_id: str) -> NotFoundError:
    """What a caller is told of a config that is not there."""
    message = f"There is no notification config '{config_id[:64]}'."
    return NotFoundError(message, code="config_not_found")


def new_signing_secret() -> str:
    """A Standard Webhooks secret: `whsec_` and 32 random bytes in base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


@dataclass(frozen=True, slots=True)
class Subscription:
    """All that a dispatch needs to know of a config."""

    config_id: str
    filters: Filters

    def wants(self, event: Event, matching: Matching) -> bool:
        """Whether its filters match; what became of itself it is never told."""
        if not self.filters.match(event) or tells_of(event, self.config_id):
            return False
        text = self.filters.expression
        return text is None or matching.why_not(text) is None


@dataclass(frozen=True, slots=True)
class Told:
    """What a config's owner was told last about its receiver's failing."""

    failing_since: datetime
    at: datetime  # when it was told that it fails
    is_over: bool = False  # it was told, too, that it works again


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationConfig:
    """A subscriber; only the code that sends opens its secrets."""

    id: str
    tenant: str
    name: str
    channel: str
    settings: dict[str, Any]  # what may be shown
    secrets: dict[str, str] = field(repr=False, default_factory=dict)  # what may not
    filters: Filters = field(default_factory=Filters)
    message_template: str | None = None
    transform: str | None = None  # an expression whose value is the body: see `expressions.py`
    acknowledges: bool = False
    enabled: bool = True
    policy: Policy = USUAL
    public_keys: tuple[PublicKey, ...] = ()  # of its `v1a` signatures, the newest first
    disabled_reason: str | None = None  # if it was its receiver who disabled it
    disabled_at: datetime | None = None  # by its receiver, too
    created_at: datetime
    updated_at: datetime
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    told: Told | None = None
    enabled_changed_at: datetime | None = None  # since when it is enabled, or is not; None: unknown
    filters_changed_at: datetime | None = None  # None: they are those it was created with
    tickets: int = 0  # drawn so far by pushes that had to wait for the receiver

    def wants(self, event: Event) -> bool:
        """See `Subscription.wants`; the event has its payload."""
        matching = Matching(self.tenant, event, lambda: event.payload)
        return Subscription(self.id, self.filters).wants(event, matching)

    @property
    def public_key(self) -> str | None:
        """The one that a new signature is verified with, if everybody may verify it."""
        return next((each.text for each in self.public_keys if each.until is None), None)

    @property
    def secrets_set(self) -> list[str]:
        """The names of its secrets, which may be shown, without those that a rotation leaves."""
        return sorted(self.secrets.keys() - OF_ROTATIONS)
