"""Facts about the code in the documents: it runs, on what we really sign."""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.markdown import Document
from tests.node_packages import TESTS, needs_node
from triggers_api.channels.key_pairs import new_key_pair
from triggers_api.channels.signature import sign
from triggers_api.push.config import new_signing_secret

VERIFY = Document("docs/integrations/verify-webhooks.md")
CONTRACTS = Document("docs/API_CONTRACTS.md")
OLD, NEW, FOREIGN = (new_signing_secret() for _ in range(3))
BODY = '{"note":"Käse 🧀 \u2028 </script>","total":31.80}'
MINUTES = timedelta(minutes=1)

Verdict = Callable[[str, dict[str, str], str], bool]

# With each of these as its key, whoever guesses it can sign: nothing is called genuine or not.
NO_SECRETS = ["", "whsec_", "whsec_???", "change-me", "whsec_change-me", NEW.removeprefix("whsec_")]
NO_PUBLIC_KEYS = ["", "whpk_", "whpk_???", "whpk_AAAA"]


def snippets(language: str) -> list[str]:
    found = [block.text for block in VERIFY.blocks if block.language == language]
    assert len(found) == 3  # with a library and without; with a public key
    return found


def in_python(code: str) -> Verdict:
    module: dict[str, Any] = {}
    exec(code, module)  # noqa: S102  # what our own documents say
    return lambda secret, headers, body: bool(module["is_genuine"](secret, headers, body.encode()))


def in_javascript(code: str, directory: Path) -> Verdict:
    (directory / "snippet.mjs").write_text(code)
    (directory / "node_modules").symlink_to(TESTS / "node_modules")
    (directory / "ask.mjs").write_text(
        'import { isGenuine } from "./snippet.mjs";\n'
        'import { readFileSync } from "node:fs";\n'
        "const { secret, headers, body } = JSON.parse(readFileSync(0, 'utf8'));\n"
        "console.log(isGenuine(secret, headers, Buffer.from(body)));\n"
    )

    def verdict(secret: str, headers: dict[str, str], body: str) -> bool:
        asked = json.dumps({"secret": secret, "headers": headers, "body": body})
        run = subprocess.run(
            ["node", "ask.mjs"],  # noqa: S607  # whichever Node there is
            cwd=directory,
            input=asked,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            raise ValueError(run.stderr)
        return {"true": True, "false": False}[run.stdout.strip()]

    return verdict


PAIRS = [new_key_pair() for _ in range(3)]


def signed(*secrets: str, age: timedelta = timedelta(0)) -> dict[str, str]:
    return sign(secrets, "dlv_1", datetime.now(UTC) - age, BODY.encode())


Keys = tuple[str, str]  # what signs, and what it is verified with
SECRETS = [(each, each) for each in (OLD, NEW, FOREIGN)]
KEY_PAIRS = [(each.secret, each.public or "") for each in PAIRS]


def assert_tells_right_from_wrong(
    is_genuine: Verdict, keys: Sequence[Keys] = SECRETS, kind: str = "v1"
) -> None:
    (old, verify_old), (new, verify), (_, verify_foreign) = keys
    assert is_genuine(verify, signed(new), BODY)
    assert is_genuine(verify, signed(new, old), BODY)  # during a rotation, with either
    assert is_genuine(verify_old, signed(new, old), BODY)
    assert is_genuine(verify, signed(new, age=4 * MINUTES), BODY)
    assert not is_genuine(verify_foreign, signed(new, old), BODY)
    assert not is_genuine(verify, signed(new), BODY + " ")
    assert not is_genuine(
        verify, signed(new), json.dumps(json.loads(BODY))
    )  # parsed, written again
    assert not is_genuine(verify, signed(new, age=6 * MINUTES), BODY)
    assert not is_genuine(verify, signed(new, age=-6 * MINUTES), BODY)
    assert not is_genuine(verify, signed(new) | {"webhook-id": "dlv_2"}, BODY)
    assert not is_genuine(verify, signed(new) | {"webhook-timestamp": "soon"}, BODY)
    bad = {"webhook-signature": f"{kind},AAAA {kind},é {kind}"}
    assert not is_genuine(verify, signed(new) | bad, BODY)
    assert not is_genuine(verify, {}, BODY)


def assert_raises_at(is_genuine: Verdict, no_keys: Sequence[str]) -> None:
    for each in no_keys:
        with pytest.raises(ValueError):  # noqa: PT011  # each language's own words
            is_genuine(each, signed(NEW), BODY)


@pytest.mark.parametrize("number", [0, 1], ids=["with a library", "without"])
def test_the_python_code_raises_at_what_is_no_secret(number: int) -> None:
    assert_raises_at(in_python(snippets("python")[number]), NO_SECRETS)


def test_the_python_code_in_the_contracts_raises_at_what_is_no_secret() -> None:
    (code,) = [block.text for block in CONTRACTS.blocks if block.language == "python"]

    assert_raises_at(in_python(code), NO_SECRETS)


def test_the_python_code_raises_at_what_is_no_public_key() -> None:
    assert_raises_at(in_python(snippets("python")[2]), NO_PUBLIC_KEYS)


@needs_node()
@pytest.mark.parametrize("number", [0, 1, 2], ids=["with a library", "without", "public key"])
def test_the_javascript_code_raises_at_what_is_no_key(tmp_path: Path, number: int) -> None:
    is_genuine = in_javascript(snippets("javascript")[number], tmp_path)

    assert_raises_at(is_genuine, NO_PUBLIC_KEYS if number == 2 else NO_SECRETS)


@pytest.mark.parametrize("number", [0, 1], ids=["with a library", "without"])
def test_the_python_code_verifies_what_we_sign_and_refuses_the_rest(number: int) -> None:
    assert_tells_right_from_wrong(in_python(snippets("python")[number]))


def test_the_python_code_verifies_by_a_public_key_and_refuses_the_rest() -> None:
    is_genuine = in_python(snippets("python")[2])

    assert_tells_right_from_wrong(is_genuine, KEY_PAIRS, "v1a")
    assert is_genuine(KEY_PAIRS[1][1], signed(OLD, KEY_PAIRS[1][0]), BODY)  # changing over


@needs_node()
def test_the_javascript_code_verifies_by_a_public_key_and_refuses_the_rest(tmp_path: Path) -> None:
    is_genuine = in_javascript(snippets("javascript")[2], tmp_path)

    assert_tells_right_from_wrong(is_genuine, KEY_PAIRS, "v1a")
    assert is_genuine(KEY_PAIRS[1][1], signed(OLD, KEY_PAIRS[1][0]), BODY)


def test_the_python_code_in_the_contracts_verifies_what_we_sign() -> None:
    (code,) = [block.text for block in CONTRACTS.blocks if block.language == "python"]
    is_genuine = in_python(code)

    assert is_genuine(NEW, signed(NEW, OLD), BODY)
    assert not is_genuine(NEW, signed(NEW), BODY + " ")
    assert not is_genuine(NEW, signed(NEW, age=6 * MINUTES), BODY)


@needs_node()
@pytest.mark.parametrize("number", [0, 1], ids=["with a library", "without"])
def test_the_javascript_code_verifies_what_we_sign_and_refuses_the_rest(
    tmp_path: Path, number: int
) -> None:
    assert_tells_right_from_wrong(in_javascript(snippets("javascript")[number], tmp_path))


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_the_code_of_the_n8n_workflow_verifies_what_we_sign(tmp_path: Path) -> None:
    workflow = json.loads((VERIFY.path.parent / "n8n-webhook.json").read_text())
    (code,) = [
        node["parameters"]["jsCode"]
        for node in workflow["nodes"]
        if node["type"] == "n8n-nodes-base.code"
    ]
    filled_in = code.replace('"whsec_…"', "secret")
    # As n8n runs it: in an async function, with the item and the helpers of a Code node.
    (tmp_path / "ask.cjs").write_text(
        "const { secret, headers, body } = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n"
        "const $input = { first: () => ({ json: { headers } }) };\n"
        "const helpers = { getBinaryDataBuffer: async () => Buffer.from(body) };\n"
        f"(async function () {{\n{filled_in}\n}})\n"
        ".call({ helpers }).then((items) => console.log(JSON.stringify(items)))\n"
        ".catch((error) => console.log(error.message));\n"
    )

    def said(headers: dict[str, str], body: str, secret: str = NEW) -> str:
        asked = json.dumps({"secret": secret, "headers": headers, "body": body})
        run = subprocess.run(
            ["node", "ask.cjs"],  # noqa: S607
            cwd=tmp_path,
            input=asked,
            capture_output=True,
            text=True,
            check=True,
        )
        return run.stdout.strip()

    assert json.loads(said(signed(NEW, OLD), BODY)) == [{"json": json.loads(BODY)}]
    refused = "Not signed by Triggers API, or too long ago."
    assert said(signed(FOREIGN), BODY) == refused
    assert said(signed(NEW), BODY + " ") == refused
    assert said(signed(NEW, age=6 * MINUTES), BODY) == refused
    assert said({}, BODY) == refused
    for each in ["whsec_…", *NO_SECRETS]:  # as it is imported, or wrongly filled in
        assert said(signed(NEW), BODY, each) == "Put the config's secret into the first line."


@pytest.mark.parametrize("name", ["n8n-poll.json", "n8n-webhook.json"])
def test_a_workflow_of_n8n_is_one_chain_of_known_nodes(name: str) -> None:
    workflow = json.loads((VERIFY.path.parent / name).read_text())
    nodes = {node["name"]: node for node in workflow["nodes"]}
    (first, *others) = nodes

    assert set(workflow) == {"name", "nodes", "connections", "settings", "active"}
    assert workflow["active"] is False
    assert len({node["id"] for node in nodes.values()}) == len(nodes) == len(workflow["nodes"])
    for node in nodes.values():
        assert {"id", "name", "type", "typeVersion", "position", "parameters"} <= set(node)
        assert node["type"].startswith("n8n-nodes-base.")
        assert "credentials" not in node  # each makes its own
    for before, after in zip([first, *others], others, strict=False):
        assert workflow["connections"][before] == {
            "main": [[{"node": after, "type": "main", "index": 0}]]
        }
    assert len(workflow["connections"]) == len(others)


@pytest.mark.parametrize("name", ["n8n-poll.json", "make.md"])
def test_a_recipe_for_polling_leases_so_that_what_fails_hides_nothing(name: str) -> None:
    text = (VERIFY.path.parent / name).read_text()

    assert "/inbox/lease" in text
    assert "/inbox?" not in text
