"""The only way out: connects to public addresses, and tells why it did not.

A name is resolved once; if any of its addresses is not public, nothing is connected to, and
otherwise the connection goes to exactly the addresses that were judged. So it does not matter
what the same name answers to whoever asks next.
"""

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import zip_longest
from typing import Final

from triggers_api.channels.deadlines import Deadline
from triggers_api.channels.limits import TooMuchError
from triggers_api.channels.urls import RefusedTargetError, is_private, is_public
from triggers_api.push.channel import Refusal

Resolver = Callable[[str, int], Sequence[str]]
"""Tells a host name's addresses; injected, so that a test can lie. Raises OSError."""

_MAX_ADDRESSES: Final = 4  # that are tried, one after another
_MAX_CONNECT_SECONDS: Final = 5.0  # for one of several addresses
_CHECK_SECONDS: Final = 3.0  # for a name, while somebody waits for a config to be saved
_WORDS: Final[dict[type[Exception], str]] = {  # the special before the general
    ssl.SSLError: "The host could not be talked to over TLS.",
    TooMuchError: "The host said more than is taken before it came to the point.",
    ConnectionRefusedError: "The host refused the connection.",
    OSError: "The connection failed.",
}


class SendError(Exception):
    """Nothing was answered; the message is a sentence for people, without secrets."""

    def __init__(self, message: str, *, refusal: Refusal = Refusal.DOWN) -> None:
        """`refusal` is what it means for the push."""
        super().__init__(message)
        self.message = message
        self.refusal = refusal


def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Network:
    """Connects; knows what is allowed, and the certificates that are trusted."""

    def __init__(
        self,
        *,
        allow_private: bool,
        resolver: Resolver,
        new_tls: Callable[[], ssl.SSLContext],
    ) -> None:
        """`allow_private` is for local runs and tests: 127.0.0.1 and private networks."""
        self.allow_private = allow_private
        self._resolver = resolver
        self._new_tls = new_tls
        self._tls: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def tls(self, protocol: str) -> ssl.SSLContext:
        """Made at a protocol's first use, then shared: loading the certificates takes 40 ms.

        Not shared among protocols: what urllib3 offers by ALPN no mail server speaks.
        """
        with self._lock:
            if protocol not in self._tls:
                self._tls[protocol] = self._new_tls()
            return self._tls[protocol]

    def connect(self, host: str, port: int, deadline: Deadline) -> socket.socket:
        """A connection that the deadline holds, or `SendError`."""
        addresses = _by_turns(self.judge(host, port, deadline))[:_MAX_ADDRESSES]
        for address in addresses[:-1]:
            try:
                return _connect(address, port, deadline, _MAX_CONNECT_SECONDS)
            except OSError:
                continue
        try:
            return _connect(addresses[-1], port, deadline, deadline.seconds)
        except OSError as error:
            raise explained(error, deadline) from None

    def check(self, host: str, port: int) -> None:
        """Raise `RefusedTargetError` if the name leads to a private address today.

        A name that is not known yet passes: what counts is where it leads when something is sent.
        """
        try:
            self.judge(host, port, Deadline(_CHECK_SECONDS))
        except SendError as error:
            if error.refusal is Refusal.FINAL:
                message = "the host leads to an address that is not public"
                raise RefusedTargetError(message, "not_public") from None

    def judge(self, host: str, port: int, deadline: Deadline) -> Sequence[str]:
        """The host's addresses, all of them allowed; else `SendError`."""
        addresses = _resolve_within(deadline, partial(self._resolver, host, port))
        if not all(map(self._is_allowed, addresses)):
            raise SendError(
                "The host leads to an address that is not public.", refusal=Refusal.FINAL
            )
        return addresses

    def _is_allowed(self, address: str) -> bool:
        return is_public(address) or (self.allow_private and is_private(address))


def _resolve_within(deadline: Deadline, resolve_host: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Ask in a thread of its own: the system's resolver has no time limit that we could set."""
    answers: queue.SimpleQueue[Sequence[str]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve_host())
        except (OSError, UnicodeError):
            answers.put(())

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        addresses = answers.get(timeout=deadline.remaining())
    except queue.Empty:
        raise SendError("The host name was not resolved in time.") from None
    if not addresses:
        raise SendError("The host name could not be resolved.")
    return addresses


def _by_turns(addresses: Sequence[str]) -> Sequence[str]:
    """IPv6 and IPv4 by turns, beginning with the resolver's first (RFC 8305, 4).

    Where one of the two leads nowhere, all addresses that are tried may be of that one.
    """
    v6 = [each for each in addresses if ":" in each]
    v4 = [each for each in addresses if ":" not in each]
    turns = zip_longest(v6, v4) if addresses[0] in v6 else zip_longest(v4, v6)
    return [each for turn in turns for each in turn if each is not None]


def _connect(address: str, port: int, deadline: Deadline, seconds: float) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        # 0 would mean not to wait at all, which reads as another error.
        connection.settimeout(max(0.001, min(seconds, deadline.remaining())))
        connection.connect((address, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(max(0.001, deadline.remaining()))
        deadline.hold(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def explained(error: Exception, deadline: Deadline) -> SendError:
    """What went wrong on the way, in words of our own: an error's text may quote the URL."""
    if deadline.has_passed or isinstance(error, TimeoutError) or not deadline.remaining():
        return SendError(f"No full answer came within {deadline.seconds:g} seconds.")
    if isinstance(error, ssl.SSLCertVerificationError):
        return SendError(f"The host's certificate was not accepted: {error.verify_message}.")
    for kind, message in _WORDS.items():
        if isinstance(error, kind):
            return SendError(message)
    return SendError("What came was no valid answer.")
