"""A fact about two hundred clients with one idempotency key."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from local.stack import Stack
from tests.e2e.tenants import new_tenant
from tests.eventually import eventually
from tests.raw_http import Answer

CLIENTS = 200


def test_two_hundred_parallel_posts_with_one_key_make_one_event_and_equal_answers(
    stack: Stack,
) -> None:
    api = new_tenant(stack)
    draft = {"event_type": "invoice.created", "payload": {"total": 129.90}}
    together = Barrier(CLIENTS)

    def try_once() -> Answer | None:
        answer = api.post("/events", draft, idempotency_key="order-902")
        return answer if answer.status == 201 else None

    def post() -> Answer:
        together.wait()
        # The emulator sheds what is over its concurrency, and a worker that starts in the crowd
        # may run out of time. With a key, any client may simply try again.
        return eventually(try_once, seconds=60)

    with ThreadPoolExecutor(CLIENTS) as threads:
        answers = [job.result() for job in [threads.submit(post) for _ in range(CLIENTS)]]

    assert len({answer.body for answer in answers}) == 1
    first = [answer for answer in answers if "Idempotency-Replayed" not in answer.headers]
    assert len(first) <= 1  # none, if the first one's answer was lost
    assert [event["id"] for event in api.get("/events").json()] == [answers[0].json()["id"]]
