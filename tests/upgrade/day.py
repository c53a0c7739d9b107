"""A day of a deployment that leaves something of every form: posts, pushes, leases, deletions."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from datetime import UTC, datetime
from typing import Any, Final

from tests.http_api import Answer, Api
from tests.upgrade.deployment import Deployment
from triggers_api.access.keys import Scope, new_api_key
from triggers_api.store.api_keys import DynamoApiKeyStore

BEGIN: Final = datetime(2026, 11, 28, 8, tzinfo=UTC)
NOTHING: Final = ["never.happens"]  # what configs want that are only to be kept
_SECRET: Final = "a-secret-of-github"  # opens nothing


class Day:
    """What happens, part by part; `tokens` and `known` tell whoever reads it afterwards."""

    def __init__(self, deployment: Deployment, receiver: str) -> None:
        self._on, self._receiver = deployment, receiver
        self._random = random.Random(1)  # noqa: S311  # payloads
        self.known: dict[str, Any] = {}
        operator, token = new_api_key(
            None, "operator", frozenset({Scope.OPERATOR, Scope.METRICS_READ}), deployment.at
        )
        DynamoApiKeyStore(deployment.dynamodb, "keys").add(operator)
        self.tokens = {"operator": token}
        self._operator = deployment.api(token)

    def pass_by(self) -> None:
        """All of it."""
        self._open_accounts()
        self._subscribe()
        self._post()
        self._push()
        self._take()
        self._let_browsers_in()
        self._let_senders_in()
        self._leave_something_under_way()
        self._on.invoke("monitor", {})
        self._on.count()

    @property
    def _shop(self) -> Api:
        return self._on.api(self.tokens["shop"])

    def _open_accounts(self) -> None:
        limits = {"requests_per_second": 500, "events_per_day": 10_000, "deliveries_per_second": 50}
        _ok(self._operator.post("/tenants", {"tenant": "shop", "name": "Shop", "limits": limits}))
        for tenant in ("leaving", "sleeping"):
            _ok(self._operator.post("/tenants", {"tenant": tenant, "name": tenant.title()}))
        for tenant in ("shop", "leaving", "sleeping"):
            made = self._operator.post(
                f"/tenants/{tenant}/keys", {"name": "1", "scopes": ["admin"]}
            )
            self.tokens[tenant] = _ok(made)["api_key"]
        shop = self._shop
        narrow = {
            "name": "inbox",
            "scopes": ["inbox", "events:write"],
            "allowed_ips": ["203.0.113.0/24"],
        }
        narrow["expires_at"] = "2027-11-28T08:00:00Z"
        inbox = _ok(shop.post("/keys", narrow))["key_id"]
        rotated = _ok(shop.post(f"/keys/{inbox}/rotate", {"overlap_seconds": 86_400}))
        self.tokens["inbox"] = rotated["api_key"]
        gone = _ok(shop.post("/keys", {"name": "gone", "scopes": ["inbox"]}))
        _ok(shop.send("DELETE", f"/keys/{gone['key_id']}"))
        sleeping = self._on.api(self.tokens["sleeping"])
        _ok(sleeping.post("/events", {"event_type": "good.night", "payload": {}}))
        _ok(self._operator.send("PATCH", "/tenants/sleeping", {"suspended": True}))

    def _subscribe(self) -> None:
        self.configs: dict[str, str] = {}
        plain = {"event_types": ["order.*"], "min_severity": "warning"}
        self._config("plain", "/plain", filters=plain, acknowledges=True)
        self._config(
            "shaped",
            "/shaped",
            filters={"event_types": ["order.paid"], "match": "payload.total > 10"},
            transform='{"order": payload.id, "total": payload.total}',
            signature="v1a",
        )
        self._config("moody", "/moody?status=500", filters={"event_types": ["order.late"]})
        self._config(
            "final",
            "/final?status=500",
            filters={"event_types": ["invoice.*"], "connectors": ["amazon"]},
            retry_schedule_seconds=[],
            timeout_seconds=5,
        )
        down = {"event_types": ["stock.changed"]}
        self._config("down", "/down?status=503", filters=down, retry_schedule_seconds=[1] * 15)
        self._config("slow", "/slow", filters={"event_types": ["mail.*"]}, rate_limit_per_second=1)
        busy = {"event_types": ["busy.*"]}
        self._config("busy", "/busy?status=429&retry_after=3600", filters=busy)
        self._config("gone", "/gone?status=410", filters={"event_types": ["gone.*"]})
        self._config("off", "/off", filters={"event_types": ["busy.*"]})
        for channel in _ok(self._shop.get("/notifications/channels")):
            if channel["channel"] != "webhook":
                self._channel(channel)
        shop = self._shop
        _ok(shop.post(f"/notifications/configs/{self.configs['plain']}/rotate-secret"))
        _ok(shop.post(f"/notifications/configs/{self.configs['shaped']}/rotate-secret"))
        deleted = self._config("deleted", "/deleted", filters={"event_types": ["order.*"]})
        self.known["deleted"] = deleted

    def _config(self, name: str, path: str, **more: Any) -> str:
        draft = {"name": name, "channel": "webhook", "settings": {"url": self._receiver + path}}
        self.configs[name] = _ok(self._shop.post("/notifications/configs", draft | more))["id"]
        return self.configs[name]

    def _channel(self, channel: dict[str, Any]) -> None:
        asked = channel["settings"]
        settings = {name: each["examples"][0] for name, each in asked["properties"].items()}
        draft = {"name": channel["channel"], "channel": channel["channel"], "settings": settings}
        if not channel["sends_json"]:
            draft["message_template"] = "${event_type} happened"
        filters = {"event_types": NOTHING, "error_types": ["timeout"], "entity_types": ["order"]}
        _ok(self._shop.post("/notifications/configs", draft | {"filters": filters}))

    def _event(self, event_type: str, severity: str = "warning", **more: Any) -> str:
        self._on.advance(seconds=1)
        said: dict[str, Any] = {"event_type": event_type, "severity": severity}
        payload = more.pop("payload", {"id": event_type, "total": 12.50})
        headers = {"idempotency_key": more.pop("key")} if "key" in more else {}
        made: str = _ok(self._shop.post("/events", said | {"payload": payload} | more, **headers))[
            "id"
        ]
        return made

    def _post(self) -> None:
        """Of each severity, large and small, in executions, under keys, in batches."""
        for severity in ("info", "warning", "error", "critical"):
            self._event("order.created", severity, metadata={"connector": "amazon", "try": 1})
        large = self._random.randbytes(3000).hex()
        self.known["large"] = self._event(
            "order.paid", payload={"id": 1, "total": 99, "text": large}
        )
        self._event("order.paid", key="order-1", payload={"id": 2, "total": 5})
        for event_type in ("sync.started", "order.fetched", "order.fetched", "sync.completed"):
            self._event(event_type, "info", execution_id="exec_1")
        for number in range(110):  # so many that the counts are folded into a checkpoint
            if number % 10 == 0:
                batch = [
                    {"event_type": "row.read", "payload": {"row": number}, "execution_id": "exec_2"}
                    for number in range(number, number + 10)
                ]
                _ok(self._shop.post("/events/batch", {"events": batch}))
        cloud = {
            "specversion": "1.0",
            "id": "1",
            "source": "/shop",
            "type": "cloud.event",
            "data": {},
        }
        media = "application/cloudevents+json"
        _ok(self._shop.post("/events", json.dumps(cloud), content_type=media))
        erased = self._event("person.called", payload={"name": "Ada"})
        _ok(self._shop.send("DELETE", f"/events/{erased}"))
        self.known["erased"] = erased
        for _ in range(3):
            self._event("invoice.failed", "error", metadata={"connector": "amazon"})
        for event_type in ("order.late", "mail.sent", "mail.read", "busy.now", "gone.now"):
            self._event(event_type)
        for _ in range(10):
            self._event("stock.changed")
        leaving = self._on.api(self.tokens["leaving"])
        draft = {"name": "x", "channel": "webhook", "settings": {"url": f"{self._receiver}/left"}}
        _ok(leaving.post("/notifications/configs", draft))
        for _ in range(2):
            _ok(leaving.post("/events", {"event_type": "last.word", "payload": {}}))

    def _push(self) -> None:
        self._on.dispatch()
        off = f"/notifications/configs/{self.configs['off']}"
        _ok(self._shop.send("PATCH", off, {"enabled": False}))  # what is under way is dropped
        self._on.deliver()
        self._on.dispatch()  # the alert of failures in a row, and what owners are told
        self._on.deliver()
        self._on.count()
        _ok(self._shop.send("DELETE", f"/notifications/configs/{self.known['deleted']}"))

    def _take(self) -> None:
        """Read executions, so that counts are kept; acknowledge, lease, replay, claim a key anew."""
        shop = self._shop
        self._on.advance(minutes=5)
        for execution in ("exec_1", "exec_2"):
            _ok(shop.get(f"/executions/{execution}"))
        waiting = _ok(shop.get("/inbox?limit=20"))
        _ok(shop.post(f"/events/{waiting[0]['id']}/acknowledge"))
        acknowledged = [each["id"] for each in waiting[1:5]]
        _ok(shop.post("/inbox/acknowledge", {"event_ids": acknowledged}))
        _ok(shop.post(f"/events/{acknowledged[0]}/replay"))
        self._on.advance(hours=25)
        self.known["claimed"] = self._event(
            "order.paid", key="order-1", payload={"id": 3, "total": 6}
        )
        leased = [
            _ok(shop.post("/inbox/lease", {"limit": 3, "lease_seconds": 43_200})) for _ in range(2)
        ]
        back = {"lease_id": leased[0]["lease_id"], "event_ids": [leased[0]["events"][0]["id"]]}
        _ok(shop.post("/inbox/release", back))
        self.known["leased"] = [
            each["id"] for each in leased[0]["events"][1:] + leased[1]["events"]
        ]
        self.known["lease"] = leased[1]["lease_id"]

    def _let_browsers_in(self) -> None:
        """One by a link that was used, and one by a link that was not yet."""
        wanted = {"scopes": ["events:read"], "expires_in_seconds": 86_400}
        links = [_ok(self._operator.post("/tenants/shop/console-links", wanted)) for _ in range(2)]
        tokens = [each["url"].rpartition("/")[2] for each in links]
        self.known["link"] = tokens[1]
        session = _ok(self._on.api(None).post("/console/session", {"token": tokens[0]}))
        self.tokens["session"] = session["api_key"]

    def _let_senders_in(self) -> None:
        shop = self._shop
        self.known["sources"] = {}
        for provider in _ok(shop.get("/sources/providers")):
            secret = provider["secret"]
            draft = {"name": provider["provider"], "provider": provider["provider"]}
            if provider["provider"] == "github":
                draft["secret"] = _SECRET
            elif secret is not None and not provider["makes_secret"]:
                draft["secret"] = secret["examples"][0]
            source = _ok(shop.post("/sources", draft))
            self.known["sources"][provider["provider"]] = source["url"].partition("/in/")[2]
        path = f"/in/{self.known['sources']['github']}"
        for secret in (_SECRET, "a-wrong-secret"):
            post_as_github(self._on.api(None), path, "1", secret)

    def _leave_something_under_way(self) -> None:
        """A tenant's deletion begun, events that the stream has not told of, tasks in the queue."""
        _ok(self._operator.send("DELETE", "/tenants/leaving"))
        self._event("order.paid", payload={"id": 4, "total": 20})
        self._event("mail.sent")
        self._on.dispatch()
        self._on.advance(minutes=2)
        self._on.invoke("remover", {})  # which does not end while tasks are in the queue
        self._event("order.paid", payload={"id": 5, "total": 50})


def post_as_github(api: Api, path: str, delivery: str, secret: str = _SECRET) -> Answer:
    """A request of GitHub's, signed with this secret."""
    body = b'{"action":"opened"}'
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return api.post(
        path,
        body,
        x_hub_signature_256=f"sha256={digest}",
        x_github_event="pull_request",
        x_github_delivery=delivery,
    )


def _ok(answer: Answer) -> Any:
    assert answer.status < 300, (answer.status, answer.body[:500])
    return answer.json() if answer.body else None
