"""Facts about a system that is stopped and started again on its data: nothing is lost.

Two starts, of some twenty seconds on a busy machine, serve all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.demo_key import TENANT
from local.received import Received
from local.receiver import running_receiver
from local.stack import Stack, running_stack, stack_file
from tests.e2e.test_local_stack import CHAPTERS, inbox
from tests.e2e.test_push import post, subscribe
from tests.eventually import eventually
from tests.raw_http import RawApi

pytestmark = pytest.mark.xdist_group("restart")
SECONDS = 30.0


@dataclass
class Starts:
    """What was seen of both."""

    first: Stack
    tenant_at_first: str
    seeded: dict[str, dict[str, Any]]
    posted: set[str]
    second: Stack
    received: Received


@pytest.fixture(scope="module")
def starts(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starts]:
    state_dir, received = tmp_path_factory.mktemp("restarted"), Received()
    stack.save(stack_file(state_dir))  # as if that stack had run here and been killed
    with running_receiver(received) as url:
        with running_stack(state_dir, seed=True) as first:
            api = RawApi.of(first)
            tenant, seeded = first.api.me()["tenant"], inbox(first)
            subscribe(api, "webhook", {"url": url})
            posted = {post(api)["id"] for _ in range(5)}
        with running_stack(state_dir, seed=True) as second:
            yield Starts(first, tenant, seeded, posted, second, received)


def test_a_key_whose_record_was_lost_works_again(stack: Stack, starts: Starts) -> None:
    assert starts.first.api_key == stack.api_key
    assert starts.tenant_at_first == TENANT


def test_a_second_start_finds_its_data_and_its_key_again(starts: Starts) -> None:
    found = inbox(starts.second)

    assert len(starts.seeded) == len(CHAPTERS)
    assert {each: found[each] for each in starts.seeded} == starts.seeded
    assert set(found) == starts.seeded.keys() | starts.posted
    assert starts.second.api_key == starts.first.api_key


def test_what_was_stored_before_a_stop_is_pushed_after_the_next_start(starts: Starts) -> None:
    def arrived() -> bool:
        return starts.posted <= {push.json()["id"] for push in starts.received.newest_first()}

    eventually(arrived, SECONDS)
