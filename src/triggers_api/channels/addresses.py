"""Which IP addresses a channel may connect to: those of the public internet, by our own table.

The standard library's `is_global` is not asked: it changes between Python's releases, and takes
addresses that carry a private IPv4 address inside (NAT64, 6to4, Teredo) for public ones.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

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
