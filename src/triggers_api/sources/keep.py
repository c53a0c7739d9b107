"""Keep sources: they are made, replaced, deleted, and given new secrets."""

import secrets as random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from triggers_api.access.keys import SecretHash
from triggers_api.errors import (
    ConflictError,
    Detail,
    InvalidContentError,
    TooManyAtOnceError,
)
from triggers_api.push.settings_fields import (
    HIDDEN,
    Fields,
    Kept,
    WrongError,
    read_settings,
    wrong,
)
from triggers_api.sources.ports import SourceStore
from triggers_api.sources.provider import Provider, Secret
from triggers_api.sources.source import (
    MAX_SOURCES,
    OpenSource,
    Refused,
    Secrets,
    Source,
    is_same_secret,
    is_source_id,
    new_token,
    source_not_found,
)
from triggers_api.timestamps import Clock

_TRIES: Final = 5  # of a write that others got in the way of
_CODE: Final = "invalid_source"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDraft:
    """A source as its owner describes it; not yet checked by its provider."""

    name: str
    provider: str
    secret: str | None = field(repr=False, default=None)  # None: it stays, or one is made
    settings: dict[str, Any] | None = field(repr=False, default=None)  # None: they stay, unread
    event_type: str | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSource:
    """A source that was kept, and the secret that was made for it, if one was."""

    opened: OpenSource
    new_secret: str | None = field(repr=False, default=None)


@dataclass(slots=True)
class _Checked:
    """What a draft comes to."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret: str | None = field(default=None, repr=False)
    made: str | None = field(default=None, repr=False)
    faults: tuple[Detail, ...] = ()


class KeepSources:
    """Keeps a tenant's sources."""

    def __init__(
        self,
        store: SourceStore,
        providers: Mapping[str, Provider],
        clock: Clock,
        entropy: Callable[[int], bytes] = random.token_bytes,
    ) -> None:
        """`entropy` gives the random bytes of a secret that is made here."""
        self._store = store
        self._providers = providers
        self._clock = clock
        self._entropy = entropy

    def create(self, tenant: str, draft: SourceDraft) -> SavedSource:
        """Keep a new source, and a secret of ours if the sender takes one and none is given.

        Raises `InvalidContentError` with every fault, `ConflictError` if there are too many.
        """
        checked = self._check(draft, None)
        if len(self._store.list_sources(tenant)) >= MAX_SOURCES:
            raise _too_many()
        at, token = self._clock(), new_token(tenant)
        source = Source(
            id=token.source_id,
            tenant=tenant,
            name=draft.name,
            provider=draft.provider,
            settings=checked.settings,
            event_type=draft.event_type,
            enabled=draft.enabled,
            created_at=at,
            updated_at=at,
            token_hash=SecretHash.of(token.secret),
        )
        secrets = Secrets(token=str(token), secret=checked.secret, settings=checked.secrets)
        if not self._store.put(source, secrets):
            raise _busy()  # the same random id twice
        # Others may have found room at the same moment. Each looks again after its write, so
        # the last one sees all of them, and whoever sees too many takes its own back.
        if len(self._store.list_sources(tenant)) > MAX_SOURCES:
            self._store.delete(tenant, source.id)
            raise _too_many()
        return SavedSource(opened=_opened(source, secrets), new_secret=checked.made)

    def get(self, tenant: str, source_id: str) -> OpenSource:
        """The source with its secrets. Raises `NotFoundError`."""
        source = self._find(tenant, source_id)
        return OpenSource(source=source, secrets=self._store.open(source))

    def list_sources(self, tenant: str) -> tuple[Source, ...]:
        """All of them, oldest first."""
        return self._store.list_sources(tenant)

    def change(
        self, tenant: str, source_id: str, draft_of: Callable[[Source], SourceDraft]
    ) -> SavedSource:
        """Put in a source's place what is made of it as it is; made anew if others were faster.

        Its URL stays, and so do secrets that are left out, unless the provider is another one. A
        secret that is given takes the old one's place at once: see `rotate`.
        """
        for _ in range(_TRIES):
            known = self.get(tenant, source_id)
            draft = draft_of(known.source)
            checked = self._check(draft, known)
            secrets = replace(known.secrets, settings=checked.secrets)
            if checked.secret != known.secrets.secret:
                secrets = replace(secrets, secret=checked.secret, old_secrets=())
            source = replace(
                known.source,
                name=draft.name,
                provider=draft.provider,
                settings=checked.settings,
                event_type=draft.event_type,
                enabled=draft.enabled,
                old_secret_until=secrets.old_until,
                updated_at=self._clock(),
            )
            if self._store.put(source, secrets, known_updated_at=known.source.updated_at):
                return SavedSource(opened=_opened(source, secrets), new_secret=checked.made)
        raise _busy()

    def rotate(self, tenant: str, source_id: str, secret: str | None) -> SavedSource:
        """Give a source a new secret, or this one; the old one proves senders too for a day.

        Sent again with the same secret, because the answer was lost, it changes nothing.
        Sent again for one of ours, it makes another, beside which all of that day count.
        """
        for _ in range(_TRIES):
            known = self.get(tenant, source_id)
            wanted = self._secret_of(known.source.provider)
            if wanted is None:
                message = f"A source of the provider '{known.source.provider}' has no secret."
                raise ConflictError(message, code="no_signing_secret")
            given, made = self._new_secret(wanted, secret)
            if is_same_secret(known.secrets.secret, given):
                return SavedSource(opened=known)
            at = self._clock()
            secrets = known.secrets.rotated(given, at)
            source = replace(known.source, old_secret_until=secrets.old_until, updated_at=at)
            if self._store.put(source, secrets, known_updated_at=known.source.updated_at):
                return SavedSource(opened=_opened(source, secrets), new_secret=made)
        raise _busy()

    def delete(self, tenant: str, source_id: str) -> None:
        """Take nothing more in at its URL, and forget its secrets. Raises `NotFoundError`."""
        if not is_source_id(source_id) or not self._store.delete(tenant, source_id):
            raise source_not_found(source_id)

    def list_refused(self, tenant: str, source_id: str) -> tuple[Refused, ...]:
        """The last requests that it refused, newest first. Raises `NotFoundError`."""
        self._find(tenant, source_id)
        return self._store.list_refused(tenant, source_id)

    def faults(self, said: Mapping[str, object]) -> tuple[Detail, ...]:
        """What a provider would find wrong in a body that is no draft because of other faults."""
        provider, settings, secret = (said.get(each) for each in ("provider", "settings", "secret"))
        if not isinstance(provider, str):
            return ()
        draft = SourceDraft(
            name="",
            provider=provider,
            secret=secret if isinstance(secret, str) else None,
            settings=settings if isinstance(settings, dict) else {},
        )
        return self._checked(draft, None).faults

    def _find(self, tenant: str, source_id: str) -> Source:
        source = self._store.find(tenant, source_id) if is_source_id(source_id) else None
        if source is None:
            raise source_not_found(source_id)
        return source

    def _check(self, draft: SourceDraft, known: OpenSource | None) -> _Checked:
        checked = self._checked(draft, known)
        if checked.faults:
            faults = checked.faults
            raise InvalidContentError.of(faults, len(faults), code=_CODE, called="body")
        return checked

    def _checked(self, draft: SourceDraft, known: OpenSource | None) -> _Checked:
        checked = _Checked()
        provider = self._providers.get(draft.provider)
        if provider is None:
            message = f"there is no such provider; there are {', '.join(sorted(self._providers))}"
            checked.faults = (Detail("provider", message, "unknown_provider"),)
            return checked
        stays = known is not None and known.source.provider == draft.provider
        kept = known if stays else None
        try:
            checked.settings, checked.secrets = _settings(provider.fields, draft.settings, kept)
        except InvalidContentError as error:
            checked.faults += error.details
        try:
            checked.secret, checked.made = self._secret(provider.secret, draft.secret, kept)
        except WrongError as error:
            checked.faults += tuple(Detail("secret", e.message, e.code) for e in error.faults)
        return checked

    def _secret(
        self, wanted: Secret | None, given: str | None, known: OpenSource | None
    ) -> tuple[str | None, str | None]:
        """The secret that a source has then, and the same if it was made here."""
        if given == HIDDEN:
            given = None
        if wanted is None:
            if given is not None:
                raise wrong("this provider has no secret", "not_applicable")
            return None, None
        if given is not None:
            return wanted.rule(given), None
        if known is not None:
            return known.secrets.secret, None
        # A sender that makes its own tells it only to who knows the URL: it is given later.
        made = None if wanted.make is None else wanted.make(self._entropy(32))
        return made, made

    def _new_secret(self, wanted: Secret, given: str | None) -> tuple[str, str | None]:
        """The secret, and the same if it was made here. Raises `InvalidContentError`."""
        try:
            if given is not None:
                return wanted.rule(given), None
            if wanted.make is None:
                raise wrong("its sender makes the secret: give the new one", "missing")
        except WrongError as error:
            details = tuple(Detail("secret", e.message, e.code) for e in error.faults)
            raise InvalidContentError.of(details, len(details), code=_CODE, called="body") from None
        made = wanted.make(self._entropy(32))
        return made, made

    def _secret_of(self, provider: str) -> Secret | None:
        known = self._providers.get(provider)
        return None if known is None else known.secret


def _settings(fields: Fields, given: dict[str, Any] | None, known: OpenSource | None) -> Kept:
    if known is None:
        return read_settings(fields, given or {})
    kept = Kept(dict(known.source.settings), dict(known.secrets.settings))
    return kept if given is None else read_settings(fields, given, kept)


def _opened(source: Source, secrets: Secrets) -> OpenSource:
    """A source as it was written just now."""
    return OpenSource(source=replace(source, secrets_set=secrets.names), secrets=secrets)


def _too_many() -> ConflictError:
    message = f"There are {MAX_SOURCES} sources. Delete one that is not used."
    return ConflictError(message, code="limit_reached")


def _busy() -> TooManyAtOnceError:
    return TooManyAtOnceError("Your account changes this source at the same time. Send it again.")
