"""A tenant's tasks are found wherever they wait, however many there are."""

from typing import Any

import boto3
from botocore.stub import Stubber

from triggers_api.aws.tenant_tasks import Schedules


def test_schedules_are_found_over_all_pages() -> None:
    """Scheduler lists up to a hundred a page; moto pages none."""
    client: Any = boto3.client("scheduler", region_name="us-east-1")
    listed = {"GroupName": "tasks", "NamePrefix": "42_"}
    with Stubber(client) as aws:
        aws.add_response("list_schedules", _page("42_a", "42_b") | {"NextToken": "more"}, listed)
        aws.add_response("list_schedules", _page("42_c"), listed | {"NextToken": "more"})
        for name in ("42_a", "42_b", "42_c"):
            aws.add_response("delete_schedule", {}, {"GroupName": "tasks", "Name": name})

        removed = list(Schedules(client, "tasks", lambda _tenant: ["cfg_42"])("shop"))

        aws.assert_no_pending_responses()
    assert removed == [1, 1, 1]


def _page(*names: str) -> dict[str, Any]:
    return {"Schedules": [{"Name": each} for each in names]}
