"""Every example of `docs/expressions.md` gives what stands beside it."""

import json
import re

import pytest

from tests.builders.events import TENANT, an_event
from tests.clock import START
from tests.cloudformation import ROOT
from triggers_api.events.event import Severity
from triggers_api.push.expressions import Matching, body_of, fault_of_match, fault_of_transform

PAGE = (ROOT / "docs" / "expressions.md").read_text()
CONFIG, EVENT = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
PAYLOAD = re.search(r'"payload": (\{.*\})\s*\}', EVENT, re.DOTALL)
assert PAYLOAD is not None
SAID = json.loads(EVENT)
THE_EVENT = an_event(
    START,
    event_type=SAID["event_type"],
    payload=PAYLOAD[1].encode(),
    metadata=SAID["metadata"],
    severity=Severity(SAID["severity"]),
    execution_id=SAID["execution_id"],
)


def rows(heading: str) -> list[tuple[str, str]]:
    section = PAGE.split(f"## {heading}")[1].split("\n## ")[0]
    found = re.findall(r"^\| `(.+?)` \| (.+) \|$", section, re.MULTILINE)
    return [(text.replace("\\|", "|"), gives) for text, gives in found]


@pytest.mark.parametrize(("text", "gives"), rows("Which events: `match`"))
def test_a_match_of_the_page_gives_what_it_says(text: str, gives: str) -> None:
    assert fault_of_match(text) is None

    why_not = Matching(TENANT, THE_EVENT, lambda: THE_EVENT.payload).why_not(text)

    told = {None: "`true`", "it is false": "`false`"}
    assert told.get(why_not, f"fails: `{why_not}`") == gives


@pytest.mark.parametrize(("text", "gives"), rows("What is sent: `transform`"))
def test_a_transform_of_the_page_gives_what_it_says(text: str, gives: str) -> None:
    assert fault_of_transform(text) is None

    body, failure = body_of(TENANT, text, THE_EVENT)

    assert failure is None
    if gives.startswith("`"):
        assert f"`{body.decode()}`" == gives
    else:
        assert json.loads(body) == SAID["payload"]
        assert b'"total":150.50' in body


def test_the_config_of_the_page_is_taken() -> None:
    config = json.loads(CONFIG)

    assert fault_of_match(config["filters"]["match"]) is None
    assert fault_of_transform(config["transform"]) is None
