"""The rescuer's handler: one line a run, with its metric."""

import json
from typing import Any

from local.cloudwatch.invocations import Invocation
from tests.builders.events import OTHER_TENANT, TENANT
from tests.functional.conftest import LogLines
from tests.functional.delivery_bench import metrics_of
from triggers_api.errors import InternalError, StoreUnavailableError
from triggers_api.handlers.rescuer import build
from triggers_api.push.rescue import Rescued


def lines_of(rescued: Rescued, log_lines: LogLines) -> list[dict[str, Any]]:
    build(lambda: rescued)({}, None)
    return log_lines()


def test_a_run_that_finds_nothing_lost_measures_nothing(log_lines: LogLines) -> None:
    (line,) = lines_of(Rescued(tenants=3, noted=2, held=1), log_lines)

    assert (line["message"], line["level"]) == ("deliveries.rescued", "INFO")
    told = {name: line[name] for name in ("tenants", "noted", "pushed", "held", "left")}
    assert told == {"tenants": 3, "noted": 2, "pushed": 0, "held": 1, "left": 0}
    assert metrics_of(line) == {}  # and costs nothing
    assert not Invocation(at=0.0, duration_ms=1.0, said=(json.dumps(line),)).failed


def test_what_was_pushed_again_is_a_warning(log_lines: LogLines) -> None:
    (line,) = lines_of(Rescued(tenants=1, pushed=7), log_lines)

    assert (line["level"], metrics_of(line)) == ("WARNING", {"OverdueDeliveries": [7.0]})


def test_a_tenant_that_fails_has_a_line_of_its_own(log_lines: LogLines) -> None:
    failures: dict[str, Exception] = {
        TENANT: StoreUnavailableError("The store is away."),
        OTHER_TENANT: InternalError(KeyError("a bug")),
    }

    first, second, third = lines_of(Rescued(left=2, failures=failures), log_lines)

    assert [each["message"] for each in (first, second)] == ["tenant.not_rescued"] * 2
    assert [(each["tenant"], each["level"]) for each in (first, second)] == [
        (TENANT, "WARNING"),
        (OTHER_TENANT, "ERROR"),
    ]
    assert third["left"] == 2
