"""The whole contract as OpenAPI 3.1: what FastAPI sees of the routes, and what it cannot see."""

import json
from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from triggers_api.api import documentation
from triggers_api.api.batch_schemas import BatchIn
from triggers_api.api.cloud_event_schemas import CloudEventIn
from triggers_api.api.delivery_schemas import DeadLettersIn, TrialIn
from triggers_api.api.lease_schemas import LeaseIn, ReleaseIn
from triggers_api.api.notification_schemas import ConfigIn
from triggers_api.api.openapi.channel_settings import with_settings
from triggers_api.api.openapi.error_examples import error_example
from triggers_api.api.openapi.errors import add_error_codes
from triggers_api.api.openapi.examples import ANSWERS, MODELS, REQUESTS
from triggers_api.api.openapi.headers import HEADERS, add_headers
from triggers_api.api.openapi.webhooks import WEBHOOKS
from triggers_api.api.schemas import AcknowledgeIn, EventIn
from triggers_api.api.services import Requires
from triggers_api.api_keys import Scope

# Read by the routes, so unknown to FastAPI.
_BODY_MODELS: Final[tuple[type[BaseModel], ...]] = (
    *(EventIn, BatchIn, CloudEventIn, AcknowledgeIn, LeaseIn, ReleaseIn),
    *(ConfigIn, TrialIn, DeadLettersIn),
)
_SUMMARY: Final = "Post events, poll an inbox, acknowledge, be notified."
_DESCRIPTION: Final = """
Integrators **post events**; consumers such as Zapier **poll the inbox** and **acknowledge**;
subscribers are **pushed to**.

Errors have one shape everywhere; each answer names its codes in `x-error-codes`. What never
reaches the API has the gateway's own: `{"message": "…"}` with 413, 429, 500 or 503.
Lists are arrays; the next page is in the `Link` header. Times are UTC, ISO 8601.
Send your API key as `Authorization: Bearer <key>`. An operation's `security` names the scope
that the key needs (`x-required-scope` is the same); the scope `admin` stands for
all but `metrics:read`, which is not about one tenant.
"""
_TAGS: Final = {
    "events": "What integrators post, and what became of it.",
    "inbox": "Undelivered events: poll, lease, acknowledge.",
    "executions": "What became of a producer's job.",
    "notifications": "Where and when to push, and what was pushed.",
    "metrics": "Figures and alarms of the deployment.",
    "account": "Whether a key and the service are alive.",
}

Operation = dict[str, Any]


def document(app: FastAPI) -> dict[str, Any]:
    """The whole contract, as OpenAPI 3.1."""
    contract = get_openapi(
        title="Triggers API",
        version=documentation.VERSION,
        summary=_SUMMARY,
        description=_DESCRIPTION,
        routes=app.routes,
        contact={"name": "Whoever runs this deployment"},
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
        # Relative to the document's own address, so it holds behind any base path.
        servers=[{"url": ".", "description": "Where this document was read."}],
    )
    contract["tags"] = _tags(contract)
    contract["webhooks"] = WEBHOOKS
    components = contract["components"]
    components["headers"] = HEADERS
    schemas = components["schemas"] = _schemas(components["schemas"])
    scopes = _required_scopes(app)
    codes: set[str] = set()
    for path, operation in _operations(contract):
        _forget_framework_errors(operation)
        _tell_scope(operation, scopes.get(operation["operationId"], ()))
        codes |= add_error_codes(path, operation)
        _show_examples(operation, schemas)
        for status, answer in operation["responses"].items():
            add_headers(status, answer, with_key=bool(operation["security"]))
    components["examples"] = {code: error_example(code) for code in sorted(codes)}
    return contract


def _operations(contract: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, methods in contract["paths"].items():
        for operation in methods.values():
            yield path, operation


def _tags(contract: dict[str, Any]) -> list[dict[str, str]]:
    """Each that is used, described where it has a description."""
    used = dict.fromkeys(tag for _, each in _operations(contract) for tag in each["tags"])
    return [{"name": tag, "description": _TAGS[tag]} for tag in used]


def _schemas(framework: dict[str, Any]) -> dict[str, Any]:
    """Those of the parameters, which FastAPI knows, and of all bodies; each with an example."""
    unused = {"HTTPValidationError", "ValidationError"}
    schemas = {name: schema for name, schema in framework.items() if name not in unused}
    answered = documentation.answer_models
    models: list[type[BaseModel]] = [*answered, *_BODY_MODELS]
    for model in sorted(models, key=lambda each: each.__name__):
        mode: JsonSchemaMode = "serialization" if model in answered else "validation"
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}", mode=mode)
        schemas |= schema.pop("$defs", {}) | {model.__name__: schema}
    schemas |= with_settings(schemas["ConfigIn"])
    for schema in schemas.values():
        _tell_defaults(schema)
    for name, example in MODELS.items():
        schemas[name]["examples"] = [example]
    return schemas


def _tell_defaults(schema: dict[str, Any]) -> None:
    """In words: what has a `default` is always there, many generators say, also in a request."""
    for shown in schema.get("properties", {}).values():
        default = shown.pop("default", None)
        if default is not None and default != {}:
            told = default if isinstance(default, str) else json.dumps(default)
            shown["description"] = f"{shown.get('description', '')} `{told}` if left out.".strip()
        _tell_defaults(shown)
    if "items" in schema:
        _tell_defaults(schema["items"])


def _required_scopes(app: FastAPI) -> dict[str, tuple[Scope, ...]]:
    """By operation: the scope its key needs; none where any live key will do."""
    found: dict[str, tuple[Scope, ...]] = {}
    for route in app.state.routes:
        if isinstance(route, APIRoute) and route.operation_id is not None:
            for each in route.dependant.dependencies:
                if isinstance(each.call, Requires) and each.call.scope is not None:
                    found[route.operation_id] = (each.call.scope,)
    return found


def _tell_scope(operation: Operation, scopes: tuple[Scope, ...]) -> None:
    """To programs and to people; a route for everybody says so, too."""
    names = [scope.value for scope in scopes]
    operation["security"] = [dict.fromkeys(each, names) for each in operation.get("security", ())]
    if names:
        operation["x-required-scope"] = names[0]
        operation["description"] += f"\n\nScope: `{names[0]}`."


def _show_examples(operation: Operation, schemas: dict[str, Any]) -> None:
    """Where people and generators look: beside each body."""
    name = operation["operationId"]
    for shown in operation.get("requestBody", {}).get("content", {}).values():
        own = _example_of(shown["schema"], schemas)
        shown["examples"] = {"example": {"summary": "An example", "value": own}}
    if name in REQUESTS:
        operation["requestBody"]["content"]["application/json"]["examples"] |= REQUESTS[name]
    for status, answer in operation["responses"].items():
        for shown in answer.get("content", {}).values():
            if "examples" not in shown:
                own = _example_of(shown["schema"], schemas)
                shown["example"] = ANSWERS.get((name, status), own)


def _example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """That of the model a body is described by, or a list of it."""
    if schema.get("type") == "array":
        return [_example_of(schema["items"], schemas)]
    return schemas[schema["$ref"].rpartition("/")[2]]["examples"][0]


def _forget_framework_errors(operation: Operation) -> None:
    """FastAPI documents a 422 of its own wherever there are parameters; ours are 400s."""
    answer = operation["responses"].get("422", {})
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    if schema.get("$ref", "").endswith("/HTTPValidationError"):
        del operation["responses"]["422"]
