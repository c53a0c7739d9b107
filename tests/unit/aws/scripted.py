"""A server on loopback that says, on each connection, what a test wrote for it."""

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

CLOSE = b""
"""In place of an answer: the connection ends."""


@dataclass
class Scripted:
    """What was asked, connection by connection."""

    url: str
    asked: list[list[bytes]] = field(default_factory=list)


def http(body: bytes = b"{}", status: int = 200, **headers: str) -> bytes:
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{named}\r\n".encode() + body


@contextmanager
def serving(*connections: Sequence[bytes], tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """On the n-th connection, these answers in turn; then it ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        scripted = Scripted(f"{'https' if tls else 'http'}://127.0.0.1:{port}")

        def accept() -> None:
            for answers in connections:
                try:
                    connection, _ = server.accept()
                    if tls is not None:
                        connection = tls.wrap_socket(connection, server_side=True)
                except OSError:  # the test is over, or the client does not trust us
                    continue
                asked: list[bytes] = []
                scripted.asked.append(asked)
                threading.Thread(
                    target=_converse, args=(connection, answers, asked), daemon=True
                ).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield scripted
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def _converse(connection: socket.socket, answers: Sequence[bytes], asked: list[bytes]) -> None:
    with connection, connection.makefile("rb") as reader:
        for answer in answers:
            length, line = 0, reader.readline()
            if not line:  # the other end has gone
                return
            while line.strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                line = reader.readline()
            asked.append(reader.read(length))
            if answer is CLOSE:
                return
            connection.sendall(answer)
        reader.read(1)  # until the other end has gone
