"""What an alarm's name tells, and in which order alarms are shown."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.watch import a_ringing_alarm, an_alarm
from triggers_api.watch.alarms import AlarmSeverity, AlarmState, read_alarm_name, worst_first

WARNING, CRITICAL = AlarmSeverity.WARNING, AlarmSeverity.CRITICAL


@pytest.mark.parametrize(
    ("name", "severity", "what"),
    [
        ("triggers-prod-critical-api-errors", CRITICAL, "api-errors"),
        ("triggers-prod-warning-oldest-pending", WARNING, "oldest-pending"),
        ("triggers-prod-warning-critical-mass", WARNING, "critical-mass"),
        ("triggers-prod-bill", WARNING, None),
        ("triggers-prod-critical", WARNING, None),
    ],
)
def test_a_name_of_the_stack_tells_severity_and_runbook(
    name: str, severity: AlarmSeverity, what: str | None
) -> None:
    read = read_alarm_name(name, "triggers-prod")

    assert read is not None
    assert (read.name, read.severity, read.what) == (name, severity, what)


@pytest.mark.parametrize(
    "name",
    [
        "triggers-prod-eu-critical-api-errors",  # of the stack triggers-prod-eu
        "triggers-warning-api-errors",
        "other-critical-api-errors",
        "my-triggers-prod-critical-api-errors",
        "triggers-prod-",
        "triggers-prod",
        "",
    ],
)
def test_another_stacks_alarm_is_none_of_ours(name: str) -> None:
    assert read_alarm_name(name, "triggers-prod") is None


@given(st.text(max_size=40), st.text(min_size=1, max_size=20))
def test_any_name_can_be_read(name: str, stack: str) -> None:
    read = read_alarm_name(name, stack)

    assert read is None or read.name == name


def test_what_rings_comes_first_and_what_is_critical_before_the_rest() -> None:
    shown = [
        a_ringing_alarm(CRITICAL, "b"),
        a_ringing_alarm(WARNING, "a"),
        an_alarm("a", CRITICAL),
        an_alarm("c", CRITICAL, AlarmState.INSUFFICIENT_DATA),
        an_alarm("b", WARNING),
    ]

    assert list(worst_first(reversed(shown))) == shown


def test_only_an_alarm_of_the_template_has_a_heading_in_the_runbook() -> None:
    ours = an_alarm("dead-letters")

    assert ours.runbook == "docs/runbook.md#dead-letters"
    assert replace(ours, what=None).runbook is None
