"""What a caller gets, and what is logged, when the fault is ours."""

from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.conftest import LogLines, OpenApi, assert_is_error
from triggers_api.errors import StoreUnavailableError
from triggers_api.events.event import Event
from triggers_api.events.ports import Addition, Fingerprint

EVENT = {"event_type": "order.fetched", "payload": {}}


class BrokenStore(InMemoryEventStore):
    """Fails in a way that nobody foresaw."""

    def add(self, tenant: str, event: Event, fingerprint: Fingerprint | None) -> Addition:
        raise RuntimeError(f"{tenant} {event.id} {fingerprint}: the internals")


class BusyStore(InMemoryEventStore):
    """Cannot be reached."""

    def add(self, tenant: str, event: Event, fingerprint: Fingerprint | None) -> Addition:
        raise StoreUnavailableError(f"{tenant} {event.id} {fingerprint}.", retry_after_seconds=7)


def test_a_fault_of_ours_is_500_without_internals(open_api: OpenApi, clock: FixedClock) -> None:
    answer = open_api(BrokenStore(clock)).post("/events", EVENT)

    assert_is_error(answer, 500, "internal_error")
    assert b"internals" not in answer.body
    assert b"RuntimeError" not in answer.body


def test_a_fault_of_ours_is_logged_once_with_its_trace(
    open_api: OpenApi, clock: FixedClock, log_lines: LogLines
) -> None:
    api = open_api(BrokenStore(clock))

    api.post("/events", EVENT)

    (line,) = log_lines()
    assert (line["level"], line["status"]) == ("ERROR", 500)
    assert line["request_id"] == api.request_id
    assert "RuntimeError" in line["exception"]
    assert "the internals" in line["exception"]


def test_the_api_goes_on_after_a_fault_of_ours(open_api: OpenApi, clock: FixedClock) -> None:
    api = open_api(BrokenStore(clock))
    api.post("/events", EVENT)

    assert api.get("/me").status == 200


def test_an_unavailable_store_is_503_and_told_when_to_come_back(
    open_api: OpenApi, clock: FixedClock
) -> None:
    answer = open_api(BusyStore(clock)).post("/events", EVENT)

    assert_is_error(answer, 503, "store_unavailable")
    assert answer.headers["retry-after"] == "7"
