import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.channels.pushes import a_push
from triggers_api.channels.suggestions import BY_ERROR_TYPE, DEFAULT
from triggers_api.channels.texts import Text, text_of
from triggers_api.events.event import Severity

ORDER_SYNC = {
    "sync.started": 1,
    "order.fetched": 5,
    "invoice.created": 3,
    "invoice.failed": 2,
    "sync.completed": 1,
}


def a_failure(**fields: Any) -> Text:
    described: dict[str, Any] = {
        "event_type": "invoice.failed",
        "severity": Severity.ERROR,
        "metadata": {"connector": "amazon", "entity_type": "order", "error_type": "validation"},
        "payload": b'{"reason":"VAT number missing"}',
    }
    return text_of(a_push(**described | fields))


def test_the_line_of_a_completed_sync() -> None:
    push = a_push(event_type="sync.completed", execution_counts=ORDER_SYNC)

    assert text_of(push).subject == (
        "[KONOZY] Amazon sync completed | exec=exec_42 | orders=5 | invoices_ok=3"
        " | invoices_failed=2"
    )


@pytest.mark.parametrize(
    ("event_type", "counts", "told"),
    [
        (
            "sync.completed",
            {"sync.started": 1, "sync.completed": 1},
            "exec=exec_42 | orders=0 | invoices_ok=0 | invoices_failed=0",
        ),
        (
            "sync.completed",
            {"order.fetched": 1, "stock.updated": 7},
            "exec=exec_42 | orders=1 | invoices_ok=0 | invoices_failed=0 | stock.updated=7",
        ),
        (
            "import.completed",
            {"import.started": 1, "row.imported": 9, "row.failed": 1, "import.completed": 1},
            "exec=exec_42 | row.failed=1 | row.imported=9",
        ),
        ("amazon.import.completed", {"amazon.import.started": 1}, "exec=exec_42"),
        ("sync.completed", None, "exec=exec_42"),
    ],
)
def test_what_completed_tells_its_counts(
    event_type: str, counts: dict[str, int] | None, told: str
) -> None:
    push = a_push(event_type=event_type, execution_counts=counts)

    assert text_of(push).subject.partition(" | ")[2] == told


def test_without_an_execution_there_is_nothing_to_count() -> None:
    push = a_push(event_type="sync.completed", execution_id=None)

    assert text_of(push).subject == "[KONOZY] Amazon sync completed"


def test_the_brand_is_the_deployments() -> None:
    assert text_of(a_push(), brand="ACME").subject == "[ACME] Amazon order fetched"


@pytest.mark.parametrize(
    ("event_type", "metadata", "title"),
    [
        ("invoice.failed", {"connector": "amazon"}, "Amazon invoice failed"),
        ("invoice.failed", {}, "Invoice failed"),
        ("stock_level.went-low", {"connector": "eBay"}, "EBay stock level went low"),
        ("amazon.sync.started", {"connector": "Amazon"}, "Amazon sync started"),
        ("invoice.failed", {"connector": 7}, "7 invoice failed"),
        ("invoice.failed", {"connector": None}, "Invoice failed"),
    ],
)
def test_the_headline_names_the_connector_once(
    event_type: str, metadata: dict[str, Any], title: str
) -> None:
    push = a_push(event_type=event_type, metadata=metadata, execution_id=None)

    assert text_of(push).subject == f"[KONOZY] {title}"


def test_the_text_says_what_where_when_and_which() -> None:
    text = a_failure(execution_counts=ORDER_SYNC)

    assert text.body == "VAT number missing"
    facts = dict(text.facts)
    assert facts.pop("Event").startswith("evt_")
    assert facts == {
        "Severity": "error",
        "Where": "amazon / order",
        "When": "2026-11-21 22:55:18 UTC",
        "Error type": "validation",
        "Event type": "invoice.failed",
        "Execution": "exec_42",
        "Counts": "orders=5 | invoices_ok=3 | sync.completed=1 | sync.started=1".replace(
            "invoices_ok=3", "invoices_ok=3 | invoices_failed=2"
        ),
    }
    assert text.suggested_action == BY_ERROR_TYPE["validation"]


def test_what_is_not_known_is_not_told() -> None:
    text = text_of(a_push(metadata={}, payload=b"{}", execution_id=None))

    assert text.body == ""
    assert [name for name, _ in text.facts] == ["Severity", "When", "Event type", "Event"]
    assert text.suggested_action is None


@pytest.mark.parametrize("error_type", BY_ERROR_TYPE)
def test_each_kind_of_error_has_its_suggestion(error_type: str) -> None:
    assert (
        a_failure(metadata={"error_type": error_type}).suggested_action
        == (BY_ERROR_TYPE[error_type])
    )


@pytest.mark.parametrize(
    ("fields", "action"),
    [
        ({"metadata": {"error_type": "a new one"}}, DEFAULT),
        ({"metadata": {"error_type": 7}}, DEFAULT),
        ({"metadata": {}}, DEFAULT),
        ({"metadata": {}, "severity": Severity.INFO}, DEFAULT),
        ({"metadata": {}, "event_type": "a.b", "severity": Severity.CRITICAL}, DEFAULT),
        ({"metadata": {}, "event_type": "a.b", "severity": Severity.WARNING}, None),
        ({"metadata": {}, "event_type": "a.b", "severity": Severity.INFO}, None),
    ],
)
def test_unknown_trouble_has_a_general_suggestion_and_no_trouble_none(
    fields: dict[str, Any], action: str | None
) -> None:
    assert a_failure(**fields).suggested_action == action


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"message": "first", "reason": "second"}, "first"),
        ({"error": {"message": "inside", "code": 5}}, "inside"),
        ({"error": "", "reason": " ", "detail": "last"}, "last"),
        ({"message": 5, "error": ["x"], "reason": None}, ""),
        ({"message": "two\nlines\r\n\tand\u2028more\0"}, "two lines and more"),
        ({"message": "x" * 600}, "x" * 499 + "…"),
    ],
)
def test_what_happened_is_said_in_the_payload(payload: dict[str, Any], message: str) -> None:
    assert a_failure(payload=json.dumps(payload).encode()).body == message


def test_a_payload_that_python_cannot_read_says_nothing() -> None:
    assert a_failure(payload=b'{"message":"x","n":%s}' % (b"1" * 5000)).body == ""


def test_a_template_says_all_there_is_to_say() -> None:
    text = text_of(
        a_push(
            message_template="${event_type} of ${connector}: ${message}\n${counts} ${error_type}$$5",
            payload=b'{"message":"${event_id} $$ {severity}"}',
            execution_counts={"order.fetched": 2},
        )
    )

    assert text.is_custom
    assert text.body == (
        "order.fetched of amazon: ${event_id} $$ {severity}"
        "\norders=2 | invoices_ok=0 | invoices_failed=0 $5"
    )
    assert text.facts == ()
    assert text.suggested_action is None
    assert text.subject == "[KONOZY] Amazon order fetched"


def test_a_template_that_comes_out_empty_gives_way_to_the_headline() -> None:
    text = text_of(a_push(message_template="${error_type} ", metadata={}))

    assert text.body == text.subject


def test_a_template_that_repeats_itself_has_an_end() -> None:
    push = a_push(message_template="${message}" * 150, payload=b'{"message":"%s"}' % (b"x" * 500))

    assert len(text_of(push).body) == 8000


WORDS = st.one_of(st.text(max_size=600), st.text(st.sampled_from("\r\n\0\x1b<&>$"), max_size=9))


@given(
    connector=WORDS,
    error_type=WORDS,
    message=WORDS,
    event_type=st.text(string.ascii_letters + "._-", min_size=1, max_size=128),
)
def test_no_event_can_break_out_of_its_line(
    connector: str, error_type: str, message: str, event_type: str
) -> None:
    text = a_failure(
        event_type=event_type,
        metadata={"connector": connector, "entity_type": connector, "error_type": error_type},
        payload=json.dumps({"message": message}).encode(),
    )

    lines = [text.subject, text.body, *(value for _, value in text.facts)]
    assert not any(character in line for line in lines for character in "\r\n\0\x1b\u2028\u2029")
    assert len(text.subject) <= 250
    assert len(text.as_plain()) < 2000
