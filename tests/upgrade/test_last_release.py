"""Today's code and the last release's, side by side on the same tables, queues and cursors."""

from __future__ import annotations

import json

from tests.upgrade.deployment import TABLES
from tests.upgrade.forms import FOLDER
from tests.upgrade.replay import STEPS, going_on
from tests.upgrade.shapes import lacking, shapes, task_shape

LAST_RELEASE = max(FOLDER.iterdir())


def test_today_goes_on_with_what_the_last_release_left_and_writes_what_that_can_read() -> None:
    with going_on(LAST_RELEASE) as (deployment, forms):
        relied_on = shapes(forms.tables)
        for step in STEPS:
            step(deployment, forms)

        written = shapes({table: deployment.items(table) for table in TABLES})
        for kind in written:
            assert lacking(relied_on.get(kind, {}), written[kind]) == [], kind
        tasks = [json.loads(each.body) for each in deployment.messages()]
        tasks += [json.loads(each["Target"]["Input"]) for each in deployment.schedules()]
        assert tasks
        assert lacking(task_shape(forms.tasks), task_shape(tasks)) == []
