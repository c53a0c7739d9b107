"""What the environment may set of a local run: it holds, or one line says what is wrong."""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from admin.template import template
from local import run
from local.deploy import SETTABLE, DeployError, allows_private_targets, parameters

EDGES = {
    "TRIGGERS_ALLOW_PRIVATE_TARGETS": (["0", "1", " 1 "], ["2", "true", "no", "00", "\u0661"]),
    "TRIGGERS_TRACING": (["on", "off"], ["0", "On", "yes"]),
    "TRIGGERS_RETRY_SCHEDULE": (
        ["0", "0.1,0.1", "1,2,4", "9999999"],
        ["abc", ",", "1,", "-1", "1e9", "1;2", "99999999999999999999", "nan"],
    ),
}
GOOD = [(name, value) for name, (good, _) in EDGES.items() for value in good]
BAD = [(name, value) for name, (_, bad) in EDGES.items() for value in bad]


@pytest.fixture
def main() -> Iterator[Callable[[], int]]:
    """The command, which takes signals for itself."""
    before = {order: signal.getsignal(order) for order in run.ORDERS_TO_STOP}
    yield run.main
    for order, handler in before.items():
        signal.signal(order, handler)


def test_each_variable_has_its_edges_here() -> None:
    assert set(EDGES) == {variable for variable, _, _ in SETTABLE.values()}


@pytest.mark.parametrize(("variable", "value"), GOOD)
def test_a_good_value_is_what_the_template_is_told(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    assert value.strip() in parameters().values()


@pytest.mark.parametrize("variable", EDGES)
@pytest.mark.parametrize("nothing", ["", " "])
def test_an_empty_value_is_none(
    monkeypatch: pytest.MonkeyPatch, variable: str, nothing: str
) -> None:
    monkeypatch.delenv(variable, raising=False)
    usual = parameters()
    monkeypatch.setenv(variable, nothing)

    assert parameters() == usual


@pytest.mark.parametrize(("variable", "value"), BAD)
def test_a_bad_value_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(DeployError, match=f"^{variable} is '{re.escape(value)}': give .+$"):
        parameters()


def test_what_is_taken_here_aws_would_take_too() -> None:
    declared = template()["Parameters"]

    for variable, value in GOOD:
        name = next(name for name, (named, _, _) in SETTABLE.items() if named == variable)
        rule = declared[name]
        pattern = rule.get("AllowedPattern") or "|".join(rule["AllowedValues"])
        assert re.fullmatch(pattern, value.strip()), variable


@pytest.mark.parametrize(("value", "allowed"), [("0", False), ("1", True), ("", True)])
def test_pushes_may_go_to_this_machine_unless_somebody_says_no(
    monkeypatch: pytest.MonkeyPatch, value: str, *, allowed: bool
) -> None:
    monkeypatch.setenv("TRIGGERS_ALLOW_PRIVATE_TARGETS", value)

    assert allows_private_targets() is allowed


@pytest.mark.parametrize(
    "variable", ["TRIGGERS_PORT", "TRIGGERS_RECEIVER_PORT", "TRIGGERS_SMTP_PORT"]
)
@pytest.mark.parametrize("value", ["65536", "-1", "http", "80.0"])
def test_a_port_that_is_none_is_told_in_one_line(
    main: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    variable: str,
    value: str,
) -> None:
    monkeypatch.setenv("TRIGGERS_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("TRIGGERS_PORT", "0")
    monkeypatch.setenv(variable, value)

    assert main() == 1
    assert capsys.readouterr().err == f"{variable} is '{value}', which is no port number.\n"


def test_a_place_that_cannot_hold_data_is_told_in_one_line(
    main: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    file = tmp_path / "file"
    file.touch()
    for place in (file, file / "inside"):
        monkeypatch.setenv("TRIGGERS_STATE_DIR", str(place))
        assert main() == 1
        said = capsys.readouterr().err
        assert said.startswith(f"TRIGGERS_STATE_DIR is '{place}', which is no place for data: ")
        assert said.count("\n") == 1
