"""Subscribers of all kinds, behind what stands in for HTTP."""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.simulation.cloud.kernel import Kernel
from triggers_api.channels.http import Response
from triggers_api.channels.network import SendError

MOODS = ("healthy", "healthy", "healthy", "moody", "lying", "dead", "picky", "gone")
MAY_BE_DISABLED = ("dead", "gone", "locked")
"""Those whose config the product itself disables: they say that they want nothing more."""

SLOW_SECONDS = 9.0  # just within a push's patience


@dataclass(frozen=True)
class Arrival:
    """A push that reached a receiver."""

    url: str  # or the ARN of a queue, a topic or a bus
    at: float
    headers: Mapping[str, str]
    body: bytes
    is_accepted: bool


@dataclass
class Receivers:
    """All of a world's, each at a URL that tells its mood: `https://<name>.<mood>.example/`."""

    kernel: Kernel
    chance: random.Random
    dead_until: float = float("inf")  # then they are gone
    tell: Callable[[str, str], None] = lambda _url, _became: None  # the world's story
    arrivals: list[Arrival] = field(default_factory=list)
    by_url: defaultdict[str, list[Arrival]] = field(default_factory=lambda: defaultdict(list))

    def take(
        self, url: str, headers: Mapping[str, str], body: bytes, patience: float | None = None
    ) -> Response:
        """Answer a push, after a while; raises `SendError`."""
        self.kernel.sleep(self.chance.uniform(0.005, 0.3))
        mood = url.split("/")[2].split(".")[1]
        if mood == "slow" and patience is not None and patience < SLOW_SECONDS:
            self.tell(url, "not waited for")
            self.kernel.sleep(patience)
            raise SendError("The receiver did not answer in time.")
        if mood == "slow":
            self.kernel.sleep(SLOW_SECONDS)
        status, retry_after = self._answer(mood)
        self.tell(url, "no answer" if status is None else str(status))
        is_accepted = status is not None and status < 300
        if is_accepted or mood == "lying":
            self._note(Arrival(url, self.kernel.now, headers, body, is_accepted))
        self.kernel.sleep(self.chance.uniform(0.005, 0.3))
        if status is None:
            self.kernel.sleep(15)
            raise SendError("The receiver did not answer in time.")
        said = {} if retry_after is None else {"retry-after": str(retry_after)}
        # Many a framework says in its refusal what it refuses: it is kept, and has to be erased.
        return Response(status, said, body.decode() if mood in ("picky", "moody") else "")

    def accept(self, arn: str, body: bytes, delivery_id: str) -> None:
        """Take what came to a queue, a topic or a bus; a bus is not told of which delivery."""
        headers = {"webhook-id": delivery_id}
        self._note(Arrival(arn, self.kernel.now, headers, body, is_accepted=True))

    def _note(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)
        self.by_url[arrival.url].append(arrival)

    def _answer(self, mood: str) -> tuple[int | None, int | None]:
        if mood == "dead" and self.kernel.now < self.dead_until:
            return None, None
        if mood in ("gone", "dead"):
            return 410, None
        if mood == "picky":
            return (422, None) if self.chance.random() < 0.3 else (200, None)
        if mood == "moody" and self.chance.random() < 0.4:
            return self.chance.choice([(500, None), (429, 70), (None, None), (503, None)])
        if mood == "lying" and self.chance.random() < 0.5:
            return None, None
        return 200, None


class SimulatedHttp:
    """In place of a connection: the receivers of the world that runs. See `simulated`."""

    receivers: ClassVar[Receivers]
    http: ClassVar[Any]  # the module of the release that uses it

    def check_spelling(self, url: str) -> Any:
        return self.http.check_url(url, allow_private=False)

    def check_url(self, url: str) -> None:
        self.check_spelling(url)

    def deadline(self, asked_seconds: float | None = None) -> AbstractContextManager[Any]:  # noqa: ARG002
        return nullcontext()

    def send(
        self,
        method: str,  # noqa: ARG002
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout_seconds: float | None = None,
        deadline: Any = None,  # noqa: ARG002
    ) -> Response:
        try:
            return self.receivers.take(url, headers, body, timeout_seconds)
        except SendError as error:
            refusal = self.http.Refusal(error.refusal.value)
            raise self.http.SendError(error.message, refusal=refusal) from error


def simulated(http: Any) -> type[SimulatedHttp]:
    """In place of `GuardedHttp`, for the release that this module is of."""
    return type("SimulatedHttp", (SimulatedHttp, http.GuardedHttp), {"http": http})
