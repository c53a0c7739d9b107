import pytest

from triggers_api.access.addresses import Networks, are_within, canonical, is_among, read_network


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8:0:0::/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
    ],
)
def test_a_network_has_one_spelling(written: str, meant: str) -> None:
    assert str(read_network(written)) == meant


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "x", "203.0.113", "203.0.113.7/33", "2001:db8::/129", "203.0.113.0/", "/24"),
        *("203.0.113.0/255.255.255.0", "203.0.113.0/0.0.0.255", "203.0.113.0/+8", "1.2.3.4/8/8"),
        *(" 203.0.113.7", "203.0.113.7\n", "fe80::1%eth0", "٢٠٣.0.113.7", "203.0.113.0/٢٤"),
        *("example.com", "0203.0.113.7", "9" * 5000),
    ],
)
def test_what_is_no_network_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"^give a network such as 203\.0\.113\.0/24"):
        read_network(wrong)


@pytest.mark.parametrize(
    ("wrong", "network", "address"),
    [
        ("203.0.113.7/3", "192.0.0.0/3", "203.0.113.7"),
        ("2001:db8::1/32", "2001:db8::/32", "2001:db8::1"),
    ],
)
def test_a_network_with_bits_beyond_its_prefix_is_not_guessed_at(
    wrong: str, network: str, address: str
) -> None:
    with pytest.raises(ValueError, match="bits beyond its prefix") as refusal:
        read_network(wrong)

    assert str(refusal.value).endswith(f"write {network} or {address}")


def networks(*written: str) -> Networks:
    return canonical(map(read_network, written))


def test_networks_are_kept_once_in_order_and_without_those_inside_others() -> None:
    written = ("2001:db8::1", "203.0.113.7", "10.0.0.0/8", "203.0.113.0/24", "10.0.0.0/8")

    assert list(map(str, networks(*written))) == ["10.0.0.0/8", "203.0.113.0/24", "2001:db8::1/128"]


@pytest.mark.parametrize(
    ("source", "is_allowed"),
    [
        *(("203.0.113.0", True), ("203.0.113.255", True), ("203.0.114.0", False)),
        *(("2001:db8::1", True), ("2001:db9::1", False)),
        ("::ffff:203.0.113.7", True),
        *(("::203.0.113.7", False), ("203.0.113.7:443", False), (None, False), ("", False)),
    ],
)
def test_an_address_is_looked_for_in_the_networks_of_its_family(
    source: str | None, *, is_allowed: bool
) -> None:
    allowed = canonical(map(read_network, ("203.0.113.0/24", "2001:db8::/32")))

    assert is_among(allowed, source) == is_allowed


def test_no_networks_are_all_addresses() -> None:
    assert is_among((), "198.51.100.1")
    assert is_among((), None)


@pytest.mark.parametrize(
    ("inner", "outer", "is_within"),
    [
        *((["203.0.113.7"], [], True), ([], [], True), ([], ["203.0.113.0/24"], False)),
        (["203.0.113.7", "203.0.113.0/25"], ["203.0.113.0/24"], True),
        (["203.0.113.7", "198.51.100.7"], ["203.0.113.0/24"], False),
        (["203.0.113.0/24"], ["203.0.113.0/25"], False),
        (["2001:db8::1"], ["203.0.113.0/24", "2001:db8::/32"], True),
        (["203.0.113.7"], ["::/0"], False),
    ],
)
def test_networks_are_within_others_if_they_let_in_nobody_else(
    inner: list[str], outer: list[str], *, is_within: bool
) -> None:
    within = are_within(tuple(map(read_network, inner)), tuple(map(read_network, outer)))

    assert within == is_within
