"""The saved queries ask for what the log lines hold."""

import ast
import json
import re
from typing import Any

import pytest

from tests.cloudformation import properties, resources
from tests.markdown import Document
from tests.watching import HANDLERS, emitted

QUERIES = resources("AWS::Logs::QueryDefinition")
FUNCTIONS = ("ApiLogGroup", "DispatcherLogGroup", "DeliveryLogGroup")

# What Logs Insights and Powertools' Logger put to every line, and to one of an exception.
GIVEN = {"@message", "@timestamp", "exception", "exception_name", "level", "message"}
# And Lambda to its own, in JSON: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
OF_LAMBDA = {"type", "record.status", "record.errorType"}
FAILED = ("timeout", "failure", "error")  # all statuses but success
LANGUAGE = {
    *("fields", "filter", "stats", "sort", "limit", "as", "by", "asc", "desc"),
    *("and", "or", "in", "like", "count", "latest"),
}


def logged() -> set[str]:
    """Every key of a dict in the handlers, among them those of all lines."""
    keys: set[str] = set()
    for path in HANDLERS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Dict):
                keys |= {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}
    return keys


def messages() -> set[str]:
    """What lines are called: the first argument of a logger's methods."""
    names: set[str] = set()
    for path in HANDLERS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                names.add(str(node.args[0].value))
    return names


def in_the_access_log() -> set[str]:
    return set(json.loads(properties("ApiStage")["AccessLogSettings"]["Format"]))


def text_of(query: str) -> str:
    text: str = properties(query)["QueryString"]
    return text


def groups_of(query: str) -> list[str]:
    return [each["Ref"] for each in properties(query)["LogGroupNames"]]


def fields_of(text: str) -> set[str]:
    """The names in a query that are neither of the language nor made by it."""
    plain = re.sub(r'"[^"]*"|/[^/]*/', "", text)
    made = set(re.findall(r"\bas (\w+)", plain))
    names = {name.removesuffix(".0") for name in re.findall(r"@?[A-Za-z_][\w.]*", plain)}
    return names - LANGUAGE - made


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_names_fields_that_its_lines_have(query: str) -> None:
    known = GIVEN | OF_LAMBDA | logged() | emitted()
    if groups_of(query) == ["AccessLogGroup"]:
        known = in_the_access_log() | {"@timestamp"}
    assert fields_of(text_of(query)) <= known


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_lines_that_are_written(query: str) -> None:
    wanted: set[Any] = set()
    for one, several in re.findall(r'message (?:= "([^"]+)"|in \[([^\]]+)\])', text_of(query)):
        wanted |= {one} if one else set(json.loads(f"[{several}]"))
    assert wanted <= messages()


def test_a_call_that_lambda_ended_is_found_by_the_status_that_lambda_gives_it() -> None:
    runbook = Document("docs/runbook.md").text
    (helper,) = re.findall(r"^lambda_says\(\) \{.*?^\}$", runbook, re.DOTALL | re.MULTILINE)

    for status in FAILED:
        assert f'$.record.status = "{status}"' in helper
        assert f'"{status}"' in text_of("ErrorsQuery").partition("record.status in")[2]
    # Its words are looked for as well, but nowhere without its status.
    assert "Task timed out" in helper
    assert "Task timed out" not in runbook.replace(helper, "")


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_is_kept_in_the_stacks_folder_and_not_on_the_emulator(query: str) -> None:
    assert properties(query)["Name"]["Fn::Sub"].startswith("${AWS::StackName}/")
    assert QUERIES[query]["Condition"] == "OnAws"


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_reads_groups_of_the_template(query: str) -> None:
    assert set(groups_of(query)) <= set(resources("AWS::Logs::LogGroup"))


@pytest.mark.parametrize("query", ["OneEventQuery", "ErrorsQuery", "OneTraceQuery"])
def test_what_goes_through_all_functions_is_asked_of_all(query: str) -> None:
    assert set(groups_of(query)) >= set(FUNCTIONS)
