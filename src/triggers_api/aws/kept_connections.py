"""HTTP to one endpoint of AWS over connections that are kept, for many threads.

Its errors are botocore's, so that callers need not know who made a call.
"""

import re
import ssl
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from weakref import finalize

import botocore
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

_CONNECT_SECONDS: Final = 1.0
_KEPT: Final = 50  # as many deliveries as one worker makes at once
# A function may have been frozen since: what then went on at the other end was not heard here.
_KEPT_SECONDS: Final = 30.0

_ROOTS: Final = Path(botocore.__file__).with_name("cacert.pem")  # those that botocore trusts
_AMAZONS: Final = re.compile(
    r'# Label: "(?:Amazon Root CA \d|Starfield Services Root Certificate Authority - G2)"'
    r".*?(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)",
    re.DOTALL,
)


class Answer(NamedTuple):
    """What came back; the headers' names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class KeptConnections:
    """See the module; a connection is made when none is left."""

    def __init__(self, url: str, roots: str | None = None, *, seconds: float) -> None:
        """`roots` is a file of certificates; `seconds` are for each read."""
        self._url = url
        self._roots = roots
        self._to = urlsplit(url)
        self._seconds = seconds
        self._idle: deque[tuple[float, HTTPConnection]] = deque()
        self._tls: ssl.SSLContext | None = None
        finalize(self, _close, self._idle)

    def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send this to the root of the endpoint."""
        kept = self._kept()
        if kept is not None:
            with suppress(ConnectionClosedError):  # the other end had enough of it meanwhile
                return self._exchange(kept, headers, body)
        return self._exchange(self._opened(), headers, body)

    def _kept(self) -> HTTPConnection | None:
        with suppress(IndexError):
            # By the wall clock: the monotonic one stands still while a function is frozen.
            since, connection = self._idle.pop()
            if 0 <= time.time() - since < _KEPT_SECONDS:
                return connection
            connection.close()
            _close(self._idle)  # all others are older
        return None

    def _exchange(
        self, connection: HTTPConnection, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        try:
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            content = response.read()
        except TimeoutError as error:
            connection.close()
            raise ReadTimeoutError(endpoint_url=self._url, error=error) from error
        except (HTTPException, OSError) as error:
            connection.close()
            raise ConnectionClosedError(endpoint_url=self._url, error=error) from error
        if response.will_close or len(self._idle) >= _KEPT:
            connection.close()
        else:
            self._idle.append((time.time(), connection))
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, content)

    def _opened(self) -> HTTPConnection:
        try:
            try:
                return self._connected()
            except ssl.SSLCertVerificationError:  # no root of Amazon's, but perhaps another
                self._tls = ssl.create_default_context(cafile=self._roots or str(_ROOTS))
                return self._connected()
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=self._url, error=error) from error
        except ssl.SSLError as error:
            raise SSLError(endpoint_url=self._url, error=error) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=self._url, error=error) from error

    def _connected(self) -> HTTPConnection:
        host, port = self._to.hostname or "", self._to.port
        connection: HTTPConnection
        if self._to.scheme == "https":
            self._tls = self._tls or _trusting(self._roots)
            connection = HTTPSConnection(host, port, timeout=_CONNECT_SECONDS, context=self._tls)
        else:
            connection = HTTPConnection(host, port, timeout=_CONNECT_SECONDS)
        connection.connect()
        connection.sock.settimeout(self._seconds)
        return connection


def _close(idle: deque[tuple[float, HTTPConnection]]) -> None:
    with suppress(IndexError):
        while True:
            idle.pop()[1].close()


def _trusting(roots: str | None) -> ssl.SSLContext:
    """If nothing is given, only Amazon's, which are AWS's: all 140 would take 25 ms of CPU."""
    if roots is not None:
        return ssl.create_default_context(cafile=roots)
    amazons = _AMAZONS.findall(_ROOTS.read_text(encoding="utf-8"))
    return ssl.create_default_context(cadata="\n".join(amazons))
