"""Writes what a release stores and sends after a day: `python -m tests.upgrade.record RELEASE`.

Run it with the code of that release on the path: see CONTRIBUTING.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from local.received import Received
from local.receiver import running_receiver
from tests.upgrade import CODE
from tests.upgrade.day import BEGIN, Day
from tests.upgrade.deployment import TABLES, Deployment, deployed
from tests.upgrade.forms import FOLDER, Forms
from tests.upgrade.reads import answers

_SCHEDULED = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")


def record(receiver: str) -> Forms:
    """Let a day pass, and tell what there is at its end."""
    with deployed(BEGIN) as deployment:
        day = Day(deployment, receiver)
        day.pass_by()
        tables = {table: deployment.items(table) for table in TABLES}
        held = _held(deployment, day, receiver)
        return Forms(
            tables=tables,
            tasks=[json.loads(each.body) for each in deployment.messages()],
            letters=[json.loads(each.body) for each in deployment.messages("dead-letters")],
            schedules=[
                {name: each[name] for name in _SCHEDULED} for each in deployment.schedules()
            ],
            stream=deployment.new_records("EventsTable", "dispatcher"),
            answers=list(answers(deployment, held)),
            held=held,
        )


def _held(deployment: Deployment, day: Day, receiver: str) -> dict[str, object]:
    shop = deployment.api(day.tokens["shop"])
    events = [each["id"] for each in shop.walk("/events?limit=100")]
    few = [*events[:2], *events[-3:], day.known["large"], day.known["erased"]]
    configs = [each["id"] for each in shop.get("/notifications/configs").json()]
    sources = [each["id"] for each in shop.get("/sources").json()]
    paths = [
        *(f"/events/{each}" for each in few),
        *(f"/events/{each}/story" for each in few[-3:]),
        *(f"/notifications/configs/{each}" for each in configs[:6]),
        *(f"/notifications/configs/{each}/stats?hours=48" for each in configs[:2]),
        *(f"/sources/{each}" for each in sources[:2]),
        *(f"/sources/{each}/refusals" for each in sources),
    ]
    return {
        "at": deployment.at.isoformat(),
        "receiver": receiver,
        "tokens": day.tokens,
        "known": day.known,
        "configs": day.configs,
        "paths": paths,
        "key_set": day.configs["shaped"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", help="what to call it: a version, or its day")
    parser.add_argument("--into", type=Path, default=FOLDER)
    asked = parser.parse_args()
    sys.stdout.write(f"written by {CODE}\n")
    with running_receiver(Received()) as receiver:
        record(receiver).write(asked.into / asked.release)


if __name__ == "__main__":
    main()
