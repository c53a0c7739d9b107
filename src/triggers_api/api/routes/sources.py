"""`/sources`: where foreign senders' requests arrive, and how they prove who they are."""

import json
from typing import Annotated, Any, Final

from fastapi import Path, Response
from pydantic import TypeAdapter

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.json_body import JSON, JsonBody, MediaType, read_json
from triggers_api.api.operation import TAGS, Answer, Body, Cost
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.sources import (
    EXAMPLE_SOURCE_ID,
    OneSourceOut,
    ProviderOut,
    RefusedRequestOut,
    RotatedSourceSecretOut,
    SavedSourceOut,
    SourceIn,
    SourceOut,
    SourcePatchIn,
    SourceSecretIn,
    keeps_provider,
    patched,
)
from triggers_api.errors import InvalidContentError
from triggers_api.sources.keep import SavedSource, SourceDraft
from triggers_api.sources.provider import Provider
from triggers_api.sources.source import Source

operations = Operations("sources")
SourceId = Annotated[str, Path(max_length=64, examples=[EXAMPLE_SOURCE_ID])]

_SOURCE: Final = Body(
    model=SourceIn, sample='{"name": "Shop", "provider": "github"}', code="invalid_source"
)
_PATCH: Final = Body(
    model=SourcePatchIn,
    sample='{"enabled": false}',
    code="invalid_source",
    others={"application/merge-patch+json": SourcePatchIn},
)
_A_PATCH: Final = MediaType.matching(JSON.name, r"application/(merge-patch\+)?json")
_SECRET: Final = Body(
    model=SourceSecretIn, sample='{"secret": "…"}', code="invalid_source", is_required=False
)


@operations.declare(
    "GET /sources",
    "list_sources",
    "List sources",
    needs=Scope.SOURCES_MANAGE,
    cost=Cost.READ,
    answers=Answer(model=SourceOut, is_list=True),
)
async def list_sources(call: Call) -> Response:
    """All sources of the tenant, oldest first, in one answer, and what came to each."""
    at = call.services.clock()
    with call.reading():
        sources = call.services.keep_sources.list_sources(call.tenant)
    shown = [SourceOut.of(source, at) for source in sources]
    return call.answer(TypeAdapter(list[SourceOut]).dump_json(shown))


@operations.declare(
    "POST /sources",
    "create_source",
    "Make a source",
    needs=Scope.SOURCES_MANAGE,
    cost=Cost.READ,
    body=_SOURCE,
    answers=Answer(
        status=201,
        model=SavedSourceOut,
        description="Kept; from now on its sender may post to `url`.",
        headers=("Location",),
        links=dict.fromkeys(
            ("get_source", "replace_source", "delete_source", "rotate_source_secret"), "source_id"
        ),
    ),
    errors=("limit_reached", "too_many_at_once"),
)
async def create_source(call: Call) -> Response:
    """Make a URL for a sender that can set neither our header nor our shape.

    Give its sender `url`, and the secret if one was made: only this answer shows it. A tenant may
    have 50 sources.
    """
    draft = _checked(call, await read_json(call.request))
    with call.reading():
        saved = call.services.keep_sources.create(call.tenant, draft)
    return _saved(call, saved, 201, {"Location": f"sources/{saved.opened.source.id}"})


@operations.declare(
    "GET /sources/providers",
    "list_providers",
    "List the providers",
    needs=Scope.SOURCES_MANAGE,
    answers=Answer(model=ProviderOut, is_list=True, headers=TAGS),
)
async def list_providers(call: Call) -> Response:
    """Each kind of sender with its secret and settings as JSON Schema: what forms are made of.

    They are the same for every tenant, and change with the deployment's version only.
    """
    providers: list[Provider] = list(call.request.app.state.providers.values())
    return call.tagged(json.dumps([_told(each) for each in providers], ensure_ascii=False).encode())


@operations.declare(
    "GET /sources/{source_id}",
    "get_source",
    "Read a source",
    needs=Scope.SOURCES_MANAGE,
    answers=Answer(model=OneSourceOut),
)
async def get_source(call: Call, source_id: SourceId) -> Response:
    """One source as it is now, with its URL and without its secrets."""
    opened = call.services.keep_sources.get(call.tenant, source_id)
    return call.answer(OneSourceOut.opened(opened, call.services.clock(), call.address))


@operations.declare(
    "PUT /sources/{source_id}",
    "replace_source",
    "Replace a source",
    needs=Scope.SOURCES_MANAGE,
    body=_SOURCE,
    answers=Answer(model=SavedSourceOut),
    errors=("too_many_at_once",),
)
async def replace_source(call: Call, source_id: SourceId) -> Response:
    """Replace a source; its URL stays, and so do secrets that are left out.

    Another provider begins without the old one's secret.
    """
    draft = _checked(call, await read_json(call.request))
    return _saved(call, call.services.keep_sources.change(call.tenant, source_id, lambda _: draft))


@operations.declare(
    "PATCH /sources/{source_id}",
    "update_source",
    "Change a source",
    needs=Scope.SOURCES_MANAGE,
    body=_PATCH,
    answers=Answer(model=SavedSourceOut),
    errors=("too_many_at_once",),
)
async def update_source(call: Call, source_id: SourceId) -> Response:
    """Change some members of a source, as a JSON merge patch (RFC 7396).

    What is left out stays, and `null` brings back a default; `settings` are merged member by
    member. Its URL stays.
    """
    body = await read_json(call.request, _A_PATCH)
    keep = call.services.keep_sources
    saved = keep.change(call.tenant, source_id, lambda known: _changed(call, known, body))
    return _saved(call, saved)


@operations.declare(
    "DELETE /sources/{source_id}",
    "delete_source",
    "Delete a source",
    needs=Scope.SOURCES_MANAGE,
    answers=Answer(status=204, description="Deleted."),
)
async def delete_source(call: Call, source_id: SourceId) -> Response:
    """Delete a source: within a minute its URL is unknown everywhere. Its events stay."""
    call.context.about = source_id
    call.services.keep_sources.delete(call.tenant, source_id)
    return call.done()


@operations.declare(
    "POST /sources/{source_id}/rotate-secret",
    "rotate_source_secret",
    "Rotate a source's secret",
    needs=Scope.SOURCES_MANAGE,
    body=_SECRET,
    answers=Answer(model=RotatedSourceSecretOut),
    errors=("no_signing_secret", "too_many_at_once"),
)
async def rotate_source_secret(call: Call, source_id: SourceId) -> Response:
    """Give a source a new secret; for 24 hours the old one is taken too.

    Where its sender makes the secret, give it; else one is made, and shown only here. The same
    secret sent again changes nothing.
    """
    wanted = await call.read(_SECRET)
    saved = call.services.keep_sources.rotate(call.tenant, source_id, wanted.secret)
    answer = RotatedSourceSecretOut(
        id=source_id,
        secret=saved.new_secret,
        previous_secret_until=saved.opened.source.old_secret_until,
    )
    return call.answer(answer)


@operations.declare(
    "GET /sources/{source_id}/refusals",
    "list_refusals",
    "List what a source refused",
    needs=Scope.SOURCES_MANAGE,
    cost=Cost.READ,
    answers=Answer(model=RefusedRequestOut, is_list=True),
)
async def list_refusals(call: Call, source_id: SourceId) -> Response:
    """The last requests that were refused, with the reason and their headers, newest first.

    Twenty are kept, for a week. In a flood, one in fifteen seconds or so is.
    """
    with call.reading():
        refused = call.services.keep_sources.list_refused(call.tenant, source_id)
    shown = [RefusedRequestOut.of(each) for each in refused]
    return call.answer(TypeAdapter(list[RefusedRequestOut]).dump_json(shown))


def _saved(
    call: Call, saved: SavedSource, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    answer = SavedSourceOut.saved(saved, call.services.clock(), call.address)
    return call.answer(answer, status, headers)


def _changed(call: Call, known: Source, body: JsonBody) -> SourceDraft:
    """A source with a patch merged into it. Raises as `_checked` does."""
    if not isinstance(body.value, dict):
        call.validated(body, _PATCH)
    draft = _checked(call, JsonBody(patched(known, body.value), body.text))
    if "settings" in body.value or not keeps_provider(known, body.value):
        return draft
    return SourceDraft(
        name=draft.name,
        provider=draft.provider,
        secret=draft.secret,
        settings=None,
        event_type=draft.event_type,
        enabled=draft.enabled,
    )


def _checked(call: Call, body: JsonBody) -> SourceDraft:
    """The body as a source. Raises `InvalidContentError` with every fault in it."""
    try:
        return call.validated(body, _SOURCE).to_draft()
    except InvalidContentError as error:
        if not isinstance(body.value, dict):
            raise
        told = {detail.field for detail in error.details}
        faults = call.services.keep_sources.faults(body.value)
        details = error.details + tuple(each for each in faults if each.field not in told)
        raise InvalidContentError.of(
            details, len(details), code="invalid_source", called="body"
        ) from None


def _told(provider: Provider) -> dict[str, Any]:
    from triggers_api.push.settings_schema import form_schema  # noqa: PLC0415  # rarely needed

    secret = provider.secret
    told = None
    if secret is not None:
        told = dict(secret.rule.schema) | {
            "title": "Secret",
            "writeOnly": True,
            "description": secret.words,
            "examples": [secret.example],
        }
    return {
        "provider": provider.name,
        "description": provider.words,
        "steps": list(provider.steps),
        "documentation": provider.documentation,
        "example_event_type": provider.example_type,
        "secret": told,
        "makes_secret": secret is not None and secret.make is not None,
        "settings": form_schema(provider.name, provider.fields),
    }
