import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggers_api.channels.templates import PLACEHOLDERS, fault_of_template, render


@pytest.mark.parametrize(
    "template",
    [
        "plain",
        "costs $5, $x, 100 %, {braces} and {{more}}",
        "${severity}: ${message}\n\t${event_id}",
        "$${not_one} and $$",
        "".join(f"${{{name}}}" for name in PLACEHOLDERS),
        "x" * 2000,
    ],
)
def test_what_may_be_written(template: str) -> None:
    assert fault_of_template(template) is None


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("${colour}", "'${colour}' is no placeholder; there are connector, counts, created_at"),
        ("${SEVERITY}", "no placeholder"),
        ("${event.payload}", "no placeholder"),
        ("${event_id!r}", "no placeholder"),
        ("${message:>99999999}", "no placeholder"),
        ("${}", "no placeholder"),
        ("${ message }", "no placeholder"),
        ("${message", "not closed"),
        ("${${message}}", "not closed"),
        ("a\0b", "control characters"),
        ("x" * 2001, "at most 2000 characters"),
    ],
)
def test_what_may_not(template: str, fault: str) -> None:
    assert fault in str(fault_of_template(template))


def test_only_placeholders_are_replaced() -> None:
    values = {name: f"<{name}>" for name in PLACEHOLDERS}

    assert render("${severity} $severity {severity} %(severity)s $${severity} $5", values) == (
        "<severity> $severity {severity} %(severity)s ${severity} $5"
    )


PIECES = st.sampled_from(["$", "{", "}", "message", "${message}", "$$", "a", " ", "\n", "${x"])


@given(st.lists(PIECES).map("".join), st.text())
def test_what_passes_can_be_rendered_and_leaves_no_placeholder(template: str, said: str) -> None:
    if fault_of_template(template) is not None:
        return

    rendered = render(template, {"message": said})

    assert rendered.count(said) >= template.replace("$$", "").count("${message}")
