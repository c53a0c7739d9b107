"""Facts about the dashboard's page: it answers what is asked, and nothing in it can run."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.cloudwatch.dashboard import server
from local.cloudwatch.dashboard.answers import Dashboard
from tests.cloudformation import ROOT

NOW = 1_795_320_030.0
RUNBOOK = ROOT / "docs" / "runbook.md"
BODY = {
    "widgets": [
        {"type": "text", "width": 24, "height": 2, "properties": {"markdown": "# <b>hi</b>"}},
        {"type": "alarm", "properties": {"title": "A", "alarms": ["arn:1", "arn:gone"]}},
        {"type": "log", "properties": {"title": "L", "query": "fields @message"}},
        {"type": "explorer", "properties": {}},
        {"type": "metric", "properties": {"metrics": [[{"expression": "SUM(m1)"}]]}},
        {
            "type": "metric",
            "properties": {
                "title": "M",
                "metrics": [
                    ["N", "M"],
                    [{"expression": "2 * m", "id": "e"}],
                    ["N", "G", {"id": "m"}],
                ],
            },
        },
    ]
}


class CloudWatch:
    """Answers as CloudWatch does."""

    def __init__(self, body: Any) -> None:
        self.body = body
        self.periods: list[int] = []

    def get_dashboard(self, **_: Any) -> dict[str, Any]:
        return {"DashboardBody": json.dumps(self.body)}

    def get_paginator(self, _: str) -> "CloudWatch":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        told = {"StateReason": "r", "StateUpdatedTimestamp": datetime.fromtimestamp(NOW - 60, UTC)}
        alarm = {"AlarmName": "s-critical-a", "AlarmArn": "arn:1", "StateValue": "ALARM"}
        return [{"MetricAlarms": [alarm | told | {"AlarmDescription": "It is: docs/runbook.md#a"}]}]

    def get_metric_data(self, *, MetricDataQueries: list[Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        self.periods += [each["MetricStat"]["Period"] for each in MetricDataQueries]
        at = [datetime.fromtimestamp(NOW // 60 * 60, UTC)]
        results = [
            {"Id": each["Id"], "Timestamps": at, "Values": [4.0]}
            for each in MetricDataQueries
            if each["MetricStat"]["Metric"]["MetricName"] == "G"
        ]
        empty = [
            {"Id": each["Id"], "Timestamps": [], "Values": []}
            for each in MetricDataQueries
            if each["MetricStat"]["Metric"]["MetricName"] != "G"
        ]
        return {"MetricDataResults": results + empty}

    def get_metric_statistics(self, **_: Any) -> dict[str, Any]:
        return {"Datapoints": [{"Unit": "Milliseconds"}]}


def answer(body: Any, minutes: int = 15) -> dict[str, Any]:
    return Dashboard(CloudWatch(body), "d", "s").answer(minutes, NOW)


def test_every_widget_is_answered() -> None:
    text, alarm, log, other, unknown, metric = answer(BODY)["widgets"]
    assert text["markdown"] == "# <b>hi</b>"
    assert [(each["what"], each["state"]) for each in alarm["alarms"]] == [("a", "ALARM")]
    assert log["query"] == "fields @message"
    assert other["problem"] is None
    assert "SUM" in unknown["problem"]
    assert [each["latest"] for each in metric["series"]] == [None, 8.0, 4.0]
    assert [each["unit"] for each in metric["series"]] == [None, None, "Milliseconds"]


def test_the_period_is_the_consoles_unless_the_dashboard_asks_for_its_own() -> None:
    own = {"widgets": [{"type": "metric", "properties": {"period": 900, "metrics": [["N", "G"]]}}]}
    assert answer(own)["widgets"][0]["period"] == 60
    assert answer(own, 24 * 60)["widgets"][0]["period"] == 300
    assert answer(own | {"periodOverride": "inherit"})["widgets"][0]["period"] == 900


def test_an_alarm_leads_to_its_heading_of_the_runbook() -> None:
    (alarm,) = answer(BODY)["alarms"]

    assert alarm["runbook"] == "a"


def test_a_stack_without_a_dashboard_shows_its_alarms() -> None:
    data = Dashboard(CloudWatch({}), None, "s").answer(15, NOW)
    assert (data["widgets"], len(data["alarms"])) == ([], 1)


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(server, "client", lambda *_: CloudWatch(BODY))
    with server.serving_dashboard("", "s", "d", runbook=RUNBOOK) as url:
        yield url


def get(url: str) -> Any:
    return urllib.request.urlopen(url, timeout=10)  # noqa: S310  # ours


@pytest.mark.parametrize(
    "path",
    ["/", "/?minutes=15", "/app.js", "/page.css", "/icon.svg", "/runbook.html", "/runbook.md"],
)
def test_the_page_is_served_and_may_load_nothing_from_elsewhere(url: str, path: str) -> None:
    with get(url + path) as answer:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_its_data_is_json(url: str) -> None:
    with get(f"{url}/data?minutes=60") as answer:
        assert len(json.load(answer)["widgets"]) == len(BODY["widgets"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/data?minutes=0", 400),
        ("/data?minutes=x", 400),
        ("/data?minutes=1441", 400),
        ("/server.py", 404),
        ("/../server.py", 404),
        ("/%2e%2e/server.py", 404),
    ],
)
def test_anything_else_is_refused(url: str, path: str, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        get(url + path)
    with refusal.value:
        assert refusal.value.code == status


def test_a_taken_port_is_no_reason_not_to_serve(url: str) -> None:
    taken = int(url.rsplit(":", 1)[1])
    with server.serving_dashboard("", "s", "d", taken) as other:
        assert other != url


def test_no_script_makes_html_of_data() -> None:
    for script in Path(server.__file__).parent.glob("*.js"):
        assert "innerHTML" not in script.read_text()
        assert "insertAdjacentHTML" not in script.read_text()
        assert len(script.read_text().splitlines()) <= 250
