"""What receivers of webhooks implement: the other half of the contract."""

from typing import Any, Final

from triggers_api.api.schemas.deliveries import EXAMPLE_DELIVERY_ID
from triggers_api.api.schemas.events import EXAMPLE_EVENT

_TEST_EVENT: Final = EXAMPLE_EVENT | {
    "event_type": "notifications.test",
    "payload": {"message": "This is a test. Nothing happened, and nothing needs to be done."},
    "metadata": {},
    "severity": "info",
    "execution_id": None,
}


def _header(name: str, description: str, schema: dict[str, Any], example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "schema": schema,
        "description": description,
        "example": example,
    }


_HEADERS: Final = [
    _header(
        "webhook-id",
        "The delivery's id: alike in every attempt and in a replay of the delivery. Remember it: "
        "the same push may come twice.",
        {"type": "string", "maxLength": 100},
        EXAMPLE_DELIVERY_ID,
    ),
    _header(
        "webhook-timestamp",
        "When this attempt was made, in seconds since 1970. Refuse what is older than 5 minutes.",
        {"type": "string", "pattern": "^[0-9]+$"},
        "1795301718",
    ),
    _header(
        "webhook-signature",
        "`v1,` and the base64 HMAC-SHA256, under the config's `whsec_` secret, of `webhook-id`, "
        "a dot, `webhook-timestamp`, a dot, and the body byte for byte. During a rotation two, "
        "separated by a space: one that fits is enough.",
        {"type": "string", "pattern": "^v1,[A-Za-z0-9+/=]+( v1,[A-Za-z0-9+/=]+)*$"},
        "v1,BDOAP+NfjwsmWvQajC+Sw6wHcDjK6waciyI6ecbRnaI=",
    ),
]
_RETRY_AFTER: Final = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
_NOT_THIS_EVENT: Final = {
    "description": "Not this event: sent again, up to ten attempts in all; opens no circuit."
}

WEBHOOKS: Final[dict[str, Any]] = {
    "event": {
        "post": {
            "operationId": "receive_event",
            "tags": ["notifications"],
            "summary": "An event is pushed to you",
            "description": (
                "What a config of the channel `webhook` gets, signed after Standard Webhooks "
                "(https://www.standardwebhooks.com/); PUT or PATCH if the config says so, with "
                "its `headers`, and with its `bearer_token` as `Authorization`. Verify the "
                "signature over the body as it came, before it is parsed. Answer within 15 "
                "seconds, best before the work is done. Pushes come at least once, in no "
                "particular order."
            ),
            "security": [],
            "parameters": _HEADERS,
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/EventOut"},
                        "examples": {
                            "event": {"summary": "An event", "value": EXAMPLE_EVENT},
                            "test": {
                                "summary": "What `POST /notifications/test` sends",
                                "value": _TEST_EVENT,
                            },
                        },
                    }
                },
            },
            "responses": {
                "2XX": {"description": "Taken: the delivery has succeeded."},
                "410": {"description": "Gone: the config is disabled, nothing more is sent."},
                "429": {
                    "description": "Too fast: sent again, no sooner than `Retry-After` says.",
                    "headers": _RETRY_AFTER,
                },
                "503": {
                    "description": "Too fast, with `Retry-After`: sent again, no sooner than it "
                    "says. Without it, like any other answer.",
                    "headers": _RETRY_AFTER,
                },
                "400": _NOT_THIS_EVENT,
                "413": _NOT_THIS_EVENT,
                "422": _NOT_THIS_EVENT,
                "default": {
                    "description": "Down: sent again, up to ten attempts in all; ten failures in a "
                    "row open the config's circuit. Redirects are not followed."
                },
            },
        }
    }
}
