"""The query of a request, read so strictly that no part of it is silently ignored."""

from typing import Final
from urllib.parse import parse_qsl, urlencode

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from triggers_api.errors import Detail, InvalidRequestError

_AS_SENT: Final = "query_as_sent"
_NAME_CHARACTERS = 100  # of a name that a caller made up


class EmptyIsAbsent:
    """Wraps the application, so that `?cursor=` asks what no cursor asks, whatever the parameter.

    Shells and workflows fill in a variable that is empty at first. FastAPI has read the query
    before any of its dependencies can.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Drop empty parameters, then call the application."""
        scope[_AS_SENT] = scope["query_string"]
        if scope["query_string"]:
            given = _parameters(scope["query_string"])
            present = [(name, value) for name, value in given if value]
            if len(present) < len(given):
                scope["query_string"] = urlencode(present).encode()
        await self._app(scope, receive, send)


def query_as_sent(request: Request) -> str:
    """The query with its empty parameters, character for character: senders may sign it."""
    as_sent: bytes = request.scope[_AS_SENT]
    return as_sent.decode("latin-1")


def check_query(request: Request) -> None:
    """Refuse what the route does not know, and what is given twice.

    A filter that is misspelt, or of which only one of two is heeded, answers another question
    than was asked: whoever acknowledges what comes back loses events.
    """
    if not request.scope["query_string"]:
        return
    known = [each.alias for each in request.scope["route"].dependant.query_params]
    seen: set[str] = set()
    for name, _ in _parameters(request.scope["query_string"]):
        if name not in known:
            raise _invalid(name, _unknown(known), "unknown_parameter")
        if name in seen:
            raise _invalid(name, "is given twice, and only one can be heeded", "repeated_parameter")
        seen.add(name)


def _parameters(query: bytes) -> list[tuple[str, str]]:
    """The parameters as the framework reads them."""
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True)


def _unknown(known: list[str]) -> str:
    there = f"there are {', '.join(known)}" if known else "this route takes none"
    return f"is not known here; {there}"


def _invalid(name: str, sentence: str, code: str) -> InvalidRequestError:
    shown = name[:_NAME_CHARACTERS]
    message = f"The parameter '{shown}' {sentence}."
    return InvalidRequestError(message, details=(Detail(shown, sentence, code),))
