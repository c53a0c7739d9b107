"""Rescue in turn: each tenant has its turn, whatever the others have, fail at, or leave."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.clock import START
from tests.unit.push.rescue_bench import HOUR, Bench
from triggers_api.errors import StoreUnavailableError
from triggers_api.push.ports import Left
from triggers_api.push.rescue import (
    Rescued,
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_tenant_that_cannot_be_read_keeps_no_other_from_its_turn(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = bench.store.list_retrying

    def busy_for_one(tenant: str, **how: Any) -> Any:
        if tenant == TENANT:
            raise StoreUnavailableError("busy")
        return listing(tenant, **how)

    bench.retrying(bench.config())
    theirs = bench.retrying(bench.config(OTHER_TENANT))
    bench.rescue_at(START + 2 * HOUR)
    monkeypatch.setattr(bench.store, "list_retrying", busy_for_one)
    bench.clock.at = START + 3 * HOUR

    rescued = bench.rescue()

    assert (list(rescued.failures), bench.pushed()) == ([TENANT], [theirs.id])
    monkeypatch.undo()
    assert bench.rescue().pushed == 1


def test_a_tenants_many_keep_no_other_waiting_and_the_next_run_goes_on_where_one_stopped(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = bench.config()
    many = {bench.retrying(config).id for _ in range(450)}
    theirs = bench.retrying(bench.config(OTHER_TENANT))
    listing = bench.store.list_retrying

    def slow(tenant: str, **how: Any) -> Any:
        bench.clock.advance(seconds=2)
        return listing(tenant, **how)

    bench.rescue_at(START + 2 * HOUR)  # notes them all
    bench.within = timedelta(seconds=6)
    monkeypatch.setattr(bench.store, "list_retrying", slow)
    bench.clock.at = START + 4 * HOUR

    first = bench.rescue()

    assert (first.pushed, first.left) == (201, 1)
    assert theirs.id in bench.pushed()
    assert bench.rescue().pushed == 200
    assert bench.rescue().pushed == 50
    assert set(bench.pushed()) == many | {theirs.id}
    assert len(bench.pushed()) == 451


def test_however_many_tenants_there_are_each_has_its_turn(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing, looked_at = bench.store.list_retrying, []

    def slow(tenant: str, **how: Any) -> Any:
        looked_at.append(tenant)
        bench.clock.advance(seconds=0.1)  # 20 together take two seconds
        return listing(tenant, **how)

    for number in range(100):
        bench.tenants.append(f"tenant-{number}")
    config = bench.config(bench.tenants[0])
    for _ in range(250):
        bench.retrying(config)  # more than a page, so that it waits for another turn
    monkeypatch.setattr(bench.store, "list_retrying", slow)
    bench.within = timedelta(seconds=3)

    for _ in range(3):  # 40 tenants each
        bench.rescue()

    assert set(looked_at) == set(bench.tenants)


def test_a_slow_tenant_costs_those_beside_it_no_turn_though_a_run_has_no_time_for_all(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing, looked_at = bench.store.list_retrying, []

    def slow(tenant: str, **how: Any) -> Any:
        looked_at.append(tenant)
        bench.clock.advance(seconds=4 if tenant == "tenant-00" else 0.1)
        return listing(tenant, **how)

    bench.tenants = [f"tenant-{number:02}" for number in range(60)]
    monkeypatch.setattr(bench.store, "list_retrying", slow)
    bench.within = timedelta(seconds=5)  # for two twenties

    for _ in range(6):
        bench.rescue()

    assert set(looked_at) == set(bench.tenants)
    assert min(Counter(looked_at).values()) >= 3  # every other run


def test_tenants_whose_rows_are_busy_cost_no_other_its_turn(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = bench.store.list_retrying
    busy = [f"busy-{number}" for number in range(5)]

    def busy_for_some(tenant: str, **how: Any) -> Any:
        if tenant in busy:
            raise StoreUnavailableError("busy")
        return listing(tenant, **how)

    bench.tenants = [*busy, TENANT, *(f"other-{number}" for number in range(30))]
    lost = bench.retrying(bench.config())
    bench.rescue_at(START + 2 * HOUR)
    monkeypatch.setattr(bench.store, "list_retrying", busy_for_some)
    bench.clock.at = START + 3 * HOUR

    rescued = bench.rescue()

    assert (sorted(rescued.failures), bench.pushed()) == (busy, [lost.id])


def test_a_place_that_cannot_be_gone_on_from_is_begun_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = bench.store.list_retrying

    def refuse_a_place(tenant: str, *, after: str, **how: Any) -> Any:
        if after == "of another release":
            raise ValueError(after)
        return listing(tenant, after=after, **how)

    lost = bench.retrying(bench.config())
    bench.rescue_at(START + 2 * HOUR)
    monkeypatch.setattr(bench.store, "list_retrying", refuse_a_place)
    bench.store.keep_left(Left({TENANT: "of another release"}))
    bench.clock.at = START + 3 * HOUR

    assert list(bench.rescue().failures) == [TENANT]
    assert bench.rescue().pushed == 1
    assert bench.pushed() == [lost.id]


def test_there_is_a_first_run_without_tenants(bench: Bench) -> None:
    bench.tenants = []

    assert bench.rescue() == Rescued()
