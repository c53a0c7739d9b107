"""Lists, page by page, as their `Link` headers lead."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from triggers_client.encoding import documents
from triggers_client.errors import UnexpectedAnswerError
from triggers_client.transport import Answer, Transport

Item = TypeVar("Item")
_NEXT = re.compile(r'<(\?[^>]*)>[^,<]*;\s*rel="?next"?')
_NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a list. Only one without `next_path` is the last, also if it is empty."""

    items: list[Item]
    next_path: str | None
    etag: str | None


def path_of(path: str, query: Mapping[str, str | int | None]) -> str:
    """A path with those parameters that are given."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def fetch(transport: Transport, path: str, etag: str | None = None) -> Page[Any] | None:
    """One page; None if nothing has changed since `etag`."""
    headers = {} if etag is None else {"If-None-Match": etag}
    answer = transport.send("GET", path, headers=headers)
    return None if answer.status == _NOT_MODIFIED else _page(answer, path)


def pages(transport: Transport, path: str) -> Iterator[Page[Any]]:
    """Every page from this one on."""
    following: str | None = path
    while following is not None:
        page = fetch(transport, following)
        if page is None:
            raise UnexpectedAnswerError("The API answered 304 to a question without a tag.")
        yield page
        following = page.next_path


def walk(transport: Transport, path: str) -> Iterator[Any]:
    """Every item from this page on."""
    for page in pages(transport, path):
        yield from page.items


def _page(answer: Answer, path: str) -> Page[Any]:
    try:
        items = documents(answer.text)
    except ValueError as cause:
        raise UnexpectedAnswerError("The answer is no list. Is the URL that of the API?") from cause
    found = _NEXT.search(answer.headers.get("link") or "")
    following = path.partition("?")[0] + found[1] if found else None
    return Page(items, following, answer.headers.get("etag"))
