"""The remover's handler: a run says what it did, and a run without work says that."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from local.cloudwatch.invocations import Invocation
from tests.builders.events import TENANT
from tests.functional.conftest import LogLines
from tests.functional.delivery_bench import metrics_of
from tests.functional.leaving_tenant import DeadError
from triggers_api.access.deletion import Run
from triggers_api.errors import StoreUnavailableError
from triggers_api.handlers.remover import build


def lines_of(run: Run, log_lines: LogLines) -> list[dict[str, Any]]:
    build(lambda _tell_stalled: run)({}, None)
    return log_lines()


def test_a_run_without_work_says_so_and_measures_nothing(log_lines: LogLines) -> None:
    (line,) = lines_of(Run(), log_lines)

    assert (line["message"], line["level"]) == ("tenants.none_leaving", "INFO")
    assert "_aws" not in line


def test_a_local_run_counts_no_run_as_failed(log_lines: LogLines) -> None:
    (line,) = lines_of(Run(), log_lines)

    assert not Invocation(at=0.0, duration_ms=1.0, said=(json.dumps(line),)).failed


def test_how_long_a_deletion_stalls_is_told_whatever_becomes_of_the_run(
    log_lines: LogLines,
) -> None:
    def dies(tell_stalled: Callable[[timedelta], None]) -> Run:
        tell_stalled(timedelta(minutes=2))
        raise DeadError

    with pytest.raises(DeadError):
        build(dies)({}, None)

    (line,) = log_lines()
    assert line["message"] == "tenants.leaving"
    assert metrics_of(line) == {"DeletionStalled": [120.0]}


def test_a_run_with_work_is_one_line(log_lines: LogLines) -> None:
    run = Run(removed={"events": 25}, left=1)

    (line,) = lines_of(run, log_lines)

    assert (line["message"], line["removed"], line["left"]) == (
        "tenants.deleted",
        {"events": 25},
        1,
    )
    assert "letters_unseen" not in line


def test_a_run_names_whom_it_ended_without_having_seen_all_dead_letters(
    log_lines: LogLines,
) -> None:
    (line,) = lines_of(Run(ended=[TENANT], unseen=[TENANT]), log_lines)

    assert (line["ended"], line["letters_unseen"]) == ([TENANT], [TENANT])


def test_a_tenant_that_fails_has_a_line_of_its_own(log_lines: LogLines) -> None:
    run = Run(left=1, failures={TENANT: StoreUnavailableError("The store is away.")})

    first, second = lines_of(run, log_lines)

    assert (first["message"], first["tenant"]) == ("tenant.not_deleted", TENANT)
    assert second["message"] == "tenants.deleted"
