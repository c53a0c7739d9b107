"""Being pushed to: configs, history, replays."""

from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import quote

from triggers_client.encoding import RawJson, object_text, text_of
from triggers_client.models import Channel, Config, ConfigStats, Delivery, Preview, Replayed
from triggers_client.paging import path_of, walk
from triggers_client.transport import Transport

_CONFIGS = "/notifications/configs"
_HISTORY = "/notifications/history"


def _config_path(config_id: str, action: str = "") -> str:
    return f"{_CONFIGS}/{quote(config_id, safe='')}{action}"


class Notifications:
    """`/notifications` of the API.

    What would do a second thing when sent twice is not sent again after a lost answer.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def channels(self) -> list[Channel]:
        """What can be pushed through, and what each needs to know."""
        return [*walk(self._transport, "/notifications/channels")]

    def configs(self) -> list[Config]:
        """All of the tenant, oldest first."""
        return [*walk(self._transport, _CONFIGS)]

    def create_config(self, draft: Mapping[str, object] | RawJson) -> Config:
        """Subscribe. The answer's `secret` signs a webhook's pushes and is told this once."""
        answer = self._transport.send("POST", _CONFIGS, text_of(draft), repeatable=False)
        return cast("Config", answer.document())

    def get_config(self, config_id: str) -> Config:
        """One config, without its secrets."""
        return cast("Config", self._transport.send("GET", _config_path(config_id)).document())

    def config_stats(self, config_id: str, hours: int | None = None) -> ConfigStats:
        """How its pushes went, hour by hour: 1 to 168, the running one the last."""
        path = path_of(_config_path(config_id, "/stats"), {"hours": hours})
        return cast("ConfigStats", self._transport.send("GET", path).document())

    def replace_config(self, config_id: str, draft: Mapping[str, object] | RawJson) -> Config:
        """Put another in its place; secrets that are left out stay."""
        path = _config_path(config_id)
        answer = self._transport.send("PUT", path, text_of(draft), repeatable=False)
        return cast("Config", answer.document())

    def update_config(self, config_id: str, change: Mapping[str, object] | RawJson) -> Config:
        """Change some members: what is left out stays, `None` brings back a default."""
        path = _config_path(config_id)
        answer = self._transport.send("PATCH", path, text_of(change), repeatable=False)
        return cast("Config", answer.document())

    def enable_config(self, config_id: str) -> Config:
        """Push to it again; its circuit begins anew."""
        return self.update_config(config_id, {"enabled": True})

    def disable_config(self, config_id: str) -> Config:
        """Push nothing to it for now; what is under way to it is dropped."""
        return self.update_config(config_id, {"enabled": False})

    def replay_config(
        self,
        config_id: str,
        *,
        since: str | None = None,
        until: str | None = None,
        dry_run: bool = False,
        cursor: str | None = None,
    ) -> Replayed:
        """Push what this config missed to it alone, a part in each call: go on with `next_cursor`."""
        given = {"since": since, "until": until, "cursor": cursor}
        body: dict[str, object] = {name: each for name, each in given.items() if each is not None}
        answer = self._transport.send(
            "POST",
            _config_path(config_id, "/replay"),
            text_of(body | {"dry_run": dry_run}),
            repeatable=dry_run,
        )
        return cast("Replayed", answer.document())

    def delete_config(self, config_id: str) -> None:
        """Push nothing more to it."""
        self._transport.send("DELETE", _config_path(config_id), repeatable=False)

    def rotate_secret(self, config_id: str) -> dict[str, Any]:
        """A new signing secret, told this once, or public key; the old one signs too for 24 hours."""
        path = _config_path(config_id, "/rotate-secret")
        return self._transport.send("POST", path, repeatable=False).document()

    def preview(
        self,
        *,
        config_id: str | None = None,
        config: Mapping[str, object] | RawJson | None = None,
        event_id: str | None = None,
        event: Mapping[str, object] | RawJson | None = None,
    ) -> Preview:
        """What a config would send of an event; nothing is sent. Each by its id, or as a draft.

        Both `config_id` and `config`: the kept one with a change, as `update_config` takes it.
        """
        said = {"config_id": config_id, "config": config, "event_id": event_id, "event": event}
        body = object_text({name: each for name, each in said.items() if each is not None})
        answer = self._transport.send("POST", "/notifications/preview", body)
        return cast("Preview", answer.document())

    def test_config(self, config_id: str) -> dict[str, Any]:
        """Send a test event now; what its channel said."""
        body = text_of({"config_id": config_id})
        path = "/notifications/test"
        return self._transport.send("POST", path, body, repeatable=False).document()

    def history(
        self,
        *,
        config_id: str | None = None,
        event_id: str | None = None,
        event_type: str | None = None,
        status: str | None = None,
        since: str | None = None,
        until: str | None = None,
        limit: int | None = 100,
    ) -> Iterator[Delivery]:
        """Deliveries, newest first, each with its attempts; `limit` is of a page."""
        query = {"config_id": config_id, "event_id": event_id, "event_type": event_type}
        query |= {"status": status, "since": since, "until": until}
        return walk(self._transport, path_of(_HISTORY, query | {"limit": limit}))

    def replay_delivery(self, delivery_id: str) -> Delivery:
        """Push it once more, under the same `webhook-id`."""
        path = f"{_HISTORY}/{quote(delivery_id, safe='')}/replay"
        return cast("Delivery", self._transport.send("POST", path, repeatable=False).document())

    def replay_dead_letters(
        self,
        *,
        config_id: str | None = None,
        since: str | None = None,
        until: str | None = None,
        dry_run: bool = False,
        cursor: str | None = None,
    ) -> Replayed:
        """Push again what was given up, at most 500 in a call: go on with `next_cursor`."""
        given = {"config_id": config_id, "since": since, "until": until, "cursor": cursor}
        body: dict[str, object] = {name: each for name, each in given.items() if each is not None}
        answer = self._transport.send(
            "POST",
            "/notifications/dead-letters/replay",
            text_of(body | {"dry_run": dry_run}),
            repeatable=dry_run,
        )
        return cast("Replayed", answer.document())
