"""Facts about the dashboard's page as a browser draws it, with every alarm of the template."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from local.cloudwatch.dashboard import server
from tests.cloudformation import ROOT
from tests.e2e.console.visitor import CHROMIUM

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium")

# Of the template's alarms, as its dashboard lists them.
NAMES = re.findall(
    r"alarm:\$\{AWS::StackName\}-([a-z-]+)", (ROOT / "template.yaml").read_text(encoding="utf-8")
)


class CloudWatch:
    """Has all of them ring, in a dashboard of the same shape."""

    def get_dashboard(self, **_: Any) -> dict[str, Any]:
        arns = [f"arn:{name}" for name in NAMES]
        alarms = {"type": "alarm", "width": 16, "height": 7, "properties": {"alarms": arns}}
        text = {"type": "text", "x": 16, "width": 8, "height": 7}
        text["properties"] = {"markdown": "# triggers\n**Red on the left?** Read the runbook."}
        return {"DashboardBody": json.dumps({"widgets": [alarms, text]})}

    def get_paginator(self, _: str) -> "CloudWatch":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"MetricAlarms": [ringing(name) for name in NAMES]}]


def ringing(name: str) -> dict[str, Any]:
    heading = name.partition("-")[2]
    return {
        "AlarmName": f"s-{name}",
        "AlarmArn": f"arn:{name}",
        "AlarmDescription": f"It is: docs/runbook.md#{heading}",
        "StateValue": "ALARM",
        "StateReason": "r",
        "StateUpdatedTimestamp": datetime.now(UTC),
    }


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """The smallest window of a desk, the page drawn."""
    with pytest.MonkeyPatch.context() as patched, sync_playwright() as playwright:
        patched.setattr(server, "client", lambda *_: CloudWatch())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        runbook = ROOT / "docs" / "runbook.md"
        with server.serving_dashboard("", "s", "d", runbook=runbook) as url:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            page = context.new_page()
            page.goto(url)
            page.locator(".alarms > .alarm").first.wait_for()
            yield page
        browser.close()


def test_all_alarms_are_seen_and_nothing_has_a_scrollbar(page: Page) -> None:
    assert page.locator(".alarms > .alarm").count() == len(NAMES) >= 34
    assert page.evaluate(CUT_OFF) == []


def test_each_alarm_leads_to_a_heading_that_is_there(page: Page) -> None:
    links = page.locator("a.alarm")
    wanted = {link.get_attribute("href") for link in links.all()}
    runbook = page.context.new_page()
    runbook.goto(page.url.rstrip("/") + "/runbook.html")
    runbook.locator("h2").first.wait_for()
    headings = {each.get_attribute("id") for each in runbook.locator("h2, h3").all()}

    assert wanted <= {f"runbook.html#{heading}" for heading in headings}


# Whatever is wider or higher within than without, by more than the rounding of a pixel.
CUT_OFF = """[...document.querySelectorAll(".kind-alarm, .kind-alarm *")]
  .filter((each) => each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1)
  .filter((each) => getComputedStyle(each).display !== "inline")
  .map((each) => each.outerHTML.slice(0, 80))"""
