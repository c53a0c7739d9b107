"""Take in what a foreign sender says: verified as it came, then stored as any event, once.

Who may send costs nothing to find out: a source is remembered, and so is a token of none; the
signature is judged before anything is read or written. What is genuine is its tenant's own call,
and takes its tokens; a source takes half of them at most, so that no sender keeps its tenant from
its other senders and its inbox.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from triggers_api.access.quota import DailyQuota
from triggers_api.access.rate_limit import RateLimiter
from triggers_api.access.standing import Standing
from triggers_api.access.tenants import Limits, TenantState
from triggers_api.access.token_bucket import RateLimit
from triggers_api.errors import (
    CallerError,
    EventErasedError,
    ForbiddenError,
    InvalidRequestError,
    PayloadTooLargeError,
    QuotaExceededError,
    RateLimitedError,
    UnsupportedMediaTypeError,
    UnverifiedError,
)
from triggers_api.events.accept import Accept, Draft
from triggers_api.events.event import MAX_PAYLOAD_BYTES, Event, Severity
from triggers_api.events.ids import IdempotencyKey, Origin
from triggers_api.events.ports import Addition
from triggers_api.push.settings_fields import Fields
from triggers_api.sources.known_sources import KnownSources, unknown_token
from triggers_api.sources.provider import (
    Arrived,
    ForeignRequest,
    Provider,
    Refusal,
    RefusedError,
    Reply,
)
from triggers_api.sources.shown_headers import shown
from triggers_api.sources.source import OpenSource, Refused, Source, bucket_of
from triggers_api.sources.watch_traffic import WatchTraffic
from triggers_api.timestamps import Clock

_UNVERIFIED: Final = "The request does not prove who sent it. Compare the secret, and the clock."
_TOO_LARGE: Final = f"The body or its payload is too large: at most {MAX_PAYLOAD_BYTES} bytes."
_DISABLED: Final = "This source is disabled. Whoever owns it can enable it."
_SUSPENDED: Final = "The account of this source is suspended. Ask whoever runs this service."
_LOOP: Final = "This request is a push of ours that came back: a config's URL leads here."


@dataclass(frozen=True, slots=True)
class Taken:
    """A request that is an event now, or was one already."""

    event: Event
    is_new: bool
    answer: Reply | None = None  # for a sender that would take the event's id for an error


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptForeign:
    """Judges requests to sources, and stores those that are genuine."""

    known: KnownSources
    providers: Mapping[str, Provider]
    standing: Standing
    limits: Limits  # of a tenant that has none of its own
    tenants_limiter: RateLimiter
    sources_limiter: RateLimiter
    quota: DailyQuota
    accept: Accept
    traffic: WatchTraffic
    clock: Clock

    def source_of(self, token: str) -> Source:
        """Whose request it is. Raises `NotFoundError`."""
        return self.known.get(token).source

    def __call__(
        self, token: str, request: ForeignRequest, *, is_our_own: bool
    ) -> Taken | Reply | None:
        """Store the event, or answer a handshake; None if it is no request that could be either.

        Raises what its sender is told; its source's owner is told more.
        """
        source = self.known.get(token)
        try:
            return self._taken(token, source, request, is_our_own=is_our_own)
        except RefusedError as error:
            self._note(source.source, request, error.refusal, error.message)
            raise _told(error) from None
        except (RateLimitedError, QuotaExceededError) as error:
            self._note(source.source, request, Refusal(error.code), error.message)
            raise

    def _taken(
        self, token: str, source: OpenSource, request: ForeignRequest, *, is_our_own: bool
    ) -> Taken | Reply | None:
        if is_our_own:
            raise RefusedError(Refusal.LOOP, _LOOP)
        if len(request.body) > MAX_PAYLOAD_BYTES:
            raise RefusedError(Refusal.TOO_LARGE, _TOO_LARGE)
        try:
            return self._of(source, request)
        except RefusedError as error:
            # A new secret or setting, made a moment ago, may take what the old one does not.
            changed = self.known.find_changed(token)
            if changed is None or error.refusal in _NOT_OF_THE_SOURCE:
                raise
            return self._of(changed, request)

    def _of(self, opened: OpenSource, request: ForeignRequest) -> Taken | Reply | None:
        source, provider = opened.source, self.providers.get(opened.source.provider)
        if provider is None:
            raise unknown_token()  # of a newer version than this
        settings = whole_settings(provider.fields, opened)
        agreed = opened.agreement(settings, request.received_at)
        greeting = provider.greet(request, agreed)
        if greeting is not None:
            return greeting
        if request.method != "POST":
            return None
        provider.verify(request, agreed)
        if not source.enabled:
            raise RefusedError(Refusal.DISABLED, _DISABLED)
        limits = self._admit(source)
        arrived = provider.read(request, agreed)
        if len(arrived.payload) > MAX_PAYLOAD_BYTES:
            raise RefusedError(Refusal.TOO_LARGE, _TOO_LARGE)
        return self._store(source, arrived, limits)

    def _admit(self, source: Source) -> Limits:
        """Let the request pass as its tenant's own call. Raises `RateLimitedError`."""
        tenant = self.standing.of(source.tenant)
        if tenant.state is TenantState.DELETING:
            raise unknown_token()
        if tenant.state is not TenantState.ACTIVE:  # or it is one of another release
            raise RefusedError(Refusal.SUSPENDED, _SUSPENDED)
        limits = self.limits.overridden_by(tenant.own_limits)
        if limits.rate is not None:
            self.sources_limiter.admit(bucket_of(source.tenant, source.id), _half(limits.rate))
            self.tenants_limiter.admit(source.tenant, limits.rate)
        return limits

    def _store(self, source: Source, arrived: Arrived, limits: Limits) -> Taken | Reply:
        draft = Draft(
            event_type=source.event_type or arrived.event_type,
            payload=arrived.payload,
            metadata={
                **arrived.metadata,
                "connector": source.provider,
                "source_id": source.id,
            },
            severity=Severity.INFO,
            execution_id=None,
        )
        with self.quota.posting(source.tenant, limits.events_per_day, 1) as counted:
            if not counted.allowed:
                raise counted.refusal
            try:
                addition = self._add(source, draft, arrived.delivery_id)
            except EventErasedError:
                # It was taken in. An error would have it sent again until its id is forgotten
                # after a day, and then what was erased would be stored once more.
                return arrived.answer or Reply()
            counted.stored = 0 if addition.replayed else 1
        if not addition.replayed:
            self.traffic.arrived(source)
        return Taken(addition.event, is_new=not addition.replayed, answer=arrived.answer)

    def _add(self, source: Source, draft: Draft, delivery_id: str | None) -> Addition:
        key = None
        if delivery_id is not None:
            key = IdempotencyKey(Origin.SOURCE, (source.id, delivery_id))
        return self.accept(source.tenant, draft, key)

    def _note(self, source: Source, request: ForeignRequest, refusal: Refusal, why: str) -> None:
        refused = Refused(
            at=request.received_at,
            refusal=refusal,
            message=why,
            method=request.method,
            headers=shown(request.headers),
        )
        self.traffic.refused(source, refused)


def whole_settings(fields: Fields, opened: OpenSource) -> dict[str, Any]:
    """All settings of a source, secret ones too."""
    settings, secrets = dict(opened.source.settings), opened.secrets.settings
    for name, field in fields.items():
        if name in secrets:
            text = secrets[name]
            settings[name] = text if field.mask is None else field.mask.from_text(text)
    return settings


def _half(limit: RateLimit) -> RateLimit:
    return RateLimit(max(1, limit.per_second // 2), max(1, limit.burst // 2))


_NOT_OF_THE_SOURCE: Final = frozenset(
    {Refusal.MALFORMED, Refusal.WRONG_CONTENT_TYPE, Refusal.TOO_LARGE, Refusal.SUSPENDED}
)


_TOLD: Final[Mapping[Refusal, Callable[[str], CallerError]]] = {
    Refusal.TOO_LARGE: PayloadTooLargeError,
    Refusal.WRONG_CONTENT_TYPE: UnsupportedMediaTypeError,
    Refusal.MALFORMED: partial(InvalidRequestError, code="malformed_request"),
    Refusal.DISABLED: partial(ForbiddenError, code="source_disabled"),
    Refusal.SUSPENDED: partial(ForbiddenError, code="tenant_suspended"),
    Refusal.LOOP: partial(ForbiddenError, code="loop_detected"),
}


def _told(error: RefusedError) -> CallerError:
    """What the sender is told: all, or nothing of why it did not prove itself."""
    told = _TOLD.get(error.refusal)
    return UnverifiedError(_UNVERIFIED) if told is None else told(error.message)
