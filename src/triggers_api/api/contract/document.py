"""The whole contract as OpenAPI 3.1: what the operations declare, and what FastAPI adds."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from triggers_api.api.contract.channel_settings import with_settings
from triggers_api.api.contract.codes import CODES
from triggers_api.api.contract.headers import HEADERS, add_headers, headers
from triggers_api.api.contract.webhooks import WEBHOOKS
from triggers_api.api.operation import SAFE_METHODS, Answer, Body, Cost, Key, ListOf, Operation
from triggers_api.api.schemas.events import ErrorOut
from triggers_api.push.channel import Channel

_SUMMARY: Final = "Post events, poll an inbox, acknowledge, be notified."
_DESCRIPTION: Final = """
Integrators **post events**; consumers such as Zapier **poll the inbox** and **acknowledge**;
subscribers are **pushed to**.

Errors have one shape everywhere; each answer names its codes in `x-error-codes`. What never
reaches the API has the gateway's own: `{"message": "…"}` with 413, 429, 500 or 503.
Lists are arrays; the next page is in the `Link` header. Times are UTC, ISO 8601.
Send your API key as `Authorization: Bearer <key>`. An operation's `security` names the scope
that the key needs (`x-required-scope` is the same), or several of which one is enough; the scope
`admin` stands for all but `metrics:read` and `operator`, which are not about one tenant.
"""
_TAGS: Final = {
    "events": "What integrators post, and what became of it.",
    "inbox": "Undelivered events: poll, lease, acknowledge.",
    "executions": "What became of a producer's job.",
    "notifications": "Where and when to push, and what was pushed.",
    "sources": "Where senders post that can set neither our header nor our shape.",
    "metrics": "Figures and alarms of the deployment.",
    "keys": "What a tenant calls the API with.",
    "tenants": "For the operator of the deployment: who may use it, and how much.",
    "usage": "What each tenant used, day by day.",
    "account": "Whether a key and the service are alive.",
}
_REASONS: Final = {
    400: "Malformed, or a parameter out of range.",
    401: "No API key, or a dead one.",
    403: "The key may not do this, or not from there; or its tenant is suspended.",
    404: "No such thing for this tenant.",
    409: "Not possible as things are; the message says what to do first.",
    410: "The event was erased.",
    413: "The body or payload is too large.",
    415: "The body is not JSON.",
    422: "Well-formed, but not acceptable.",
    429: "More than a limit of the tenant allows; try again after `Retry-After` seconds.",
    500: "A fault of ours.",
    503: "The store did not answer; try again after `Retry-After` seconds.",
}
_ERROR_HEADERS: Final = {
    401: ("WWW-Authenticate",),
    415: ("Accept", "Accept-Encoding"),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
_COSTS: Final = {
    Cost.EACH: "a token of the rate limit for each item sent; if there are too few, nothing is done",
    Cost.READ: "a token of the rate limit for each read unit of the store, owed afterwards",
}
_NAMING_PROVIDERS: Final = {"SourceIn", "SourcePatchIn"}
_TAG_HEADERS: Final = ("ETag", "Cache-Control", "Link")
_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The `ETag` of the last answer: 304 without a body if it still is so.",
    "example": '"4bb5bef3452c0adcb5e63ffe128878fd"',
}

Node = dict[str, Any]
Models = dict[type[BaseModel], JsonSchemaMode]


def document(app: FastAPI) -> Node:
    """The whole contract, as OpenAPI 3.1."""
    contract = get_openapi(
        title="Triggers API",
        version=app.version,
        summary=_SUMMARY,
        description=_DESCRIPTION,
        routes=app.routes,
        contact={"name": "Whoever runs this deployment"},
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
        # Relative to the document's own address, so it holds behind any base path.
        servers=[{"url": ".", "description": "Where this document was read."}],
    )
    declared: list[Operation] = list(app.state.operations.values())
    components = contract["components"]
    components["headers"] = HEADERS
    components["schemas"] = _schemas(
        components.get("schemas", {}), declared, app.state.channels, list(app.state.providers)
    )
    for operation in declared:
        path = re.sub(r":\w+}", "}", operation.path)  # FastAPI shows no converter
        shown = contract["paths"][path][operation.method.lower()]
        _describe(shown, operation, components["schemas"])
    contract["tags"] = _tags(contract)
    contract["webhooks"] = WEBHOOKS
    codes = sorted({code for each in _objects(contract) for code in each.get("x-error-codes", ())})
    components["examples"] = {code: {"value": CODES[code].example(code)} for code in codes}
    return contract


def _describe(shown: Node, operation: Operation, schemas: Node) -> None:
    """Add the declaration to what FastAPI made of the function."""
    _tell_needs(shown, operation)
    _tell_cost(shown, operation)
    codes = list(codes_of(operation, {each["name"] for each in shown.get("parameters", ())}))
    own = [*operation.parameters, *([_IF_NONE_MATCH] if operation.is_tagged else [])]
    if own:
        shown["parameters"] = [*shown.get("parameters", ()), *own]
    if operation.body is not None:
        shown["requestBody"] = _body(operation.body, schemas)
    elif operation.takes:
        shown["requestBody"] = {"required": True, "content": operation.takes}
    answers = {str(each.status): _answer(each, schemas) for each in operation.answers}
    if operation.is_tagged:
        names = [name for name in _TAG_HEADERS if name in operation.answers[0].headers]
        answers["304"] = {
            "description": "It is as it was when the tag in `If-None-Match` was given.",
            "headers": headers(*names),
        }
    for status in sorted({CODES[code].status for code in codes}):
        answers[str(status)] = _error(status, [c for c in codes if CODES[c].status == status])
    for number, answer in answers.items():
        add_headers(number, answer, with_key=operation.needs is not Key.NONE)
    shown["responses"] = answers


def codes_of(operation: Operation, parameters: set[str]) -> Iterator[str]:
    """Every error code that an operation with these parameters may answer."""
    body = operation.body
    if operation.needs is Key.NONE and body is None:
        yield from operation.errors
        return
    if body is not None:
        yield "malformed_json"
    yield "invalid_parameter"  # an unknown parameter counts too
    if "cursor" in parameters:
        yield "invalid_cursor"
    if operation.needs is not Key.NONE:
        yield from _codes_of_caller(operation)
    if ids := re.findall(r"{(\w+)_id\b", operation.path):
        yield f"{ids[-1]}_not_found"
    if "{tenant}" in operation.path:
        yield "tenant_not_found"
    if body is not None:
        yield from ("body_too_large", "unsupported_media_type", body.code)
    yield from ("internal_error", "store_unavailable")
    yield from operation.errors


def _codes_of_caller(operation: Operation) -> Iterator[str]:
    """Every code by which a caller may be refused who must send a key."""
    yield from ("unauthenticated", "address_not_allowed")
    if operation.scopes:
        yield "missing_scope"
    yield from ("tenant_suspended", "rate_limited")
    if operation.method not in SAFE_METHODS:
        yield "loop_detected"


def _tell_cost(shown: Node, operation: Operation) -> None:
    """Say what it takes of the rate limit, unless that is one token."""
    if operation.cost is not Cost.CALL:
        shown["x-cost"] = operation.cost.value
        shown["description"] += f"\n\nCost: {_COSTS[operation.cost]}."


def _tell_needs(shown: Node, operation: Operation) -> None:
    """Say which scope it needs, to programs and people; or that it is open to everybody."""
    scopes = [scope.value for scope in operation.scopes]
    alternatives = [{"ApiKey": [scope]} for scope in scopes] or [{"ApiKey": []}]
    shown["security"] = [] if operation.needs is Key.NONE else alternatives
    if scopes:
        if len(scopes) == 1:
            shown["x-required-scope"] = scopes[0]
        named = " or ".join(f"`{scope}`" for scope in scopes)
        shown["description"] += f"\n\nScope: {named}."


def _body(body: Body[Any], schemas: Node) -> Node:
    content = {"application/json": _shown(reference_to(body.model), schemas)}
    for media_type, taken in body.others.items():
        content[media_type] = _shown(_schema_of(taken), schemas)
    for name, (summary, value) in body.examples.items():
        content["application/json"]["examples"][name] = {"summary": summary, "value": value}
    return {"required": body.is_required, "content": content}


def _schema_of(taken: type[BaseModel] | ListOf) -> Node:
    if not isinstance(taken, ListOf):
        return reference_to(taken)
    bounds = {"minItems": taken.at_least, "maxItems": taken.at_most}
    return {"type": "array", "items": reference_to(taken.model)} | bounds


def _shown(schema: Node, schemas: Node) -> Node:
    own = {"summary": "An example", "value": _example_of(schema, schemas)}
    return {"schema": schema, "examples": {"example": own}}


def _answer(answer: Answer, schemas: Node) -> Node:
    shown: Node = {"description": answer.description}
    if answer.headers:
        shown["headers"] = headers(*answer.headers)
    if answer.links:
        shown["links"] = {
            name: {"operationId": name, "parameters": {parameter: "$response.body#/id"}}
            for name, parameter in answer.links.items()
        }
    if answer.model is not None:
        schema = reference_to(answer.model)
        if answer.is_list:
            schema = {"type": "array", "items": schema}
        example = _example_of(schema, schemas) if answer.example is None else answer.example
        shown["content"] = {"application/json": {"schema": schema, "example": example}}
    return shown


def _error(status: int, codes: list[str]) -> Node:
    listed = ", ".join(f"`{code}`" for code in codes)
    examples = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
    return {
        "description": f"{_REASONS[status]} Codes: {listed}.",
        "headers": headers(*_ERROR_HEADERS.get(status, ())),
        "x-error-codes": codes,
        "content": {"application/json": {"schema": reference_to(ErrorOut), "examples": examples}},
    }


def reference_to(model: type[BaseModel]) -> Node:
    """Where the document shows a model."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _schemas(
    of_parameters: Node,
    declared: list[Operation],
    channels: Mapping[str, Channel],
    providers: Collection[str],
) -> Node:
    """The schemas of parameters, from FastAPI, and of all bodies; each with an example."""
    unused = {"HTTPValidationError", "ValidationError"}
    schemas = {name: schema for name, schema in of_parameters.items() if name not in unused}
    models: Models = {ErrorOut: "serialization"}
    for operation in declared:
        if operation.body is not None:
            taken = (operation.body.model, *operation.body.others.values())
            for each in taken:
                models[each.model if isinstance(each, ListOf) else each] = "validation"
        models |= {each.model: "serialization" for each in operation.answers if each.model}
    for model in sorted(models, key=lambda each: each.__name__):
        schema = model.model_json_schema(
            ref_template="#/components/schemas/{model}", mode=models[model]
        )
        schemas |= schema.pop("$defs", {}) | {model.__name__: schema}
    if "ConfigIn" in schemas:
        schemas |= with_settings(schemas["ConfigIn"], channels)
    for name in _NAMING_PROVIDERS & schemas.keys():
        _tell_providers(schemas[name]["properties"]["provider"], providers)
    for schema in schemas.values():
        _tell_defaults(schema)
    return schemas


def _tell_providers(shown: Node, providers: Collection[str]) -> None:
    """Name the kinds of senders that there are, where a source names one."""
    for each in shown.get("anyOf", [shown]):
        if each.get("type") == "string":
            each["enum"] = list(providers)


def _tell_defaults(schema: Node) -> None:
    """In words: what has a `default` is always there, many generators say, also in a request."""
    for shown in schema.get("properties", {}).values():
        default = shown.pop("default", None)
        if default is not None and default != {}:
            told = default if isinstance(default, str) else json.dumps(default)
            shown["description"] = f"{shown.get('description', '')} `{told}` if left out.".strip()
        _tell_defaults(shown)
    if "items" in schema:
        _tell_defaults(schema["items"])


def _example_of(schema: Mapping[str, Any], schemas: Node) -> Any:
    """The example of a body's model, or a list of it."""
    if schema.get("type") == "array":
        return [_example_of(schema["items"], schemas)]
    return schemas[schema["$ref"].rpartition("/")[2]]["examples"][0]


def _tags(contract: Node) -> list[Node]:
    """Every tag in use, with its description."""
    operations = [each for methods in contract["paths"].values() for each in methods.values()]
    used = dict.fromkeys(tag for each in operations for tag in each["tags"])
    return [{"name": tag, "description": _TAGS[tag]} for tag in used]


def _objects(node: Any) -> Iterator[Node]:
    """Every object of the document."""
    if isinstance(node, dict):
        yield node
        for each in node.values():
            yield from _objects(each)
    elif isinstance(node, list):
        for each in node:
            yield from _objects(each)
