import io
import ssl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.channels.pushes import a_http, send
from tests.unit.channels.receivers import (
    OK,
    Certificate,
    answer_of,
    answering,
    dripping,
    make_certificate,
)
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.network import SendError
from triggers_api.push.channel import Refusal


def test_a_trusted_certificate_is_trusted(certificate: Certificate) -> None:
    http = a_http(new_tls=certificate.of_client)
    with answering(OK, tls=certificate.of_server()) as receiver:
        assert send(http, receiver.url).status_code == 200
        assert send(http, receiver.url).status_code == 200


def test_an_unknown_certificate_is_not_and_may_be_mended(
    certificate: Certificate, http: GuardedHttp
) -> None:
    with (
        answering(OK, tls=certificate.of_server()) as receiver,
        pytest.raises(SendError, match="certificate was not accepted") as failed,
    ):
        send(http, receiver.url)

    assert failed.value.refusal is Refusal.DOWN
    assert receiver.requests == []


def test_the_certificate_must_be_for_the_name_and_not_for_the_address(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, host="hooks.example.com")
    http = a_http(new_tls=certificate.of_client, resolver=lambda _host, _port: ["127.0.0.1"])
    with (
        answering(OK, tls=certificate.of_server()) as receiver,
    ):
        assert send(http, f"https://hooks.example.com:{receiver.port}/").status_code == 200
        with pytest.raises(SendError, match="certificate was not accepted"):
            send(http, f"https://other.example.com:{receiver.port}/")


def test_no_tls_where_tls_is_asked_for(http: GuardedHttp) -> None:
    plain = dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"", speaks_first=True)
    with plain as receiver, pytest.raises(SendError, match="over TLS") as failed:
        send(http, receiver.url.replace("http:", "https:"))

    assert failed.value.refusal is Refusal.DOWN


def test_certificates_are_loaded_once_and_only_when_needed() -> None:
    loaded: list[None] = []

    def new_tls() -> ssl.SSLContext:
        loaded.append(None)
        return ssl.create_default_context()

    http = a_http(new_tls=new_tls)
    with answering(OK) as receiver:
        send(http, receiver.url)
        assert loaded == []
        with ThreadPoolExecutor(8) as threads:
            contexts = set(threads.map(lambda _: http.network.tls("http"), range(8)))

    assert len(loaded) == len(contexts) == 1


def test_mail_servers_are_not_offered_http(certificate: Certificate) -> None:
    network = a_http(new_tls=certificate.of_client).network

    assert network.tls("smtp") is not network.tls("http")


def test_what_tls_has_read_ahead_is_never_taken_for_the_next_answer(
    certificate: Certificate,
) -> None:
    """One record of 16 KB is decrypted whole; a look at the socket does not show its rest."""
    filler = b"x" * (io.DEFAULT_BUFFER_SIZE - len(OK))
    answer = OK + filler + answer_of("500 Smuggled")

    http = a_http(new_tls=certificate.of_client)
    with answering(answer, tls=certificate.of_server()) as receiver:
        assert [send(http, receiver.url).status_code for _ in range(3)] == [200] * 3
