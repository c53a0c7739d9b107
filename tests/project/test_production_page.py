"""Facts about docs/production.md: its commands do what it says, on a stack's history."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.cloudformation import resources
from tests.markdown import Document

PAGE = Document("docs/production.md")
SETUP = PAGE.blocks[0].text


def blocks_of(heading: str) -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```$", PAGE.section(heading), re.DOTALL | re.MULTILINE)


LIST, BACK, *_ = blocks_of("Roll back")
(DROP_TABLES,) = (each for each in blocks_of("A first deployment that fails") if "() {" in each)
FUNCTIONS = ["prod-ApiFunction", "prod-RemoverFunction"]  # as good as seven, and quicker
STACK = "AWS::CloudFormation::Stack"

# Answers as the AWS CLI does, and notes what it is asked to change. Bare, as it is started often.
FAKE_AWS = """\
#!{python} -SE
import json, os, sys
sys.path.append({packages!r})
import jmespath

_, service, command, *arguments = sys.argv
options = dict(zip(arguments, arguments[1:]))
with open(os.environ["FAKE_AWS"]) as file:
    account = json.load(file)
name = options.get("--function-name")
if command == "wait":
    sys.exit()
elif command == "update-alias":
    assert json.loads(options["--routing-config"]) == {{"AdditionalVersionWeights": {{}}}}
    account["live"][name] = options["--function-version"]
    answer = {{"AliasArn": name, "FunctionVersion": options["--function-version"]}}
elif command == "update-table":
    assert "--no-deletion-protection-enabled" in arguments
    answer = {{"TableDescription": {{"TableStatus": "ACTIVE"}}}}
elif command == "delete-table":
    account["dropped"].append(options["--table-name"])
    answer = {{"TableDescription": {{"TableStatus": "DELETING"}}}}
elif command == "get-function-configuration":
    answer = account["list-versions-by-function"][name]["Versions"][int(options["--qualifier"])]
else:
    answer = account[command][name] if name else account[command]
with open(os.environ["FAKE_AWS"], "w") as file:
    json.dump(account, file)
found = jmespath.search(options["--query"], answer)
for row in found if found and isinstance(found[0], list) else [found]:
    print("\\t".join(row) if isinstance(row, list) else row)
"""


@dataclass
class Account:
    """A stack that is deployed again and again."""

    directory: Path
    events: list[dict[str, str]] = field(default_factory=list)
    versions: dict[str, list[str]] = field(
        default_factory=lambda: {name: [""] for name in FUNCTIONS}  # the first is $LATEST
    )
    live: dict[str, str] = field(default_factory=dict)
    status: str = "UPDATE_COMPLETE"
    dropped: list[str] = field(default_factory=list)

    def deploys(self, release: str, *, is_taken_back: bool = False) -> None:
        """All functions have another version, whatever becomes of the deployment."""
        self._tell(STACK, "triggers-prod", "UPDATE_IN_PROGRESS")
        for name in FUNCTIONS:
            self.versions[name].append(release)
            self.versions[name][0] = release
            number = str(len(self.versions[name]) - 1)
            self._tell("AWS::Lambda::Version", f"arn:function:{name}:{number}", "CREATE_COMPLETE")
            if not is_taken_back:
                self.live[name] = number
        if is_taken_back:
            self._tell(STACK, "triggers-prod", "UPDATE_ROLLBACK_IN_PROGRESS")
            self._tell(STACK, "triggers-prod", "UPDATE_ROLLBACK_COMPLETE")
        else:
            self._tell(STACK, "triggers-prod", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            self._tell(STACK, "triggers-prod", "UPDATE_COMPLETE")

    def _tell(self, kind: str, resource: str, status: str) -> None:
        told = {"ResourceType": kind, "PhysicalResourceId": resource, "ResourceStatus": status}
        at = {"Timestamp": f"2026-12-01T00:00:{len(self.events):02}.123000+00:00"}
        self.events.insert(0, at | told)  # AWS tells the newest first

    def runs(self, block: str) -> list[str]:
        """What the shell prints; what has changed is known afterwards."""
        state, fake = self.directory / "account.json", self.directory / "aws"
        state.write_text(json.dumps(self._answers()))
        packages = str(Path(boto3.__file__).parent.parent)  # jmespath is beside it
        fake.write_text(FAKE_AWS.format(python=sys.executable, packages=packages))
        fake.chmod(0o755)
        path = os.pathsep.join([str(self.directory), os.environ["PATH"]])
        run = subprocess.run(  # noqa: S603  # what our own documents say
            ["bash", "-c", f"{SETUP}\n{block}"],  # noqa: S607
            env=os.environ | {"PATH": path, "FAKE_AWS": str(state)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert run.stderr == ""
        told = json.loads(state.read_text())
        self.live, self.dropped = told["live"], told["dropped"]
        return run.stdout.splitlines()

    def _answers(self) -> dict[str, Any]:
        outputs = [{"OutputKey": "ApiFunctionName", "OutputValue": "prod-ApiFunction"}]
        resources = [("AWS::Lambda::Function", name, "UPDATE_COMPLETE") for name in FUNCTIONS]
        resources += [
            ("AWS::DynamoDB::Table", "kept", "DELETE_SKIPPED"),
            ("AWS::DynamoDB::Table", "gone", "DELETE_COMPLETE"),
            ("AWS::DynamoDB::Table", "", "CREATE_FAILED"),
        ]
        return {
            "live": self.live,
            "dropped": self.dropped,
            "describe-stacks": {"Stacks": [{"Outputs": outputs, "StackStatus": self.status}]},
            "describe-stack-events": {"StackEvents": self.events},
            "list-stack-resources": {
                "StackResourceSummaries": [
                    {"ResourceType": kind, "PhysicalResourceId": name, "ResourceStatus": status}
                    for kind, name, status in resources
                ]
            },
            "list-versions-by-function": {
                name: {
                    "Versions": [
                        {
                            "Version": str(number or "$LATEST"),
                            "Environment": {"Variables": {"RELEASE": release}},
                        }
                        for number, release in enumerate(releases)
                    ]
                }
                for name, releases in self.versions.items()
            },
        }


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """Of two releases that went well, with one between them that was taken back."""
    account = Account(tmp_path)
    account.deploys("aaaa")
    account.deploys("bbbb", is_taken_back=True)
    account.deploys("cccc")
    return account


def test_a_release_that_was_taken_back_is_not_among_those_to_choose_from(account: Account) -> None:
    assert [line.split()[1] for line in account.runs(LIST)] == ["cccc", "aaaa"]  # the newest first


def test_all_functions_go_back_to_the_release_that_is_named(account: Account) -> None:
    for releases in account.versions.values():
        releases.append("aaaa")  # published by hand, to look for something

    account.runs(BACK.replace("RELEASE=…", "RELEASE=aaaa"))

    assert account.live == dict.fromkeys(FUNCTIONS, "1")


def test_the_page_knows_how_many_functions_there_are() -> None:
    assert len(resources("AWS::Serverless::Function")) == 7
    assert "It must print seven aliases" in PAGE.section("Roll back")


def test_a_release_that_one_function_lacks_changes_none(account: Account) -> None:
    account.versions["prod-RemoverFunction"][1] = "of another"

    *_, last = account.runs(BACK.replace("RELEASE=…", "RELEASE=aaaa"))

    assert "nothing was changed" in last
    assert account.live == dict.fromkeys(FUNCTIONS, "3")


def test_tables_of_a_stack_that_is_over_are_dropped(account: Account) -> None:
    account.status = "DELETE_COMPLETE"

    account.runs(f'{DROP_TABLES}\ndrop_tables "$STACK"')

    assert account.dropped == ["kept"]


def test_tables_of_a_stack_that_runs_are_not_dropped(account: Account) -> None:
    (line,) = account.runs(f'{DROP_TABLES}\ndrop_tables "$STACK"')

    assert "UPDATE_COMPLETE" in line
    assert account.dropped == []
