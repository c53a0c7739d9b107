"""What any store of health reports does."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.watch import a_report, a_ringing_alarm, an_alarm
from tests.clock import START
from tests.contract.clients import failing, recorded
from tests.contract.conftest import create_table
from triggers_api.errors import StoreUnavailableError
from triggers_api.store.health_report import DynamoHealthStore
from triggers_api.store.items import write_units
from triggers_api.watch.alarms import AlarmSeverity, AlarmState
from triggers_api.watch.ports import HealthStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def test_before_the_first_report_there_is_none(reports: HealthStore) -> None:
    assert reports.find_report() is None


def test_a_report_comes_back_as_it_was_kept(reports: HealthStore) -> None:
    report = a_report(
        an_alarm(reason="größer als 5 °"),
        a_ringing_alarm(AlarmSeverity.CRITICAL),
        replace(an_alarm(state=AlarmState.INSUFFICIENT_DATA, since=None), what=None),
        circuits_open=None,
    )

    reports.keep_report(report)

    assert reports.find_report() == report


def test_a_later_report_takes_the_place_of_an_earlier_one_and_not_the_reverse(
    reports: HealthStore,
) -> None:
    first = a_report()
    later = a_report(taken_at=START + timedelta(seconds=60), inbox_depth=4)

    for report in (first, later, first, later):
        reports.keep_report(report)

    assert reports.find_report() == later


def test_an_earlier_report_that_comes_late_is_not_kept(reports: HealthStore) -> None:
    first, later = a_report(), a_report(taken_at=START + timedelta(seconds=60), inbox_depth=4)

    for report in (later, first):
        reports.keep_report(report)

    assert reports.find_report() == later


@pytest.fixture
def table(dynamodb: "DynamoDBClient") -> str:
    return create_table(dynamodb, "EventsTable")


def test_a_question_is_one_read(dynamodb: "DynamoDBClient", table: str) -> None:
    store = DynamoHealthStore(dynamodb, table)
    store.keep_report(a_report())

    with recorded(dynamodb) as calls:
        store.find_report()

    ((operation, request),) = calls
    assert (operation, request["ConsistentRead"]) == ("GetItem", False)


def test_a_dozen_alarms_are_one_write_unit(dynamodb: "DynamoDBClient", table: str) -> None:
    names = ("api-errors", "dead-letters", "oldest-pending", "stream-age", "circuit-open", "queue")
    alarms = [
        an_alarm(f"{name}-{number}", description=f"What {name} means for whoever is called.")
        for number in (1, 2)
        for name in names
    ]
    DynamoHealthStore(dynamodb, table).keep_report(a_report(*alarms))

    (item,) = dynamodb.scan(TableName=table)["Items"]

    assert write_units(dict(item)) == 1


def test_the_report_is_in_no_list_and_of_no_tenant(dynamodb: "DynamoDBClient", table: str) -> None:
    DynamoHealthStore(dynamodb, table).keep_report(a_report())

    (item,) = dynamodb.scan(TableName=table)["Items"]

    assert item.keys() == {"pk", "sk", "taken_at", "report"}
    assert item["pk"]["S"].startswith("#")


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize(("status", "code"), [(400, "ThrottlingException"), (500, "")])
def test_a_busy_store_is_unavailable(
    dynamodb: "DynamoDBClient", table: str, status: int, code: str
) -> None:
    with failing(dynamodb, "GetItem", status, code), pytest.raises(StoreUnavailableError):
        DynamoHealthStore(dynamodb, table).find_report()


def test_a_store_that_refuses_us_is_unavailable_too(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(StoreUnavailableError):
        DynamoHealthStore(dynamodb, "no-such-table").find_report()
