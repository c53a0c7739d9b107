"""The official JavaScript library verifies what we sign."""

import json
import subprocess

from tests.node_packages import TESTS, needs_node
from triggers_api.channels.signature import sign
from triggers_api.push.config import new_signing_secret
from triggers_api.timestamps import now

pytestmark = needs_node()

OLD, NEW, FOREIGN = (new_signing_secret() for _ in range(3))
BODY = json.dumps({"note": "Käse 🧀 \u2028 </script>", "total": 12345678901234567890.10})


def verify(secret: str, signed_with: list[str], body: str = BODY) -> dict[str, object]:
    headers = sign(signed_with, "dlv_1", now(), BODY.encode())
    return {"secret": secret, "body": body, "headers": headers}


def faults_of(*webhooks: dict[str, object]) -> list[str | None]:
    run = subprocess.run(
        ["node", "verify_webhooks.mjs"],  # noqa: S607  # whichever Node there is
        cwd=TESTS,
        input=json.dumps(webhooks),
        capture_output=True,
        text=True,
        check=True,
    )
    faults: list[str | None] = json.loads(run.stdout)
    return faults


def test_it_verifies_a_webhook_also_during_a_rotation() -> None:
    assert faults_of(verify(NEW, [NEW]), verify(NEW, [NEW, OLD]), verify(OLD, [NEW, OLD])) == [
        None,
        None,
        None,
    ]


def test_it_refuses_another_secret_and_another_body() -> None:
    assert faults_of(verify(FOREIGN, [NEW, OLD]), verify(NEW, [NEW], BODY + " ")) == [
        "No matching signature found",
        "No matching signature found",
    ]
