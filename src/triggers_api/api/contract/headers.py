"""The headers of answers, each described once, and which answers have those that many have."""

from typing import Any, Final

HEADERS: Final[dict[str, dict[str, Any]]] = {
    "X-Request-Id": {
        "schema": {"type": "string"},
        "description": "The id of this request; name it when you ask us.",
        "example": "63add3ca-27b9-4b63-8cc0-2bf6b4832bda",
    },
    "Location": {
        "schema": {"type": "string", "format": "uri-reference"},
        "description": "What was made, relative to the URL of the request.",
        "example": "events/evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5",
    },
    "Link": {
        "schema": {"type": "string"},
        "description": 'The next page, if any: `<?cursor=…>; rel="next"`, relative (RFC 8288).',
        "example": '<?limit=1&cursor=ZWyRsHCzOC45rJgk>; rel="next"',
    },
    "ETag": {
        "schema": {"type": "string"},
        "description": "Changes whenever the answer does; send it as `If-None-Match`.",
        "example": '"4bb5bef3452c0adcb5e63ffe128878fd"',
    },
    "Cache-Control": {
        "schema": {"type": "string"},
        "description": "Who may keep the answer, and how long: its caller alone, who asks each "
        "time, unless it says otherwise.",
        "example": "private, no-cache",
    },
    "Idempotency-Replayed": {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "The event was stored by an earlier request with this key.",
    },
    "Accept": {
        "schema": {"type": "string"},
        "description": "The media types that would be taken, if it was the type.",
        "example": "application/json",
    },
    "Accept-Encoding": {
        "schema": {"type": "string"},
        "description": "The encoding that would be taken, if it was that: none.",
        "example": "identity",
    },
    "WWW-Authenticate": {
        "schema": {"type": "string"},
        "description": "That a bearer token is wanted.",
        "example": 'Bearer realm="triggers-api"',
    },
    "Retry-After": {
        "schema": {"type": "integer", "minimum": 1},
        "description": "Seconds to wait before the same request may succeed.",
        "example": 1,
    },
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": "The limit: so many requests at once, and the seconds in which that many "
        "come back. Every answer to a live key has it, where the deployment has a limit.",
        "example": '"tenant";q=1000;w=2',
    },
    "RateLimit": {
        "schema": {"type": "string"},
        "description": "Where known, what is left, and seconds until more.",
        "example": '"tenant";r=17;t=2',
    },
}


def headers(*names: str) -> dict[str, Any]:
    """Headers of an answer, by reference."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def add_headers(status: str, answer: dict[str, Any], *, with_key: bool) -> None:
    """What every answer has, and every answer to a live key."""
    names = ["X-Request-Id"]
    if with_key and status != "401":
        names += ["RateLimit-Policy", "RateLimit"]
    answer["headers"] = answer.get("headers", {}) | headers(*names)
