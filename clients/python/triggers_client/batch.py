"""Up to a hundred events in one request, until each has an answer of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from triggers_client.encoding import Document, documents, read_document
from triggers_client.errors import (
    GoneError,
    InvalidRequestError,
    Problem,
    UnexpectedAnswerError,
    error_for,
    words_of,
)
from triggers_client.models import EventDraft
from triggers_client.retry import MAY_SUCCEED_LATER, Attempts
from triggers_client.transport import Answer, Transport

BATCH_EVENTS = 100
BATCH_BYTES = 2_560 * 1024
_FRAME = '{"events":[%s]}'
_STORED = range(200, 300)
# What one event can make of the whole body; any other refusal concerns all of them.
_AN_EVENTS_FAULT = frozenset({400, 410, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class Stored:
    """The event as it is kept; `replayed` if it was stored before, under the same key."""

    event: dict[str, Any]
    replayed: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the event is not acceptable: the same will be refused again."""

    problem: Problem


Result = Stored | Refused


@dataclass(frozen=True, slots=True)
class Unfinished:
    """How far `post_many` came before its error.

    `drafts` are all that it was given, each with its key: posting them again within 24 hours
    doubles nothing. `results` are what became of them, None where nobody knows.
    """

    drafts: list[EventDraft]
    results: list[Result | None]


def fits(sizes: Sequence[int]) -> bool:
    """Whether events of so many bytes make one batch."""
    return len(sizes) <= BATCH_EVENTS and sum(sizes) + len(sizes) + len(_FRAME) <= BATCH_BYTES


def send_batch(transport: Transport, texts: Sequence[str]) -> list[Result]:
    """Post events given as JSON objects, each with its `idempotency_key`; a result for each."""
    results: dict[int, Result] = {}
    send_some(transport, texts, range(len(texts)), results)
    return [results[index] for index in range(len(texts))]


def send_some(
    transport: Transport, texts: Sequence[str], some: Sequence[int], results: dict[int, Result]
) -> None:
    """Post those at these places, and put what became of each into `results` once it is known.

    What may succeed later is sent again. If the API refuses the body as a whole, its halves are
    sent, down to the event that spoils it. Raises what is no event's own fault: a dead key, no
    answer, a failure of the API that stays.
    """
    attempts, left = Attempts(transport.retry), some
    while left:
        failed = _ask(transport, texts, left, results)
        left = list(failed)
        asked_for = max((each.retry_after_seconds or 0.0 for each in failed.values()), default=0.0)
        if failed and not attempts.wait(asked_for):
            raise error_for(failed[left[0]])


def _ask(
    transport: Transport, texts: Sequence[str], some: Sequence[int], results: dict[int, Result]
) -> dict[int, Problem]:
    """The problems that a repetition may cure; all else is in `results`."""
    body = _FRAME % ",".join(texts[index] for index in some)
    try:
        answer = transport.send("POST", "/events/batch", body)
    except (InvalidRequestError, GoneError) as refused:
        if refused.status not in _AN_EVENTS_FAULT:
            raise
        if len(some) == 1:
            results[some[0]] = Refused(refused.problem)
            return {}
        half = len(some) // 2
        first = _ask(transport, texts, some[:half], results)
        return first | _ask(transport, texts, some[half:], results)
    failed: dict[int, Problem] = {}
    for index, told in zip(some, _told(answer, len(some)), strict=True):
        read = _read(told)
        if isinstance(read, Problem):
            failed[index] = read
        else:
            results[index] = read
    return failed


def _told(answer: Answer, number: int) -> list[Document]:
    """What an answer tells of each event."""
    document = answer.document()
    try:
        told = documents(document.member("results")) if "results" in document else []
    except ValueError:
        told = []
    if len(told) != number:
        raise UnexpectedAnswerError("The answer has not a result for each event of the batch.")
    return told


def _read(result: Document) -> Result | Problem:
    status = result["status"]
    if not isinstance(status, int):
        raise UnexpectedAnswerError(f"'{status}' does not tell what became of an event.")
    if status in _STORED:
        return Stored(read_document(result.member("event")), replayed=bool(result.get("replayed")))
    problem = Problem(
        status,
        *words_of(result.get("error"), f"It was answered {status}."),
        retry_after_seconds=result.get("retry_after"),
    )
    return problem if problem.status in MAY_SUCCEED_LATER else Refused(problem)
