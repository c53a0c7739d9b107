"""The exact bounds of what may be a target."""

import pytest

from triggers_api.channels.urls import (
    MAX_URL_LENGTH,
    RefusedTargetError,
    Target,
    check_host,
    check_url,
)

LABEL = "a" * 63


def of_length(length: int) -> str:
    start = "https://example.com/"
    return start + "x" * (length - len(start))


def host_of(length: int) -> str:
    whole = f"{LABEL}.{LABEL}.{LABEL}.{LABEL}"
    return whole[len(whole) - length :]


def test_a_url_may_have_2048_characters_and_no_more() -> None:
    assert check_url(of_length(MAX_URL_LENGTH)).host == "example.com"
    with pytest.raises(RefusedTargetError) as refused:
        check_url(of_length(MAX_URL_LENGTH + 1))
    assert refused.value.code == "too_long"


def test_a_host_name_may_have_253_characters_in_labels_of_63() -> None:
    assert check_host(host_of(253)) == host_of(253)
    for host in (host_of(254), f"{LABEL}a.example.com", ".example.com", "a..example.com"):
        with pytest.raises(RefusedTargetError):
            check_host(host)


@pytest.mark.parametrize("port", [1, 79, 80, 8442, 8444, 65535])
def test_no_port_but_https_and_its_alternative_is_called(port: int) -> None:
    with pytest.raises(RefusedTargetError) as refused:
        check_url(f"https://example.com:{port}/")
    assert refused.value.code == "port_not_allowed"


@pytest.mark.parametrize("allow_private", [True, False])
def test_port_0_is_no_port(*, allow_private: bool) -> None:
    with pytest.raises(RefusedTargetError):
        check_url("https://example.com:0/", allow_private=allow_private)


def test_in_local_runs_plain_http_has_the_port_80_unless_it_is_named() -> None:
    assert check_url("http://127.0.0.1/in", allow_private=True) == Target(
        "http", "127.0.0.1", 80, "/in"
    )
    assert check_url("https://127.0.0.1", allow_private=True).port == 443


@pytest.mark.parametrize(
    "host", ["fe80::1%eth0", "2606:4700::1111%1", "8.8.8.8.", "8.8.8", "08.8.8.8"]
)
@pytest.mark.parametrize("allow_private", [True, False])
def test_an_address_is_taken_in_its_plain_spelling_only(host: str, *, allow_private: bool) -> None:
    with pytest.raises(RefusedTargetError):
        check_host(host, allow_private=allow_private)


@pytest.mark.parametrize("host", ["example.4chan", "example.0x", "a.0xfg", "example.12ab"])
def test_only_a_last_label_that_is_a_number_makes_a_name_an_address(host: str) -> None:
    if host.endswith(".0x"):
        with pytest.raises(RefusedTargetError):
            check_host(host)
    else:
        assert check_host(host) == host


@pytest.mark.parametrize(
    "host", ["a.localdomain", "a.localdomain.", "b.home.arpa", "home.arpa", "x"]
)
def test_internal_names_are_told_as_what_they_are(host: str) -> None:
    with pytest.raises(RefusedTargetError) as refused:
        check_host(host)
    assert refused.value.code == "not_public"


@pytest.mark.parametrize("host", ["example.arpa", "home.example.com", "localhost.example.com"])
def test_a_public_name_may_have_an_internal_ones_labels_inside(host: str) -> None:
    assert check_host(host) == host


def test_only_local_runs_may_name_localhost_or_a_private_address() -> None:
    for host in ("localhost", "LOCALHOST", "127.0.0.1", "10.0.0.1", "::1"):
        assert check_host(host, allow_private=True) == host.lower()
        with pytest.raises(RefusedTargetError):
            check_host(host)


@pytest.mark.parametrize("scheme", ["ftp", "file", "gopher", "HTTP"])
def test_local_runs_call_nothing_but_http(scheme: str) -> None:
    if scheme == "HTTP":
        assert check_url("HTTP://127.0.0.1/", allow_private=True).scheme == "http"
        return
    with pytest.raises(RefusedTargetError):
        check_url(f"{scheme}://127.0.0.1/", allow_private=True)
