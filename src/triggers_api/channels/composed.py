"""What would be sent, as it may be shown: without secrets."""

import json
from typing import Any

from triggers_api.push.channel import Composed
from triggers_api.push.settings_fields import HIDDEN


def a_post(message: Any, url: str = HIDDEN) -> Composed:
    """A POST of JSON; a URL that is a credential is not shown."""
    body = json.dumps(message, ensure_ascii=False)
    return Composed("POST", url, {"Content-Type": "application/json"}, body)


def a_call(action: str, target: str, parameters: dict[str, Any]) -> Composed:
    """A call of an AWS service."""
    return Composed(action, target, {}, json.dumps(parameters, ensure_ascii=False, default=str))
