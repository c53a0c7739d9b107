"""What routes say of themselves for the OpenAPI document, and where that is served.

The document itself is made in `openapi/`, when it is first asked for.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, get_args

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel

from triggers_api.api.schemas import ErrorOut, EventOut

VERSION: Final = "0.1.0"

answer_models: set[type[BaseModel]] = set()
"""Named by the routes, so unknown to FastAPI."""

_REASONS = {
    400: "Malformed, or a parameter out of range.",
    401: "No API key, or a dead one.",
    403: "The key lacks the scope.",
    404: "No such thing for this tenant.",
    409: "Not possible as things are; the message says what to do first.",
    410: "The event was erased.",
    413: "The body or payload is too large.",
    415: "The body is not JSON.",
    422: "Well-formed, but not acceptable.",
    429: "More requests than the tenant's limit allows; try again after `Retry-After` seconds.",
    500: "A fault of ours.",
    503: "The store did not answer; try again after `Retry-After` seconds.",
}


def headers(*names: str) -> dict[str, Any]:
    """Headers of an answer, each described once in `openapi/headers.py`."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


RETRY_AFTER: Final = headers("Retry-After")
_ERROR_HEADERS: Final[dict[int, dict[str, Any]]] = {
    401: headers("WWW-Authenticate"),
    415: headers("Accept", "Accept-Encoding"),
    429: RETRY_AFTER,
    503: RETRY_AFTER,
}

CREATED_HEADERS: Final[dict[str, Any]] = {
    "description": "Stored.",
    "headers": headers("Location", "Idempotency-Replayed"),
    "links": {
        name: {"operationId": name, "parameters": {"event_id": "$response.body#/id"}}
        for name in ("get_event", "acknowledge_event")
    },
}
LINK_HEADER: Final[dict[str, Any]] = {"description": "A page.", "headers": headers("Link")}
IF_NONE_MATCH: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "If-None-Match",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": "The `ETag` of the last answer: 304 without a body if it still is so.",
            "example": '"4bb5bef3452c0adcb5e63ffe128878fd"',
        }
    ]
}

_TAGS: Final = headers("ETag", "Cache-Control")
_NOT_MODIFIED: Final[dict[str, Any]] = {
    "description": "It is as it was when the tag in `If-None-Match` was given.",
    "headers": _TAGS,
}

Answers = dict[int | str, dict[str, Any]]
TAGGED: Final[Answers] = {200: {"model": EventOut, "headers": _TAGS}, 304: _NOT_MODIFIED}
TAGGED_LIST: Final[Answers] = {
    200: {
        "model": list[EventOut],
        "description": LINK_HEADER["description"],
        "headers": LINK_HEADER["headers"] | _TAGS,
    },
    304: _NOT_MODIFIED | {"headers": LINK_HEADER["headers"] | _TAGS},
}


def answers(success: Answers, *error_statuses: int) -> Answers:
    """A route's answers; 400 and 429 can come from any with a key, 500 and 503 from any store.

    What all of them have in common is added in `openapi/`: headers, error codes, examples.
    Models are only named here and described there: given to FastAPI, each answer of
    each route would build a validator of its own that nobody uses, a tenth of a cold start.
    """
    every = {status: described(answer) for status, answer in success.items()}
    for status in (*sorted({400, *error_statuses}), 429, 500, 503):
        every[status] = described(
            {
                "model": ErrorOut,
                "description": _REASONS[status],
                "headers": _ERROR_HEADERS.get(status, {}),
            }
        )
    return every


def described(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with a reference in place of its model, which is noted for the document."""
    shape = {"description": "Successful Response"} | answer
    model = shape.pop("model", None)
    if model is None:
        return shape
    is_list = bool(get_args(model))
    shown: type[BaseModel] = get_args(model)[0] if is_list else model
    answer_models.add(shown)
    schema = reference_to(shown)
    if is_list:
        schema = {"type": "array", "items": schema}
    return shape | {"content": {"application/json": {"schema": schema}}}


def body_of(
    model: type[BaseModel], others: Mapping[str, dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The request body of a route that reads it by itself; the schemas of `others` by type."""
    content = {"application/json": {"schema": reference_to(model)}}
    content |= {name: {"schema": schema} for name, schema in (others or {}).items()}
    return {"requestBody": {"required": True, "content": content}}


def reference_to(model: type[BaseModel]) -> dict[str, Any]:
    """Where the document shows a model."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def install(app: FastAPI) -> None:
    """Serve the document and its page, next to each other."""

    @lru_cache(maxsize=1)
    def contract() -> dict[str, Any]:
        from triggers_api.api.openapi.document import document  # noqa: PLC0415  # see there

        return document(app)

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(contract())

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(openapi_url="openapi.json", title="Triggers API")
