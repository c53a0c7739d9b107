"""Guarded HTTP: one request to a hostile URL, and what a worker needs to know of the answer.

urllib3's connections do the protocol. Its pools stay out of it: they log URLs, which hold
secrets here, have no place for a request's own deadline, and share connections. Ours are used
once: whatever comes over one can only be about the one request that was sent over it.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from triggers_api import loops
from triggers_api.channels.deadlines import Deadline, Watchdog
from triggers_api.channels.limits import LimitedAnswer
from triggers_api.channels.network import Network, Resolver, SendError, explained, resolve
from triggers_api.channels.urls import RefusedTargetError, Target, check_url
from triggers_api.push.channel import Refusal

Watch = Callable[[str, str], AbstractContextManager[Callable[[int], None]]]
"""Goes around a request, by its method and host, and is told the status of the answer."""


def unwatched(_method: str, _host: str) -> AbstractContextManager[Callable[[int], None]]:
    """Nobody wants to know."""
    return nullcontext(lambda _status: None)


DEADLINE_SECONDS: Final = 15.0
DEADLINE_SECONDS_AT_MOST: Final = 30.0  # that a config may ask for
EXCERPT_BYTES: Final = 4096
USER_AGENT: Final = "triggers-api"
# Firewalls take what names neither itself nor what it accepts for a robot.
_USUAL: Final = {"Accept": "*/*", "User-Agent": USER_AGENT, "Connection": "close"}
_FAILURES: Final = (OSError, HTTPException, HTTPError, ValueError)


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered; of the body no more than an excerpt, as it came."""

    status_code: int
    headers: Mapping[str, str]  # names in lower case; one that came more than once, joined
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
        longest_seconds: float = DEADLINE_SECONDS_AT_MOST,
        watch: Watch = unwatched,
        cdn_loop: str = loops.PRODUCT,
    ) -> None:
        """`allow_private` is for local runs and tests: http, any port, 127.0.0.1, own networks.

        The deadline is for the whole of a request: name, connection, TLS, body, answer. Who sends
        may ask for another one, but never for more than `longest_seconds`. `cdn_loop` is how every
        request says whose it is: see `loops.py`.
        """
        self.network = Network(allow_private=allow_private, resolver=resolver, new_tls=new_tls)
        self.watchdog = Watchdog()
        self.deadline_seconds = deadline_seconds
        self._longest_seconds = longest_seconds
        self._watch = watch
        self._cdn_loop = cdn_loop

    def check_spelling(self, url: str) -> Target:
        """Raise `RefusedTargetError` for what `send` would refuse without asking a name server."""
        return check_url(url, allow_private=self.network.allow_private)

    def check_url(self, url: str) -> None:
        """Raise `RefusedTargetError` for what `send` would refuse today. May take seconds."""
        target = self.check_spelling(url)
        self.network.check(target.host, target.port)

    def deadline(self, asked_seconds: float | None = None) -> AbstractContextManager[Deadline]:
        """For several requests that are one to whoever waits for them."""
        seconds = self.deadline_seconds if asked_seconds is None else asked_seconds
        return self.watchdog.deadline(min(seconds, self._longest_seconds))

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout_seconds: float | None = None,
        deadline: Deadline | None = None,
    ) -> Response:
        """Send it and answer what was answered; redirects are answers. Else `SendError`.

        It has a deadline of its own, after `timeout_seconds` if given, or shares one.
        """
        try:
            target = check_url(url, allow_private=self.network.allow_private)
        except RefusedTargetError as error:
            raise SendError(
                f"The URL is refused: {error.message}.", refusal=Refusal.FINAL
            ) from None
        watched = self._watch(method, target.host)
        with (
            watched as answered,
            # Before the deadline begins: that certificates are loaded is not the receiver's doing.
            closing(_new_connection(target, self.network)) as connection,
            self.deadline(timeout_seconds) if deadline is None else _shared(deadline) as until,
        ):
            connection.use_until(until)
            try:
                marked = {**_with_usual(headers), loops.HEADER: self._cdn_loop}
                answer = connection.ask(method, target.path, marked, body)
            except _FAILURES as error:
                raise explained(error, until) from None
            answered(answer.status)
            return _read(answer)


@contextmanager
def _shared(deadline: Deadline) -> Iterator[Deadline]:
    """The same deadline, which lets go of the connection of each request when that is done."""
    try:
        yield deadline
    finally:
        deadline.release()


def _with_usual(headers: Mapping[str, str]) -> dict[str, str]:
    """A config may say what it accepts."""
    said = {name.lower() for name in headers}
    usual = {name: value for name, value in _USUAL.items() if name.lower() not in said}
    return {**usual, **headers}


def _read(answer: HTTPResponse) -> Response:
    """The status has come, so it counts, whatever becomes of the body."""
    excerpt = b""
    with suppress(*_FAILURES), closing(answer):
        while len(excerpt) < EXCERPT_BYTES:
            part = answer.read1(EXCERPT_BYTES - len(excerpt), decode_content=False)
            if not part:
                break
            excerpt += part
    headers = {name.lower(): ", ".join(answer.headers.getlist(name)) for name in answer.headers}
    # A chunk of a negative size brings more than was asked for.
    return Response(answer.status, headers, excerpt[:EXCERPT_BYTES].decode("utf-8", "replace"))


class _Guarded:
    """What both kinds of connection do differently from urllib3's."""

    network: Network
    deadline: Deadline
    host: str
    port: int
    timeout: float
    _dns_host: str
    _response_options: Any
    response_class = LimitedAnswer
    connect: Callable[[], None]
    request: Callable[..., None]

    def use_until(self, deadline: Deadline) -> None:
        """Have no more time than that for the request."""
        self.deadline = deadline
        self.timeout = deadline.seconds

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> HTTPResponse:
        """Send a request and wait for the status and the headers of its answer."""
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
        connection = _TlsConnection(target.host, target.port, ssl_context=network.tls("http"))
    else:
        connection = _PlainConnection(target.host, target.port)
    connection.network = network
    return connection
