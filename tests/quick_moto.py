"""moto, without looking for each attribute of an item under thirty names: it answers the same.

A third of the time of all tests on it went into that. Who wants moto imports it from here.
"""

from base64 import b64encode
from functools import cache
from typing import Any

from moto import mock_aws
from moto.core import responses
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import method_names_from_class

__all__ = ["mock_aws", "wire_form"]

slowly = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001  # it has no other seam


def wire_form(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute's value as DynamoDB sends it: bytes are Base64."""
    ((kind, held),) = value.items()
    match kind:
        case "S" | "N":
            return {kind: str(held)}
        case "B":
            return {kind: b64encode(held).decode()}
        case "BS":
            return {kind: [b64encode(each).decode() for each in held]}
        case "L":
            return {kind: [wire_form(each) for each in held]}
        case "M":
            return {kind: {name: wire_form(each) for name, each in held.items()}}
    return {kind: held}


def _serialize_structure(
    self: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str
) -> None:
    if shape.name == "AttributeValue" and type(value) is dict and len(value) == 1:
        serialized[key] = wire_form(value)
    else:
        slowly(self, serialized, value, shape, key)


BaseJSONSerializer._serialize_type_structure = _serialize_structure  # type: ignore[method-assign]  # noqa: SLF001
responses.method_names_from_class = cache(method_names_from_class)  # type: ignore[attr-defined]
