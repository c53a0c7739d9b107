"""How connections to AWS are kept, left and secured."""

import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from tests.unit.aws.scripted import CLOSE, http, serving
from tests.unit.channels.receivers import Certificate, make_certificate
from triggers_api.aws import kept_connections
from triggers_api.aws.kept_connections import KeptConnections


def post(connections: KeptConnections, body: bytes = b"?") -> bytes:
    return connections.post({"x-amz-target": "T"}, body).content


def test_calls_in_turn_share_a_connection() -> None:
    with serving([http(b"1"), http(b"2"), http(b"3")]) as server:
        connections = KeptConnections(server.url, seconds=5)

        answers = [post(connections, each) for each in (b"a", b"b", b"c")]

    assert answers == [b"1", b"2", b"3"]
    assert server.asked == [[b"a", b"b", b"c"]]


def test_an_answer_has_its_status_and_its_headers_in_lower_case() -> None:
    with serving([http(b"no", 400, X_Amzn_RequestId="R")]) as server:
        answer = KeptConnections(server.url, seconds=5).post({}, b"")

    assert (answer.status, answer.content) == (400, b"no")
    assert answer.headers == {"content-length": "2", "x-amzn-requestid": "R"}


def test_one_that_the_other_end_has_closed_costs_no_call() -> None:
    with serving([http(b"1")], [http(b"2")]) as server:
        connections = KeptConnections(server.url, seconds=5)

        assert [post(connections), post(connections)] == [b"1", b"2"]

    assert server.asked[-1] == [b"?"]


def test_one_that_was_closed_while_it_was_asked_is_asked_on_another() -> None:
    with serving([http(b"1"), CLOSE], [http(b"2")]) as server:
        connections = KeptConnections(server.url, seconds=5)

        assert [post(connections), post(connections)] == [b"1", b"2"]


def test_a_new_connection_that_is_closed_is_an_error() -> None:
    with serving([http(b"1"), CLOSE], [CLOSE], [http()]) as server:
        connections = KeptConnections(server.url, seconds=5)
        post(connections)

        with pytest.raises(ConnectionClosedError):
            post(connections)

        assert len(server.asked) == 2


def test_connections_end_with_the_client() -> None:
    with serving([http()]) as server:
        connections = KeptConnections(server.url, seconds=5)
        post(connections)
        ((_, kept),) = connections._idle  # noqa: SLF001
        assert kept.sock is not None

        del connections

        assert kept.sock is None


def test_what_an_answer_closes_is_not_kept() -> None:
    with serving([http(b"1", Connection="close")], [http(b"2")]) as server:
        connections = KeptConnections(server.url, seconds=5)

        assert [post(connections), post(connections)] == [b"1", b"2"]


@pytest.mark.parametrize("hours", [1, -1])  # also if the clock was set meanwhile
def test_after_a_long_sleep_a_connection_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    with serving([http(b"1"), http(b"old")], [http(b"2"), http(b"3")]) as server:
        connections = KeptConnections(server.url, seconds=5)
        assert post(connections) == b"1"

        wakes = time.time() + hours * 3600
        monkeypatch.setattr(time, "time", lambda: wakes)

        assert [post(connections), post(connections)] == [b"2", b"3"]


def test_threads_never_share_one_at_a_time() -> None:
    threads = 8
    together = threading.Barrier(threads)
    with serving(*([http()] * threads * 2 for _ in range(threads))) as server:
        connections = KeptConnections(server.url, seconds=5)

        def twice(number: int) -> None:
            together.wait()
            for turn in range(2):
                post(connections, f"{number}/{turn}".encode())

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(twice, range(threads)))

    asked = sorted(each for connection in server.asked for each in connection)
    assert asked == sorted(f"{n}/{turn}".encode() for n in range(threads) for turn in range(2))


def test_nobody_there_is_an_error_of_the_endpoint() -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        with pytest.raises(EndpointConnectionError):
            post(KeptConnections(url, seconds=5))


def test_who_never_answers_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"

        with pytest.raises(ReadTimeoutError):
            post(KeptConnections(url, seconds=0.05))


def test_who_never_takes_a_connection_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def times_out(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", times_out)

    with pytest.raises(ConnectTimeoutError):
        post(KeptConnections("http://127.0.0.1:1", seconds=5))


def test_what_is_no_http_is_an_error() -> None:
    with (
        serving([b"SSH-2.0-OpenSSH\r\n"]) as server,
        pytest.raises(ConnectionClosedError),
    ):
        post(KeptConnections(server.url, seconds=5))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def test_a_given_root_is_trusted(certificate: Certificate) -> None:
    with serving([http(b"1"), http(b"2")], tls=certificate.of_server()) as server:
        connections = KeptConnections(server.url, str(certificate.path), seconds=5)

        assert [post(connections), post(connections)] == [b"1", b"2"]


def test_no_other_is(certificate: Certificate) -> None:
    of_server = certificate.of_server()
    with serving([http()], [http()], tls=of_server) as server, pytest.raises(SSLError):
        post(KeptConnections(server.url, seconds=5))

    assert server.asked == []


def test_a_root_that_is_not_amazons_is_trusted_where_botocore_trusts_it(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Should AWS ever take another: it costs a handshake in each new process, and no outage."""
    roots = tmp_path / "cacert.pem"
    amazons = kept_connections._ROOTS.read_text()  # noqa: SLF001
    roots.write_text(f"{amazons}\n{Path(certificate.path).read_text()}")
    monkeypatch.setattr(kept_connections, "_ROOTS", roots)
    with serving([http()], [http(b"1")], tls=certificate.of_server()) as server:
        assert post(KeptConnections(server.url, seconds=5)) == b"1"


def test_amazons_roots_are_found_among_botocores() -> None:
    context = kept_connections._trusting(None)  # noqa: SLF001

    names = {dict(part[0] for part in each["subject"])["commonName"] for each in _roots(context)}
    assert names == {
        *(f"Amazon Root CA {number}" for number in (1, 2, 3, 4)),
        "Starfield Services Root Certificate Authority - G2",
    }
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def _roots(context: ssl.SSLContext) -> list[dict[str, tuple[tuple[tuple[str, str], ...], ...]]]:
    return context.get_ca_certs()  # type: ignore[return-value]  # of any shape
