"""Receivers on 127.0.0.1, honest and hostile, each in threads of its own."""

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True, slots=True)
class Request:
    """As it came over the wire."""

    line: str
    headers: dict[str, str]
    body: bytes


def answer_of(status: str, body: bytes = b"", **headers: str) -> bytes:
    """An HTTP answer; `status` with its reason, header names with underscores."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Receiver:
    """Accepts connections and leaves each to `talk`."""

    talk: Callable[["Receiver", socket.socket], None]
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self.listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.released.set()
        while self.threads:
            for each in (self.listener, *self.connections):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            self.threads.pop().join()
        self.listener.close()

    @property
    def url(self) -> str:
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}/in"

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections.append(connection)
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):  # the client went, or would not talk to us
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self.connections.append(connection)
            self.talk(self, connection)
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    def read_request(self, connection: socket.socket) -> Request | None:
        """The next request on the connection, whole; None if there is none."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return None
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        line, *lines = head.decode().split("\r\n")
        headers = dict(each.split(": ", 1) for each in lines)
        while len(body) < int(headers.get("Content-Length", 0)):
            body += connection.recv(65536)
        request = Request(line, {name.lower(): value for name, value in headers.items()}, body)
        self.requests.append(request)
        return request


def answering(*answers: bytes, tls: ssl.SSLContext | None = None) -> Receiver:
    """Answers requests one after another, the last answer again and again; keeps alive."""
    left = list(answers)

    def talk(receiver: Receiver, connection: socket.socket) -> None:
        while receiver.read_request(connection) is not None:
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return Receiver(talk, tls)


def dripping(head: bytes, drop: bytes, *, speaks_first: bool = False) -> Receiver:
    """Sends `head` at once, then a drop now and then, for ever."""

    def talk(receiver: Receiver, connection: socket.socket) -> None:
        if not speaks_first:
            receiver.read_request(connection)
        connection.sendall(head)
        while not receiver.released.wait(0.02):
            connection.sendall(drop)

    return Receiver(talk)


def pouring(head: bytes, flood: bytes) -> Receiver:
    """Sends as fast as it can, for ever."""

    def talk(receiver: Receiver, connection: socket.socket) -> None:
        receiver.read_request(connection)
        connection.sendall(head)
        while not receiver.released.is_set():
            connection.sendall(flood)

    return Receiver(talk)


def silent() -> Receiver:
    """Takes connections, and neither reads nor answers."""

    def talk(receiver: Receiver, _connection: socket.socket) -> None:
        receiver.released.wait()

    return Receiver(talk)


@contextlib.contextmanager
def unused_port() -> Iterator[int]:
    """A port that refuses connections."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-signed one, and what a server and a trusting client need of it."""

    path: Path

    def of_server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context

    def of_client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.path))


def make_certificate(folder: Path, *, host: str = "127.0.0.1") -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    try:
        subject: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        subject = x509.DNSName(host)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([subject]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return Certificate(path)
