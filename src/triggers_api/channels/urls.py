"""Which URLs and host names may be kept as a target, judged by their spelling alone.

Only what is written plainly passes. Every clever spelling of an address (decimal, octal, hex,
shortened, escaped, in other scripts) fails for being no ordinary name, so it need not be
understood. Where a name leads is judged again, by address, whenever something is sent.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from triggers_api.channels.addresses import is_private, is_public

MAX_URL_LENGTH: Final = 2048
_HTTPS_PORT: Final = 443
_PORTS: Final = frozenset({_HTTPS_PORT, 8443})
_PLAIN: Final = re.compile(r"[!-\[\]-~]+")  # visible ASCII without the backslash
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")  # what browsers take for part of an address
_MAX_HOST_LENGTH: Final = 253
_INTERNAL: Final = frozenset(
    {
        "corp",
        "home",
        "internal",
        "intranet",
        "lan",
        "local",
        "localdomain",
        "localhost",
        "private",
    }
)


class RefusedTargetError(ValueError):
    """The URL or host may not be a target; the message says what is wrong, and quotes nothing."""

    def __init__(self, message: str, code: str = "invalid_url") -> None:
        """`code` is public and stable."""
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart once: what was checked is what is connected to."""

    scheme: str
    host: str  # without brackets
    port: int
    path: str = "/"  # with the query


def check_url(url: str, *, allow_private: bool = False) -> Target:
    """Take a URL apart, or raise `RefusedTargetError`. Asks no name server."""
    if len(url) > MAX_URL_LENGTH:
        raise RefusedTargetError(f"a URL has at most {MAX_URL_LENGTH} characters", "too_long")
    if not _PLAIN.fullmatch(url):
        raise RefusedTargetError(
            "a URL is visible ASCII without backslashes: percent-encode the path, "
            "and write other scripts' host names in punycode"
        )
    if "#" in url:
        raise RefusedTargetError("a URL without a fragment is needed")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RefusedTargetError("this is not a URL") from None
    _check_scheme(parts, allow_private=allow_private)
    if "@" in parts.netloc:
        raise RefusedTargetError("a URL must not hold a user name or password")
    host = check_host(parts.hostname or "", allow_private=allow_private)
    named = f"[{host}]" if ":" in host else host
    if parts.netloc.lower() != (named if port is None else f"{named}:{port}"):
        raise RefusedTargetError("the URL's host and port are written in an unusual way")
    if port is None:
        port = _HTTPS_PORT if parts.scheme == "https" else 80
    if port == 0 or (port not in _PORTS and not allow_private):
        raise RefusedTargetError("the port is 443 (the default) or 8443", "port_not_allowed")
    path = parts.path or "/"
    return Target(parts.scheme, host, port, f"{path}?{parts.query}" if parts.query else path)


def _check_scheme(parts: SplitResult, *, allow_private: bool) -> None:
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise RefusedTargetError("a URL that begins with https:// is needed")


def check_host(host: str, *, allow_private: bool = False) -> str:
    """A public host name, or a plainly written public address; else `RefusedTargetError`."""
    host = host.lower()
    if allow_private and host == "localhost":
        return host
    if _is_address(host):
        if not (is_public(host) or (allow_private and is_private(host))):
            raise RefusedTargetError("the address is not public", "not_public")
        return host
    labels = host.removesuffix(".").split(".")
    if len(host) > _MAX_HOST_LENGTH or not all(map(_LABEL.fullmatch, labels)):
        raise RefusedTargetError("the host is not a name that the internet's DNS knows")
    if _NUMBER.fullmatch(labels[-1]):
        raise RefusedTargetError("the host is an address in an unusual spelling")
    if len(labels) == 1 or labels[-1] in _INTERNAL or labels[-2:] == ["home", "arpa"]:
        raise RefusedTargetError("the host name is an internal one", "not_public")
    return host


def _is_address(host: str) -> bool:
    """In the one spelling that no two programs read differently."""
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        pass
    try:
        return IPv6Address(host).scope_id is None
    except ValueError:
        return False
