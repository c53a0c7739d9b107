"""What the Zapier integration makes of answers, by Zapier's own tester, without a stack."""

import json
from pathlib import Path

import pytest

from tests.node_packages import ZAPIER, needs_node, run_node_tests
from triggers_api.api.schemas.events import EventOut

FILES = sorted((ZAPIER / "test" / "unit").glob("*.test.js"))


@needs_node(ZAPIER)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".test.js"))
def test_the_integration_keeps_zapiers_rules(file: Path) -> None:
    run_node_tests(file)


def test_its_sample_is_an_event_as_the_api_answers_it() -> None:
    sample = json.loads((ZAPIER / "samples" / "event.json").read_text())

    EventOut.model_validate_json(json.dumps(sample))
    assert list(sample) == list(EventOut.model_fields)
    assert sample["event_id"] == sample["id"]
