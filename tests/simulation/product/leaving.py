"""A tenant that has left: nobody is pushed to for it, its key opens nothing, its name is free."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulation.product.play import Play


def watch(play: Play) -> None:
    """Note when the last row of a tenant goes, which says that it is being deleted."""
    kernel = play.world.kernel

    def note(key: tuple[Any, ...], new: dict[str, Any] | None) -> None:
        kind, _, tenant = key[0].partition("#")
        if kind == "tenant" and new is None:
            play.gone_at[tenant] = kernel.now

    play.world.tables["keys"].heard.append(note)


def judged(play: Play, tenant: str) -> Iterator[str]:
    """Whoever could still push has ended before the row goes: see `access/deletion.py`."""
    gone_at = play.gone_at.get(tenant, float("inf"))  # what is never gone, others tell
    for config in play.stages[tenant].configs:
        for arrival in play.world.receivers.by_url[config.url]:
            if arrival.at > gone_at:
                late = arrival.at - gone_at
                yield f"{config.url} was pushed to {late:.0f} s after {tenant} was gone"
    first = play.world.callers[tenant].api
    others = [first.calling_with(each) for each in sorted(play.stages[tenant].tokens)]
    for api in (first, *others):
        if (status := api.get("/events?limit=1").status) != 401:
            yield f"a key of {tenant}, which is gone, is answered {status}"


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
