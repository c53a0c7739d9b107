"""A tenant that has left: what whoever takes its name finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.product.play import Play


def begins_empty(play: Play, tenant: str) -> list[str]:
    """Whoever takes its name finds nothing of it, and its keys open nothing."""
    operator, old = play.world.callers[""].api, play.world.callers[tenant].api
    made = operator.post("/tenants", {"tenant": tenant})
    key = operator.post(f"/tenants/{tenant}/keys", {"name": "first", "scopes": ["admin"]})
    if (made.status, key.status) != (201, 201):
        return [f"{tenant} is not free: {made.body!r}, {key.body!r}"]
    api = old.calling_with(key.json()["api_key"])
    paths = ("/events", "/inbox", "/notifications/configs", "/notifications/history", "/executions")
    found = [f"{tenant} begins with {path}" for path in paths if api.get(path).json() != []]
    if any(
        sum(day[name] for name in day if name != "date") for day in api.get("/usage").json()["days"]
    ):
        found.append(f"{tenant} begins with usage")
    if len(api.get("/keys").json()) != 1 or old.get("/events").status != 401:
        found.append(f"{tenant} begins with keys")
    return found
