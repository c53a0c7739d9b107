"""A DynamoDB in a process of its own, over HTTP: its CPU is not measured, a client's is."""

import json
import multiprocessing
import socket
import threading
from collections.abc import Callable
from typing import Any
from zlib import crc32

Answer = Callable[[str, dict[str, Any]], dict[str, Any]]


def serve(answer: Answer) -> str:
    """The URL at which `answer(operation, request)` answers, as long as this process lives."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    fork = multiprocessing.get_context("fork")
    fork.Process(target=_accept, args=(listening, answer), daemon=True).start()
    listening.close()
    return f"http://127.0.0.1:{port}"


def _accept(listening: socket.socket, answer: Answer) -> None:
    while True:
        connection, _ = listening.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_converse, args=(connection, answer), daemon=True).start()


def _converse(connection: socket.socket, answer: Answer) -> None:
    reader = connection.makefile("rb")
    while reader.readline():
        headers = dict(_headers(reader))
        request = json.loads(reader.read(int(headers["content-length"])))
        operation = headers["x-amz-target"].rpartition(".")[2]
        body = json.dumps(answer(operation, request)).encode()
        head = (
            "HTTP/1.1 200 OK\r\nServer: Server\r\nDate: Sun, 29 Nov 2026 20:00:00 GMT\r\n"
            "Content-Type: application/x-amz-json-1.0\r\nConnection: keep-alive\r\n"
            f"x-amzn-RequestId: {'A1B2' * 13}\r\nx-amz-crc32: {crc32(body)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)


def _headers(reader: Any) -> Any:
    while line := reader.readline().decode().strip():
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()
