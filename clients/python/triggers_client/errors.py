"""What can go wrong, by what can be done about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triggers_client.batch import Unfinished


class TriggersError(Exception):
    """Anything this client raises on purpose; its text is a sentence for people.

    Of an event that was posted, `idempotency_key` is its key, also one that the client drew: who
    posts it again under that stores it once. Of many, `unfinished` tells how far it came.
    """

    idempotency_key: str | None = None
    unfinished: "Unfinished | None" = None


class UnreachableError(TriggersError):
    """No answer came, however often it was asked; nobody knows whether the request was done."""


class UnexpectedAnswerError(TriggersError):
    """What answered does not speak as the Triggers API: most likely the URL is wrong."""


class MissingMemberError(UnexpectedAnswerError, KeyError):
    """An answer does not tell what is asked of it: the server is older, or much newer."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        """A sentence, where KeyError has the bare name."""
        return f"The answer has no member '{self.name}'."


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the API words it.

    `code` is stable and for programs; None when the gateway answered in the API's place.
    `details` name the fields at fault: `{"field", "message", "code"}`.
    """

    status: int
    code: str | None
    message: str
    details: Sequence[dict[str, Any]] = ()
    request_id: str | None = None
    retry_after_seconds: float | None = None


def words_of(error: object, otherwise: str) -> tuple[str | None, str, Sequence[dict[str, Any]]]:
    """Code, message and details of an error, as far as it is told in the API's shape."""
    told: dict[str, Any] = error if isinstance(error, dict) else {}
    code, message, details = told.get("error"), told.get("message"), told.get("details")
    return (
        code if isinstance(code, str) else None,
        message if isinstance(message, str) and message else otherwise,
        tuple(details) if isinstance(details, list) else (),
    )


class ApiError(TriggersError):
    """The API refused."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.status = problem.status
        self.code = problem.code
        self.message = problem.message
        self.details = problem.details
        self.request_id = problem.request_id
        self.retry_after_seconds = problem.retry_after_seconds


class InvalidRequestError(ApiError):
    """400, 413, 415, 422, and what is not known yet of 4xx: the same request will be refused again."""


class AuthenticationError(ApiError):
    """401: there is no live key behind this request."""


class ScopeError(ApiError):
    """403: the key is alive but may not do this."""


class NotFoundError(ApiError):
    """404: this tenant has no such thing, or there is nothing at this path."""


class ConflictError(ApiError):
    """409: not in the state it is in now."""


class GoneError(ApiError):
    """410: the event was erased."""


class RateLimitedError(ApiError):
    """429: too many requests, also after waiting as long as this client may."""


class ServerError(ApiError):
    """500 and above: the same request may succeed later."""


_BY_STATUS: dict[int, type[ApiError]] = {
    HTTPStatus.UNAUTHORIZED: AuthenticationError,
    HTTPStatus.FORBIDDEN: ScopeError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.CONFLICT: ConflictError,
    HTTPStatus.GONE: GoneError,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimitedError,
}


def error_for(problem: Problem) -> ApiError:
    """The exception for what the API said."""
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerError(problem)
    return _BY_STATUS.get(problem.status, InvalidRequestError)(problem)
