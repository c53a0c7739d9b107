"""Calls the running API byte by byte, where a test is about statuses, headers and bodies.

Whatever merely uses the API has `triggers_client` for that, as `stack.api`.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any, Self

from local.stack import Stack
from triggers_client import Client

TIMEOUT_SECONDS = 30.0  # a cold start on a busy machine takes a few

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # past any proxy


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered."""

    status: int
    headers: Message  # looked up without regard to case
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class RawApi:
    """The API at one URL, called with one key."""

    url: str
    api_key: str

    @classmethod
    def of(cls, stack: Stack) -> Self:
        """The API of a stack, called with its own key."""
        return cls(stack.url, stack.api_key)

    @property
    def client(self) -> Client:
        """The same API, called as any integrator calls it."""
        return Client(self.url, self.api_key)

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def post(self, path: str, body: object = None, idempotency_key: str | None = None) -> Answer:
        """Post a body: bytes as they are, anything else as JSON."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        return self.send("POST", path, body, headers)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send any request; every status is an answer, none an exception."""
        request = urllib.request.Request(self.url + path, body, method=method)  # noqa: S310  # ours
        request.add_header("Authorization", f"Bearer {self.api_key}")
        request.add_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with _direct.open(request, timeout=TIMEOUT_SECONDS) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())


def expect(answer: Answer, status: int) -> Answer:
    """Return the answer if it has this status; fail with its text if not."""
    text = answer.body.decode(errors="replace")[:500]
    assert answer.status == status, f"The API answered {answer.status}: {text}"
    return answer
