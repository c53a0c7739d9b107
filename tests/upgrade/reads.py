"""Every route that reads, as each kind of caller asks it, and walks that are half done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tests.http_api import Answer
from tests.upgrade.deployment import Deployment, Item

_OF_TENANTS: Final = (
    "/me",
    "/events?limit=10",
    "/events?status=delivered&order=asc&limit=5",
    "/events?severity=error&limit=5",
    "/events?event_type=order.*&limit=5",
    "/events?execution_id=exec_1",
    "/event-types",
    "/inbox?limit=10",
    "/inbox?order=desc&event_type=order.paid",
    "/inbox/stats",
    "/executions",
    "/executions/exec_1",
    "/executions/exec_2",
    "/executions/exec_1/events",
    "/sources",
    "/notifications/configs",
    "/notifications/history",
    "/notifications/history?status=dead",
    "/notifications/history?status=retrying",
    "/usage?days=3",
    "/usage/hours?hours=48",
    "/keys",
)
_OF_OPERATORS: Final = (
    "/tenants",
    "/tenants/shop",
    "/tenants/leaving",
    "/tenants/sleeping",
    "/tenants/shop/usage?days=3",
    "/usage?date=2026-11-28",
    "/metrics/alerts",
)
_NAMED_BY: Final = ("id", "execution_id", "key_id", "tenant")
_IN_PAGES: Final = (
    ("shop", "/events?limit=100"),
    ("shop", "/inbox?limit=100"),
    ("shop", "/executions?limit=1"),
    ("shop", "/executions/exec_2/events?limit=100"),
    ("shop", "/notifications/history?limit=20"),
    ("shop", "/notifications/history?limit=1&status=dead"),
    ("shop", "/keys?limit=1"),
    ("operator", "/tenants?limit=1"),
    ("operator", "/usage?date=2026-11-28&limit=1"),
)


def answers(deployment: Deployment, held: dict[str, Any]) -> Iterator[Item]:
    """What each is answered; of a walk that is half done, what its link leads to."""
    for who, path in _asked(held):
        answer = _ask(deployment, held, who, path)
        yield {"who": who, "path": path, "status": answer.status, "body": answer.json()}
    for who, path in _IN_PAGES:
        link = _ask(deployment, held, who, path).next_url
        assert link is not None, path
        yield _walked(deployment, held, who, link)


def again(deployment: Deployment, held: dict[str, Any], recorded: Item) -> Item:
    """The same question, asked of this deployment."""
    who, path = recorded["who"], recorded["path"]
    if "walk" in recorded:
        return _walked(deployment, held, who, path)
    answer = _ask(deployment, held, who, path)
    return {"who": who, "path": path, "status": answer.status, "body": answer.json()}


def is_told(before: Any, now: Any) -> bool:
    """Whether an answer says all that it said before; it may say more."""
    if isinstance(before, dict) and isinstance(now, dict):
        return all(name in now and is_told(before[name], now[name]) for name in before)
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return all(map(is_told, before, now))
    return bool(before == now)


def _asked(held: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from (("shop", path) for path in (*_OF_TENANTS, *held["paths"]))
    yield from (("operator", path) for path in _OF_OPERATORS)
    yield from (("inbox", path) for path in ("/me", "/inbox?limit=5", "/events"))
    yield from (("session", path) for path in ("/me", "/events?limit=5"))
    yield from ((who, "/me") for who in ("sleeping", "leaving"))
    yield "nobody", "/health"
    yield "nobody", f"/jwks/{held['key_set']}"


def _walked(deployment: Deployment, held: dict[str, Any], who: str, path: str) -> Item:
    """The names of all that a walk still meets."""
    first = _ask(deployment, held, who, path)
    assert first.status == 200, (path, first.body)
    met = deployment.api(held["tokens"][who]).walk(path)
    named = [next(each[name] for name in _NAMED_BY if name in each) for each in met]
    assert named, path
    return {"who": who, "path": path, "status": 200, "walk": named}


def _ask(deployment: Deployment, held: dict[str, Any], who: str, path: str) -> Answer:
    return deployment.api(held["tokens"].get(who)).get(path)
