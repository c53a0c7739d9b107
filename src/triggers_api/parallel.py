"""The same work on many things at once, each for itself: one that fails spoils no other."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from datetime import timedelta
from typing import TypeVar

from triggers_api.errors import (
    InternalError,
    StoreUnavailableError,
    TooManyAtOnceError,
    TransientError,
)
from triggers_api.timestamps import Clock

_AT_ONCE = 10  # a handful of milliseconds each: more threads would only wait for the CPU
_OUTAGES = 3  # one may be a busy item; more are a store that is away
_BEGINS_WITHIN = timedelta(seconds=3)  # what is begun then still ends within the function's 10

Thing = TypeVar("Thing")
Result = TypeVar("Result")


class InParallel:
    """Works for one request; stops asking a store that does not answer.

    Its time-outs would add up to a hang: what is not tried gets an error as if it had been.
    """

    def __init__(self, clock: Clock) -> None:
        """The request's time begins now."""
        self._clock = clock
        self._begun_at = clock()
        self._outages: list[TransientError] = []

    def each(
        self, things: Sequence[Thing], work: Callable[[Thing], Result]
    ) -> list[Result | TransientError | InternalError]:
        """The work's result for each thing, or the error that kept it from one."""

        def attempt(thing: Thing) -> Result | TransientError | InternalError:
            if len(self._outages) >= _OUTAGES:
                return self._outages[-1]
            if self._clock() - self._begun_at > _BEGINS_WITHIN:
                return StoreUnavailableError("The store is slow, no time was left. Send it again.")
            try:
                return work(thing)
            except TooManyAtOnceError as error:
                return error  # it got in its own way: the store is well
            except TransientError as error:
                self._outages.append(error)
                return error
            except Exception as error:  # noqa: BLE001  # the others must not be spoilt by it
                return InternalError(error)

        # One goes before: what is done once for a tenant is then done for the others too.
        first = [attempt(thing) for thing in things[:1]]
        if len(things) <= 1:
            return first
        contexts = [copy_context() for _ in things[1:]]  # so what they read is counted too

        def in_context(context: Context, thing: Thing) -> Result | TransientError | InternalError:
            return context.run(attempt, thing)

        with ThreadPoolExecutor(min(_AT_ONCE, len(things) - 1)) as threads:
            return first + list(threads.map(in_context, contexts, things[1:]))

    def all(self, things: Sequence[Thing], work: Callable[[Thing], Result]) -> list[Result]:
        """The work's result for each thing, if each has one.

        Raises what kept the first of the others from it, as the work alone would have: to a
        caller who needs all of them, a bug is a bug and an outage an outage.
        """
        results: list[Result] = []
        for outcome in self.each(things, work):
            if isinstance(outcome, InternalError) and outcome.__cause__ is not None:
                raise outcome.__cause__
            if isinstance(outcome, TransientError | InternalError):
                raise outcome
            results.append(outcome)
        return results
