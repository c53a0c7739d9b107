"""The tenants of a deployment, for whoever runs it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, cast
from urllib.parse import quote

from triggers_client.encoding import text_of
from triggers_client.keys import key_draft
from triggers_client.models import ConsoleLink, IssuedApiKey, Tenant, TenantNow
from triggers_client.paging import path_of, walk
from triggers_client.transport import Transport

_TENANTS = "/tenants"

WantedLimits = Mapping[str, int | Literal["default"] | None]
"""By name; None lifts a limit, `default` brings the deployment's back."""


def _tenant_path(tenant: str, below: str = "") -> str:
    return f"{_TENANTS}/{quote(tenant, safe='')}{below}"


class Tenants:
    """`/tenants` of the API; it takes an operator's key.

    What is told once, a key or a link, is not asked for again after a lost answer.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, prefix: str | None = None, limit: int | None = 100) -> Iterator[Tenant]:
        """All whose names begin so, in order; `limit` is of a page."""
        return walk(self._transport, path_of(_TENANTS, {"prefix": prefix, "limit": limit}))

    def get(self, tenant: str) -> TenantNow:
        """One as it is now; while it is being deleted, how far that is."""
        return cast("TenantNow", self._transport.send("GET", _tenant_path(tenant)).document())

    def create(
        self,
        tenant: str,
        *,
        name: str | None = None,
        limits: WantedLimits | None = None,
        suspended: bool = False,
    ) -> Tenant:
        """Make one. If the answer was lost, the second try is told `tenant_exists`."""
        given = {"name": name, "limits": None if limits is None else {**limits}}
        body = {"tenant": tenant, "suspended": suspended} | _given(given)
        return cast("Tenant", self._transport.send("POST", _TENANTS, text_of(body)).document())

    def update(
        self,
        tenant: str,
        *,
        name: str | None = None,
        limits: WantedLimits | None = None,
        suspended: bool | None = None,
    ) -> Tenant:
        """Change what is given, within 60 seconds everywhere."""
        given = {
            "name": name,
            "limits": None if limits is None else {**limits},
            "suspended": suspended,
        }
        answer = self._transport.send("PATCH", _tenant_path(tenant), text_of(_given(given)))
        return cast("Tenant", answer.document())

    def suspend(self, tenant: str) -> Tenant:
        """Refuse its keys, and end its console links and sessions; everything is kept."""
        return self.update(tenant, suspended=True)

    def resume(self, tenant: str) -> Tenant:
        """Let its keys in again."""
        return self.update(tenant, suspended=False)

    def delete(self, tenant: str) -> None:
        """Begin to delete it, whole and for good; again changes nothing."""
        self._transport.send("DELETE", _tenant_path(tenant))

    def create_key(
        self,
        tenant: str,
        name: str,
        scopes: Sequence[str],
        *,
        expires_at: str | None = None,
        allowed_ips: Sequence[str] | None = None,
    ) -> IssuedApiKey:
        """Make a key of it, its first or one for a lost one; told whole this once."""
        body = key_draft(name, scopes, expires_at, allowed_ips)
        return cast("IssuedApiKey", self._told_once(_tenant_path(tenant, "/keys"), body))

    def console_link(
        self, tenant: str, scopes: Sequence[str], *, expires_in_seconds: int = 3600
    ) -> ConsoleLink:
        """Make a link that signs one browser in to its console, once, for so long."""
        body = {"scopes": [*scopes], "expires_in_seconds": expires_in_seconds}
        return cast("ConsoleLink", self._told_once(_tenant_path(tenant, "/console-links"), body))

    def _told_once(self, path: str, body: Mapping[str, object]) -> object:
        return self._transport.send("POST", path, text_of(body), repeatable=False).document()


def _given(members: Mapping[str, object]) -> dict[str, object]:
    """Those that say something."""
    return {name: value for name, value in members.items() if value is not None}
