"""What can go wrong at any call of the outside world, and who decides that it does."""

import random
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

from tests.simulation.scheduler import KilledError, current, hold
from triggers_api.errors import StoreUnavailableError


class Fault(StrEnum):
    """What happens to one call."""

    NONE = "none"
    KILLED_BEFORE = "killed before"  # the process dies, the call is not made
    KILLED_AFTER = "killed after"  # the call takes effect, then the process dies
    REFUSED = "refused"  # throttled: no effect, an error
    ANSWER_LOST = "answer lost"  # the call takes effect, the caller sees a timeout


class Faults(Protocol):
    """Decides the fate of each call."""

    def next(self, call: str) -> Fault:
        """What happens to this call, made by the current actor."""
        ...


class RandomFaults:
    """Each call fails with a small probability, until told to stop."""

    def __init__(self, chance: random.Random, probability: float) -> None:
        self._chance = chance
        self._probability = probability
        self.stopped = False
        self.happened: Counter[Fault] = Counter()

    def next(self, call: str) -> Fault:  # noqa: ARG002  # all calls are alike to chance
        if self.stopped or self._chance.random() >= self._probability:
            return Fault.NONE
        fault = self._chance.choice([fault for fault in Fault if fault is not Fault.NONE])
        self.happened[fault] += 1
        return fault


class OneFault:
    """Exactly one call fails: the one with this number, counted over the whole run."""

    def __init__(self, number: int | None, fault: Fault) -> None:
        self._number = number
        self._fault = fault
        self.calls: list[str] = []

    def next(self, call: str) -> Fault:
        self.calls.append(call)
        return self._fault if len(self.calls) - 1 == self._number else Fault.NONE


class Exposed:
    """Anything, with every call of it a step of its actor that may fail."""

    def __init__(self, name: str, real: Any, faults: Faults, tell: Callable[[str], None]) -> None:
        self._name = name
        self._real = real
        self._faults = faults
        self._tell = tell

    def __getattr__(self, method: str) -> Callable[..., Any]:
        real = getattr(self._real, method)

        def call(*arguments: Any, **named: Any) -> Any:
            hold()
            name = f"{self._name}.{method}"
            fault = self._faults.next(name)
            actor = current()
            who = actor.name if actor else "somebody"
            self._tell(f"{who}: {name}" + ("" if fault is Fault.NONE else f" -> {fault}"))
            if fault is Fault.KILLED_BEFORE:
                raise KilledError
            if fault is Fault.REFUSED:
                raise StoreUnavailableError("throttled")
            answer = real(*arguments, **named)
            if fault is Fault.KILLED_AFTER:
                raise KilledError
            if fault is Fault.ANSWER_LOST:
                raise StoreUnavailableError("no answer in time")
            return answer

        return call
