"""Which error codes each route may answer."""

import re
from collections.abc import Iterator
from typing import Any, Final

Operation = dict[str, Any]

_SAME_EVERYWHERE: Final = {
    "401": "unauthenticated",
    "403": "missing_scope",
    "410": "event_erased",
    "413": "body_too_large",
    "415": "unsupported_media_type",
    "422": "invalid_content",
    "429": "rate_limited",
    "500": "internal_error",
    "503": "store_unavailable",
}
_OF_REPLAYS: Final = ("store_unavailable", "queue_unavailable")
_OF_METRICS: Final[dict[str, tuple[str, ...]]] = {
    "503": ("store_unavailable", "metrics_unavailable")
}

# What does not follow from a route's path, parameters and body.
_SPECIAL: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "create_event": {
        "413": ("body_too_large", "payload_too_large"),
        "422": ("invalid_event", "idempotency_key_reused"),
    },
    "create_events": {"422": ("invalid_batch",)},
    "create_config": {"409": ("too_many_configs",), "422": ("invalid_config",)},
    "replace_config": {"422": ("invalid_config",)},
    "rotate_config_secret": {"409": ("no_signing_secret",)},
    "send_test": {"404": ("config_not_found",), "422": ("invalid_test",)},
    "replay_delivery": {
        "409": ("delivery_retrying", "config_not_enabled", "too_many_attempts"),
        "503": _OF_REPLAYS,
    },
    "replay_dead_letters": {
        "400": ("malformed_json", "invalid_parameter", "invalid_cursor"),
        "422": ("invalid_replay",),
        "503": _OF_REPLAYS,
    },
    "replay_event": {"503": _OF_REPLAYS},
    "get_daily_events": _OF_METRICS,
    "get_status_changes": _OF_METRICS,
    "get_success_rate": _OF_METRICS,
    "get_failures": _OF_METRICS,
    "get_summary": _OF_METRICS,
    "get_dashboard": _OF_METRICS,
}


def add_error_codes(path: str, operation: Operation) -> set[str]:
    """Name the codes of each error answer, and show an example of each. Gives the codes."""
    named: set[str] = set()
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json", {})
        if content.get("schema", {}).get("$ref") != "#/components/schemas/ErrorOut":
            continue
        codes = _codes(path, operation, status)
        listed = ", ".join(f"`{code}`" for code in codes)
        answer["description"] = f"{answer['description']} Codes: {listed}."
        answer["x-error-codes"] = list(codes)
        content["examples"] = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
        named |= set(codes)
    return named


def _codes(path: str, operation: Operation, status: str) -> tuple[str, ...]:
    special = _SPECIAL.get(operation["operationId"], {}).get(status)
    if special is not None:
        return special
    if status == "400":
        return tuple(_malformed(operation))
    if status == "404":
        return (re.findall(r"{(\w+)_id}", path)[-1] + "_not_found",)
    return (_SAME_EVERYWHERE[status],)


def _malformed(operation: Operation) -> Iterator[str]:
    parameters = {each["name"] for each in operation.get("parameters", ())}
    if "requestBody" in operation:
        yield "malformed_json"
    yield "invalid_parameter"  # one that is not known is one, too
    if "cursor" in parameters:
        yield "invalid_cursor"
