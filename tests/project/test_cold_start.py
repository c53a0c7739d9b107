"""Which modules a function loads before its first request: they are its cold start."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata

import pytest

from tests.cloudformation import ROOT

COSTLY = {
    "boto3": "botocore alone does all we need; boto3 is an import more",
    "s3transfer": "boto3's",
    "httpx": "FastAPI's test client's",
    "httpx2": "FastAPI's test client's",
    "requests": "X-Ray's patches would load it",
    "aws_xray_sdk": "only needed while tracing is on",
    "moto": "only for tests",
    "hypothesis": "only for tests",
    "rich": "only for people at a terminal",
    "yaml": "only for tests",
    "cryptography": "few requests seal or open anything",
    "email_validator": "pydantic loads it when it is there",
}

OPTIONAL = {
    "certifi": "botocore takes it where it is, and ships a list of its own",
    "_distutils_hack": "a virtual environment's start-up file, not ours",
}


_WAKE = """
import gc, json, sys
frozen = gc.get_freeze_count()
import triggers_api.handlers.{handler}
from_app = sys.modules.get("triggers_api.api.app")
subjects = from_app.SUBJECTS if from_app else ()
print(json.dumps({{
    "modules": sorted(sys.modules),
    "analysed": sum(route.is_analysed for subject in subjects for route in subject.routes),
    "collects": gc.isenabled(),
    "frozen_before": frozen,
    "frozen": gc.get_freeze_count(),
}}))
"""


@dataclass(frozen=True)
class Awake:
    """A process whose handler is ready for its first request."""

    modules: list[str]
    analysed: int
    collects: bool
    frozen_before: int
    frozen: int

    @property
    def loaded(self) -> set[str]:
        """The top-level modules in memory."""
        return {module.split(".")[0] for module in self.modules}


@cache
def awake(handler: str) -> Awake:
    run = subprocess.run(  # noqa: S603  # our own code
        [sys.executable, "-c", _WAKE.format(handler=handler)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "src", "TRACING": "off"},
        capture_output=True,
        text=True,
        check=True,
    )
    return Awake(**json.loads(run.stdout))


@pytest.fixture
def loaded() -> set[str]:
    """What the API's handler has in memory when it is ready."""
    return awake("api").loaded


@pytest.mark.parametrize("module", COSTLY)
def test_the_api_does_not_load(loaded: set[str], module: str) -> None:
    assert module not in loaded, COSTLY[module]


def test_the_api_loads_what_it_runs_on(loaded: set[str]) -> None:
    assert {"fastapi", "mangum", "botocore", "pydantic", "aws_lambda_powertools"} <= loaded


@pytest.mark.parametrize("module", ["botocore.session", "botocore.client", "botocore.loaders"])
def test_the_api_leaves_botocores_clients_for_when_one_is_asked_for(module: str) -> None:
    """Its own client of DynamoDB needs none, and the others serve few requests."""
    assert module not in awake("api").modules


@pytest.mark.parametrize("handler", ["monitor", "remover", "rescuer"])
def test_what_runs_by_the_clock_loads_neither_the_api_nor_what_sends(handler: str) -> None:
    loaded = awake(handler).loaded

    assert not loaded & (COSTLY.keys() | {"fastapi", "mangum", "starlette", "msgspec"})
    assert {"botocore", "aws_lambda_powertools"} <= loaded


def test_the_api_loads_only_what_requirements_txt_ships_to_lambda(loaded: set[str]) -> None:
    """On a developer's machine everything is installed: a missing requirement goes unnoticed."""
    requirements = (ROOT / "requirements.txt").read_text()
    shipped = {_normal(name) for name in re.findall(r"^([\w.-]+)==", requirements, re.MULTILINE)}
    distributions = metadata.packages_distributions()

    strangers = {
        module
        for module in loaded
        if module in distributions and not {_normal(d) for d in distributions[module]} & shipped
    }

    assert strangers <= OPTIONAL.keys()


def test_the_openapi_document_is_made_when_it_is_asked_for() -> None:
    assert "triggers_api.api.contract" not in awake("api").modules


def test_no_route_is_analysed_before_it_is_asked_for() -> None:
    assert "triggers_api.api.app" in awake("api").modules
    assert awake("api").analysed == 0


@pytest.mark.parametrize(
    "handler", ["api", "dispatcher", "delivery", "monitor", "remover", "rescuer"]
)
def test_the_collector_rests_during_a_cold_start_and_works_after_it(handler: str) -> None:
    assert awake(handler).collects
    assert awake(handler).frozen > 10_000 > awake(handler).frozen_before


def _normal(name: str) -> str:
    """As the package index spells it, whatever a package calls itself."""
    return re.sub(r"[-_.]+", "-", name).lower()
