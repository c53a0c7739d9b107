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
from triggers_client.retry import MAY_SUCCEED_LATER, Attempts
from triggers_client.transport import Transport

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


def fits(sizes: Sequence[int]) -> bool:
    """Whether events of so many bytes make one batch."""
    return len(sizes) <= BATCH_EVENTS and sum(sizes) + len(sizes) + len(_FRAME) <= BATCH_BYTES


def send_batch(transport: Transport, texts: Sequence[str]) -> list[Result]:
    """Post events given as JSON objects, each with its `idempotency_key`; a result for each.

    What may succeed later is sent again. If the API refuses the body as a whole, its halves are
    sent, down to the event that spoils it. Raises what is no event's own fault: a dead key, no
    answer, a failure of the API that stays.
    """
    results: dict[int, Result] = {}
    attempts, left = Attempts(transport.retry), list(range(len(texts)))
    while left:
        answers = _ask(transport, [texts[index] for index in left])
        failed: list[tuple[int, Problem]] = []
        for index, answer in zip(left, answers, strict=True):
            if isinstance(answer, Problem):
                failed.append((index, answer))
            else:
                results[index] = answer
        left = [index for index, _ in failed]
        asked_for = max((each.retry_after_seconds or 0.0 for _, each in failed), default=0.0)
        if failed and not attempts.wait(asked_for):
            raise error_for(failed[0][1])
    return [results[index] for index in range(len(texts))]


def _ask(transport: Transport, texts: list[str]) -> list[Result | Problem]:
    """A result for each, or a problem that a repetition may cure."""
    try:
        answer = transport.send("POST", "/events/batch", _FRAME % ",".join(texts))
    except (InvalidRequestError, GoneError) as refused:
        if refused.status not in _AN_EVENTS_FAULT:
            raise
        if len(texts) == 1:
            return [Refused(refused.problem)]
        half = len(texts) // 2
        return _ask(transport, texts[:half]) + _ask(transport, texts[half:])
    document = answer.document()
    try:
        results = documents(document.member("results")) if "results" in document else []
    except ValueError:
        results = []
    if len(results) != len(texts):
        raise UnexpectedAnswerError("The answer has not a result for each event of the batch.")
    return [_read(result) for result in results]


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
