import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from tests.unit.channels.hostile_urls import HONEST_URLS, LIES, URLS
from tests.unit.channels.pushes import a_http
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.urls import RefusedTargetError, Target, check_url


def a_strict_http(*addresses: str) -> GuardedHttp:
    """As it is deployed, but for the resolver."""
    return a_http(allow_private=False, resolver=lambda _host, _port: addresses)


@pytest.mark.parametrize("url", URLS)
def test_hostile_urls_are_refused_when_saved_whatever_their_names_lead_to(url: str) -> None:
    with pytest.raises(RefusedTargetError) as refused:
        a_strict_http("93.184.216.34").check_url(url)

    assert "127" not in refused.value.message  # nothing is quoted


@pytest.mark.parametrize("addresses", LIES.values(), ids=LIES)
def test_names_that_lead_to_private_addresses_are_refused_when_saved(addresses: list[str]) -> None:
    with pytest.raises(RefusedTargetError, match="not public"):
        a_strict_http(*addresses).check_url("https://hooks.example.com/in")


@pytest.mark.parametrize("url", HONEST_URLS)
def test_honest_urls_are_saved(url: str) -> None:
    a_strict_http("93.184.216.34", "2606:4700:4700::1111").check_url(url)


def test_a_name_that_is_not_known_yet_is_saved() -> None:
    a_strict_http().check_url("https://not-yet.example.com/")


def test_a_url_is_taken_apart_once() -> None:
    assert check_url("https://EXAMPLE.com/a%20b?c=d&e") == Target(
        "https", "example.com", 443, "/a%20b?c=d&e"
    )
    assert check_url("https://example.com:8443") == Target("https", "example.com", 8443, "/")
    assert check_url("https://[2606:4700::1111]/?x") == Target(
        "https", "2606:4700::1111", 443, "/?x"
    )


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/in", "http://localhost:9/", "https://[::1]:4443/", "http://10.0.0.1/"],
)
def test_local_runs_may_name_this_machine(url: str) -> None:
    check_url(url, allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/",
        "http://[fd00:ec2::254]/",
        "http://user@127.0.0.1/",
        "http://127.1/",
        "file:///etc/passwd",
    ],
)
def test_local_runs_may_not_name_everything(url: str) -> None:
    with pytest.raises(RefusedTargetError):
        check_url(url, allow_private=True)


@given(
    st.text(st.sampled_from("abcz019.:/@[]%#?\\-_~ \t0x٣①e"), max_size=20).map(
        lambda end: f"https://{end}"
    )
)
def test_another_parser_reads_the_same_host_in_what_passes(url: str) -> None:
    try:
        target = check_url(url)
    except RefusedTargetError:
        return

    other = parse_url(url)
    assert (other.host or "").strip("[]").lower() == target.host
    assert (other.port or 443) == target.port
    assert other.auth is None
