"""Every deliberate error, by what can be done about it.

    TriggersError
    ├── CallerError                  the caller can mend it
    │   ├── UnauthenticatedError     no key, or a dead one
    │   ├── UnverifiedError          a foreign sender that does not prove itself
    │   ├── ForbiddenError           the key is alive, but may not do this
    │   ├── NotFoundError            no such thing for this tenant
    │   │   └── EventErasedError     there was one, until it was erased
    │   ├── InvalidRequestError      malformed: it cannot be read
    │   ├── InvalidContentError      well-formed, but not acceptable
    │   ├── PayloadTooLargeError
    │   ├── UnsupportedMediaTypeError
    │   │   └── UnsupportedEncodingError
    │   ├── IdempotencyConflictError the key was used for another body
    │   └── ConflictError            what it is about is not in a state that allows it
    ├── InternalError                a bug of ours, kept from spoiling what else was asked for
    ├── UnreadableError              another release wrote it, and this one does not understand it
    ├── TasksRefusedError            the queue will never take them
    └── TransientError               the same call may succeed later
        ├── RateLimitedError         the tenant has made too many requests
        ├── QuotaExceededError       the tenant has used up its quota of the day
        ├── TooManyAtOnceError       the tenant's own requests got in each other's way
        ├── StoreUnavailableError
        ├── QueueUnavailableError
        └── MetricsUnavailableError

An error's `code` is public and stable; its message is a sentence a person can act on.
HTTP statuses are no business of this module: see `api/problems.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that is wrong with one field; `field` is a dotted path, or a parameter's name."""

    field: str
    message: str
    code: str


class TriggersError(Exception):
    """The base of every error this project raises on purpose."""

    code = "internal_error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        """`message` must never hold a secret or a payload: callers read it, logs keep it."""
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class CallerError(TriggersError):
    """The caller can mend it, and repeating the call as it is cannot help."""

    code = "invalid_request"

    def __init__(
        self, message: str, *, code: str | None = None, details: tuple[Detail, ...] = ()
    ) -> None:
        """`details` name the fields at fault, where there are any."""
        super().__init__(message, code=code)
        self.details = details


class UnauthenticatedError(CallerError):
    """No API key was sent, or it is unknown, revoked, expired or malformed."""

    code = "unauthenticated"


class UnverifiedError(CallerError):
    """A request to a source's URL does not prove that its sender made it."""

    code = "unverified"


class ForbiddenError(CallerError):
    """The API key is alive but may not do this: it lacks the scope, or is not for this address."""

    code = "missing_scope"


class NotFoundError(CallerError):
    """There is no such thing for this tenant."""

    code = "not_found"


class EventErasedError(NotFoundError):
    """The event was erased on request; only its tombstone is left."""

    code = "event_erased"


class InvalidRequestError(CallerError):
    """The request cannot be read: broken JSON, a parameter out of range, a forged cursor."""

    code = "invalid_parameter"


class InvalidContentError(CallerError):
    """The request can be read, but what it says is not acceptable."""

    code = "invalid_content"

    @classmethod
    def of(cls, details: tuple[Detail, ...], count: int, *, code: str, called: str) -> Self:
        """A body with so many faults, told alike wherever they were found."""
        more = f" And {count - 1} more: see details." if count > 1 else ""
        message = f"The {called} has a fault: {details[0].field}: {details[0].message}.{more}"
        return cls(message, code=code, details=details)


class PayloadTooLargeError(CallerError):
    """The body or the payload is over its limit."""

    code = "payload_too_large"


class UnsupportedMediaTypeError(CallerError):
    """The body's content type is not one the API reads."""

    code = "unsupported_media_type"


class UnsupportedEncodingError(UnsupportedMediaTypeError):
    """The body is compressed."""


class IdempotencyConflictError(CallerError):
    """The Idempotency-Key was used for another body within its window."""

    code = "idempotency_key_reused"


class ConflictError(CallerError):
    """What the request is about is not in a state that allows it."""

    code = "conflict"


class InternalError(TriggersError):
    """A bug: its cause is for the log, and nobody outside reads it."""

    MESSAGE: Final = "Something failed on our side. Try again; if it stays, tell us the request_id."

    def __init__(self, cause: Exception) -> None:
        """`cause` is what was raised; it may say anything."""
        super().__init__(self.MESSAGE)
        self.__cause__ = cause


class UnreadableError(TriggersError):
    """What another release wrote, and this one does not understand: it waits for one that does."""


class TasksRefusedError(TriggersError):
    """The delivery queue will never take these tasks; all others it has taken."""

    def __init__(self, tasks: Sequence[Any]) -> None:
        """`tasks` are those that were refused."""
        super().__init__(InternalError.MESSAGE)
        self.tasks = tuple(tasks)


class TransientError(TriggersError):
    """Nothing is wrong with the call: the same call may succeed after a wait."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_after_seconds: int = 1) -> None:
        """`retry_after_seconds` is what the caller is told to wait."""
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class RateLimitedError(TransientError):
    """The tenant makes more requests than its limit allows."""

    code = "rate_limited"


class QuotaExceededError(TransientError):
    """The tenant has used up its quota of the day."""

    code = "quota_exceeded"


class TooManyAtOnceError(TransientError):
    """The tenant's own requests got in each other's way: no fault of the store's, nor of ours."""

    code = "too_many_at_once"


class StoreUnavailableError(TransientError):
    """The store did not answer in time, or asked us to slow down."""

    code = "store_unavailable"


class QueueUnavailableError(TransientError):
    """The delivery queue did not take a task."""

    code = "queue_unavailable"


class UnseenError(QueueUnavailableError):
    """Not all messages of a queue could be looked at."""


class MetricsUnavailableError(TransientError):
    """CloudWatch did not answer in time, or asked us to slow down."""

    code = "metrics_unavailable"
