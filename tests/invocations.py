"""The sample Lambda invocations of events/lambda, made real for one caller."""

import json
from string import Template
from typing import Any

from tests.cloudformation import ROOT

SAMPLES = ROOT / "events" / "lambda"


def invocation(name: str, *, api_key: str, event_id: str = "evt_none") -> dict[str, Any]:
    """What API Gateway would send to the function: a sample with its placeholders filled in."""
    sample = Template((SAMPLES / f"{name}.json").read_text())
    # Safe: it leaves `$default`, the name of the route, as it is.
    filled: dict[str, Any] = json.loads(sample.safe_substitute(API_KEY=api_key, EVENT_ID=event_id))
    return filled
