"""What a service answers to a call that it refuses."""

from typing import Any, Final

NEVER_RIGHT: Final = frozenset(
    {
        *("ValidationException", "InvalidParameterValue", "TooManyEntriesInBatchRequest"),
        *("BatchRequestTooLong", "InvalidBatchEntryId", "BatchEntryIdsNotDistinct"),
        *("EmptyBatchRequest", "QueueDoesNotExist", "InvalidCiphertextException"),
        "IdempotentParameterMismatchException",
    }
)
"""The codes of calls that can never succeed: whoever makes one has a bug."""


class AwsError(Exception):
    """An error as a service's JSON protocol tells it."""

    def __init__(self, code: str, message: str = "", status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.status = status
        self.body = {"__type": code, "message": message} | members


def invalid(message: str) -> AwsError:
    """A call that can never succeed."""
    return AwsError("ValidationException", message)
