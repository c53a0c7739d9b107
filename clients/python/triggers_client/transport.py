"""Requests over HTTP, tried again where that does no harm."""

import json
import time
import urllib.request
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError

from triggers_client.clocks import answered_at, elapsed, retry_after_seconds
from triggers_client.encoding import Document, read_document
from triggers_client.errors import (
    Problem,
    TriggersError,
    UnexpectedAnswerError,
    UnreachableError,
    error_for,
    words_of,
)
from triggers_client.retry import MAY_SUCCEED_LATER, Attempts, Retry
from triggers_client.version import VERSION

CONNECT_SECONDS = 10.0
_CONNECTIONS = 32
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered, if it was no error."""

    status: int
    headers: Mapping[str, str]
    text: str
    sent_at: float  # on the clock of `elapsed`, before the request went out

    def document(self) -> Document:
        """The body as a JSON object."""
        try:
            return read_document(self.text)
        except ValueError as cause:
            raise UnexpectedAnswerError(
                "The answer is no JSON object. Is the URL that of the API?"
            ) from cause


class Transport:
    """The API at one URL, called with one key.

    Safe for threads. Never follows a redirect: the key would go with it.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None,
        *,
        timeout_seconds: float = 30.0,
        retry: Retry | None = None,
        allow_http: bool = False,
    ) -> None:
        self.url = _checked(url, allow_http=allow_http)
        self.retry = retry or Retry()
        self._headers = {"User-Agent": f"triggers-client/{VERSION}", "Accept": "application/json"}
        if api_key is not None:
            if not api_key.isascii() or not api_key.isprintable() or not api_key.strip():
                raise TriggersError("The API key holds characters that no key has.")
            self._headers["Authorization"] = f"Bearer {api_key.strip()}"
        self._timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=timeout_seconds)
        self._pool = _pool(self.url)
        self._keeps_connections = False  # not before the first answer
        self._ahead_seconds: float | None = None  # of the API's clock before `elapsed`

    def send(
        self,
        method: str,
        path: str,
        body: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        accepted: Collection[int] = (),
    ) -> Answer:
        """Send a request and give its answer; raises a `TriggersError` where there is none.

        What is not repeatable is sent again only if it surely was not done: nobody was
        connected, or the answer was 429. `accepted` are statuses that are no errors here.
        """
        attempts, fresh = Attempts(self.retry), not repeatable
        while True:
            try:
                answer = self._once(method, path, body, headers or {}, fresh=fresh)
                return answer if answer.status in accepted else _accepted(answer)
            except _AgainError as again:
                # A server closes what was idle when it likes: that is no failure of this request.
                if again.lost and self._keeps_connections and not fresh and attempts.are_young:
                    fresh = True
                    continue
                harmless = repeatable or again.not_done
                if not harmless or not attempts.wait(again.retry_after_seconds):
                    raise again.error from again.__cause__

    def now(self) -> float:
        """The time by the API's clock, as it told last; by this machine's before it did."""
        return time.time() if self._ahead_seconds is None else elapsed() + self._ahead_seconds

    def clock_at(self, moment: float) -> datetime | None:
        """What the API's clock said at a moment of `elapsed`, or a bit less; None: it never told."""
        if self._ahead_seconds is None:
            return None
        return datetime.fromtimestamp(moment + self._ahead_seconds, UTC)

    def take_time_from(self, headers: Mapping[str, str]) -> None:
        """Read the API's clock off an answer, if it is there."""
        told = answered_at(headers)
        if told is not None:
            self._ahead_seconds = told.timestamp() - elapsed()

    def _once(
        self,
        method: str,
        path: str,
        body: str | None,
        headers: Mapping[str, str],
        *,
        fresh: bool,
    ) -> Answer:
        sent = self._headers | dict(headers) | ({"Connection": "close"} if fresh else {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent_at = elapsed()
        try:
            # A pool of its own: a server that still closes the last connection could be met again.
            with _pool(self.url) if fresh else nullcontext(self._pool) as pool:
                response = pool.request(
                    method,
                    self.url + path,
                    body=None if body is None else body.encode(),
                    headers=sent,
                    timeout=self._timeout,
                    retries=False,
                    redirect=False,
                )
            text = response.data.decode()
        except HTTPError as cause:
            error = UnreachableError(f"{self.url} does not answer: {_reason(cause)}.")
            not_done, lost = isinstance(cause, NewConnectionError), isinstance(cause, ProtocolError)
            raise _AgainError(error, not_done=not_done, lost=lost) from cause
        except UnicodeDecodeError as cause:
            raise UnexpectedAnswerError("The answer is no UTF-8.") from cause
        self._keeps_connections = True
        self.take_time_from(response.headers)
        return Answer(response.status, response.headers, text, sent_at)


class _AgainError(Exception):
    """It may go well the next time."""

    def __init__(
        self,
        error: TriggersError,
        *,
        not_done: bool,
        lost: bool = False,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.not_done = not_done
        self.lost = lost
        self.retry_after_seconds = retry_after_seconds


def _accepted(answer: Answer) -> Answer:
    """The answer, unless it is an error."""
    if answer.status < HTTPStatus.MULTIPLE_CHOICES or answer.status == HTTPStatus.NOT_MODIFIED:
        return answer
    if answer.status < HTTPStatus.BAD_REQUEST:
        raise UnexpectedAnswerError(
            f"The answer is a redirect ({answer.status}), and the API never sends one."
            " Is the URL that of the API?"
        )
    problem = _problem(answer)
    if answer.status in MAY_SUCCEED_LATER:
        raise _AgainError(
            error_for(problem),
            not_done=answer.status == HTTPStatus.TOO_MANY_REQUESTS,
            retry_after_seconds=problem.retry_after_seconds,
        )
    raise error_for(problem)


def _problem(answer: Answer) -> Problem:
    """The API's shape of an error, or the gateway's, or whatever else stood in the way."""
    try:
        read = json.loads(answer.text)
    except ValueError:
        read = None
    body: dict[str, Any] = read if isinstance(read, dict) else {}
    return Problem(
        answer.status,
        *words_of(body, f"The API answered {answer.status}."),
        request_id=body.get("request_id") or answer.headers.get("x-request-id"),
        retry_after_seconds=retry_after_seconds(answer.headers),
    )


def _reason(error: HTTPError) -> str:
    """The end of urllib3's message, which says what the system said."""
    return str(error).rpartition(": ")[2].rstrip(".") or type(error).__name__


def _checked(url: str, *, allow_http: bool) -> str:
    """The URL without its last slash; refuses one that a key must not be sent to."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise TriggersError(f"'{url}' is no URL of an API, such as https://api.example.com.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK and not allow_http:
        raise TriggersError(f"'{url}' is not https: the API key would travel in the clear.")
    return url.rstrip("/")


def _pool(url: str) -> urllib3.PoolManager:
    """Connections, through the proxy that the environment names."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy is None or host in _LOOPBACK or urllib.request.proxy_bypass(host):
        return urllib3.PoolManager(maxsize=_CONNECTIONS)
    return urllib3.ProxyManager(proxy, maxsize=_CONNECTIONS)
