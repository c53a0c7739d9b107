from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.events import an_event
from tests.clock import START
from triggers_api.events.event import Severity
from triggers_api.push.filters import Filters

METADATA_FILTERS = {
    "connectors": "connector",
    "entity_types": "entity_type",
    "error_types": "error_type",
}


def matches(filters: Filters, **event: Any) -> bool:
    return filters.match(an_event(START, **event))


def test_without_filters_everything_matches() -> None:
    assert matches(Filters())
    assert matches(Filters(), event_type="a", severity=Severity.CRITICAL, metadata={})


@pytest.mark.parametrize(
    ("wanted", "event_type", "is_wanted"),
    [
        ("invoice.failed", "invoice.failed", True),
        ("invoice.failed", "invoice.failed.again", False),
        ("invoice.failed", "invoice", False),
        ("invoice.*", "invoice.failed", True),
        ("invoice.*", "invoice.tax.failed", True),
        ("invoice.*", "invoice", False),
        ("invoice.*", "invoices.failed", False),
        ("invoice", "invoice.failed", False),
    ],
)
def test_a_type_is_wanted_exactly_or_by_its_beginning(
    wanted: str,
    event_type: str,
    is_wanted: bool,  # noqa: FBT001  # a case
) -> None:
    filters = Filters(event_types=frozenset({wanted}))

    assert matches(filters, event_type=event_type) == is_wanted


def test_any_of_several_types_will_do() -> None:
    filters = Filters(event_types=frozenset({"order.*", "invoice.failed"}))

    assert matches(filters, event_type="order.fetched")
    assert matches(filters, event_type="invoice.failed")
    assert not matches(filters, event_type="invoice.created")


@given(st.sampled_from(Severity), st.sampled_from(Severity))
def test_a_severity_is_wanted_from_a_minimum_on(minimum: Severity, severity: Severity) -> None:
    order = ["info", "warning", "error", "critical"]

    wanted = matches(Filters(min_severity=minimum), severity=severity)

    assert wanted == (order.index(severity) >= order.index(minimum))


@pytest.mark.parametrize(("name", "key"), METADATA_FILTERS.items())
def test_metadata_is_wanted_by_value(name: str, key: str) -> None:
    filters = Filters(**{name: frozenset({"a", "b"})})  # type: ignore[arg-type]  # each takes a set

    assert matches(filters, metadata={key: "a"})
    assert matches(filters, metadata={key: "b", "more": 1})
    for metadata in ({}, {key: "c"}, {key: None}, {key: 1}, {key: True}, {"other": "a"}):
        assert not matches(filters, metadata=metadata)


@given(st.data())
def test_all_that_are_given_must_agree(data: st.DataObject) -> None:
    parts: dict[str, Any] = {
        "event_types": data.draw(st.sampled_from([frozenset({"order.*"}), frozenset({"a"})])),
        "min_severity": data.draw(st.sampled_from([Severity.INFO, Severity.CRITICAL])),
        "connectors": data.draw(st.sampled_from([frozenset({"amazon"}), frozenset({"ebay"})])),
    }
    event = an_event(START)

    each = [Filters(**{name: value}).match(event) for name, value in parts.items()]

    assert Filters(**parts).match(event) == all(each)
