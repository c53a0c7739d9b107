"""`/notifications/configs` and `/notifications/test`: where and when to push."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import TypeAdapter

from triggers_api.api.delivery_schemas import TrialIn, TrialOut
from triggers_api.api.documentation import answers, body_of, headers
from triggers_api.api.json_body import read_json, validated
from triggers_api.api.notification_schemas import (
    EXAMPLE_CONFIG_ID,
    ConfigIn,
    ConfigOut,
    RotatedSecretOut,
    SavedConfigOut,
)
from triggers_api.api.request_context import context_of
from triggers_api.api.services import Requires, services_of
from triggers_api.api_keys import Scope
from triggers_api.authenticate import Principal
from triggers_api.errors import InvalidContentError
from triggers_api.push.subscribe import ConfigDraft

router = APIRouter(tags=["notifications"])
Manager = Annotated[Principal, Depends(Requires(Scope.NOTIFICATIONS_MANAGE))]
ConfigId = Annotated[str, Path(max_length=64, examples=[EXAMPLE_CONFIG_ID])]

_EXAMPLE: Final = (
    '{"name": "Shop", "channel": "webhook", "settings": {"url": "https://hooks.example.com"}}'
)
_CONFIGS: Final = TypeAdapter(list[ConfigOut])
_CREATED: Final[dict[str, Any]] = {
    "description": "Kept; from now on events are pushed there.",
    "headers": headers("Location"),
    "links": {
        name: {"operationId": name, "parameters": {"config_id": "$response.body#/id"}}
        for name in ("get_config", "replace_config", "delete_config", "rotate_config_secret")
    },
}


@router.get(
    "/notifications/configs",
    operation_id="list_configs",
    summary="List notification configs",
    response_class=Response,
    responses=answers({200: {"model": list[ConfigOut]}}, 401, 403),
)
async def list_configs(request: Request, principal: Manager) -> Response:
    """All configs of the tenant, oldest first; there are at most 100."""
    services = services_of(request)
    at = services.clock()
    configs = services.subscribe.list_configs(principal.tenant)
    body = _CONFIGS.dump_json([ConfigOut.of(config, at) for config in configs])
    return Response(body, 200, media_type="application/json")


@router.post(
    "/notifications/configs",
    status_code=201,
    operation_id="create_config",
    summary="Subscribe",
    response_class=Response,
    responses=answers({201: _CREATED | {"model": SavedConfigOut}}, 401, 403, 409, 413, 415, 422),
    openapi_extra=body_of(ConfigIn),
)
async def create_config(request: Request, principal: Manager) -> Response:
    """Push events to a webhook, Slack, Telegram or email. Up to 100 configs a tenant.

    Pushes to a webhook are signed after Standard Webhooks; the answer tells the secret, once.
    """
    services = services_of(request)
    draft = await _draft(request, principal.tenant)
    saved = services.subscribe.create(principal.tenant, draft)
    context_of(request).config_id = saved.config.id
    answer = SavedConfigOut.of(saved.config, services.clock(), secret=saved.new_secret)
    location = {"Location": f"configs/{saved.config.id}"}
    return Response(answer.model_dump_json(), 201, location, "application/json")


@router.get(
    "/notifications/configs/{config_id}",
    operation_id="get_config",
    summary="Read a notification config",
    response_class=Response,
    responses=answers({200: {"model": ConfigOut}}, 401, 403, 404),
)
async def get_config(request: Request, principal: Manager, config_id: ConfigId) -> Response:
    """One config as it is now, without its secrets."""
    services = services_of(request)
    config = services.subscribe.get(principal.tenant, config_id)
    context_of(request).config_id = config.id
    answer = ConfigOut.of(config, services.clock())
    return Response(answer.model_dump_json(), 200, media_type="application/json")


@router.put(
    "/notifications/configs/{config_id}",
    operation_id="replace_config",
    summary="Replace a notification config",
    response_class=Response,
    responses=answers({200: {"model": SavedConfigOut}}, 401, 403, 404, 413, 415, 422),
    openapi_extra=body_of(ConfigIn),
)
async def replace_config(request: Request, principal: Manager, config_id: ConfigId) -> Response:
    """Put another config in its place; secrets that are left out stay as they are.

    Enabling it again forgets why it was disabled. A change to the webhook channel makes a new
    signing secret, which the answer tells.
    """
    services = services_of(request)
    draft = await _draft(request, principal.tenant, config_id)
    saved = services.subscribe.replace(principal.tenant, config_id, draft)
    context_of(request).config_id = config_id
    answer = SavedConfigOut.of(saved.config, services.clock(), secret=saved.new_secret)
    return Response(answer.model_dump_json(), 200, media_type="application/json")


@router.delete(
    "/notifications/configs/{config_id}",
    status_code=204,
    operation_id="delete_config",
    summary="Unsubscribe",
    response_class=Response,
    responses=answers({204: {"description": "Deleted."}}, 401, 403, 404),
)
async def delete_config(request: Request, principal: Manager, config_id: ConfigId) -> Response:
    """Push nothing more there. What was under way is given up; its history stays."""
    services_of(request).subscribe.delete(principal.tenant, config_id)
    context_of(request).config_id = config_id
    return Response(status_code=204)


@router.post(
    "/notifications/configs/{config_id}/rotate-secret",
    operation_id="rotate_config_secret",
    summary="Rotate a signing secret",
    response_class=Response,
    responses=answers({200: {"model": RotatedSecretOut}}, 401, 403, 404, 409),
)
async def rotate_config_secret(
    request: Request, principal: Manager, config_id: ConfigId
) -> Response:
    """A new signing secret for a webhook, told this once. The old one signs too for 24 hours."""
    rotation = services_of(request).subscribe.rotate_secret(principal.tenant, config_id)
    context_of(request).config_id = config_id
    answer = RotatedSecretOut(
        id=config_id,
        secret=rotation.new_secret,
        previous_secret_until=rotation.old_signs_until,
    )
    return Response(answer.model_dump_json(), 200, media_type="application/json")


@router.post(
    "/notifications/test",
    operation_id="send_test",
    summary="Try out a notification config",
    response_class=Response,
    responses=answers({200: {"model": TrialOut}}, 401, 403, 404, 413, 415, 422),
    openapi_extra=body_of(TrialIn),
)
async def send_test(request: Request, principal: Manager) -> Response:
    """Send a test event (`notifications.test`) now, and answer what the channel said.

    Also to a disabled config, and whatever its filters. The event is not stored, the push not
    retried. A receiver that refuses it is a 200 with `accepted: false`.
    """
    wanted = validated(
        await read_json(request),
        TrialIn,
        code="invalid_test",
        example='{"config_id": "cfg_…"}',
    )
    context_of(request).config_id = wanted.config_id
    trial = services_of(request).try_out(principal.tenant, wanted.config_id)
    answer = TrialOut(
        accepted=trial.receipt.accepted,
        status_code=trial.receipt.status_code,
        error=trial.receipt.in_words,
        duration_ms=trial.duration_ms,
    )
    return Response(answer.model_dump_json(), 200, media_type="application/json")


async def _draft(request: Request, tenant: str, config_id: str | None = None) -> ConfigDraft:
    """The body as a config. Raises `InvalidContentError` with every fault in it.

    `config_id` is of the config that it is to replace.
    """
    body = await read_json(request)
    try:
        config = validated(body, ConfigIn, code="invalid_config", example=_EXAMPLE)
    except InvalidContentError as error:
        if not isinstance(body.value, dict):
            raise
        told = {detail.field for detail in error.details}
        faults = services_of(request).subscribe.faults(tenant, config_id, body.value)
        details = error.details + tuple(each for each in faults if each.field not in told)
        raise InvalidContentError.of(
            details, len(details), code="invalid_config", called="body"
        ) from None
    return config.to_draft()
