"""How a call of AWS gets to its service and its answer back, and what goes wrong on the way."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from tests.simulation.cloud.errors import NEVER_RIGHT, AwsError
from tests.simulation.cloud.kernel import Kernel, KilledError, current
from tests.simulation.cloud.known import refuse_unknown
from tests.simulation.product.fates import Fate, Fates
from tests.simulation.product.story import Said

Request = dict[str, Any]
Answer = dict[str, Any]
Service = Callable[[str, Request], Answer]
"""What an operation's request is answered with; raises `AwsError`."""
_LATE_SECONDS: Final = 3.0


@dataclass(frozen=True)
class Carrier:
    """A world's way to AWS; see `Carry`."""

    services: Mapping[str, Service]
    kernel: Kernel
    fates: Fates
    chance: random.Random
    story: list[Said]
    broken: list[str]
    note: Callable[[Fate], None]  # who is at work when something goes wrong

    def __call__(self, service: str, operation: str, request: Request, patience: float) -> Answer:
        """Bring a call of AWS to its service, and the answer back, or what goes wrong."""
        fiber = current()
        if fiber is None:
            return self._take_effect("nobody", service, operation, request)
        process = fiber.process
        _die_if_dead(process)
        call = f"{service}.{operation}"
        fate = self.fates.next(call)
        there, back = self.fates.seconds(), self.fates.seconds()
        said = self._tell(fiber.name, call, request, fate)
        self.note(fate)
        if fate is Fate.LATE:
            late = self.kernel.now + patience + self.chance.uniform(0, _LATE_SECONDS)
            self.kernel.at(late, lambda: self._arrive_late(service, operation, request, said))
        self._set_out(fate, process, service, there, patience)
        try:
            answer = self._take_effect(fiber.name, service, operation, request)
        except AwsError as error:
            said.became = f"{said.became} {error.code}"
            self._come_back(fate, process, service, back, patience)
            raise
        self._come_back(fate, process, service, back, patience)
        return answer

    def _set_out(
        self, fate: Fate, process: Any, service: str, seconds: float, patience: float
    ) -> None:
        """Bring a call to its service, unless it never gets there."""
        if fate is Fate.KILLED_BEFORE:
            self._kill(process)
        if fate is Fate.LATE:
            self.kernel.sleep(patience)
            raise ReadTimeoutError(endpoint_url=service)
        self.kernel.sleep(seconds)
        if fate is Fate.UNREACHABLE:
            raise EndpointConnectionError(endpoint_url=service)
        _die_if_dead(process)
        if fate is Fate.REFUSED:
            raise self.fates.refusal(service)

    def _come_back(
        self, fate: Fate, process: Any, service: str, seconds: float, patience: float
    ) -> None:
        """Bring an answer back, unless nobody hears it."""
        if fate is Fate.KILLED_AFTER:
            self._kill(process)
        if fate is Fate.LOST:
            self.kernel.sleep(patience)
            raise ReadTimeoutError(endpoint_url=service)
        self.kernel.sleep(seconds)
        _die_if_dead(process)

    def _take_effect(self, who: str, service: str, operation: str, request: Request) -> Answer:
        """Raise `AwsError`; whatever is wrong with the call itself breaks the seed.

        For its caller may swallow that.
        """
        call = f"{service}.{operation}"
        try:
            refuse_unknown(call, request)
            answer = self.services[service](operation, request)
        except AwsError as error:
            if error.code in NEVER_RIGHT:
                self.broken.append(f"{who} made a bad call of {call}: {error}")
            raise
        except Exception as error:
            self.broken.append(f"the model cannot answer {who}'s {call}: {error!r}")
            raise
        for code in _wrong_entries(call, answer):
            self.broken.append(f"{who} sent a bad entry by {call}: {code}")
        return answer

    def _arrive_late(self, service: str, operation: str, request: Request, said: Said) -> None:
        """Take effect, or be refused, when its caller has given up."""
        arrived = replace(said, at=self.kernel.now, became="arrived late")
        self.story.append(arrived)
        try:
            self._take_effect(said.who, service, operation, request)
        except AwsError as error:
            arrived.became += f" {error.code}"

    def _kill(self, process: Any) -> None:
        if process is not None:
            process.die(self.kernel)
        raise KilledError

    def _tell(self, who: str, call: str, request: Request, fate: Fate) -> Said:
        said = Said(self.kernel.now, who, call, fate.value, request)
        self.story.append(said)
        return said


def _wrong_entries(call: str, answer: Answer) -> list[str]:
    """Why messages of a batch can never be sent; an old receipt was right once."""
    failed = answer.get("Failed", ()) if call == "sqs.SendMessageBatch" else ()
    return [each["Code"] for each in failed if each["Code"] in NEVER_RIGHT]


def _die_if_dead(process: Any) -> None:
    if process is not None and process.is_dead:
        raise KilledError
