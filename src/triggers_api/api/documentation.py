"""The OpenAPI document: what FastAPI cannot see for itself, and the page that shows it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, get_args

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from triggers_api.api.batch_schemas import BatchIn
from triggers_api.api.cloud_event_schemas import CloudEventIn
from triggers_api.api.delivery_schemas import DeadLettersIn, TrialIn
from triggers_api.api.lease_schemas import LeaseIn, ReleaseIn
from triggers_api.api.notification_schemas import ConfigIn
from triggers_api.api.schemas import AcknowledgeIn, ErrorOut, EventIn, EventOut

VERSION: Final = "0.1.0"

# Read by the routes, so unknown to FastAPI.
_BODY_MODELS: Final[tuple[type[BaseModel], ...]] = (
    EventIn,
    BatchIn,
    CloudEventIn,
    AcknowledgeIn,
    LeaseIn,
    ReleaseIn,
    ConfigIn,
    TrialIn,
    DeadLettersIn,
)
_answer_models: set[type[BaseModel]] = set()  # named by the routes, so unknown to FastAPI

_DESCRIPTION = """
Integrators **post events**; consumers such as Zapier **poll the inbox** and **acknowledge**.

Errors have one shape everywhere. Lists are arrays; the next page is in the `Link` header.
Times are UTC, ISO 8601. Send your API key as `Authorization: Bearer <key>`.
"""

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
RETRY_AFTER: Final[dict[str, Any]] = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}
}
RATE_LIMIT: Final[dict[str, Any]] = {
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": 'The limit, such as `"tenant";q=1000;w=2`: so many requests at once, and the seconds '
        "in which that many come back. Every answer to a live key has it.",
    },
    "RateLimit": {
        "schema": {"type": "string"},
        "description": 'Where known, what is left, such as `"tenant";r=0;t=1`, and seconds until more.',
    },
}
_ERROR_HEADERS: Final[dict[int, dict[str, Any]]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    405: {"Allow": {"schema": {"type": "string"}}},
    429: RETRY_AFTER | RATE_LIMIT,
    503: RETRY_AFTER,
}

CREATED_HEADERS: Final[dict[str, Any]] = {
    "description": "Stored.",
    "headers": {
        "Location": {
            "schema": {"type": "string"},
            "description": "The event, relative to this URL.",
        },
        "Idempotency-Replayed": {
            "schema": {"type": "string", "enum": ["true"]},
            "description": "The event was stored by an earlier request with this key.",
        },
    },
    "links": {
        name: {"operationId": name, "parameters": {"event_id": "$response.body#/id"}}
        for name in ("get_event", "acknowledge_event")
    },
}
LINK_HEADER: Final[dict[str, Any]] = {
    "description": "A page.",
    "headers": {
        "Link": {
            "schema": {"type": "string"},
            "description": 'The next page, if any: `<?cursor=…>; rel="next"`, relative (RFC 8288).',
        }
    },
}

IF_NONE_MATCH: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "If-None-Match",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": "The `ETag` of the last answer: 304 without a body if it still is so.",
        }
    ]
}
_NOT_MODIFIED: Final[dict[str, Any]] = {
    "description": "It is as it was when the tag in `If-None-Match` was given."
}
_ETAG: Final[dict[str, Any]] = {
    "ETag": {"schema": {"type": "string"}, "description": "Changes whenever the answer does."}
}

Answers = dict[int | str, dict[str, Any]]
TAGGED: Final[Answers] = {200: {"model": EventOut, "headers": _ETAG}, 304: _NOT_MODIFIED}
TAGGED_LIST: Final[Answers] = {
    200: {
        "model": list[EventOut],
        "description": LINK_HEADER["description"],
        "headers": LINK_HEADER["headers"] | _ETAG,
    },
    304: _NOT_MODIFIED,
}


def answers(success: Answers, *error_statuses: int) -> Answers:
    """A route's answers; 429 can come from any with a key, 500 and 503 if it uses the store.

    Models are only named here and described in `document`: given to FastAPI, each answer of
    each route would build a validator of its own that nobody uses, a tenth of a cold start.
    """
    every = {status: described(answer) for status, answer in success.items()}
    for status in (*error_statuses, 429, 500, 503):
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
    _answer_models.add(shown)
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


def document(app: FastAPI) -> dict[str, Any]:
    """The whole contract, as OpenAPI 3.1."""
    contract = get_openapi(
        title="Triggers API",
        version=VERSION,
        description=_DESCRIPTION,
        routes=app.routes,
        # Relative to the document's own address, so it holds behind any base path.
        servers=[{"url": "."}],
    )
    schemas = contract["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    models: list[type[BaseModel]] = [*_answer_models, *_BODY_MODELS]
    for model in sorted(models, key=lambda each: each.__name__):
        mode: JsonSchemaMode = "serialization" if model in _answer_models else "validation"
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}", mode=mode)
        schemas |= schema.pop("$defs", {}) | {model.__name__: schema}
    for path in contract["paths"].values():
        for operation in path.values():
            _forget_framework_errors(operation)
    return contract


def install(app: FastAPI) -> None:
    """Serve the document and its page, next to each other."""

    @lru_cache(maxsize=1)
    def contract() -> dict[str, Any]:
        return document(app)

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(contract())

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(openapi_url="openapi.json", title="Triggers API")


def _forget_framework_errors(operation: dict[str, Any]) -> None:
    """FastAPI documents a 422 of its own wherever there are parameters; ours are 400s."""
    answer = operation["responses"].get("422", {})
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    if schema.get("$ref", "").endswith("/HTTPValidationError"):
        del operation["responses"]["422"]
