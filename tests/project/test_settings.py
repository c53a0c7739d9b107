"""The template sets what the functions read, all of it and nothing else; the README tells it."""

import re
from typing import Any

import pytest

from admin.template import template
from tests.cloudformation import ROOT, properties, resources
from tests.conftest import ENVIRONMENT
from tests.markdown import Document, code_words, table_rows
from triggers_api.settings import (
    ApiSettings,
    CounterSettings,
    DeliverySettings,
    DispatcherSettings,
    MonitorSettings,
    RemoverSettings,
    RescuerSettings,
    Settings,
    SettingsError,
)

READS: dict[str, type[Settings]] = {
    "ApiFunction": ApiSettings,
    "CounterFunction": CounterSettings,
    "DeliveryFunction": DeliverySettings,
    "DispatcherFunction": DispatcherSettings,
    "MonitorFunction": MonitorSettings,
    "RemoverFunction": RemoverSettings,
    "RescuerFunction": RescuerSettings,
}
ALL = frozenset[str]().union(*(each.variables() for each in READS.values()))


def test_every_function_has_settings_of_its_own() -> None:
    assert READS.keys() == resources("AWS::Serverless::Function").keys()


@pytest.mark.parametrize("function", READS)
def test_a_function_is_given_exactly_what_it_reads(function: str) -> None:
    given = properties(function)["Environment"]["Variables"]

    assert given.keys() == READS[function].variables()
    assert all(given.values())


def set_by(parameter: str) -> set[tuple[str, str]]:
    """The functions and variables that get a parameter as it is."""
    return {
        (function, variable)
        for function in READS
        for variable, value in properties(function)["Environment"]["Variables"].items()
        if value == {"Ref": parameter}
    }


PARAMETERS = sorted(name for name in template()["Parameters"] if set_by(name))


def extremes(parameter: dict[str, Any]) -> set[str]:
    """What the template takes for a parameter: all there is to choose, or both ends."""
    ends = {parameter[name] for name in ("Default", "MinValue", "MaxValue") if name in parameter}
    return {str(each) for each in ends | set(parameter.get("AllowedValues", ()))}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_function_takes_every_value_that_the_template_takes(name: str) -> None:
    for value in extremes(template()["Parameters"][name]):
        for function, variable in set_by(name):
            READS[function].from_environment(ENVIRONMENT | {variable: value})


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("value", ["", " ", "-1", "abc", "1,,2", "1000000000"])
def test_the_template_refuses_what_a_function_would_not_start_with(name: str, value: str) -> None:
    for function, variable in set_by(name):
        try:
            READS[function].from_environment(ENVIRONMENT | {variable: value})
        except SettingsError:
            assert not is_taken(template()["Parameters"][name], value), variable


def is_taken(parameter: dict[str, Any], value: str) -> bool:
    """Whether CloudFormation takes a value for a parameter."""
    if "AllowedValues" in parameter:
        return value in map(str, parameter["AllowedValues"])
    if parameter["Type"] == "Number":
        is_number = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value) is not None
        return is_number and parameter["MinValue"] <= float(value) <= parameter["MaxValue"]
    return re.fullmatch(parameter.get("AllowedPattern", ".*"), value) is not None


def parameters_of(value: Any) -> set[str]:
    """The parameters that a value is made of, or that its condition compares."""
    if isinstance(value, list):
        return set().union(*map(parameters_of, value))
    if not isinstance(value, dict):
        return set()
    ((name, of),) = value.items()
    if name == "Ref":
        return {of} & set(template()["Parameters"])
    if name == "Fn::If":
        return parameters_of(template()["Conditions"][of[0]]) | parameters_of(of[1:])
    return parameters_of(of)


def test_the_readme_tells_of_each_parameter_the_variable_that_it_becomes() -> None:
    variables = [template()["Globals"]["Function"]["Environment"]["Variables"]]
    variables += [properties(function)["Environment"]["Variables"] for function in READS]
    becomes: dict[str, set[str]] = {name: set() for name in ["", *template()["Parameters"]]}
    for variable, value in (pair for each in variables for pair in each.items()):
        for parameter in parameters_of(value) or {""}:
            becomes[parameter].add(variable)
    rows = table_rows(Document("README.md").section("Settings"))

    assert {row[0].strip("`"): set(code_words(row[1])) for row in rows} == becomes


def test_nothing_but_settings_knows_a_variable_by_its_name() -> None:
    knowing = {
        path.name
        for path in (ROOT / "src").rglob("*.py")
        for variable in ALL
        if re.search(rf"[\"']{variable}[\"']", path.read_text())
    }

    assert knowing == {"settings.py"}
