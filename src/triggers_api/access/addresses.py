"""From which addresses a key may be used: networks in CIDR notation, of IPv4 and IPv6."""

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Final

Network = IPv4Network | IPv6Network
Networks = tuple[Network, ...]

_MAPPED: Final = IPv6Network("::ffff:0:0/96")
"""IPv4 as IPv6 writes it: a caller's address may arrive so, and is the same address."""


def read_network(text: str) -> Network:
    """A network, or a single address. Raises ValueError with what to write instead."""
    _, slash, prefix = text.partition("/")
    if "%" in text or (slash and not (prefix.isascii() and prefix.isdigit())):
        raise ValueError(_A_NETWORK)  # neither an interface of the caller's own, nor a mask
    try:
        return _unmapped(ip_network(text))
    except ValueError:
        pass
    try:
        meant = ip_interface(text)
    except ValueError:
        raise ValueError(_A_NETWORK) from None
    # Whoever mistypes 203.0.113.7/32 as /3 must not let in an eighth of the internet.
    message = f"has bits beyond its prefix: write {meant.network} or {meant.ip}"
    raise ValueError(message)


def canonical(networks: Iterable[Network]) -> Networks:
    """The same networks, each once, in order; what another contains is left out."""
    unique = sorted(set(networks), key=lambda each: (each.version, each))
    return tuple(
        each for each in unique if not any(_holds(other, each) for other in unique if other != each)
    )


def is_among(networks: Networks, source: str | None) -> bool:
    """Whether the address is in one of these; without networks every address is.

    A source that is no address is in none.
    """
    if not networks:
        return True
    try:
        address = ip_address(source or "")
    except ValueError:
        return False
    real = _real(address)
    return any(real in each for each in networks)


def are_within(inner: Networks, outer: Networks) -> bool:
    """Whether nobody is let in by `inner` who is not by `outer`; no networks are all addresses."""
    if not outer:
        return True
    return bool(inner) and all(any(_holds(each, one) for each in outer) for one in inner)


_A_NETWORK: Final = "give a network such as 203.0.113.0/24 or 2001:db8::/32, or an address"


def _holds(outer: Network, inner: Network) -> bool:
    if isinstance(outer, IPv4Network):
        return isinstance(inner, IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and inner.subnet_of(outer)


def _real(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _unmapped(network: Network) -> Network:
    if not isinstance(network, IPv6Network) or not network.subnet_of(_MAPPED):
        return network
    first = network.network_address.ipv4_mapped
    return IPv4Network((int(first or 0), network.prefixlen - _MAPPED.prefixlen))
