"""Facts about the bill that `make cost` computes."""

import pytest

from admin.cost import Load, bill, main, total
from admin.template import template
from tests.cloudformation import ROOT, resources

MILLION = 1_000_000


def cost(events: int, batch: int = 1, *, tracing: bool = False) -> float:
    return total(bill(Load(events, batch, tracing=tracing), template()))


def test_an_event_more_costs_what_events_cost_and_no_item_that_is_there_anyway() -> None:
    without = {item.name: item.dollars for item in bill(Load(MILLION), template())}
    for item in bill(Load(2 * MILLION), template()):
        assert (item.dollars == without[item.name]) is item.is_fixed


def test_batches_and_numbers_make_an_event_cheaper() -> None:
    assert cost(MILLION, batch=25) < cost(MILLION)
    assert cost(100 * MILLION) / 100 < cost(MILLION)


def test_below_a_request_a_second_every_one_is_traced_and_paid_for() -> None:
    requests = 2.01  # an event's: posted, acknowledged, and its share of a page
    traced = cost(MILLION, tracing=True) - cost(MILLION)
    assert traced == pytest.approx(requests * 5.00, rel=0.01)


def test_every_alarm_is_billed_by_the_metrics_that_it_looks_at() -> None:
    billed = next(item for item in bill(Load(1), template()) if item.name == "CloudWatch, alarms")
    assert billed.dollars >= 0.10 * len(resources("AWS::CloudWatch::Alarm"))


@pytest.mark.parametrize(
    "arguments",
    [["--events", "100000"], ["--events", "1000000"], ["--events", "100000000", "--batch", "25"]],
)
def test_the_page_on_costs_shows_what_the_command_prints(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(arguments)
    assert capsys.readouterr().out in (ROOT / "docs" / "cost.md").read_text()
