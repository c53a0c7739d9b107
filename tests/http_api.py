"""Calls the API's Lambda handler as API Gateway does."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from triggers_api.handlers.traces import Handler

_TEXTS = frozenset({"application/json", "application/xml", "application/javascript", "text/plain"})
ORIGIN = "https://api.example.com"


@dataclass(frozen=True)
class Answer:
    """What a client gets."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str | None:
        """The code of an error."""
        code: str | None = self.json()["error"]
        return code

    @property
    def next_url(self) -> str | None:
        """Where the Link header leads to, resolved as a browser does."""
        link = self.headers.get("link")
        if link is None:
            return None
        reference, _, relation = link.partition(">; ")
        assert reference.startswith("<")
        assert relation == 'rel="next"'
        return urljoin(self.url, reference[1:])


@dataclass(frozen=True)
class Api:
    """The API behind one URL, called with one key."""

    handler: Handler
    token: str | None = None
    request_id: str = "JKJaXmPLvHcESHA="

    def calling_with(self, token: str | None) -> "Api":
        return replace(self, token=token)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        """Post a body: bytes and text as they are, anything else as JSON."""
        return self.send("POST", path, body, headers)

    def send(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send any request; underscores in the names of headers are dashes."""
        url = urljoin(ORIGIN, path)
        named = {name.lower().replace("_", "-"): value for name, value in (headers or {}).items()}
        if self.token is not None:
            named = {"authorization": f"Bearer {self.token}"} | named
        if body is not None:
            named = {"content-type": "application/json"} | named
        return _answer(self.handler(_event(method, url, named, body, self.request_id), None), url)

    def walk(self, path: str) -> list[dict[str, Any]]:
        """Every item of a list, following its links."""
        answer = self.get(path)
        found = answer.json()
        while (url := answer.next_url) is not None:
            answer = self.get(url)
            found += answer.json()
        return list(found)


def _event(
    method: str, url: str, headers: dict[str, str], body: object, request_id: str
) -> dict[str, Any]:
    parts = urlsplit(url)
    raw = _raw(body)
    text, is_base64 = _handed_on(raw, headers.get("content-type", ""))
    if raw and headers.get("transfer-encoding") != "chunked":
        headers = {"content-length": str(len(raw))} | headers
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": parts.netloc,
            "http": {
                "method": method,
                "path": parts.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "tests",
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": "21/Nov/2026:22:55:18 +0000",
            "timeEpoch": 1795301718123,
        },
        "body": text,
        "isBase64Encoded": is_base64,
    }


def _raw(body: object) -> bytes:
    if body is None:
        return b""
    raw = body.encode() if isinstance(body, str) else body
    return raw if isinstance(raw, bytes) else json.dumps(raw).encode()


def _handed_on(raw: bytes, content_type: str) -> tuple[str | None, bool]:
    """The body as the gateway hands it on: as text, whatever it is, if its type says so."""
    if not raw:
        return None, False
    if content_type.partition(";")[0].strip().lower() in _TEXTS:
        return raw.decode(errors="replace"), False
    return base64.b64encode(raw).decode(), True


def _answer(result: dict[str, Any], url: str) -> Answer:
    body = result["body"] or ""
    raw = base64.b64decode(body) if result["isBase64Encoded"] else body.encode()
    return Answer(result["statusCode"], result["headers"], raw, url)
