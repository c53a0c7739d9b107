"""Facts about the documents: what they name exists, and what exists is named."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Any

import pytest

from admin import openapi
from admin.template import template
from tests.cloudformation import ROOT
from tests.markdown import Document, code_words, documents, table_rows
from triggers_api.access.keys import Scope
from triggers_api.sources.provider import Refusal
from triggers_api.story.fate import Outcome, Reason
from triggers_api.watch.metrics import METRICS, Metric

# Not repeated with each route: the status says as much.
ONE_FOR_ITS_STATUS = {
    "unauthenticated",
    "missing_scope",
    "address_not_allowed",
    "unsupported_media_type",
} | {
    "loop_detected",  # of whatever changes something
    "tenant_suspended",  # of whatever takes a tenant's key
    "rate_limited",
    "internal_error",
    "store_unavailable",
}
README = Document("README.md")
CONTRACTS = Document("docs/API_CONTRACTS.md")
GLOSSARY = Document("docs/glossary.md")
DECISIONS = Document("docs/adr/README.md")
RUNBOOK = Document("docs/runbook.md")
SOURCES = sorted((ROOT / "src" / "triggers_api").rglob("*.py"))
# Items that nobody need delete, if they cannot be read: the next run or reader makes them again.
WRITTEN_ANEW = {"alarm", "execution", "report", "what a rescue left"}
STAGES = ("default", "staging", "prod")  # the columns of the README's table
RECORDS = sorted(path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))


def nodes() -> Iterator[ast.AST]:
    for path in SOURCES:
        yield from ast.walk(ast.parse(path.read_text()))


def is_detail(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "Detail"


def texts(*expressions: ast.expr) -> set[str]:
    """The constants among them."""
    return {
        node.value
        for node in expressions
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def error_codes() -> set[str]:
    """Every `code = "…"` and `code="…"` of an error."""
    codes: set[str] = set()
    for node in nodes():
        if isinstance(node, ast.Assign):
            names = {target.id for target in node.targets if isinstance(target, ast.Name)}
            codes |= texts(node.value) if "code" in names else set()
        elif isinstance(node, ast.Call) and not is_detail(node):
            codes |= texts(*(each.value for each in node.keywords if each.arg == "code"))
    return codes


def detail_codes() -> set[str]:
    """Every code that we give a detail ourselves."""
    details = (node for node in nodes() if isinstance(node, ast.Call) and is_detail(node))
    return {code for call in details for code in texts(*call.args[2:])}


@cache
def operations() -> dict[str, dict[str, Any]]:
    """Every route of the OpenAPI document, as `METHOD /path`."""
    paths: dict[str, dict[str, Any]] = json.loads(openapi.text())["paths"]
    return {
        f"{method.upper()} {path}": operation
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def test_every_error_code_is_in_the_table_and_the_table_has_no_other() -> None:
    rows = table_rows(CONTRACTS.section("Errors"))
    named = [code for row in rows for code in code_words(row[0])]

    assert len(named) == len(set(named))
    assert set(named) == error_codes()


def test_the_table_of_errors_tells_the_status_of_each() -> None:
    statuses: dict[str, set[str]] = {}
    for operation in operations().values():
        for status, answer in operation["responses"].items():
            for code in answer.get("x-error-codes", ()):
                statuses.setdefault(code, set()).add(status)
    rows = table_rows(CONTRACTS.section("Errors"))
    told = {code: {row[1]} for row in rows for code in code_words(row[0])}

    assert {code: told[code] for code in statuses} == statuses


def test_every_code_of_a_detail_of_ours_is_named() -> None:
    assert detail_codes() <= set(code_words(CONTRACTS.section("Errors")))


def kinds_of_keys(cell: str) -> set[str]:
    """What tells a key from others: `#sources` of `<tenant>#sources`."""
    parts = (re.split(r"<[^>]+>|…", word) for word in code_words(cell))
    return {part for each in parts for part in each if re.search(r"#\w|\w#", part)}


def test_every_kind_of_item_is_among_the_data() -> None:
    kept: set[str] = set()
    for path in (ROOT / "src" / "triggers_api" / "store").glob("*.py"):
        rows = table_rows(ast.get_docstring(ast.parse(path.read_text())) or "")
        kept |= {kind for row in rows for cell in row for kind in kinds_of_keys(cell)}
    told = Document("docs/architecture.md").section("Data")

    assert len(kept) > 15
    assert {kind for kind in kept if kind not in told} == set()


def test_every_route_has_its_heading_and_every_such_heading_its_route() -> None:
    beside_the_document = {"GET /openapi.json", "GET /docs"}
    found = {word for heading in CONTRACTS.headings for word in code_words(heading)}

    assert found == operations().keys() | beside_the_document


@pytest.mark.parametrize("route", operations())
def test_every_parameter_and_status_of_a_route_is_described(route: str) -> None:
    section = CONTRACTS.section(f"`{route}`")
    words = set(code_words(section))
    operation = operations()[route]

    assert {one["name"] for one in operation.get("parameters", [])} - {"event_id"} <= words
    refusals = {status for status in operation["responses"] if int(status) >= 400}
    assert refusals <= set(re.findall(r"\b[45]\d\d\b", section))


@pytest.mark.parametrize("route", operations())
def test_the_errors_of_a_route_are_those_of_the_openapi_document(route: str) -> None:
    (told,) = re.findall(r"^Errors: (.+)$", CONTRACTS.section(f"`{route}`"), re.MULTILINE) or [""]
    answers = operations()[route]["responses"].values()
    codes = {code for answer in answers for code in answer.get("x-error-codes", ())}

    assert set(code_words(told)) - ONE_FOR_ITS_STATUS == codes - ONE_FOR_ITS_STATUS


@pytest.mark.parametrize("route", operations())
def test_a_route_names_the_scopes_of_which_it_needs_one(route: str) -> None:
    said = re.search(r"\bScope ([^.]+)\.", CONTRACTS.section(f"`{route}`"))
    told, *_ = re.split(r", |; `", said[1] if said else "")
    needs = [each for key in operations()[route]["security"] for each in key["ApiKey"]]

    assert code_words(told) == needs


def test_the_table_of_costs_names_each_route_that_takes_more_than_a_token() -> None:
    each, owed, _ = (code_words(row[0]) for row in table_rows(CONTRACTS.section("Rate limit")))
    told = {"each": each, "read": owed}

    for cost, words in told.items():
        routes = {word if " " in word else f"GET {word}" for word in words}
        assert routes == {name for name, one in operations().items() if one.get("x-cost") == cost}


def test_the_routes_with_a_tag_are_named() -> None:
    named, *_ = CONTRACTS.section("Asking only for what changed").strip().splitlines()
    tagged = {name for name, one in operations().items() if "304" in one["responses"]}

    assert set(code_words(named)) == tagged | {"ETag", "Link"}


@pytest.mark.parametrize(("column", "words"), [("outcome", Outcome), ("reason", Reason)])
def test_a_story_explains_its_words(column: str, words: type[StrEnum]) -> None:
    section = CONTRACTS.section("`GET /events/{event_id}/story`")
    _, _, rest = section.partition(f"\n| {column} |")
    table, _, _ = rest.partition("\n\n")

    assert {code_words(row[0])[0] for row in table_rows(f"| {column} |{table}")} == set(words)


def test_the_reasons_of_refusals_are_named() -> None:
    rows = table_rows(CONTRACTS.section("`GET /sources/{source_id}/refusals`"))
    (told,) = (row[1] for row in rows if row[0] == "`reason`")

    assert set(code_words(told)) == set(Refusal)


def test_the_openapi_document_is_what_the_app_makes() -> None:
    assert (ROOT / "docs" / "openapi.json").read_text() == openapi.text(), "run `make openapi`"


def test_every_scope_is_explained() -> None:
    assert set(Scope) <= set(code_words(CONTRACTS.section("Authentication")))


def allowed_by(row: list[str]) -> set[str]:
    """The routes that a row of the scopes' table names: one by one, or all of a path but some."""
    named = set(code_words(row[1])) & operations().keys()
    but = tuple(f"/{word}" for word in re.findall(r" but [^`;]*`(\w+)`", row[1]))
    for path in re.findall(r"all of `(/[\w-]+)`", row[1]):
        below = {route for route in operations() if re.search(rf" {path}(/|$)", route)}
        named |= {route for route in below if not (but and route.endswith(but))}
    return named


@pytest.mark.parametrize("scope", sorted(set(Scope) - {Scope.ADMIN}))
def test_a_scope_allows_what_its_row_says(scope: Scope) -> None:
    rows = table_rows(CONTRACTS.section("Authentication"))
    (row,) = (row for row in rows if code_words(row[0]) == [scope])
    needing = {
        route
        for route, operation in operations().items()
        if any(scope in each["ApiKey"] for each in operation["security"])
    }

    assert allowed_by(row) == needing


def test_every_step_of_the_dispatcher_is_in_the_runbook() -> None:
    dispatcher = ast.parse((ROOT / "src/triggers_api/handlers/dispatcher.py").read_text())
    steps: set[str] = set()
    for node in ast.walk(dispatcher):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_step = node.func.attr in {"_step", "_set_aside"}
            steps |= texts(*node.args[:1]) if is_step else set()
    table, _, _ = RUNBOOK.section("Set aside events").partition("\n### ")

    assert {code_words(row[0])[0] for row in table_rows(table)} == steps


def test_what_to_do_about_each_kind_of_unreadable_item_is_in_the_runbook() -> None:
    kinds: set[str] = set()
    for node in nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            kinds |= texts(*node.args[2:]) if node.func.id == "readable" else set()
    _, _, table = RUNBOOK.section("Set aside events").partition("\n| `kind` |")
    told = [kind for row in table_rows(f"| `kind` |{table}") for kind in row[0].split(", ")]

    assert set(told) == kinds - WRITTEN_ANEW


def test_every_metric_is_measured_by_a_handler() -> None:
    handlers = (path.read_text() for path in SOURCES if path.parent.name == "handlers")
    measured = {name for text in handlers for name in re.findall(r"\bMetric\.(\w+)", text)}

    assert measured == set(Metric.__members__)


def test_every_metric_is_explained_with_its_unit() -> None:
    rows = table_rows(CONTRACTS.section("For dashboards"))
    expected = {metric: meaning.unit.lower() for metric, meaning in METRICS.items()}

    assert {code_words(row[0])[0]: row[1] for row in rows} == expected


def test_every_variable_of_local_runs_is_in_the_readme() -> None:
    variables: set[str] = set()
    for path in (ROOT / "local").glob("*.py"):
        variables |= set(re.findall(r"\bTRIGGERS_[A-Z_]+\b", path.read_text()))

    assert len(variables) > 5
    assert variables <= set(code_words(README.section("Settings")))


def test_the_readme_tells_every_parameter_and_its_value_in_each_stage() -> None:
    samconfig = tomllib.loads((ROOT / "samconfig.toml").read_text())
    deployments = [samconfig[name]["deploy"]["parameters"] for name in STAGES]
    overrides = [
        dict(pair.split("=") for pair in deployment["parameter_overrides"])
        for deployment in deployments
    ]
    expected = {
        name: [str(each.get(name, parameter["Default"])) for each in overrides]
        for name, parameter in template()["Parameters"].items()
    }
    rows = [row for row in table_rows(README.section("Settings")) if row[0]]

    assert {row[0].strip("`"): [cell.strip("`") for cell in row[2:5]] for row in rows} == expected


def test_the_readme_is_short_but_for_a_line_for_each_parameter() -> None:
    assert len(README.text.splitlines()) <= 130 + len(template()["Parameters"])


def test_every_decision_is_in_the_index_by_its_own_title() -> None:
    listed = {cells[0]: cells[1] for cells in table_rows(DECISIONS.text)}
    titles = {name: Document(f"docs/adr/{name}").headings[0] for name in RECORDS}

    assert list(listed) == [f"[{name[:4]}]({name})" for name in RECORDS]
    assert [name[:4] for name in RECORDS] == [f"{n + 1:04}" for n in range(len(RECORDS))]
    assert all(title.startswith(f"{name[:4]} ") for name, title in titles.items())


@pytest.mark.parametrize("name", RECORDS)
def test_a_decision_has_its_four_parts(name: str) -> None:
    parts = Document(f"docs/adr/{name}").headings[1:]

    assert parts == ["Status", "Context", "Decision", "Consequences"]


@pytest.mark.parametrize("document", documents(), ids=lambda document: document.name)
def test_every_link_within_the_project_leads_somewhere(document: Document) -> None:
    for target in document.links:
        name, _, anchor = target.partition("#")
        path = (document.path.parent / name).resolve() if name else document.path
        assert path.exists(), target
        if anchor:
            assert anchor in Document(path.relative_to(ROOT).as_posix()).anchors, target


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named: set[str] = set()
    for document in documents():
        written = code_words(document.prose) + [block.text for block in document.blocks]
        for text in written:
            named |= set(re.findall(r"\bmake (?:[A-Z]+=\S+ )*([a-z]+)\b", text))
    for path in [*SOURCES, *(ROOT / "admin").glob("*.py"), *(ROOT / "local").glob("*.py")]:
        named |= set(re.findall(r"(?:`|prog=\")make ([a-z]+)\b", path.read_text()))

    assert {"run", "test", "deploy"} <= named
    assert named <= targets


def test_a_word_of_the_glossary_has_one_meaning_and_is_found_by_the_alphabet() -> None:
    words = [row[0].casefold() for row in table_rows(GLOSSARY.text)]

    assert words == sorted(set(words))


def test_no_page_says_of_a_status_that_it_is_final_but_of_410() -> None:
    for document in documents():
        for line in document.text.splitlines():
            if re.search(
                r"\b4(\d\d|XX)\b.*(given up at once|not (sent|tried) again)", line, re.IGNORECASE
            ):
                assert "410" in line, f"{document.name}: {line}"
