"""Every error code: the status it comes with, and an example of it in the words of the API."""

from dataclasses import dataclass
from typing import Any, Final

from triggers_api.errors import InternalError

_REQUEST_ID: Final = "63add3ca-27b9-4b63-8cc0-2bf6b4832bda"


@dataclass(frozen=True, slots=True)
class Code:
    """An error code."""

    status: int
    message: str
    field: str | None = None
    """At fault, where one is; with what is wrong with it, and the detail's own code."""
    fault: str = ""
    detail_code: str = ""

    def example(self, name: str) -> dict[str, Any]:
        """An answer with this code."""
        details = []
        if self.field is not None:
            details.append({"field": self.field, "message": self.fault, "code": self.detail_code})
        value = {"error": name, "message": self.message, "details": details}
        return value | {"request_id": _REQUEST_ID}


CODES: Final[dict[str, Code]] = {
    "malformed_json": Code(
        400,
        "The body is not valid JSON: it is empty.",
        "body",
        "The body is not valid JSON: it is empty.",
        "malformed_json",
    ),
    "invalid_parameter": Code(
        400,
        "The parameter 'limit' is not acceptable: give at most 100.",
        "limit",
        "give at most 100",
        "less_than_equal",
    ),
    "invalid_cursor": Code(
        400,
        "This cursor does not belong to this query. Follow the Link header of the page before, or start again without a cursor.",
        "cursor",
        "not a cursor of this query",
        "invalid_cursor",
    ),
    "malformed_request": Code(400, "The body is not valid JSON: it is empty."),
    "no_handshake": Code(
        400, "This is no handshake that the source answers. Its sender posts here."
    ),
    "unauthenticated": Code(401, "Send your API key in the header 'Authorization: Bearer <key>'."),
    "unverified": Code(
        401,
        "The request does not prove who sent it. Compare the secret, and the clock.",
    ),
    "missing_scope": Code(403, "This API key lacks the scope 'inbox'. Use a key that has it."),
    "address_not_allowed": Code(403, "This API key may not be used from 198.51.100.7."),
    "tenant_suspended": Code(
        403, "Your account is suspended. What it stored is kept; ask whoever runs this service."
    ),
    "source_disabled": Code(403, "This source is disabled. Whoever owns it can enable it."),
    "key_limited": Code(
        403,
        "This API key expires at 2026-11-21T22:55:18.123456Z: it makes and rotates none that lives longer.",
    ),
    "key_not_found": Code(404, "There is no API key 'kwmq2yba66dz'."),
    "event_not_found": Code(404, "There is no event 'evt_unknown'."),
    "execution_not_found": Code(404, "There is no event of an execution 'exec_unknown'."),
    "config_not_found": Code(404, "There is no notification config 'cfg_unknown'."),
    "source_not_found": Code(404, "There is no source at this address."),
    "delivery_not_found": Code(404, "There is no delivery 'dlv_unknown'."),
    "limit_reached": Code(
        409,
        "There are 100 configs, and your account may have 100. Delete one that is not used.",
    ),
    "key_not_live": Code(409, "The key 'kwmq2yba66dz' is expired. Make a new one."),
    "last_admin_key": Code(
        409,
        "This is your account's last live key with the scope 'admin' that lasts as long. Make another one first.",
    ),
    "tenant_not_found": Code(404, "There is no tenant 'acme'. POST /tenants makes one."),
    "tenant_exists": Code(
        409, "There is a tenant 'acme' already. Change it, or choose another name."
    ),
    "tenant_deleting": Code(409, "The tenant 'acme' is being deleted, for good."),
    "no_signing_secret": Code(409, "A config of the channel 'slack' has no signing secret."),
    "delivery_retrying": Code(
        409, "This delivery is still retrying by itself. Replay it when it is final."
    ),
    "config_not_enabled": Code(
        409, "This delivery's config is disabled or deleted. Enable it, then replay."
    ),
    "too_many_attempts": Code(409, "This delivery was attempted 100 times. Replay its event."),
    "too_many_replays": Code(409, "This event was replayed 100 times. Post a new one."),
    "loop_detected": Code(
        403, "This request is a push of ours that came back: a config's URL leads here."
    ),
    "event_erased": Code(
        410, "The event 'evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5' was erased at 2026-11-22T01:57:52.503451Z."
    ),
    "body_too_large": Code(413, "The body has 600000 bytes. Send at most 524288."),
    "payload_too_large": Code(
        413,
        "The payload has 300000 bytes. At most 262144 are taken: store what is larger elsewhere and send a link.",
    ),
    "unsupported_media_type": Code(
        415, "Send JSON in UTF-8, with the header 'Content-Type: application/json'."
    ),
    "invalid_event": Code(
        422, "The body has a fault: event_type: is missing.", "event_type", "is missing", "missing"
    ),
    "invalid_batch": Code(
        422,
        "The body has a fault: events: give at least 1.",
        "events",
        "give at least 1",
        "too_short",
    ),
    "invalid_config": Code(
        422,
        "The body has a fault: settings.url: the address is not public.",
        "settings.url",
        "the address is not public",
        "not_public",
    ),
    "invalid_source": Code(
        422,
        "The body has a fault: provider: there is no such provider; there are github, stripe.",
        "provider",
        "there is no such provider; there are github, stripe",
        "unknown_provider",
    ),
    "invalid_key": Code(
        422,
        "The body has a fault: expires_at: give a time to come.",
        "expires_at",
        "give a time to come",
        "in_the_past",
    ),
    "invalid_console_link": Code(
        422,
        "The body has a fault: expires_in_seconds: give at most 86400.",
        "expires_in_seconds",
        "give at most 86400",
        "less_than_equal",
    ),
    "invalid_tenant": Code(
        422,
        "The body has a fault: limits.burst: give a whole number from 1 to 1000000, null or 'default'.",
        "limits.burst",
        "give a whole number from 1 to 1000000, null or 'default'",
        "value_error",
    ),
    "invalid_preview": Code(
        422,
        "The body has a fault: body: give config_id or config, or both.",
        "body",
        "give config_id or config, or both",
        "value_error",
    ),
    "invalid_test": Code(
        422, "The body has a fault: config_id: is missing.", "config_id", "is missing", "missing"
    ),
    "invalid_replay": Code(
        422,
        "The body has a fault: dry_run: give true or false.",
        "dry_run",
        "give true or false",
        "bool_type",
    ),
    "invalid_content": Code(
        422,
        "The body has a fault: colour: is not known here.",
        "colour",
        "is not known here",
        "extra_forbidden",
    ),
    "idempotency_key_reused": Code(
        422,
        "This Idempotency-Key was used for another body within the last 24 hours. Use a new key for a new event.",
    ),
    "rate_limited": Code(
        429, "Your account makes more requests than its limit allows. Wait, then send it again."
    ),
    "quota_exceeded": Code(
        429,
        "Your account has posted as many events as it may on a day. It ends at midnight UTC.",
    ),
    "too_many_at_once": Code(
        429, "Your account changes this config at the same time. Send it again."
    ),
    "internal_error": Code(500, InternalError.MESSAGE),
    "store_unavailable": Code(503, "The store did not answer in time. Try again."),
    "metrics_unavailable": Code(503, "The monitoring could not read a metric. Try again."),
    "queue_unavailable": Code(503, "The delivery queue did not take a task. Try again."),
}
