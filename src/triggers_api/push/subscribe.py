"""Subscribe: notification configs are made, replaced, deleted, and given new signing secrets."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from triggers_api.access.held_time import HeldTime
from triggers_api.errors import (
    ConflictError,
    Detail,
    InvalidContentError,
    RateLimitedError,
    TooManyAtOnceError,
)
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.channel import Channel
from triggers_api.push.config import (
    OLD_SECRET_SIGNS_FOR,
    SIGNING_SECRETS,
    NotificationConfig,
    config_not_found,
    new_config_id,
    new_signing_secret,
)
from triggers_api.push.expressions import faults_of
from triggers_api.push.filters import Filters
from triggers_api.push.policy import USUAL, Policy, Signature
from triggers_api.push.ports import ConfigStore
from triggers_api.push.room import make_room, refuse_long_filters
from triggers_api.push.settings_fields import Kept, look_ups, read_settings
from triggers_api.push.signing_keys import SigningKey, after_rotation, rotated, signature_by
from triggers_api.timestamps import Clock

_TRIES: Final = 5  # of a write that others got in the way of


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDraft:
    """A config as its owner describes it; its settings are not yet checked by its channel."""

    name: str
    channel: str
    settings: dict[str, Any] | None = field(repr=False)  # None: they stay as they are, unread
    filters: Filters
    message_template: str | None
    acknowledges: bool
    enabled: bool
    policy: Policy = USUAL
    transform: str | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A config that was kept, and the signing secret that was made for it, if one was."""

    config: NotificationConfig
    new_secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rotation:
    """A config with a new signing key, and until when the old one signs too."""

    config: NotificationConfig
    new_secret: str | None = field(repr=False)  # None: it has a public key instead
    old_signs_until: datetime


@dataclass(slots=True)
class _Checked:
    """A draft's settings, parted by its channel, and every fault that was found."""

    shown: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    faults: tuple[Detail, ...] = ()


class Subscribe:
    """Keeps a tenant's configs."""

    def __init__(
        self,
        configs: ConfigStore,
        channels: Mapping[str, Channel],
        clock: Clock,
        fault_of_template: Callable[[str], str | None],
        looking_up: HeldTime,
        new_key_pair: Callable[[], SigningKey],
    ) -> None:
        """`fault_of_template` says what is wrong with a message template, None if nothing is.

        `looking_up` is how long each tenant may wait for name servers, which may be its own.
        """
        self._configs = configs
        self._channels = channels
        self._clock = clock
        self._fault_of_template = fault_of_template
        self._looking_up = looking_up
        self._new_key_pair = new_key_pair

    def create(self, tenant: str, draft: ConfigDraft, *, at_most: int | None) -> Saved:
        """Keep a new config, if the tenant then has so many at most; None sets no limit.

        Raises `InvalidContentError` with every fault in its settings, and `ConflictError`.
        """
        checked = self._check_all(draft, None)
        refuse_long_filters(self._configs, tenant, draft.filters.expression, None)
        self._look_up(tenant, draft.channel, checked)
        for _ in range(_TRIES):
            make_room(self._configs, tenant, at_most)
            now = self._clock()
            config = _of(draft, checked, config_id=new_config_id(), tenant=tenant, at=now)
            config, new_secret = self._with_signing_secret(config)
            if not self._configs.put(config, known_updated_at=None):
                raise _busy()  # the same random id twice
            # Others may have found room at the same moment. Each looks again after its write, so
            # the last one sees all of them, and whoever sees too many takes its own back.
            if at_most is None or len(self._configs.list_configs(tenant)) <= at_most:
                return Saved(config, new_secret)
            self._configs.delete(tenant, config.id)
        raise _busy()

    def get(self, tenant: str, config_id: str) -> NotificationConfig:
        """The config. Raises `NotFoundError`."""
        config = self._configs.find(tenant, config_id)
        if config is None:
            raise config_not_found(config_id)
        return config

    def list_configs(self, tenant: str) -> tuple[NotificationConfig, ...]:
        """All of them, oldest first."""
        return self._configs.list_configs(tenant)

    def replace(self, tenant: str, config_id: str, draft: ConfigDraft) -> Saved:
        """Put a draft in a config's place; secrets that it leaves out stay as they are."""
        return self.change(tenant, config_id, lambda _known: draft)

    def change(
        self, tenant: str, config_id: str, draft_of: Callable[[NotificationConfig], ConfigDraft]
    ) -> Saved:
        """Put in a config's place what is made of it as it is; made anew if others were faster."""
        for number in range(_TRIES):
            known = self.get(tenant, config_id)
            draft = draft_of(known)
            checked = self._check_all(draft, known)
            refuse_long_filters(self._configs, tenant, draft.filters.expression, known)
            if number == 0 and draft.settings is not None:
                self._look_up(tenant, draft.channel, checked)
            config = _of(draft, checked, config_id=known.id, tenant=tenant, at=self._clock())
            config = replace(
                config,
                created_at=known.created_at,
                breaker=_breaker_of(config, known),
                public_keys=known.public_keys if config.channel == known.channel else (),
            )
            config = _with_changes(config, known)
            if not config.enabled and not known.enabled:
                config = replace(
                    config,
                    disabled_reason=known.disabled_reason,
                    disabled_at=known.disabled_at,
                )
            config, new_secret = self._with_signing_secret(config)
            if self._configs.put(config, known_updated_at=known.updated_at):
                return Saved(config, new_secret)
        raise _busy()

    def drafted(
        self, tenant: str, draft: ConfigDraft, known: NotificationConfig | None
    ) -> NotificationConfig:
        """A draft as the config it would be, kept nowhere; no name is looked up.

        `known` is the one in whose place it would be put, and whose secrets may stay.
        """
        checked = self._check_all(draft, known)
        config_id = new_config_id() if known is None else known.id
        return _of(draft, checked, config_id=config_id, tenant=tenant, at=self._clock())

    def delete(self, tenant: str, config_id: str) -> None:
        """Push nothing more to it, and forget its secrets. Raises `NotFoundError`."""
        if not self._configs.delete(tenant, config_id):
            raise config_not_found(config_id)

    def rotate_secret(self, tenant: str, config_id: str) -> Rotation:
        """A new signing secret; the old one signs too for a while."""
        for _ in range(_TRIES):
            known = self.get(tenant, config_id)
            if not self._signs(known.channel):
                message = f"A config of the channel '{known.channel}' has no signing secret."
                raise ConflictError(message, code="no_signing_secret")
            now = self._clock()
            config, new_secret = self._signing_anew(replace(known, updated_at=now))
            if self._configs.put(config, known_updated_at=known.updated_at):
                return Rotation(config, new_secret, now + OLD_SECRET_SIGNS_FOR)
        raise _busy()

    def faults(
        self, tenant: str, config_id: str | None, said: Mapping[str, object]
    ) -> tuple[Detail, ...]:
        """What a channel would find wrong in a body that is no draft because of other faults.

        `config_id` is of the config that it would replace. Raises `NotFoundError`.
        """
        known = None if config_id is None else self.get(tenant, config_id)
        channel = said.get("channel")
        checked = self._check(channel, said.get("settings"), said.get("message_template"), known)
        signature = said.get("signature")
        filters, transform = said.get("filters"), said.get("transform")
        template = _new_template(channel, said.get("message_template"), known)
        match = filters.get("match") if isinstance(filters, dict) else None
        return (
            checked.faults
            + self._unfit(channel, said.get("timeout_seconds"), signature)
            + faults_of(self._channels, channel, match, transform, template)
        )

    def _check_all(self, draft: ConfigDraft, known: NotificationConfig | None) -> _Checked:
        checked = self._check(draft.channel, draft.settings, draft.message_template, known)
        policy, match = draft.policy, draft.filters.expression
        checked.faults += self._unfit(draft.channel, policy.timeout_seconds, policy.signature)
        template = _new_template(draft.channel, draft.message_template, known)
        checked.faults += faults_of(self._channels, draft.channel, match, draft.transform, template)
        _refuse(checked.faults)
        return checked

    def _look_up(self, tenant: str, channel: str, checked: _Checked) -> None:
        """Refuse a target whose name leads to a private address, if that can be known in time.

        Whoever waits for too many names already is not refused: where a name leads is judged
        again whenever something is sent.
        """
        kept = Kept(checked.shown, checked.secrets)
        for look_up in look_ups(self._channels[channel].fields, kept):
            with suppress(RateLimitedError), self._looking_up.hold(tenant):
                _refuse(look_up())

    def _check(
        self,
        channel: object,
        settings: object,
        template: object,
        known: NotificationConfig | None,
    ) -> _Checked:
        """Look at what has the right type; what has not is a fault that was told already."""
        checked = _Checked()
        if isinstance(channel, str) and channel not in self._channels:
            names = ", ".join(sorted(self._channels))
            message = f"there is no such channel; there are {names}"
            checked.faults += (Detail("channel", message, "unknown_channel"),)
        elif settings is None and known is not None and channel == known.channel:
            checked.shown, checked.secrets = known.settings, known.secrets
        elif isinstance(channel, str) and isinstance(settings, dict):
            try:
                checked.shown, checked.secrets = self._read(channel, settings, known)
            except InvalidContentError as error:
                checked.faults += error.details
        fault = self._fault_of_template(template) if isinstance(template, str) else None
        if fault is not None:
            checked.faults += (Detail("message_template", fault, "invalid_template"),)
        return checked

    def _unfit(
        self, channel: object, timeout_seconds: object, signature: object
    ) -> tuple[Detail, ...]:
        """What a draft says of its pushes that such a channel cannot heed."""
        if not isinstance(channel, str) or channel not in self._channels:
            return ()
        faults, pushes = [], f"pushes of the channel '{channel}'"
        if timeout_seconds is not None and not self._channels[channel].has_timeout:
            message = f"{pushes} have no timeout of their own: leave it out"
            faults.append(Detail("timeout_seconds", message, "not_applicable"))
        if signature == Signature.V1A and not self._channels[channel].signs:
            message = f"{pushes} are not signed: leave it out"
            faults.append(Detail("signature", message, "not_applicable"))
        return tuple(faults)

    def _read(
        self, channel: str, settings: dict[str, Any], known: NotificationConfig | None
    ) -> Kept:
        """The settings, and the secrets of the config as it is that may stay."""
        fields = self._channels[channel].fields
        if known is None or known.channel != channel:
            return read_settings(fields, settings)
        signing, own = {}, known.secrets
        if self._signs(channel):  # or these are names like any other
            signing = {name: own[name] for name in SIGNING_SECRETS if name in own}
            own = {name: text for name, text in own.items() if name not in signing}
        shown, secrets = read_settings(fields, settings, Kept(known.settings, own))
        return Kept(shown, {**secrets, **signing})

    def _signs(self, channel: str) -> bool:
        return channel in self._channels and self._channels[channel].signs

    def _with_signing_secret(
        self, config: NotificationConfig
    ) -> tuple[NotificationConfig, str | None]:
        """The config with a key if it signs and has none such; and what its receiver must know."""
        if not self._signs(config.channel):
            return replace(config, public_keys=()), None
        secret = config.secrets.get("secret")
        if secret is not None and signature_by(secret) is config.policy.signature:
            return config, None
        return self._signing_anew(config)

    def _signing_anew(self, config: NotificationConfig) -> tuple[NotificationConfig, str | None]:
        """The config with a new key, beside which the old one signs for a while."""
        is_secret = config.policy.signature is Signature.V1
        new = SigningKey(new_signing_secret()) if is_secret else self._new_key_pair()
        at = config.updated_at
        until = at + OLD_SECRET_SIGNS_FOR
        secrets = rotated(config.secrets, new, at, until)
        keys = after_rotation(config.public_keys, new, at, until)
        signing = replace(config, secrets=secrets, public_keys=keys)
        return signing, new.secret if new.public is None else None


def _new_template(channel: object, template: object, known: NotificationConfig | None) -> object:
    """One that is said anew. A webhook may hold one of earlier, when none was refused."""
    is_old = known is not None and (known.channel, known.message_template) == (channel, template)
    return None if is_old else template


def _refuse(faults: tuple[Detail, ...]) -> None:
    if faults:
        raise InvalidContentError.of(faults, len(faults), code="invalid_config", called="body")


def _of(
    draft: ConfigDraft, checked: _Checked, *, config_id: str, tenant: str, at: datetime
) -> NotificationConfig:
    return NotificationConfig(
        id=config_id,
        tenant=tenant,
        name=draft.name,
        channel=draft.channel,
        settings=checked.shown,
        secrets=checked.secrets,
        filters=draft.filters,
        message_template=draft.message_template,
        acknowledges=draft.acknowledges,
        enabled=draft.enabled,
        policy=draft.policy,
        transform=draft.transform,
        enabled_changed_at=at,
        created_at=at,
        updated_at=at,
    )


def _with_changes(config: NotificationConfig, known: NotificationConfig) -> NotificationConfig:
    """The config with the times since when it is enabled, and its filters are what they are."""
    at = config.updated_at
    is_as_enabled = config.enabled == known.enabled
    are_as_known = config.filters == known.filters
    return replace(
        config,
        enabled_changed_at=known.enabled_changed_at if is_as_enabled else at,
        filters_changed_at=known.filters_changed_at if are_as_known else at,
    )


def _breaker_of(config: NotificationConfig, known: NotificationConfig) -> CircuitBreaker:
    """What the receiver was like says nothing about another one, nor about one tried anew."""
    is_another = (config.channel, config.settings) != (known.channel, known.settings)
    is_another |= _own_secrets(config) != _own_secrets(known)
    if is_another or (config.enabled and not known.enabled):
        return CircuitBreaker(begun_at=config.updated_at)
    return known.breaker


def _own_secrets(config: NotificationConfig) -> dict[str, str]:
    """Those by which it reaches its receiver, some of which may be parts of its address."""
    return {name: text for name, text in config.secrets.items() if name not in SIGNING_SECRETS}


def _busy() -> TooManyAtOnceError:
    return TooManyAtOnceError("Your account changes this config at the same time. Send it again.")
