"""`/notifications/configs` and `/notifications/test`: where and when to push."""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import Path, Response

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.drafts import draft_of
from triggers_api.api.json_body import JSON, JsonBody, MediaType, read_json
from triggers_api.api.list_query import Cursor, as_many_as_fit, cursor_of, position_of
from triggers_api.api.operation import PAGE, Answer, Body, Cost
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.config_patch import ConfigPatchIn, leaves_settings, patched
from triggers_api.api.schemas.configs import (
    EXAMPLE_CONFIG_ID,
    ConfigIn,
    ConfigOut,
    RotatedSecretOut,
    SavedConfigOut,
)
from triggers_api.api.schemas.deliveries import MissedIn, MissedOut, TrialIn, TrialOut
from triggers_api.api.schemas.previews import PreviewIn, PreviewOut
from triggers_api.errors import InvalidContentError
from triggers_api.events.event import Event
from triggers_api.events.ids import random_entropy
from triggers_api.events.ports import Position
from triggers_api.push.config import NotificationConfig
from triggers_api.push.ports import ConfigQuery
from triggers_api.push.subscribe import ConfigDraft, Saved

operations = Operations("notifications")
ConfigId = Annotated[str, Path(max_length=64, examples=[EXAMPLE_CONFIG_ID])]

_CONFIG: Final = Body(
    model=ConfigIn,
    sample='{"name": "Shop", "channel": "webhook", "settings": {"url": "https://hooks.example.com"}}',
    code="invalid_config",
)
_NEW_CONFIG: Final = Body(
    model=_CONFIG.model,
    sample=_CONFIG.sample,
    code=_CONFIG.code,
    examples={
        "slack": (
            "Grave events to Slack",
            {
                "name": "Ops",
                "channel": "slack",
                "settings": {"url": "https://hooks.slack.com/services/T000/B000/XXXX"},
                "filters": {"min_severity": "error"},
            },
        ),
        "email": (
            "Invoices by mail",
            {
                "name": "Accounting",
                "channel": "email",
                "settings": {
                    "host": "smtp.example.com",
                    "username": "triggers",
                    "password": "an-example",
                    "from": "triggers@example.com",
                    "to": ["accounting@example.com"],
                },
                "filters": {"event_types": ["invoice.*"]},
            },
        ),
        "telegram": (
            "Everything to a chat",
            {
                "name": "Night shift",
                "channel": "telegram",
                "settings": {
                    "bot_token": "123456:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef",
                    "chat_id": -1001234567890,
                },
            },
        ),
    },
)
_PATCH: Final = Body(
    model=ConfigPatchIn,
    sample='{"enabled": false}',
    code="invalid_config",
    others={"application/merge-patch+json": ConfigPatchIn},
)
_A_PATCH: Final = MediaType.matching(JSON.name, r"application/(merge-patch\+)?json")
_MISSED: Final = Body(model=MissedIn, sample='{"dry_run": true}', code="invalid_replay")
_OF_DRAFTS: Final = ("invalid_config", "invalid_event")
_PREVIEW: Final = Body(
    model=PreviewIn,
    sample='{"config_id": "cfg_…", "event": {"event_type": "invoice.failed", "payload": {}}}',
    code="invalid_preview",
)
_TRIAL: Final = Body(model=TrialIn, sample='{"config_id": "cfg_…"}', code="invalid_test")


@operations.declare(
    "GET /notifications/configs",
    "list_configs",
    "List notification configs",
    needs=Scope.NOTIFICATIONS_MANAGE,
    cost=Cost.READ,
    answers=Answer(model=ConfigOut, is_list=True, headers=PAGE),
)
async def list_configs(call: Call, cursor: Cursor = None) -> Response:
    """All configs of the tenant, oldest first, in one answer; beyond 3 MB, it has a next page."""
    at = call.services.clock()
    with call.reading():
        configs = call.services.subscribe.list_configs(call.tenant)
    told = ((each, ConfigOut.of(each, at).model_dump_json().encode()) for each in configs)
    found = [(Position(each.created_at, each.id), text) for each, text in told]
    return as_many_as_fit(call, ConfigQuery(), found, cursor)


@operations.declare(
    "POST /notifications/configs",
    "create_config",
    "Subscribe",
    needs=Scope.NOTIFICATIONS_MANAGE,
    cost=Cost.READ,
    body=_NEW_CONFIG,
    answers=Answer(
        status=201,
        model=SavedConfigOut,
        description="Kept; from now on events are pushed there.",
        headers=("Location",),
        links=dict.fromkeys(
            ("get_config", "replace_config", "delete_config", "rotate_config_secret"), "config_id"
        ),
    ),
    errors=("limit_reached", "too_many_at_once"),
)
async def create_config(call: Call) -> Response:
    """Push events to a webhook, a chat, PagerDuty, email, or a queue, topic or bus on AWS.

    A tenant may have 100 configs, unless it has a limit of its own.

    Pushes to a webhook are signed as Standard Webhooks says; only this answer shows the secret.
    """
    draft = await _draft(call)
    with call.reading():
        saved = call.services.subscribe.create(call.tenant, draft, at_most=call.limits.configs)
    return _saved(call, saved, 201, Location=f"configs/{saved.config.id}")


@operations.declare(
    "GET /notifications/configs/{config_id}",
    "get_config",
    "Read a notification config",
    needs=Scope.NOTIFICATIONS_MANAGE,
    answers=Answer(model=ConfigOut),
)
async def get_config(call: Call, config_id: ConfigId) -> Response:
    """One config as it is now, without its secrets."""
    config = call.services.subscribe.get(call.tenant, config_id)
    call.context.config_id = config.id
    return call.answer(ConfigOut.of(config, call.services.clock()))


@operations.declare(
    "PUT /notifications/configs/{config_id}",
    "replace_config",
    "Replace a notification config",
    needs=Scope.NOTIFICATIONS_MANAGE,
    cost=Cost.READ,
    body=_CONFIG,
    answers=Answer(model=SavedConfigOut),
    errors=("limit_reached", "too_many_at_once"),
)
async def replace_config(call: Call, config_id: ConfigId) -> Response:
    """Replace a config; secrets that are left out stay as they are.

    Enabling it again forgets why it was disabled. Changing to the webhook channel makes a new
    signing secret, which the answer shows.
    """
    with call.reading():
        draft = await _draft(call, config_id)
        saved = call.services.subscribe.replace(call.tenant, config_id, draft)
    return _saved(call, saved)


@operations.declare(
    "PATCH /notifications/configs/{config_id}",
    "update_config",
    "Change a notification config",
    needs=Scope.NOTIFICATIONS_MANAGE,
    cost=Cost.READ,
    body=_PATCH,
    answers=Answer(model=SavedConfigOut),
    errors=("limit_reached", "too_many_at_once"),
)
async def update_config(call: Call, config_id: ConfigId) -> Response:
    """Change some members of a config, as a JSON merge patch (RFC 7396).

    What is left out stays, and `null` brings back a default; `settings` and `filters` are merged
    member by member. Secrets that are left out stay, except where a changed target drops them,
    as in a PUT. Enabling it again forgets why it was disabled.
    """
    body = await read_json(call.request, _A_PATCH)
    subscribe = call.services.subscribe
    with call.reading():
        saved = subscribe.change(call.tenant, config_id, lambda known: _changed(call, known, body))
    return _saved(call, saved)


@operations.declare(
    "DELETE /notifications/configs/{config_id}",
    "delete_config",
    "Unsubscribe",
    needs=Scope.NOTIFICATIONS_MANAGE,
    answers=Answer(status=204, description="Deleted."),
)
async def delete_config(call: Call, config_id: ConfigId) -> Response:
    """Delete a config. Pushes under way are dropped; its history stays."""
    call.services.subscribe.delete(call.tenant, config_id)
    call.context.config_id = config_id
    return call.done()


@operations.declare(
    "POST /notifications/configs/{config_id}/rotate-secret",
    "rotate_config_secret",
    "Rotate a signing secret",
    needs=Scope.NOTIFICATIONS_MANAGE,
    answers=Answer(model=RotatedSecretOut),
    errors=("no_signing_secret", "too_many_at_once"),
)
async def rotate_config_secret(call: Call, config_id: ConfigId) -> Response:
    """Make a new signing secret, shown only here. For 24 hours the old one signs too.

    A config that signs with `v1a` gets a new key pair; its key set has both public keys so long.
    """
    rotation = call.services.subscribe.rotate_secret(call.tenant, config_id)
    call.context.config_id = config_id
    answer = RotatedSecretOut(
        id=config_id,
        secret=rotation.new_secret,
        public_key=rotation.config.public_key,
        previous_secret_until=rotation.old_signs_until,
    )
    return call.answer(answer)


@operations.declare(
    "POST /notifications/configs/{config_id}/replay",
    "replay_config",
    "Replay what a config missed",
    needs=Scope.NOTIFICATIONS_MANAGE,
    cost=Cost.READ,
    body=_MISSED,
    answers=Answer(model=MissedOut),
    errors=("invalid_cursor", "config_not_enabled", "queue_unavailable"),
)
async def replay_config(call: Call, config_id: ConfigId) -> Response:
    """Push to this config alone what it wants and never got, oldest first.

    That is: it was disabled, or created later, or had other filters then, or the push was given
    up. Acknowledged events are among it; nothing that was delivered is. No event becomes pending,
    and no other config sees anything. One call looks at up to 2,000 events and takes up to 500:
    while `next_cursor` is set there may be more. Try it with `dry_run` first.
    """
    wanted = await call.read(_MISSED)
    call.context.config_id = config_id
    query = wanted.to_query(config_id)
    after = position_of(call, query, wanted.cursor)
    with call.reading() as owed:
        done = call.services.replay_missed(call.tenant, query, after=after, dry_run=wanted.dry_run)
        owed.add(done.replayed)
    answer = MissedOut(
        matched=done.matched,
        replayed=done.replayed,
        skipped=done.skipped,
        dry_run=wanted.dry_run,
        next_cursor=cursor_of(call, query, done.next_after),
    )
    return call.answer(answer)


@operations.declare(
    "POST /notifications/test",
    "send_test",
    "Try out a notification config",
    needs=Scope.NOTIFICATIONS_MANAGE,
    body=_TRIAL,
    answers=Answer(model=TrialOut),
    errors=("config_not_found",),
)
async def send_test(call: Call) -> Response:
    """Send a test event (`notifications.test`) now, and return what the channel said.

    It is sent even if the config is disabled, and whatever its filters. The event is not stored,
    and the push is not retried. If the receiver refuses it, the answer is 200 with
    `accepted: false`.
    """
    wanted = await call.read(_TRIAL)
    call.context.config_id = wanted.config_id
    trial = call.services.try_out(call.tenant, wanted.config_id)
    call.context.fault = trial.receipt.fault
    answer = TrialOut(
        accepted=trial.receipt.accepted,
        status_code=trial.receipt.status_code,
        error=trial.receipt.in_words,
        duration_ms=trial.duration_ms,
    )
    return call.answer(answer)


@operations.declare(
    "POST /notifications/preview",
    "preview_config",
    "See what a config would send",
    needs=Scope.NOTIFICATIONS_MANAGE,
    cost=Cost.READ,
    body=_PREVIEW,
    answers=Answer(model=PreviewOut),
    errors=(
        "config_not_found",
        "event_not_found",
        "event_erased",
        "payload_too_large",
        *_OF_DRAFTS,
    ),
)
async def preview_config(call: Call) -> Response:
    """Answer whether a config would want an event, and what it would send. Nothing is sent.

    Also for a config that was never kept, for a change to one that is, with the secrets that it
    leaves, and for an event that was never posted. `event_id` needs the scope `events:read` too,
    and so does an event's `execution_id`, whose counts are told.
    """
    body = await read_json(call.request, levels=2)
    wanted = call.validated(body, _PREVIEW)
    if wanted.event_id is not None:
        call.principal.require(Scope.EVENTS_READ)
    with call.reading():
        event = _event_of(call, wanted, body)
        previewed = call.services.preview(_config_of(call, wanted, body), event)
    return call.answer(PreviewOut.of(previewed))


def _config_of(call: Call, wanted: PreviewIn, body: JsonBody) -> NotificationConfig:
    """One that is kept, as it is or as a change would make it, or one that is not."""
    subscribe = call.services.subscribe
    if wanted.config_id is None:
        draft = _checked(call, body.member("config"), None)
        return subscribe.drafted(call.tenant, draft, None)
    call.context.config_id = wanted.config_id
    known = subscribe.get(call.tenant, wanted.config_id)
    if wanted.config is None:
        return known
    draft = _changed(call, known, body.member("config"))
    return subscribe.drafted(call.tenant, draft, known)


def _event_of(call: Call, wanted: PreviewIn, body: JsonBody) -> Event:
    if wanted.event_id is not None:
        return call.services.events.get(call.tenant, wanted.event_id)
    draft, now = draft_of(body.member("event")), call.services.clock()
    if draft.execution_id is not None:
        call.principal.require(Scope.EVENTS_READ)
    return draft.as_event(now, random_entropy())


def _saved(call: Call, saved: Saved, status: int = 200, **headers: str) -> Response:
    call.context.config_id = saved.config.id
    answer = SavedConfigOut.of(saved.config, call.services.clock(), secret=saved.new_secret)
    return call.answer(answer, status, headers)


async def _draft(call: Call, config_id: str | None = None) -> ConfigDraft:
    """The body as a config, maybe in another's place. Raises `InvalidContentError` of all faults."""
    return _checked(call, await read_json(call.request), config_id)


def _changed(call: Call, known: NotificationConfig, body: JsonBody) -> ConfigDraft:
    """A config with a patch merged into it. Raises as `_draft` does."""
    if not isinstance(body.value, dict):
        call.validated(body, _PATCH)
    whole: dict[str, Any] = patched(known, body.value)
    draft = _checked(call, JsonBody(whole, body.text), known.id)
    return replace(draft, settings=None) if leaves_settings(known, body.value) else draft


def _checked(call: Call, body: JsonBody, config_id: str | None) -> ConfigDraft:
    try:
        config = call.validated(body, _CONFIG)
    except InvalidContentError as error:
        if not isinstance(body.value, dict):
            raise
        told = {detail.field for detail in error.details}
        faults = call.services.subscribe.faults(call.tenant, config_id, body.value)
        details = error.details + tuple(each for each in faults if each.field not in told)
        raise InvalidContentError.of(
            details, len(details), code="invalid_config", called="body"
        ) from None
    return config.to_draft()
