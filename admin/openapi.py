"""The OpenAPI document as the app makes it: `python -m admin.openapi > docs/openapi.json`."""

import json
import sys
from typing import Any, Final

from triggers_api.api.app import create_app
from triggers_api.api.contract.document import document
from triggers_api.channels import all_channels
from triggers_api.channels.http import GuardedHttp
from triggers_api.providers import all_providers

CHANNELS: Final = all_channels(GuardedHttp(allow_private=False), allow_private=False)


def text() -> str:
    """The document, for people to read and to compare."""
    no_request_is_made: Any = None  # so no service is needed
    contract = document(create_app(no_request_is_made, CHANNELS, providers=all_providers()))
    return json.dumps(contract, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(text().encode())
