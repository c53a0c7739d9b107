"""Makes what a stream of DynamoDB tells."""

import base64
from collections.abc import Mapping
from typing import Any


def on_the_wire(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as a stream's records have it: binary values are base64 text."""
    return {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value
        for name, value in item.items()
    }
