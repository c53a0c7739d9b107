"""Examples of what is sent and what is answered, where the models bring none of their own."""

from typing import Any, Final

from triggers_api.api.notification_schemas import EXAMPLE_CONFIG_ID
from triggers_api.api.openapi.error_examples import error_example
from triggers_api.api.openapi.metrics_examples import METRICS
from triggers_api.api.schemas import EXAMPLE_EVENT

_LEASE_ID: Final = "lse_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"
_NOT_FOUND: Final = error_example("event_not_found")["value"]
_REFUSED: Final = {
    "error": "invalid_event",
    "message": "The event has a fault: event_type: is missing.",
    "details": [{"field": "event_type", "message": "is missing", "code": "missing"}],
}

# By the model that describes the body.
MODELS: Final[dict[str, Any]] = {
    "ErrorOut": _NOT_FOUND,
    "BatchIn": {
        "events": [
            {"event_type": "order.fetched", "payload": {"order_id": "A-1"}},
            {"event_type": "order.fetched", "payload": {}, "idempotency_key": "order-A-2"},
        ]
    },
    "BatchOut": {
        "results": [
            {"status": 201, "replayed": False, "event": EXAMPLE_EVENT},
            {"status": 422, "retry_after": None, "error": _REFUSED},
        ]
    },
    "AcknowledgeIn": {"event_ids": [EXAMPLE_EVENT["id"], "evt_unknown"]},
    "AcknowledgeOut": {
        "results": [
            {"event_id": EXAMPLE_EVENT["id"], "status": 204, "error": None},
            {"event_id": "evt_unknown", "status": 404, "error": _NOT_FOUND},
        ]
    },
    "LeaseOut": {
        "lease_id": _LEASE_ID,
        "expires_at": "2026-11-21T22:56:18.123456Z",
        "events": [EXAMPLE_EVENT],
    },
    "ReleaseIn": {"lease_id": _LEASE_ID},
    "RotatedSecretOut": {
        "id": EXAMPLE_CONFIG_ID,
        "secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "previous_secret_until": "2026-11-22T22:55:18.123456Z",
    },
    "TrialIn": {"config_id": EXAMPLE_CONFIG_ID},
    "TrialOut": {"accepted": True, "status_code": 200, "error": None, "duration_ms": 201},
    "DeadLettersOut": {
        "matched": 3,
        "replayed": 2,
        "skipped": 1,
        "dry_run": False,
        "next_cursor": None,
    },
    "MeOut": {
        "tenant": "acme",
        "key_id": "kwmq2yba66dz",
        "key_name": "shop",
        "scopes": ["events:write", "inbox"],
    },
    "HealthOut": {
        "status": "healthy",
        "checks": {"store": "ok", "alarms": "ok", "monitor": "ok"},
    },
} | METRICS

# By operation, beside the example of its body's model.
REQUESTS: Final[dict[str, dict[str, Any]]] = {
    "create_event": {
        "smallest": {
            "summary": "Only what is required",
            "value": {"event_type": "order.fetched", "payload": {}},
        }
    },
    "create_config": {
        "slack": {
            "summary": "Grave events to Slack",
            "value": {
                "name": "Ops",
                "channel": "slack",
                "settings": {"url": "https://hooks.slack.com/services/T000/B000/XXXX"},
                "filters": {"min_severity": "error"},
            },
        },
        "email": {
            "summary": "Invoices by mail",
            "value": {
                "name": "Accounting",
                "channel": "email",
                "settings": {
                    "host": "smtp.example.com",
                    "username": "triggers",
                    "password": "an-example",
                    "from": "triggers@example.com",
                    "to": ["accounting@example.com"],
                },
                "filters": {"event_types": ["invoice.*"]},
            },
        },
        "telegram": {
            "summary": "Everything to a chat",
            "value": {
                "name": "Night shift",
                "channel": "telegram",
                "settings": {
                    "bot_token": "123456:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef",
                    "chat_id": -1001234567890,
                },
            },
        },
    },
    "replay_dead_letters": {"all": {"summary": "All of them", "value": {}}},
}

# By operation and status, where the model's own example would be beside the point.
ANSWERS: Final[dict[tuple[str, str], Any]] = {
    ("get_health", "503"): {"status": "unhealthy", "checks": {"store": "failing"}},
}
