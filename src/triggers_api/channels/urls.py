"""Which URLs and host names may be kept as a target, judged by their spelling alone.

Only what is written plainly passes. Every clever spelling of an address (decimal, octal, hex,
shortened, escaped, in other scripts) fails for being no ordinary name, so it need not be
understood. Where a name leads is judged again, by address, whenever something is sent.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

_PRIVATE_V4: Final = tuple(
    map(IPv4Network, ("10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
)
_REFUSED_V4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # "this host": Linux connects it to itself
            "100.64.0.0/10",  # carrier-grade NAT; also Alibaba's metadata
            "168.63.129.16/32",  # Azure's metadata, in public space
            "169.254.0.0/16",  # link-local: EC2's metadata, Lambda's own services
            "192.0.0.0/24",  # protocol assignments; also Oracle's metadata
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
# Whatever is not in here is refused: loopback, `::`, mapped and translated IPv4 (`::ffff:0:0/96`,
# `::ffff:0:0:0/96`, `64:ff9b::/96`, `64:ff9b:1::/48`), link-local, site-local, ULA, multicast.
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_REFUSED_V6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4 carries any IPv4 address
            "3fff::/20",  # documentation
        ),
    )
)
_PRIVATE_V6: Final = (IPv6Network("::1/128"), IPv6Network("fc00::/7"))
_METADATA_V6: Final = IPv6Network("fd00:ec2::/32")  # EC2's, inside the private range


def is_public(text: str) -> bool:
    """Whether the address belongs to the public internet; what is no address does not."""
    address = _read(text)
    if isinstance(address, IPv4Address):
        return not _is_in(address, _PRIVATE_V4) and not _is_in(address, _REFUSED_V4)
    if isinstance(address, IPv6Address):
        return address in _GLOBAL_V6 and not _is_in(address, _REFUSED_V6)
    return False


def is_private(text: str) -> bool:
    """Whether it is this machine's or its own network's; never a metadata service's."""
    address = _read(text)
    if isinstance(address, IPv4Address):
        return _is_in(address, _PRIVATE_V4)
    if isinstance(address, IPv6Address):
        return _is_in(address, _PRIVATE_V6) and address not in _METADATA_V6
    return False


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return None  # a zone names one of this machine's own links
    return address


def _is_in(
    address: IPv4Address | IPv6Address, networks: tuple[IPv4Network | IPv6Network, ...]
) -> bool:
    return any(address in network for network in networks)


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
