"""The pages for people, as files that were built beforehand: the console, the docs, the front.

`console/build.mjs` writes them into `static/`, each with a compressed copy. They are public: what a
page shows comes from the API, with the key of whoever reads it.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request, Response

from triggers_api.errors import NotFoundError

STATIC: Final = Path(__file__).parent.parent / "static"

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Nothing from elsewhere and nothing inline: a text that got into a page could not run there.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
)
_NOBODY: Final = "'none'"  # a page that hid this one under its own could have a click guided
_HEADERS: Final = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}
_PAGE_AGE: Final = "no-cache"  # its scripts have new names after each release
_FILE_AGE: Final = "public, max-age=31536000, immutable"  # its name holds a hash of its content
_REMEMBERED: Final = 32  # files; there are fewer


@dataclass(frozen=True, slots=True)
class _File:
    media_type: str
    content: bytes
    packed: bytes


def install(app: FastAPI, frame_ancestors: str = "") -> None:
    """Serve both, and a front page that leads to them.

    Their addresses have no slash at their end: there is never a redirect. Pages of
    `frame_ancestors`, origins with spaces between them, may show the console in a frame.
    """
    static = STATIC
    console_policy = {"Content-Security-Policy": _POLICY + (frame_ancestors or _NOBODY)}
    policy = {"Content-Security-Policy": _POLICY + _NOBODY}

    @app.get("/", include_in_schema=False)
    async def front(request: Request) -> Response:
        return _answer(request, static / "console" / "front.html", _PAGE_AGE, policy)

    @app.get("/console", include_in_schema=False)
    async def console(request: Request) -> Response:
        return _answer(request, static / "console" / "console.html", _PAGE_AGE, console_policy)

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        return _answer(request, static / "console" / "docs.html", _PAGE_AGE, policy)

    @app.get("/console/files/{name}", include_in_schema=False)
    async def console_file(request: Request, name: str) -> Response:
        return _answer(request, static / "console" / name, _FILE_AGE, policy)


def _answer(request: Request, path: Path, age: str, policy: dict[str, str]) -> Response:
    file = _read(path)
    headers = _HEADERS | policy | {"Cache-Control": age}
    if _takes_gzip(",".join(request.headers.getlist("accept-encoding"))):
        headers["Content-Encoding"] = "gzip"
        return Response(file.packed, headers=headers, media_type=file.media_type)
    return Response(file.content, headers=headers, media_type=file.media_type)


def _takes_gzip(accepted: str) -> bool:
    """Whether it is among the codings of these headers, as RFC 9110 reads them (12.5.3).

    A coding's own weight counts before that of `*`; one of 0, or that is no number, refuses it.
    """
    weights = {}
    for each in accepted.lower().split(","):
        coding, _, parameter = each.partition(";")
        _, _, weight = parameter.partition("=")
        weights[coding.strip()] = weight.strip() or "1"
    try:
        return float(weights.get("gzip", weights.get("*", "0"))) > 0
    except ValueError:
        return False


@lru_cache(maxsize=_REMEMBERED)
def _read(path: Path) -> _File:
    """A file that was built. Raises `NotFoundError`."""
    packed = path.with_name(f"{path.name}.gz")
    if path.suffix not in _TYPES or not _is_there(packed):
        raise NotFoundError("There is nothing at this path.", code="route_not_found")
    return _File(_TYPES[path.suffix], path.read_bytes(), packed.read_bytes())


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False  # a name that no file can have: anybody may ask for one of 300 letters
