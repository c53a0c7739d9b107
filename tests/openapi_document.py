"""Reads `/openapi.json` as a generator of clients does."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from tests.http_api import Api

Document = dict[str, Any]
Operation = dict[str, Any]


def served_by(api: Api) -> Document:
    found: Document = api.calling_with(None).get("/openapi.json").json()
    return found


def operations(document: Document) -> dict[str, Operation]:
    every = [each for path in document["paths"].values() for each in path.values()]
    assert len({each["operationId"] for each in every}) == len(every)
    return {each["operationId"]: each for each in every}


def objects(node: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in the document, with the key that it is under; examples are data."""
    if isinstance(node, dict):
        yield name, node
        for key, each in node.items():
            if key not in ("example", "examples", "value"):
                yield from objects(each, key)
    elif isinstance(node, list):
        for each in node:
            yield from objects(each, name)


def at(document: Document, reference: str) -> Any:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def assert_fits(document: Document, schema: dict[str, Any], value: Any) -> None:
    jsonschema_rs.Draft202012Validator(
        schema | {"components": document["components"]}, validate_formats=True
    ).validate(value)
