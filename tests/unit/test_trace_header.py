"""The trace header: what is one, and that everything else is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggers_api.trace_header import TraceHeader, trace_id_of, untraced

ROOT = "1-5759e988-bd862e3fe1be46a994272793"
TEXT = f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1"


def test_a_header_is_read_and_written_alike() -> None:
    header = TraceHeader.read(TEXT)

    assert header == TraceHeader(ROOT, "53995c3f42cd8ad8")
    assert str(header) == TEXT
    assert trace_id_of(TEXT) == ROOT


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        7,
        [TEXT],
        f"{TEXT}\n",
        f" {TEXT}",
        f"{TEXT};Lineage=a:1",
        TEXT.replace("Sampled=1", "Sampled=0"),
        TEXT.replace("Sampled=1", "Sampled=?"),
        TEXT.replace("5759e988", "5759E988"),
        TEXT.replace("5759e988", "5759e98٨"),  # a digit, but none of X-Ray's
        TEXT.replace("Parent=53995c3f42cd8ad8;", ""),
        f"Parent=53995c3f42cd8ad8;Root={ROOT};Sampled=1",
    ],
)
def test_what_is_written_in_any_other_way_is_no_header(text: object) -> None:
    assert TraceHeader.read(text) is None
    assert trace_id_of(text) is None


@given(st.text())
def test_no_text_makes_it_raise(text: str) -> None:
    header = TraceHeader.read(text)

    assert header is None or str(header) == text


def test_what_is_not_traced_has_no_header() -> None:
    assert untraced() is None  # type: ignore[func-returns-value]
