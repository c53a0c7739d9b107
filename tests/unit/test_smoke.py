"""`make smoke` on a deployment: never the local run in its place."""

import pytest

from local.smoke import main


@pytest.mark.parametrize("only", ["TRIGGERS_URL", "TRIGGERS_API_KEY"])
def test_half_of_a_deployments_address_is_refused_before_anything_is_called(
    only: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("TRIGGERS_URL", "TRIGGERS_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(only, "http://127.0.0.1:1")
    assert main() == 1
    assert capsys.readouterr().err.strip() == (
        "Set both TRIGGERS_URL and TRIGGERS_API_KEY for a deployment, or neither for the local run."
    )
