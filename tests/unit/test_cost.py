"""Facts about the bill that `make cost` computes."""

import re

import pytest

from admin import prices
from admin.cost import Item, Load, Part, bill, free, main, total
from admin.template import template
from tests.cloudformation import ROOT, resources

MILLION = 1_000_000


def cost(events: int, batch: int = 1, *, tracing: bool = False) -> float:
    return total(bill(Load(events, batch, tracing=tracing), template()))


def test_an_event_more_costs_what_events_cost_and_no_item_that_is_there_anyway() -> None:
    without = {item.name: item.dollars for item in bill(Load(MILLION), template())}
    for item in bill(Load(2 * MILLION), template()):
        assert (item.dollars == without[item.name]) is item.is_fixed


def to_pay(load: Load) -> float:
    items = bill(load, template())
    return total(items) - free(items)


def test_a_million_events_a_month_in_batches_cost_no_more_than_8_dollars() -> None:
    assert to_pay(Load(MILLION, batch=25)) <= 8.00


def test_a_hundred_million_in_batches_on_provisioned_tables_cost_no_more_than_5_dollars_each() -> (
    None
):
    assert to_pay(Load(100 * MILLION, batch=25, is_provisioned=True)) / 100 <= 5.00


def test_what_stands_ready_is_paid_for_whether_it_is_used_or_not() -> None:
    few, none = (to_pay(Load(each, is_provisioned=True)) for each in (1000, 1))
    assert few - none < 0.01
    assert none > 10
    assert to_pay(Load(100 * MILLION, is_provisioned=True)) < to_pay(Load(100 * MILLION))


def test_batches_and_numbers_make_an_event_cheaper() -> None:
    assert cost(MILLION, batch=25) < cost(MILLION)
    assert cost(100 * MILLION) / 100 < cost(MILLION)


def test_below_a_request_a_second_every_one_is_traced_and_paid_for() -> None:
    requests = 2.01  # an event's: posted, acknowledged, and its share of a page
    traced = cost(MILLION, tracing=True) - cost(MILLION)
    assert traced == pytest.approx(requests * 5.00, rel=0.01)


def test_what_is_free_in_every_account_is_taken_off_once_however_many_items_use_it() -> None:
    part = Part(0.75 * prices.LAMBDA_REQUEST.free, prices.LAMBDA_REQUEST)
    one, other = (Item(name, (part,)) for name in ("one", "other"))
    assert free([one]) == pytest.approx(one.dollars)
    assert free([one, other]) == pytest.approx(0.20)


def test_25_writes_and_reads_a_second_that_stand_ready_are_free_in_every_account() -> None:
    hours = 30 * 24
    for price, an_hour in ((prices.PROVISIONED_WRITE, 0.00065), (prices.PROVISIONED_READ, 0.00013)):
        ready = Part(40 * hours * 3600, price)  # 40 units, all month
        assert free([Item("it", (ready,))]) == pytest.approx(25 * hours * an_hour)


def test_writes_reads_requests_to_the_gateway_and_the_key_are_paid_for_from_the_first_on() -> None:
    for price in (prices.WRITE_UNIT, prices.READ_UNIT, prices.GATEWAY_REQUEST, prices.KEY):
        assert free([Item("it", (Part(MILLION, price),))]) == 0


def test_metrics_that_are_told_while_all_is_well_are_no_more_than_an_account_has_for_nothing() -> (
    None
):
    (metrics,) = [item for item in bill(Load(1), template()) if item.name == "CloudWatch, metrics"]
    assert metrics.parts[0].quantity <= prices.METRIC.free


def test_every_alarm_is_billed_by_the_metrics_that_it_looks_at() -> None:
    few, many = (alarms_of(Load(1, all_alarms=each)) for each in (False, True))
    assert many >= 0.10 * len(resources("AWS::CloudWatch::Alarm"))
    assert many - few == pytest.approx(2.00)


def alarms_of(load: Load) -> float:
    (item,) = [item for item in bill(load, template()) if item.name == "CloudWatch, alarms"]
    return item.dollars


@pytest.mark.parametrize(
    "arguments",
    [
        ["--events", "100000"],
        ["--events", "1000000"],
        ["--events", "1000000", "--batch", "25"],
        ["--events", "100000000", "--batch", "25"],
        ["--events", "100000000", "--batch", "25", "--capacity", "provisioned"],
    ],
)
def test_the_page_on_costs_shows_what_the_command_prints(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(arguments)
    assert capsys.readouterr().out in (ROOT / "docs" / "cost.md").read_text()


def test_the_page_on_costs_sums_up_what_the_command_computes() -> None:
    page = (ROOT / "docs" / "cost.md").read_text()
    rows = re.findall(r"^\| (\d[\d,]*) \| (.+) \|$", page, re.MULTILINE)
    for events, told in rows:
        count = int(events.replace(",", ""))
        sums: list[float] = []
        for load in (
            Load(count),
            Load(count, batch=25),
            Load(count, batch=25, is_provisioned=True),
        ):
            sums += [total(bill(load, template())), to_pay(load)]
        assert told.split(" | ") == [f"{each:,.0f}" for each in sums], events
    assert len(rows) == 5
