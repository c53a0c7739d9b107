"""What a service answers to a call that it refuses."""

from typing import Any


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
