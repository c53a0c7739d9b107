"""Pushes whose texts are as long, and as full of markup, as an event can make them."""

import json
from typing import Any

from tests.unit.channels.pushes import a_push
from triggers_api.push.channel import Push

MARKUP = "\\*_~`|<@!everyone>#[a](https://evil.example)"


def the_longest_push(said: str = "😀", *, template: str | None = None, **fields: Any) -> Push:
    """`said` again and again wherever a producer may say something."""
    return a_push(
        message_template=template,
        event_type=f"{'x' * 121}.failed",
        execution_id="e" * 128,
        payload=json.dumps({"message": said * 500}).encode(),
        metadata=dict.fromkeys(("connector", "entity_type", "error_type"), (said * 128)[:256]),
        execution_counts={f"{number:x>128}": number for number in range(30)},
        **fields,
    )
