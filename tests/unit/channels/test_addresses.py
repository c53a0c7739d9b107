from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ssrfguard import DEFAULT_DENIED

from tests.unit.channels.hostile_addresses import ADDRESSES, HONEST_ADDRESSES
from triggers_api.channels.urls import is_private, is_public


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", HONEST_ADDRESSES)
def test_public_addresses_pass(address: str) -> None:
    assert is_public(address)
    assert not is_private(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fd12::1"])
def test_local_runs_may_reach_this_machine_and_its_network(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "169.254.100.1", "fd00:ec2::254", "fe80::1", "0.1.2.3", "224.0.0.1", "::"],
)
def test_local_runs_may_not_reach_metadata_or_other_machines_links(address: str) -> None:
    assert not is_private(address)


def _network_borders() -> list[IPv4Address | IPv6Address]:
    return [
        border
        for block in DEFAULT_DENIED.blocks
        for border in (block.network.network_address, block.network.broadcast_address)
    ]


ANY_ADDRESS = st.one_of(
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
    st.integers(1 << 125, (1 << 126) - 1).map(IPv6Address),  # 2000::/3
    st.sampled_from(_network_borders()),
    st.sampled_from(_network_borders()).flatmap(
        lambda border: st.integers(-1, 1).map(
            lambda step: type(border)((int(border) + step) % (1 << border.max_prefixlen))
        )
    ),
)


@given(ANY_ADDRESS)
@settings(max_examples=1000)
def test_nothing_passes_that_an_independent_guard_refuses(
    address: IPv4Address | IPv6Address,
) -> None:
    assert not (is_public(str(address)) and DEFAULT_DENIED.classify(address).blocked)
