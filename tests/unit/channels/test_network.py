"""What is refused at the moment of sending, by address, whatever was saved."""

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence

import pytest

from tests.unit.channels.hostile_urls import LIES, URLS
from tests.unit.channels.pushes import HASTY_SECONDS, a_http
from tests.unit.channels.receivers import OK, answering
from triggers_api.channels.deadlines import Deadline
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.network import Network, SendError, resolve
from triggers_api.push.channel import Refusal

HOSTS_FOR_THE_SYSTEM = [
    "2130706433",
    "0177.0.0.1",
    "017700000001",
    "0x7f000001",
    "0x7f.0x0.0x0.0x1",
    "0xA9FEA9FE",
    "127.1",
    "127.0.1",
    "10.1",
    "0",
    "127.0.0.1",
    "169.254.169.254",
    "169.254.100.1",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "fe80::1%lo",
    "fd00:ec2::254",
    "localhost",
]


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every address that a socket was connected to; none is let through."""
    seen: list[object] = []

    def connect(_socket: socket.socket, address: object) -> None:
        seen.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return seen


def strict(*addresses: str) -> GuardedHttp:
    return a_http(allow_private=False, resolver=lambda _host, _port: addresses)


@pytest.mark.parametrize("url", URLS)
def test_hostile_urls_are_refused_when_sent_though_they_were_saved(
    url: str, connected: list[object]
) -> None:
    with pytest.raises(SendError) as refused:
        strict("93.184.216.34").send("POST", url, headers={}, body=b"")

    assert refused.value.refusal is Refusal.FINAL
    assert connected == []


@pytest.mark.parametrize("host", HOSTS_FOR_THE_SYSTEM)
def test_what_the_systems_resolver_makes_of_a_host_is_judged_by_address(
    host: str, connected: list[object]
) -> None:
    network = Network(allow_private=False, resolver=resolve, new_tls=ssl.create_default_context)

    with pytest.raises(SendError) as refused:
        network.connect(host, 443, Deadline(5))

    # Some resolvers do not take some spellings: then there is no address at all.
    assert refused.value.message in {
        "The host leads to an address that is not public.",
        "The host name could not be resolved.",
    }
    assert connected == []


@pytest.mark.parametrize("addresses", LIES.values(), ids=LIES)
def test_no_address_of_a_name_is_tried_unless_all_are_public(
    addresses: list[str], connected: list[object]
) -> None:
    with pytest.raises(SendError, match="not public") as refused:
        strict(*addresses).send("POST", "https://hooks.example.com/", headers={}, body=b"")

    assert refused.value.refusal is Refusal.FINAL
    assert connected == []


def test_a_name_that_turns_private_after_it_was_saved_is_refused(connected: list[object]) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    http = a_http(allow_private=False, resolver=lambda _host, _port: next(answers))
    http.check_url("https://rebinding.example.com/")

    with pytest.raises(SendError, match="not public"):
        http.send("POST", "https://rebinding.example.com/", headers={}, body=b"")

    assert connected == []


def test_a_name_is_resolved_once_and_exactly_the_judged_address_is_used(
    connected: list[object],
) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    http = a_http(allow_private=False, resolver=lambda _host, _port: next(answers))

    with pytest.raises(SendError, match="refused the connection") as failed:
        http.send("POST", "https://rebinding.example.com/", headers={}, body=b"")

    assert failed.value.refusal is Refusal.DOWN
    assert connected == [("93.184.216.34", 443)]


def test_the_other_addresses_are_tried_if_the_first_does_not_answer(
    connected: list[object],
) -> None:
    public = ["2606:4700:4700::1111", "1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4"]

    with pytest.raises(SendError):
        strict(*public).send("POST", "https://hooks.example.com/", headers={}, body=b"")

    assert connected == [(address, 443) for address in public[:4]]


@pytest.mark.parametrize(
    ("told", "tried"),
    [
        (["2606::1", "2606::2", "2606::3", "2606::4", "1.1.1.1"], ["2606::1", "1.1.1.1", "2606::2", "2606::3"]),
        (["1.1.1.1", "8.8.8.8", "2606::1", "2606::2"], ["1.1.1.1", "2606::1", "8.8.8.8", "2606::2"]),
        (["2606::1", "2606::2"], ["2606::1", "2606::2"]),
    ],
)  # fmt: skip
def test_ipv6_and_ipv4_are_tried_by_turns_for_one_of_them_may_lead_nowhere(
    told: list[str], tried: list[str], connected: list[object]
) -> None:
    with pytest.raises(SendError):
        strict(*told).send("POST", "https://hooks.example.com/", headers={}, body=b"")

    assert connected == [(address, 443) for address in tried]


def test_local_runs_may_not_connect_to_metadata(connected: list[object]) -> None:
    http = a_http(resolver=lambda _host, _port: ["169.254.169.254"])

    with pytest.raises(SendError, match="not public"):
        http.send("POST", "http://metadata.example.com/", headers={}, body=b"")

    assert connected == []


def test_an_unknown_name_may_be_known_later() -> None:
    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror

    with pytest.raises(SendError, match="could not be resolved") as failed:
        a_http(resolver=unknown).send("POST", "https://hooks.example.com/", headers={}, body=b"")

    assert failed.value.refusal is Refusal.DOWN


@pytest.fixture
def held_up() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_name_server_that_does_not_answer_holds_nobody_up(held_up: threading.Event) -> None:
    def slow(_host: str, _port: int) -> Sequence[str]:
        held_up.wait()
        return ["93.184.216.34"]

    with pytest.raises(SendError, match="not resolved in time") as failed:
        a_http(resolver=slow, deadline_seconds=HASTY_SECONDS).send(
            "POST", "https://hooks.example.com/", headers={}, body=b""
        )

    assert failed.value.refusal is Refusal.DOWN


def test_a_name_is_judged_for_every_request() -> None:
    asked = []

    def resolver(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1" if len(asked) == 1 else "169.254.169.254"]

    http = a_http(resolver=resolver)
    with answering(OK) as receiver:
        assert http.send("POST", receiver.url, headers={}, body=b"{}").status_code == 200
        with pytest.raises(SendError, match="not public"):
            http.send("POST", receiver.url, headers={}, body=b"{}")
