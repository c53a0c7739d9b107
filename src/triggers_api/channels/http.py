"""Guarded HTTP: one request to a hostile URL, and what a worker needs to know of the answer.

urllib3's connections do the protocol. Its pools stay out of it: they log URLs, which hold
secrets here, and have no place for a request's own deadline.
"""

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from triggers_api.channels.deadlines import Deadline, Watchdog
from triggers_api.channels.limits import LimitedHead
from triggers_api.channels.network import Network, Resolver, SendError, explained, resolve
from triggers_api.channels.urls import RefusedTargetError, Target, check_url
from triggers_api.channels.watch import Watch, unwatched
from triggers_api.push.channel import Refusal

DEADLINE_SECONDS: Final = 15.0
EXCERPT_BYTES: Final = 4096
_FAILURES: Final = (OSError, HTTPException, HTTPError, ValueError)
_MAX_IDLE: Final = 64
# Receivers close idle connections, and a frozen Lambda does not see it; the young are safe to use.
_IDLE_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered; of the body no more than an excerpt, as it came."""

    status_code: int
    headers: Mapping[str, str]  # names in lower case
    body_excerpt: str


class GuardedHttp:
    """Sends requests; safe to share among threads."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        resolver: Resolver = resolve,
        new_tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        deadline_seconds: float = DEADLINE_SECONDS,
        watch: Watch = unwatched,
    ) -> None:
        """`allow_private` is for local runs and tests: http, any port, 127.0.0.1, own networks.

        The deadline is for the whole of a request: name, connection, TLS, body, answer.
        """
        self.network = Network(allow_private=allow_private, resolver=resolver, new_tls=new_tls)
        self.watchdog = Watchdog()
        self.deadline_seconds = deadline_seconds
        self._watch = watch
        self._idle = _IdleConnections()

    def check_url(self, url: str) -> None:
        """Raise `RefusedTargetError` for what `send` would refuse today."""
        target = check_url(url, allow_private=self.network.allow_private)
        self.network.check(target.host, target.port)

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Response:
        """Send it and answer what was answered; redirects are answers. Else `SendError`."""
        try:
            target = check_url(url, allow_private=self.network.allow_private)
        except RefusedTargetError as error:
            raise SendError(
                f"The URL is refused: {error.message}.", refusal=Refusal.FINAL
            ) from None
        watched = self._watch(method, target.host)
        with watched as answered, self.watchdog.deadline(self.deadline_seconds) as deadline:
            connection = self._idle.take(target) or _new_connection(target, self.network)
            try:
                connection.use_until(deadline)
                answer = connection.ask(method, target.path, headers, body)
            except _FAILURES as error:
                connection.close()
                raise explained(error, deadline) from None
            except BaseException:
                connection.close()
                raise
            answered(answer.status)
            return self._read(answer, connection, target)

    def close(self) -> None:
        """Let go of the idle connections; whoever ends before the process does is so polite."""
        self._idle.close()

    def _read(self, answer: HTTPResponse, connection: "_Connection", target: Target) -> Response:
        """The status has come, so it counts, whatever becomes of the body."""
        excerpt = b""
        is_complete = False
        with suppress(*_FAILURES):
            while len(excerpt) < EXCERPT_BYTES and not is_complete:
                part = answer.read1(EXCERPT_BYTES - len(excerpt), decode_content=False)
                excerpt += part
                is_complete = not part
        answer.close()
        if is_complete and answer.status != HTTPStatus.SWITCHING_PROTOCOLS and connection.is_clean:
            connection.deadline.release()  # before the connection is somebody else's
            self._idle.give(target, connection)
        else:
            connection.close()
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status, headers, excerpt.decode("utf-8", "replace"))


class _Guarded:
    """What both kinds of connection do differently from urllib3's."""

    network: Network
    deadline: Deadline
    host: str
    port: int
    timeout: float
    sock: Any
    _dns_host: str
    _response_options: Any
    response_class = LimitedHead
    connect: Callable[[], None]
    request: Callable[..., None]

    def use_until(self, deadline: Deadline) -> None:
        """Take part in another exchange."""
        self.deadline = deadline
        self.timeout = deadline.seconds
        if self.sock is not None:
            deadline.hold(self.sock)

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> HTTPResponse:
        """Send a request and wait for the status and the headers of its answer."""
        if self.sock is None:
            self.connect()
        # Who refuses a body may answer and hang up before having read it.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.request(
                method,
                path,
                body=body,
                headers=headers,
                preload_content=False,
                decode_content=False,
            )
        answer = self.getresponse()
        if self.deadline.has_passed:  # headers that are cut off read like headers that end
            answer.close()
            raise TimeoutError
        return answer

    @property
    def is_clean(self) -> bool:
        """Whether it is open, and TLS has not read ahead: of that a look at the socket is blind."""
        read_ahead = getattr(self.sock, "pending", int)
        return self.sock is not None and read_ahead() == 0

    def _new_conn(self) -> Any:
        return self.network.connect(self._dns_host, self.port, self.deadline)

    def getresponse(self) -> HTTPResponse:
        """The answer. urllib3 logs the URL of one with malformed headers; ours are secret."""
        self._response_options = self._response_options._replace(request_url="/")
        answer = super().getresponse()  # type: ignore[misc]
        assert isinstance(answer, HTTPResponse)
        return answer


class _PlainConnection(_Guarded, HTTPConnection):  # type: ignore[misc]  # what _Guarded narrows
    pass


class _TlsConnection(_Guarded, HTTPSConnection):  # type: ignore[misc]  # as above
    pass


_Connection = _PlainConnection | _TlsConnection


def _new_connection(target: Target, network: Network) -> _Connection:
    connection: _Connection
    if target.scheme == "https":
        connection = _TlsConnection(target.host, target.port, ssl_context=network.tls)
    else:
        connection = _PlainConnection(target.host, target.port)
    connection.network = network
    return connection


class _IdleConnections:
    """Connections whose last answer was read to its end, for the next request to the same place."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[tuple[str, str, int], float, _Connection]] = []  # oldest first

    def take(self, target: Target) -> _Connection | None:
        """The youngest that leads there and is still open."""
        oldest = time.time() - _IDLE_SECONDS
        stale: list[_Connection] = []
        with self._lock:
            found = None
            for entry in reversed(self._idle.copy()):
                origin, since, connection = entry
                if since < oldest or (found is None and origin == _origin(target)):
                    self._idle.remove(entry)
                    if found is None and since >= oldest and connection.is_connected:
                        found = connection
                    else:
                        stale.append(connection)
        for connection in stale:
            connection.close()
        return found

    def give(self, target: Target, connection: _Connection) -> None:
        """Keep it for a while."""
        with self._lock:
            self._idle.append((_origin(target), time.time(), connection))
            surplus = self._idle.pop(0) if len(self._idle) > _MAX_IDLE else None
        if surplus is not None:
            surplus[2].close()

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            idle = self._idle.copy()
            self._idle.clear()
        for _, _, connection in idle:
            connection.close()


def _origin(target: Target) -> tuple[str, str, int]:
    return target.scheme, target.host, target.port
