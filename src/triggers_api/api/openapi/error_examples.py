"""An example of each error code, in the words of the API."""

from typing import Any, Final

from triggers_api.errors import InternalError

_REQUEST_ID: Final = "63add3ca-27b9-4b63-8cc0-2bf6b4832bda"
_NO_JSON: Final = "The body is not valid JSON: it is empty."
_MESSAGES: Final[dict[str, str]] = {
    "malformed_json": _NO_JSON,
    "invalid_parameter": "The parameter 'limit' is not acceptable: give at most 100.",
    "invalid_cursor": (
        "This cursor does not belong to this query. Follow the Link header of the page before, "
        "or start again without a cursor."
    ),
    "unauthenticated": "Send your API key in the header 'Authorization: Bearer <key>'.",
    "missing_scope": "This API key lacks the scope 'inbox'. Use a key that has it.",
    "event_not_found": "There is no event 'evt_unknown'.",
    "execution_not_found": "There is no event of an execution 'exec_unknown'.",
    "config_not_found": "There is no notification config 'cfg_unknown'.",
    "delivery_not_found": "There is no delivery 'dlv_unknown'.",
    "too_many_configs": "There are 100 configs already. Delete one that is not used.",
    "no_signing_secret": "A config of the channel 'slack' has no signing secret.",
    "delivery_retrying": "This delivery is still retrying by itself. Replay it when it is final.",
    "config_not_enabled": "This delivery's config is disabled or deleted. Enable it, then replay.",
    "too_many_attempts": "This delivery was attempted 100 times. Replay its event.",
    "event_erased": (
        "The event 'evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5' was erased at 2026-11-22T01:57:52.503451Z."
    ),
    "body_too_large": "The body has 600000 bytes. Send at most 524288.",
    "payload_too_large": (
        "The payload has 300000 bytes. At most 262144 are taken: "
        "store what is larger elsewhere and send a link."
    ),
    "unsupported_media_type": (
        "Send JSON in UTF-8, with the header 'Content-Type: application/json'."
    ),
    "invalid_event": "The body has a fault: event_type: is missing.",
    "invalid_batch": "The body has a fault: events: give at least 1.",
    "invalid_config": "The body has a fault: settings.url: the address is not public.",
    "invalid_test": "The body has a fault: config_id: is missing.",
    "invalid_replay": "The body has a fault: dry_run: give true or false.",
    "invalid_content": "The body has a fault: colour: is not known here.",
    "idempotency_key_reused": (
        "This Idempotency-Key was used for another body within the last 24 hours. "
        "Use a new key for a new event."
    ),
    "rate_limited": (
        "Your account makes more requests than its limit allows. Wait, then send it again."
    ),
    "internal_error": InternalError.MESSAGE,
    "store_unavailable": "The store did not answer in time. Try again.",
    "metrics_unavailable": "The monitoring could not read a metric. Try again.",
    "queue_unavailable": "The delivery queue did not take a task. Try again.",
}
_DETAILS: Final[dict[str, tuple[str, str, str]]] = {  # field, message, code
    "malformed_json": ("body", _NO_JSON, "malformed_json"),
    "invalid_parameter": ("limit", "give at most 100", "less_than_equal"),
    "invalid_cursor": ("cursor", "not a cursor of this query", "invalid_cursor"),
    "invalid_event": ("event_type", "is missing", "missing"),
    "invalid_batch": ("events", "give at least 1", "too_short"),
    "invalid_config": ("settings.url", "the address is not public", "not_public"),
    "invalid_test": ("config_id", "is missing", "missing"),
    "invalid_replay": ("dry_run", "give true or false", "bool_type"),
    "invalid_content": ("colour", "is not known here", "extra_forbidden"),
}


def error_example(code: str) -> dict[str, Any]:
    """An answer with this code, as OpenAPI shows an example."""
    details = [
        dict(zip(("field", "message", "code"), each, strict=True))
        for each in (_DETAILS.get(code),)
        if each is not None
    ]
    value = {"error": code, "message": _MESSAGES[code], "details": details}
    return {"value": value | {"request_id": _REQUEST_ID}}
