"""Where foreign senders' requests arrive: sources, their providers, what they refused."""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

from triggers_client.encoding import RawJson, text_of
from triggers_client.models import Source
from triggers_client.paging import fetch
from triggers_client.transport import Transport

_SOURCES = "/sources"


def _source_path(source_id: str, action: str = "") -> str:
    return f"{_SOURCES}/{quote(source_id, safe='')}{action}"


class Sources:
    """`/sources` of the API.

    What would do a second thing when sent twice is not sent again after a lost answer.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def providers(self) -> list[dict[str, Any]]:
        """The kinds of senders, and what a source of each needs to know."""
        page = fetch(self._transport, f"{_SOURCES}/providers")
        return [] if page is None else cast("list[dict[str, Any]]", page.items)

    def list_all(self) -> list[Source]:
        """All of the tenant, oldest first, without their URLs."""
        page = fetch(self._transport, _SOURCES)
        return [] if page is None else cast("list[Source]", page.items)

    def create(self, draft: Mapping[str, object] | RawJson) -> Source:
        """Make one. The answer's `url` is for its sender; a `secret` that was made is told once."""
        answer = self._transport.send("POST", _SOURCES, text_of(draft), repeatable=False)
        return cast("Source", answer.document())

    def get(self, source_id: str) -> Source:
        """One source with its URL, without its secrets."""
        return cast("Source", self._transport.send("GET", _source_path(source_id)).document())

    def replace(self, source_id: str, draft: Mapping[str, object] | RawJson) -> Source:
        """Put another in its place; its URL stays, and so do secrets that are left out."""
        path = _source_path(source_id)
        answer = self._transport.send("PUT", path, text_of(draft), repeatable=False)
        return cast("Source", answer.document())

    def update(self, source_id: str, change: Mapping[str, object] | RawJson) -> Source:
        """Change some members: what is left out stays, `None` brings back a default."""
        path = _source_path(source_id)
        answer = self._transport.send("PATCH", path, text_of(change), repeatable=False)
        return cast("Source", answer.document())

    def delete(self, source_id: str) -> None:
        """Take nothing more in at its URL."""
        self._transport.send("DELETE", _source_path(source_id), repeatable=False)

    def rotate_secret(self, source_id: str, secret: str | None = None) -> dict[str, Any]:
        """A new secret, made or given; the old one is taken too for 24 hours."""
        path = _source_path(source_id, "/rotate-secret")
        body = None if secret is None else text_of({"secret": secret})
        # One that is given changes nothing the second time.
        answer = self._transport.send("POST", path, body, repeatable=secret is not None)
        return answer.document()

    def refusals(self, source_id: str) -> list[dict[str, Any]]:
        """The last requests that it refused, newest first."""
        page = fetch(self._transport, _source_path(source_id, "/refusals"))
        return [] if page is None else cast("list[dict[str, Any]]", page.items)
