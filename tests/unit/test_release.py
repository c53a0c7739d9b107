"""Facts about the name of a release: what gives it another one, and where it is written."""

import tomllib
from pathlib import Path

import pytest

from admin.release import name_of, with_release
from tests.cloudformation import ROOT

PARAMETERS = ["Stage=prod", "LogLevel=INFO"]
SAMCONFIG = (ROOT / "samconfig.toml").read_text()


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "ApiFunction").mkdir()
    (tmp_path / "ApiFunction" / "app.py").write_text("one")
    (tmp_path / "template.yaml").write_text("Timeout: 10")
    return tmp_path


def overrides(samconfig: str, config_env: str) -> dict[str, str]:
    told = tomllib.loads(samconfig)[config_env]["deploy"]["parameters"]["parameter_overrides"]
    found = dict(pair.split("=", 1) for pair in told)
    assert len(found) == len(told), "a parameter is set twice"
    return found


def test_the_same_code_and_parameters_have_the_same_name(built: Path) -> None:
    name = name_of(built, PARAMETERS)
    (built / "ApiFunction" / "app.pyc").write_bytes(b"compiled")

    assert name_of(built, PARAMETERS[::-1]) == name


def test_other_code_another_template_and_another_parameter_have_another_name(built: Path) -> None:
    names = [name_of(built, PARAMETERS), name_of(built, ["Stage=prod", "LogLevel=DEBUG"])]
    (built / "ApiFunction" / "app.py").write_text("two")
    names.append(name_of(built, PARAMETERS))
    (built / "template.yaml").write_text("Timeout: 20")
    names.append(name_of(built, PARAMETERS))
    (built / "ApiFunction" / "app.py").rename(built / "ApiFunction" / "moved.py")
    names.append(name_of(built, PARAMETERS))

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("config_env", ["default", "staging", "prod"])
def test_a_stage_is_deployed_as_configured_with_its_release(built: Path, config_env: str) -> None:
    before = overrides(SAMCONFIG, config_env)
    after = overrides(with_release(SAMCONFIG, config_env, built), config_env)
    name = name_of(built, [f"{key}={value}" for key, value in before.items()])

    assert after == before | {"Release": name}


@pytest.mark.parametrize("config_env", ["default", "staging", "prod"])
def test_this_once_it_may_take_over_in_another_way(built: Path, config_env: str) -> None:
    written = with_release(SAMCONFIG, config_env, built, "Linear10PercentEvery1Minute")

    assert overrides(written, config_env)["Rollout"] == "Linear10PercentEvery1Minute"
